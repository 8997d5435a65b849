"""A reseller that is not here yet: invited by the provider, told by itself, confirmed by staff."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from partners import mail, newcomers, onboarding, partnerships
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Membership, Onboarding, Partner, Partnership, Role, User
from partners.models.invited import ONBOARDING_DAYS
from partners.onboarding import Candidate, Told
from partners.signed_links import BadLink
from tests.conftest import Log, Mailbox
from tests.factories import OnboardingFactory, PartnerFactory, UserFactory

NOT_YOURS = "Only the company whose part this is"
PAOLA = "paola@proseware.example"


@pytest.fixture
def candidate() -> Candidate:
    """Proseware, as Northwind knows it."""
    return Candidate(name="Proseware", partner_id="3000001", country="IT", email=PAOLA, language="en")


@pytest.fixture
def told() -> Told:
    """What Paola tells of Proseware."""
    return Told(
        tenant_id=uuid.UUID("d0470500-0000-4000-8000-000000000001"),
        website="https://proseware.example",
        support_email="help@proseware.example",
        support_phone="+39 02 000000",
        time_zone="Europe/Rome",
        attested=True,
        name="Paola Prose",
        password="a long walk along the canal",
    )


@pytest.fixture
def invited(northwind: Partner, candidate: Candidate, agent: Actor, now: datetime) -> Onboarding:
    """Proseware, invited by Northwind."""
    return onboarding.start(northwind, candidate, by=agent, at=now)


@pytest.fixture
def completed(invited: Onboarding, told: Told, now: datetime) -> Onboarding:
    """Proseware, whose profile waits for staff."""
    return onboarding.complete(invited, told, serial=1, signed_in=None, at=now)


def token_of(row: Onboarding) -> str:
    return onboarding.address_of(row).rstrip("/").rpartition("/")[2]


# --- inviting ----------------------------------------------------------------------------------


def test_start_mails_the_link_and_makes_no_company(
    invited: Onboarding, agent: Actor, mails: Mailbox, log: Log, now: datetime
) -> None:
    message = mails.last("onboarding_started", to=PAOLA)
    assert mails.secret(message) == onboarding.address_of(invited)
    assert onboarding.address_of(invited) not in message.text
    assert message.reply_to == agent.email
    assert (invited.status, invited.made_by) == ("waiting", agent.stamp)
    assert invited.expires_at == now + timedelta(days=ONBOARDING_DAYS)
    assert not Partner.objects.filter(partner_id="3000001").exists()
    assert (log.verbs(), log.readers()) == (["onboarding.started"], {"Northwind Traders"})
    assert log.names(invited)


def test_start_is_the_providers(
    northwind: Partner, fabrikam: Partner, candidate: Candidate, luca: Actor, tom: Actor, now: datetime
) -> None:
    for other in (luca, tom):
        with pytest.raises(Refused, match=NOT_YOURS):
            onboarding.start(northwind, candidate, by=other, at=now)
    with pytest.raises(Refused, match="ties an indirect provider"):
        onboarding.start(fabrikam, candidate, by=luca, at=now)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"country": "US"}, "country"),
        ({"country": "XX"}, "country"),
        ({"partner_id": "12"}, "partner_id"),
        ({"partner_id": "2000001"}, "partner_id"),
        ({"partner_id": "1000002"}, "partner_id"),
        ({"email": "nobody"}, "email"),
        ({"language": "fr"}, "language"),
    ],
)
def test_start_refused_for_what_cannot_be(
    northwind: Partner,
    fabrikam: Partner,
    tailspin: Partner,
    candidate: Candidate,
    agent: Actor,
    now: datetime,
    change: dict[str, str],
    field: str,
) -> None:
    with pytest.raises(Refused) as refusal:
        onboarding.start(northwind, replace(candidate, **change), by=agent, at=now)
    assert refusal.value.field == field
    assert not Onboarding.objects.exists()


def test_start_refused_while_one_is_open(
    invited: Onboarding, candidate: Candidate, northwind: Partner, agent: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="invited this reseller already"):
        onboarding.start(northwind, candidate, by=agent, at=now)
    later = now + timedelta(days=ONBOARDING_DAYS)
    again = onboarding.start(northwind, candidate, by=agent, at=later)
    invited.refresh_from_db()
    assert (invited.status, again.status) == ("lapsed", "waiting")


def test_two_providers_may_invite_the_same_reseller(
    invited: Onboarding, candidate: Candidate, tailspin: Partner, tom: Actor, now: datetime
) -> None:
    assert onboarding.start(tailspin, candidate, by=tom, at=now).status == "waiting"


def test_suspended_provider_invites_nobody(
    invited: Onboarding, northwind: Partner, candidate: Candidate, agent: Actor, now: datetime
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(status=Partner.Status.SUSPENDED)
    northwind.refresh_from_db()
    with pytest.raises(Refused, match="suspended company"):
        onboarding.start(northwind, replace(candidate, partner_id="3000002"), by=agent, at=now)
    with pytest.raises(Refused, match="suspended company"):
        onboarding.resend(invited, by=agent, at=now)


def test_proposing_to_a_suspended_reseller_does_not_say_so(
    northwind: Partner, agent: Actor, now: datetime
) -> None:
    with pytest.raises(Refused) as refusal:
        partnerships.propose(northwind, PartnerFactory(reseller=True, suspended=True), by=agent, at=now)
    assert "suspended" not in str(refusal.value)


# --- the link ----------------------------------------------------------------------------------


def test_link_opens_for_thirty_days(invited: Onboarding, now: datetime) -> None:
    token = token_of(invited)
    assert onboarding.open_link(token, at=invited.expires_at - timedelta(seconds=1)) == invited
    with pytest.raises(BadLink):
        onboarding.open_link(token, at=invited.expires_at)


@pytest.mark.parametrize("token", ["nonsense", "1.1.x", "x" * 9000, "", "1.1"])
def test_forged_link_opens_nothing(invited: Onboarding, token: str, now: datetime) -> None:
    with pytest.raises(BadLink):
        onboarding.open_link(token, at=now)


def test_resend_kills_the_old_link_and_moves_the_date(
    invited: Onboarding, agent: Actor, mails: Mailbox, log: Log, now: datetime
) -> None:
    old, later = token_of(invited), now + timedelta(days=29)
    again = onboarding.resend(invited, by=agent, at=later)
    assert again.expires_at == later + timedelta(days=ONBOARDING_DAYS)
    with pytest.raises(BadLink):
        onboarding.open_link(old, at=later)
    assert onboarding.open_link(token_of(again), at=later) == invited
    assert len(mails.all(event="onboarding_started")) == 2
    assert log.verbs()[-1] == "onboarding.resent"
    with pytest.raises(mail.Gone):  # the first mail, were it delivered only now
        mail.resolve("onboarding", str(invited.pk), "1")


def test_withdrawn_link_opens_nothing(invited: Onboarding, agent: Actor, log: Log, now: datetime) -> None:
    onboarding.withdraw(invited, by=agent, at=now)
    with pytest.raises(BadLink):
        onboarding.open_link(token_of(invited), at=now)
    assert log.verbs()[-1] == "onboarding.withdrawn"
    with pytest.raises(Refused):
        onboarding.resend(invited, by=agent, at=now)


def test_link_of_a_suspended_provider_opens_nothing(
    invited: Onboarding, northwind: Partner, told: Told, now: datetime
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(status=Partner.Status.SUSPENDED)
    with pytest.raises(BadLink):
        onboarding.open_link(token_of(invited), at=now)
    with pytest.raises(Refused, match="no longer valid"):
        onboarding.complete(invited, told, serial=1, signed_in=None, at=now)


def test_tidy_moves_unused_links_to_lapsed(
    invited: Onboarding, completed: Onboarding, northwind: Partner, log: Log, now: datetime
) -> None:
    unused = OnboardingFactory(provider=northwind)
    assert onboarding.tidy(now) == 0
    assert onboarding.tidy(now + timedelta(days=ONBOARDING_DAYS)) == 1
    unused.refresh_from_db()
    completed.refresh_from_db()
    assert (unused.status, completed.status) == ("lapsed", "completed")
    assert log.verbs()[-1] == "onboarding.lapsed"


# --- telling -----------------------------------------------------------------------------------


def test_complete_makes_the_account_of_the_invited_address(
    completed: Onboarding, log: Log, told: Told
) -> None:
    user = User.objects.get(email=PAOLA)
    assert user.check_password(told.password)
    assert (user.name, user.language, user.is_staff) == ("Paola Prose", "en", False)
    assert (completed.status, completed.user, completed.completed_by) == (
        "completed",
        user,
        "Paola Prose · Proseware",
    )
    assert not Membership.objects.filter(user=user).exists()
    assert log.verbs()[-1] == "onboarding.completed"
    assert log.names(completed)
    assert log.readers() == {"Northwind Traders"}


def test_complete_once(completed: Onboarding, told: Told, now: datetime) -> None:
    with pytest.raises(Refused, match="no longer valid"):
        onboarding.complete(completed, told, serial=1, signed_in=None, at=now)


@pytest.mark.parametrize("how", ["expired", "replaced", "withdrawn"])
def test_complete_refused_once_the_link_died(
    how: str, invited: Onboarding, told: Told, agent: Actor, now: datetime
) -> None:
    at = now
    if how == "expired":
        at = invited.expires_at
    elif how == "replaced":
        onboarding.resend(invited, by=agent, at=now)
    else:
        onboarding.withdraw(invited, by=agent, at=now)
    with pytest.raises(Refused, match="no longer valid"):
        onboarding.complete(invited, told, serial=1, signed_in=None, at=at)
    assert not User.objects.filter(email=PAOLA).exists()


def test_complete_refused_to_who_does_not_work_there(invited: Onboarding, told: Told, now: datetime) -> None:
    with pytest.raises(Refused, match="works for this company"):
        onboarding.complete(invited, replace(told, attested=False), serial=1, signed_in=None, at=now)


def test_complete_refused_with_the_tenant_of_another(
    invited: Onboarding, told: Told, tailspin: Partner, now: datetime
) -> None:
    with pytest.raises(Refused) as refusal:
        onboarding.complete(
            invited, replace(told, tenant_id=tailspin.tenant_id), serial=1, signed_in=None, at=now
        )
    assert refusal.value.field == "tenant_id"


def test_complete_refuses_values_no_company_has(invited: Onboarding, told: Told, now: datetime) -> None:
    with pytest.raises(Refused) as refusal:
        onboarding.complete(invited, replace(told, time_zone="Mars"), serial=1, signed_in=None, at=now)
    assert refusal.value.field == "time_zone"
    assert not User.objects.filter(email=PAOLA).exists()


def test_existing_account_completes_signed_in(
    invited: Onboarding, told: Told, luca: Actor, now: datetime
) -> None:
    paola = UserFactory(email=PAOLA, name="Paola Already")
    for signed_in in (None, luca.user):
        with pytest.raises(Refused, match="has an account already"):
            onboarding.complete(invited, told, serial=1, signed_in=signed_in, at=now)
    done = onboarding.complete(invited, told, serial=1, signed_in=paola, at=now)
    paola.refresh_from_db()
    assert (done.user, paola.name) == (paola, "Paola Already")
    assert not paola.check_password("something else")


def test_closed_account_completes_nothing(invited: Onboarding, told: Told, now: datetime) -> None:
    paola = UserFactory(email=PAOLA, is_active=False)
    with pytest.raises(Refused, match="has an account already"):
        onboarding.complete(invited, told, serial=1, signed_in=paola, at=now)


def test_complete_refused_when_the_address_gets_an_account_at_this_very_moment(
    invited: Onboarding, told: Told, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    paola = UserFactory(email=PAOLA)
    looks = iter([None, None])  # not there when it is looked for, there when it is made
    monkeypatch.setattr(newcomers, "account_of", lambda _email: next(looks, paola))
    with pytest.raises(Refused, match="has an account already"):
        onboarding.complete(invited, told, serial=1, signed_in=None, at=now)
    invited.refresh_from_db()
    assert invited.status == "waiting"


# --- staff -------------------------------------------------------------------------------------


def test_confirm_makes_company_admin_and_proposal(
    completed: Onboarding,
    northwind: Partner,
    agent: Actor,
    staff: Actor,
    mails: Mailbox,
    log: Log,
    now: datetime,
) -> None:
    before = len(log.verbs())
    done = onboarding.confirm(completed, by=staff, at=now)
    partner = Partner.objects.get(partner_id="3000001")
    assert (partner.kind, partner.tenant_id, partner.support_email, partner.status) == (
        "indirect_reseller",
        completed.tenant_id,
        "help@proseware.example",
        "active",
    )
    membership = Membership.objects.get(partner=partner)
    assert (membership.user, membership.role) == (completed.user, Role.ACCOUNT_ADMIN)
    tie = Partnership.objects.get(reseller=partner)
    assert (tie.status, tie.provider, tie.proposed_by) == ("proposed", northwind, agent.stamp)
    assert (done.status, done.partnership) == ("confirmed", tie)
    assert mails.last("onboarding_confirmed").to == PAOLA
    assert mails.last("onboarding_closed").to == agent.email
    assert log.verbs()[before:] == ["onboarding.confirmed"]
    assert log.names(done, partner, membership, tie)
    assert log.readers() == {"Northwind Traders", "Proseware"}
    assert log.whole()
    partnerships.accept(tie, by=Actor.member(membership), at=now)


def test_confirm_and_refuse_are_staffs(completed: Onboarding, agent: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="Only staff"):
        onboarding.confirm(completed, by=agent, at=now)
    with pytest.raises(Refused, match="Only staff"):
        onboarding.refuse(completed, reason="no", by=agent, at=now)


def test_confirm_refused_before_the_profile_is_complete(
    invited: Onboarding, staff: Actor, now: datetime
) -> None:
    for story in (
        lambda: onboarding.confirm(invited, by=staff, at=now),
        lambda: onboarding.refuse(invited, reason="no", by=staff, at=now),
    ):
        with pytest.raises(Refused, match="no longer possible"):
            story()


@pytest.mark.parametrize("taken", ["partner_id", "tenant_id"])
def test_confirm_refused_for_a_company_that_is_here_by_now(
    taken: str, completed: Onboarding, staff: Actor, now: datetime
) -> None:
    PartnerFactory(reseller=True, **{taken: getattr(completed, taken)})
    with pytest.raises(Refused, match="is here already"):
        onboarding.confirm(completed, by=staff, at=now)
    completed.refresh_from_db()
    assert completed.status == "completed"
    assert not Membership.objects.filter(user=completed.user).exists()


def test_confirm_refused_while_the_provider_is_suspended(
    completed: Onboarding, northwind: Partner, staff: Actor, now: datetime
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(status=Partner.Status.SUSPENDED)
    with pytest.raises(Refused, match="suspended company"):
        onboarding.confirm(completed, by=staff, at=now)


def test_refuse_tells_the_provider_why(
    completed: Onboarding, agent: Actor, staff: Actor, mails: Mailbox, log: Log, now: datetime
) -> None:
    with pytest.raises(Refused, match="Give a reason"):
        onboarding.refuse(completed, reason=" ", by=staff, at=now)
    done = onboarding.refuse(completed, reason="No such partner id at Microsoft.", by=staff, at=now)
    assert (done.status, done.reason) == ("refused", "No such partner id at Microsoft.")
    message = mails.last("onboarding_closed")
    assert message.to == agent.email
    assert "No such partner id at" in message.text
    assert log.verbs()[-1] == "onboarding.refused"
    with pytest.raises(Refused):
        onboarding.confirm(done, by=staff, at=now)
    assert not Partner.objects.filter(partner_id="3000001").exists()


@pytest.mark.parametrize("taken", ["partner_id", "tenant_id"])
def test_confirm_refused_for_a_company_that_comes_in_at_this_very_moment(
    taken: str, completed: Onboarding, staff: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = onboarding._refuse_tenant

    def look_and_be_too_late(tenant_id: uuid.UUID) -> None:
        look(tenant_id)
        PartnerFactory(reseller=True, **{taken: getattr(completed, taken)})

    monkeypatch.setattr(onboarding, "_refuse_tenant", look_and_be_too_late)
    with pytest.raises(Refused, match="is here already"):
        onboarding.confirm(completed, by=staff, at=now)


def test_tidy_leaves_what_was_sent_again_meanwhile(
    invited: Onboarding, agent: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = now + timedelta(days=ONBOARDING_DAYS)
    lock = onboarding.lock

    def lock_too_late(pk: int) -> Onboarding:
        Onboarding.objects.filter(pk=pk).update(expires_at=later + timedelta(days=1))
        return lock(pk)

    monkeypatch.setattr(onboarding, "lock", lock_too_late)
    assert onboarding.tidy(later) == 0
    invited.refresh_from_db()
    assert invited.status == "waiting"
