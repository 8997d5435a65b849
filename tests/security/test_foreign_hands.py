"""What belongs to somebody else's wizard, queue, renewal or link is not there, whatever key is guessed."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import links, renewals
from customers.models import Contact, Customer, Grant, Invitation, MailedCode, Privilege, RenewalProposal
from customers.wizards import Step
from partners import joining, onboarding
from partners.actor import Actor
from partners.middleware import ACTING_FOR
from partners.models import Membership, Partner, Partnership, Role
from tests.customers.wizard import Walk
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    CustomerFactory,
    GrantFactory,
    MembershipFactory,
    OnboardingFactory,
    RelationshipFactory,
    TeamInvitationFactory,
)

pytestmark = pytest.mark.django_db
SignIn = Callable[[Actor], Client]


def text(answer: Any) -> str:
    return answer.content.decode()


# --- the wizard --------------------------------------------------------------------------------


@pytest.fixture
def walked(client_for: SignIn, anna: Actor) -> Walk:
    """Anna's wizard, at its last step."""
    walk = Walk(client_for(anna))
    walk.to_check()
    return walk


@pytest.mark.parametrize("who", ["tom", "agent"])
def test_another_s_wizard_is_an_empty_one(
    who: str, walked: Walk, client_for: SignIn, request: pytest.FixtureRequest
) -> None:
    thief = client_for(request.getfixturevalue(who))
    for step in Step:
        assert "carla@contoso.example" not in text(thief.get(walked.address(step.value), follow=True)).lower()
    thief.post(walked.address("send"), {"seen": "x"})
    assert not Invitation.objects.exists()
    assert walked.get("check").status_code == 200


def test_what_a_wizard_made_is_shown_to_no_other_provider(
    walked: Walk, client_for: SignIn, tom: Actor
) -> None:
    walked.end("copy")
    assert Invitation.objects.count() == 1
    answer = client_for(tom).get(walked.address("made"), follow=True)
    assert "/i/" not in text(answer)
    assert "contoso" not in text(answer).lower()


def test_a_wizard_begun_for_one_company_is_empty_for_another_of_the_same_person(
    walked: Walk, tailspin: Partner, anna: Actor
) -> None:
    other = MembershipFactory(partner=tailspin, user=anna.user, role=Role.ACCOUNT_ADMIN)
    session = walked.client.session
    session[ACTING_FOR] = other.pk
    session.save()
    walked.client.post(walked.address("send"), {"seen": "x"})
    assert not Invitation.objects.exists()
    assert "contoso" not in text(walked.client.get(walked.address("check"), follow=True)).lower()


@pytest.mark.parametrize("field", ["customer", "partnerships", "named"])
def test_a_foreign_key_in_the_wizard_is_answered_like_one_nobody_has(
    field: str, client_for: SignIn, anna: Actor, tom: Actor, wanda: Actor
) -> None:
    foreign = {
        "customer": CustomerFactory(provider=tom.partner, name="Secret Customer").pk,
        "partnerships": Partnership.objects.get(reseller=wanda.partner).pk,
        "named": Partnership.objects.get(reseller=wanda.partner).pk,
    }[field]
    seen = []
    for key in (foreign, 2**40):
        walk = Walk(client_for(anna))
        if field == "partnerships":
            walk.change(route="via_reseller")
        walk.change(**{field: str(key)})
        walk.post("whom"), walk.post("asks"), walk.post("words")
        page = text(walk.client.post(walk.address("send"), {"seen": "x"}, follow=True))
        assert "Secret Customer" not in page
        assert "Wingtip" not in page
        looked = walk.client.get(walk.address("whom"), {"customer": key}) if field == "customer" else None
        seen.append(looked.status_code if looked else 0)
    assert seen[0] == seen[1]
    assert not Invitation.objects.exists()


def test_a_removed_member_s_wizard_sends_nothing(walked: Walk, anna: Actor) -> None:
    seen = walked.get("check").context["form"]["seen"].value()
    Membership.objects.filter(user=anna.user).delete()
    assert walked.client.post(walked.address("send"), {"seen": seen}).status_code == 403
    assert not Invitation.objects.exists()


# --- the queue ---------------------------------------------------------------------------------


def test_putting_off_tells_not_whether_another_s_thing_is_there(
    offered: Any, client_for: SignIn, tom: Actor, wanda: Actor
) -> None:
    for who in (tom, wanda):
        client = client_for(who)
        for kind in ("offers", "offered", "decisions", "ending", "microsoft", "nonsense"):
            for name in ("put-off", "wake"):
                for key in (offered.pk, offered.customer_id, 2**40):
                    answer = client.post(reverse(f"subscriptions:attention-{name}", args=[kind, key]))
                    assert answer.status_code == 404, (kind, name, key)


# --- renewals ----------------------------------------------------------------------------------


@pytest.fixture
def proposal(provisioning: Grant, confirmed: Contact, anna: Actor, now: datetime) -> RenewalProposal:
    """Northwind proposes that Contoso's provisioning lasts longer."""
    Grant.objects.update(ends_on=now.date() + timedelta(days=21))
    terms = renewals.Terms(frozenset({Privilege.PROVISIONING.value}), 365)
    return renewals.propose(provisioning.relationship, terms, by=anna, at=now)


@pytest.fixture
def other(northwind: Partner) -> Contact:
    """A confirmed contact of another customer of the same provider."""
    relationship = RelationshipFactory(customer__provider=northwind, customer__name="Litware")
    return ContactFactory(customer=relationship.customer, confirmed=True)


def token_of(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def test_another_customer_s_renewal_is_a_bad_link(
    proposal: RenewalProposal, other: Contact, client: Client, now: datetime
) -> None:
    token = token_of(links.page_address(other))
    for name in ("my-renewal", "my-renewal-decline"):
        address = reverse(f"customers:{name}", args=[token, proposal.pk])
        for answer in (client.get(address), client.post(address, {"privileges": "provisioning"})):
            assert answer.status_code == 404
            assert "Northwind" not in text(answer)
    proposal.refresh_from_db()
    assert proposal.status == "waiting"


def test_a_code_of_another_purpose_or_customer_renews_nothing(
    proposal: RenewalProposal, confirmed: Contact, client: Client, now: datetime
) -> None:
    token = token_of(links.page_address(confirmed))
    client.post(reverse("customers:my-withdraw", args=[token, proposal.relationship.grants.first().pk]))
    code = MailedCode.objects.latest("pk")
    last = proposal.last_day(now.date()).isoformat()
    query = {"privileges": "provisioning", "ends_on": last}
    address = reverse("customers:my-renewal-code", args=[token, proposal.pk, code.key], query=query)
    client.post(address, {"code": links.code_digits(code)})
    proposal.refresh_from_db()
    assert proposal.status == "waiting"


def test_an_assignment_of_another_customer_cannot_be_ticked(
    proposal: RenewalProposal, confirmed: Contact, client: Client, partnership: Partnership, now: datetime
) -> None:
    foreign = AssignmentFactory(
        grant=GrantFactory(relationship__customer__provider=proposal.provider), partnership=partnership
    )
    token = token_of(links.page_address(confirmed))
    code = renewals.ask_to_answer(proposal, confirmed, at=now)
    last = proposal.last_day(now.date()).isoformat()
    query = {"privileges": "provisioning", "ends_on": last, "resellers": str(foreign.pk)}
    address = reverse("customers:my-renewal-code", args=[token, proposal.pk, code.key], query=query)
    client.post(address, {"code": links.code_digits(code)})
    before = foreign.ends_on
    foreign.refresh_from_db()
    assert foreign.ends_on == before


# --- links -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["team", "onboarding"])
@pytest.mark.parametrize("method", ["get", "post", "put", "head"])
def test_every_answer_under_a_link_keeps_its_address_secret(kind: str, method: str, client: Client) -> None:
    if kind == "team":
        token = token_of(joining.address_of(TeamInvitationFactory()))
        address = reverse("partners:join", args=[token])
    else:
        token = token_of(onboarding.address_of(OnboardingFactory()))
        address = reverse("partners:onboarding", args=[token])
    for path in (address, address.replace(token, token + "x")):
        answer = getattr(client, method)(path)
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert "no-store" in answer["Cache-Control"]


def test_a_link_of_one_kind_opens_no_other(client: Client) -> None:
    team, reseller = TeamInvitationFactory(), OnboardingFactory(pk=1)
    assert (
        client.get(reverse("partners:onboarding", args=[token_of(joining.address_of(team))])).status_code
        == 404
    )
    assert (
        client.get(reverse("partners:join", args=[token_of(onboarding.address_of(reseller))])).status_code
        == 404
    )
    assert client.get(reverse("my", args=[token_of(joining.address_of(team))])).status_code == 404


# --- back to where one was ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "///evil.example",
        "\t//evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/\r\nSet-Cookie: a=b",
    ],
)
def test_choosing_a_theme_leads_to_no_other_site(target: str, client: Client) -> None:
    answer = client.post(reverse("set_theme"), {"theme": "dark", "next": target})
    assert answer["Location"].startswith("/")
    assert not answer["Location"].startswith(("//", "/\\"))
    assert "\n" not in answer["Location"]
    assert "a" not in client.cookies


@pytest.mark.parametrize("theme", ["dark; Domain=evil", "<script>", "\r\nX: y", "DARK"])
def test_no_theme_but_ours_is_remembered(theme: str, client: Client) -> None:
    client.post(reverse("set_theme"), {"theme": theme, "next": "/"})
    answer = client.get(reverse("account_login"), {"theme": theme})
    assert "theme" not in "".join(client.cookies.keys()).casefold()
    assert "data-bs-theme" not in text(answer)
    assert "<script>" not in text(answer)


def test_a_link_key_nobody_has_is_like_one_of_another_provider(
    client_for: SignIn, tom: Actor, contoso: Customer
) -> None:
    client = client_for(tom)
    for name in ("customer-hand-over", "customer-existing", "renewal-propose"):
        answers = [client.get(reverse(f"customers:{name}", args=[key])) for key in (contoso.pk, 2**40)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert "Contoso" not in text(answers[0])
    assert (
        client.get(
            reverse("customers:invite-whom", args=[uuid.uuid4()]), {"customer": contoso.pk}
        ).status_code
        == 404
    )
