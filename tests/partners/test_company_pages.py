"""The ground floor's company pages: proposing and answering partnerships, activity, settings."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from partners import activity, partnerships, profiles
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.models import Activity, ActivityChain, Message, Partner, Partnership, Role
from partners.profiles import Profile
from tests.conftest import member
from tests.factories import PartnerFactory, PartnershipFactory

SignIn = Callable[[Actor], Client]
PROPOSE = reverse("partners:partnership-propose")
LOG = reverse("partners:activity")
SETTINGS = reverse("partners:settings")
LINK = "https://admin.microsoft.com/Adminportal/Home?invType=IndirectResellerRelationship&partnerId=1"


def address(name: str, row: Any) -> str:
    return reverse(f"partners:partnership-{name}", args=[row.pk])


@pytest.fixture
def proposal(northwind: Partner, fabrikam: Partner) -> Partnership:
    """Northwind asks Fabrikam."""
    return PartnershipFactory(provider=northwind, reseller=fabrikam, proposed=True)


# --- partnerships ------------------------------------------------------------------------------


def test_provider_proposes_by_exact_partner_id(agent: Actor, fabrikam: Partner, client_for: SignIn) -> None:
    answer = client_for(agent).post(PROPOSE, {"partner_id": " 2000001 "})
    assert answer["Location"] == reverse("customers:reseller", args=[fabrikam.pk])
    assert Partnership.objects.get().proposed_by == agent.stamp


@pytest.mark.parametrize("partner_id", ["9999999", "1000002", "200000", "", "²", "\x00", "x" * 500])
def test_unknown_id_and_one_that_is_no_resellers_are_answered_alike(
    agent: Actor, fabrikam: Partner, tailspin: Partner, client_for: SignIn, partner_id: str
) -> None:
    page = client_for(agent).post(PROPOSE, {"partner_id": partner_id})
    assert page.status_code == 200
    (words,) = page.context["form"].errors["partner_id"]
    if partner_id in ("9999999", "1000002", "200000", "²"):
        assert words == "No reseller here has this partner id."
    assert not Partnership.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"country": "US"}, "same CSP region"), ({"suspended": True}, "cannot be proposed now")],
)
def test_refused_proposal_says_why(
    agent: Actor, client_for: SignIn, fields: dict[str, Any], words: str
) -> None:
    other = PartnerFactory(reseller=True, **fields)
    page = client_for(agent).post(PROPOSE, {"partner_id": other.partner_id})
    assert words in page.context["form"].errors["partner_id"][0]


def test_second_click_proposes_once(agent: Actor, fabrikam: Partner, client_for: SignIn) -> None:
    client = client_for(agent)
    client.post(PROPOSE, {"partner_id": "2000001"})
    page = client.post(PROPOSE, {"partner_id": "2000001"})
    assert "You already work with this reseller" in page.content.decode()
    assert Partnership.objects.count() == 1


@pytest.mark.parametrize("actor", ["seller", "viewer", "luca"])
def test_who_may_not_propose(
    actor: str, fabrikam: Partner, client_for: SignIn, request: pytest.FixtureRequest
) -> None:
    client = client_for(request.getfixturevalue(actor))
    assert client.get(PROPOSE).status_code == 403
    assert client.post(PROPOSE, {"partner_id": "2000001"}).status_code == 403


def test_direct_bill_partner_has_no_resellers(client_for: SignIn, fabrikam: Partner) -> None:
    actor = member(PartnerFactory(direct_bill=True), "Dora Direct", Role.ACCOUNT_ADMIN)
    assert client_for(actor).get(PROPOSE).status_code == 403


@pytest.mark.parametrize(("name", "status"), [("accept", "active"), ("decline", "declined")])
def test_reseller_answers(
    proposal: Partnership, luca: Actor, client_for: SignIn, name: str, status: str
) -> None:
    answer = client_for(luca).post(address(name, proposal))
    proposal.refresh_from_db()
    assert (answer["Location"], proposal.status) == (reverse("customers:providers"), status)


def test_provider_withdraws(proposal: Partnership, agent: Actor, client_for: SignIn) -> None:
    client_for(agent).post(address("withdraw", proposal))
    proposal.refresh_from_db()
    assert proposal.status == Partnership.Status.WITHDRAWN


def test_late_answer_is_refused_in_words(
    proposal: Partnership, luca: Actor, now: datetime, client_for: SignIn
) -> None:
    Partnership.objects.filter(pk=proposal.pk).update(proposed_at=now - timedelta(days=31))
    page = client_for(luca).post(address("accept", proposal), follow=True)
    assert "has lapsed" in page.content.decode()


@pytest.mark.parametrize("name", ["accept", "decline", "withdraw"])
def test_nobody_else_answers(
    proposal: Partnership,
    name: str,
    agent: Actor,
    seller: Actor,
    luca: Actor,
    fabrikam_agent: Actor,
    tom: Actor,
    wanda: Actor,
    client_for: SignIn,
) -> None:
    others = (seller, fabrikam_agent, luca if name == "withdraw" else agent)
    for actor in others:
        assert client_for(actor).post(address(name, proposal)).status_code == 403
    for actor in (tom, wanda):
        assert client_for(actor).post(address(name, proposal)).status_code == 404
    proposal.refresh_from_db()
    assert proposal.status == Partnership.Status.PROPOSED


# --- the joint link ----------------------------------------------------------------------------


def test_joint_link_is_kept_and_logged(partnership: Partnership, agent: Actor, client_for: SignIn) -> None:
    client_for(agent).post(address("link", partnership), {"partner_center_link": LINK})
    partnership.refresh_from_db()
    assert partnership.partner_center_link == LINK
    assert Activity.objects.get().verb == partnerships.Verb.LINK_SET


def test_same_joint_link_again_is_no_story(partnership: Partnership, agent: Actor, now: datetime) -> None:
    partnerships.set_link(partnership, LINK, by=agent, at=now)
    partnerships.set_link(partnership, LINK, by=agent, at=now)
    assert Activity.objects.count() == 1


@pytest.mark.parametrize(
    "link",
    [
        "http://admin.microsoft.com/",
        "https://admin.microsoft.com.evil.example/",
        "https://evil.example/?admin.microsoft.com",
        "javascript:alert(1)",
        "x" * 700,
        "https://admin.microsoft.com/" + "x" * 600,
    ],
)
def test_link_elsewhere_is_refused_and_kept_in_the_field(
    partnership: Partnership, agent: Actor, client_for: SignIn, link: str
) -> None:
    page = client_for(agent).post(address("link", partnership), {"partner_center_link": link})
    assert page.context["form"].errors["partner_center_link"]
    assert page.context["form"]["partner_center_link"].value() == link
    partnership.refresh_from_db()
    assert partnership.partner_center_link == ""


def test_story_itself_refuses_a_link_elsewhere(partnership: Partnership, agent: Actor, now: datetime) -> None:
    with pytest.raises(Refused):
        partnerships.set_link(partnership, "https://evil.example/", by=agent, at=now)


def test_partnership_that_is_over_takes_no_link(northwind: Partner, agent: Actor, now: datetime) -> None:
    over = PartnershipFactory(provider=northwind, ended=True)
    with pytest.raises(Refused, match="over"):
        partnerships.set_link(over, LINK, by=agent, at=now)


def test_joint_link_is_the_providers(
    partnership: Partnership, luca: Actor, seller: Actor, tom: Actor, now: datetime, client_for: SignIn
) -> None:
    for actor, status in ((luca, 403), (seller, 403), (tom, 404)):
        assert (
            client_for(actor).post(address("link", partnership), {"partner_center_link": LINK}).status_code
            == status
        )
    with pytest.raises(Refused):
        partnerships.set_link(partnership, LINK, by=luca, at=now)


# --- activity ----------------------------------------------------------------------------------


@pytest.fixture
def told(northwind: Partner, fabrikam: Partner, anna: Actor, agent: Actor, now: datetime, db: None) -> None:
    """Three things that happened: two yesterday, one of them seen by Fabrikam, one today."""
    yesterday = now - timedelta(days=1)
    with transaction.atomic():
        activity.record(
            "invitation.sent", by=anna, at=yesterday, provider=northwind, details={"asks": ["support"]}
        )
        activity.record(
            "partnership.proposed", by=agent, at=yesterday, provider=northwind, seen_by=[fabrikam]
        )
        activity.record("partnership.withdrawn", by=agent, at=now, provider=northwind, about=northwind)


def verbs(client: Client, **query: object) -> list[str]:
    return [row.what for row in client.get(LOG, query).context["rows"]]


def test_log_shows_own_world_newest_first(
    told: None, viewer: Actor, luca: Actor, tom: Actor, client_for: SignIn
) -> None:
    assert verbs(client_for(viewer)) == [
        "Partnership proposal withdrawn",
        "Partnership proposed",
        "Invitation sent",
    ]
    assert verbs(client_for(luca)) == ["Partnership proposed"]
    assert verbs(client_for(tom)) == []


def test_log_is_filtered(told: None, anna: Actor, now: datetime, client_for: SignIn) -> None:
    client = client_for(anna)
    today, before = now.date(), now.date() - timedelta(days=1)
    assert len(verbs(client, **{"from": today.isoformat()})) == 1
    assert len(verbs(client, to=before.isoformat())) == 2
    assert verbs(client, verb="invitation.sent") == ["Invitation sent"]
    assert len(verbs(client, person="alex")) == 2
    assert verbs(client, person="anna@northwind.example") == []  # names, not addresses
    assert verbs(client, customer="nobody") == []


def test_log_finds_the_customer(link: Any, anna: Actor, client_for: SignIn) -> None:
    client = client_for(anna)
    assert len(verbs(client, customer="conto")) == len(verbs(client)) == 3
    (first, *_others) = client.get(LOG).context["rows"]
    assert first.customer_url == reverse("customer", args=[link.customer_id])


def test_log_says_what_changed_in_words(link: Any, anna: Actor, client_for: SignIn) -> None:
    (first, *_others) = client_for(anna).get(LOG).context["rows"]
    details = dict(first.details)
    assert details["What changed"] == (
        f"invitation {link.invitation_id}: open; invitation link {link.pk}: waiting for the customer"
    )
    assert details["Link copied by hand"] == "no"


def test_reseller_gets_no_way_to_a_customer_it_may_not_open(
    forwarded: Any, luca: Actor, client_for: SignIn
) -> None:
    assert {row.customer_url for row in client_for(luca).get(LOG).context["rows"]} == {""}


@pytest.mark.parametrize(
    "query",
    [
        {"from": "0001-01-01"},
        {"to": "9999-12-31"},
        {"from": "yesterday"},
        {"person": "a(b["},
        {"person": "\x00"},
        {"customer": "%_'"},
        {"verb": "no.such"},
        {"after": "x"},
        {"verify": "2"},
        {"person": "🦊" * 300},
    ],
)
def test_log_answers_any_address(told: None, anna: Actor, client_for: SignIn, query: dict[str, str]) -> None:
    assert client_for(anna).get(LOG, query).status_code == 200


def test_log_proves_itself_whole(told: None, anna: Actor, client_for: SignIn) -> None:
    page = client_for(anna).get(LOG, {"verify": "1"})
    assert (page.context["proof"].rows, page.context["proof"].problems) == (3, [])
    assert "Verified" in page.content.decode()


def test_log_that_lost_its_tail_is_found_out(told: None, anna: Actor, client_for: SignIn) -> None:
    ActivityChain.objects.update(length=4)
    page = client_for(anna).get(LOG, {"verify": "1"})
    assert page.context["proof"].problems
    assert "is not whole" in page.content.decode()


def test_company_without_a_chain_of_its_own_is_told(told: None, luca: Actor, client_for: SignIn) -> None:
    page = client_for(luca).get(LOG, {"verify": "1"}).content.decode()
    assert "stands in the provider" in page


def test_empty_log_says_what_would_be_here(anna: Actor, client_for: SignIn) -> None:
    assert "Nothing has happened yet" in client_for(anna).get(LOG).content.decode()


# --- settings ----------------------------------------------------------------------------------


@pytest.fixture
def typed(northwind: Partner) -> dict[str, str]:
    """Northwind's profile as its form shows it."""
    profile = profiles.profile_of(northwind)
    return {
        "seen": profile.fingerprint,
        "website": profile.website,
        "support_email": profile.support_email,
        "support_phone": profile.support_phone,
        "time_zone": profile.time_zone,
        "partner_center_link": profile.partner_center_link,
        "privilege_days": str(profile.privilege_days),
        "expiry_days": str(profile.expiry_days),
    }


def test_account_admin_edits_the_profile(
    typed: dict[str, str], northwind: Partner, anna: Actor, client_for: SignIn
) -> None:
    typed |= {"support_phone": "+39 02 1234", "time_zone": "Europe/Madrid", "partner_center_link": LINK}
    assert client_for(anna).post(SETTINGS, typed)["Location"] == SETTINGS
    northwind.refresh_from_db()
    assert (northwind.support_phone, northwind.time_zone) == ("+39 02 1234", "Europe/Madrid")
    row = activity.entry(Activity.objects.select_related("person").get())
    assert set(row.details["fields"]) == {"support_phone", "time_zone", "partner_center_link"}


def test_profile_saved_unchanged_is_no_story(typed: dict[str, str], anna: Actor, client_for: SignIn) -> None:
    client_for(anna).post(SETTINGS, typed)
    assert not Activity.objects.exists()


@pytest.mark.parametrize("actor", ["agent", "seller", "viewer"])
def test_others_read_the_profile(
    typed: dict[str, str], actor: str, client_for: SignIn, request: pytest.FixtureRequest
) -> None:
    client = client_for(request.getfixturevalue(actor))
    page = client.get(SETTINGS)
    assert page.context["form"] is None
    assert "support@northwind.example" in page.content.decode()
    assert client.post(SETTINGS, typed).status_code == 403


def test_resellers_profile_knows_no_partner_center_link(luca: Actor, client_for: SignIn) -> None:
    assert "partner_center_link" not in client_for(luca).get(SETTINGS).context["form"].fields


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("website", "javascript:alert(1)"),
        ("website", "https://" + "x" * 300),
        ("support_email", "nobody"),
        ("support_phone", "12\x0034"),
        ("support_phone", "1" * 41),
        ("time_zone", "Mars/Olympus"),
        ("partner_center_link", "https://evil.example/"),
        ("privilege_days", "731"),
        ("privilege_days", "²"),
        ("expiry_days", "0"),
        ("expiry_days", ""),
        ("seen", "x" * 100),
    ],
)
def test_bad_profile_is_refused_and_kept(
    typed: dict[str, str], northwind: Partner, anna: Actor, client_for: SignIn, field: str, value: str
) -> None:
    page = client_for(anna).post(SETTINGS, {**typed, "support_phone": "+39 1", field: value})
    assert page.context["form"].errors[field]
    northwind.refresh_from_db()
    assert northwind.support_phone == ""


def test_stale_profile_is_refused_with_both_versions(
    typed: dict[str, str], northwind: Partner, anna: Actor, now: datetime, client_for: SignIn
) -> None:
    before = profiles.profile_of(northwind)
    theirs = Profile(
        **{**{name: getattr(before, name) for name in typed if name != "seen"}, "support_phone": "+1"}
    )
    profiles.edit(northwind, theirs, seen=before.fingerprint, by=anna, at=now)
    client = client_for(anna)
    page = client.post(SETTINGS, {**typed, "support_phone": "+2"})
    assert page.context["versions"] == [{"label": "Support phone", "saved": "+1", "typed": "+2"}]
    northwind.refresh_from_db()
    assert northwind.support_phone == "+1"
    again = {**typed, "support_phone": "+2", "seen": page.context["form"]["seen"].value()}
    assert client.post(SETTINGS, again).status_code == 302  # who has seen both may replace
    northwind.refresh_from_db()
    assert northwind.support_phone == "+2"


def test_story_refuses_what_no_profile_can_have(
    northwind: Partner, fabrikam: Partner, anna: Actor, luca: Actor, now: datetime
) -> None:
    def edit(partner: Partner, by: Actor, **changes: str) -> None:
        before = profiles.profile_of(partner)
        values = {**{name: getattr(before, name) for name in Profile.__dataclass_fields__}, **changes}
        profiles.edit(partner, Profile(**values), seen=before.fingerprint, by=by, at=now)

    with pytest.raises(Refused):  # another company's
        edit(northwind, luca, support_phone="1")
    with pytest.raises(Refused) as refusal:
        edit(northwind, anna, time_zone="Mars/Olympus")
    assert refusal.value.field == "time_zone"
    with pytest.raises(Refused, match="Only a provider"):
        edit(fabrikam, luca, partner_center_link=LINK)
    northwind.status = Partner.Status.SUSPENDED
    northwind.save()
    with pytest.raises(Refused, match="suspended"):
        edit(northwind, anna, support_phone="1")
    assert not Activity.objects.exists()


def test_stale_is_a_refusal_of_its_own(northwind: Partner, anna: Actor, now: datetime) -> None:
    with pytest.raises(Stale):
        profiles.edit(
            northwind,
            Profile(website="", support_email="", support_phone="9", time_zone="Europe/Rome"),
            seen="something else",
            by=anna,
            at=now,
        )


def test_suspended_company_reads_its_settings_and_changes_nothing(
    typed: dict[str, str], northwind: Partner, anna: Actor, client_for: SignIn
) -> None:
    northwind.status = Partner.Status.SUSPENDED
    northwind.save()
    client = client_for(anna)
    assert "Your company is suspended" in client.get(SETTINGS).content.decode()
    assert client.post(SETTINGS, typed).status_code == 403


def test_proposal_is_mailed_to_the_resellers_account_admins(
    agent: Actor, luca: Actor, fabrikam_agent: Actor, client_for: SignIn
) -> None:
    client_for(agent).post(PROPOSE, {"partner_id": "2000001"})
    assert [mail.to for mail in Message.objects.all()] == [luca.email]
