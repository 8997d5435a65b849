"""A campaign of three through a reseller, and a draft gone on with, in a browser."""

from collections.abc import Callable
from uuid import uuid4

from customers.models import AgreementVersion, Invitation, InvitationLink
from partners.actor import Actor
from partners.models import Partnership
from tests.browser.conftest import Visitor
from tests.browser.gestures import answer, say_it, type_code
from tests.conftest import Mailbox

Visitors = Callable[..., Visitor]
THREE = {
    "Proseware": "it@proseware.example",
    "Wide World": "ada@wide.example",
    "Lucerne": "leo@lucerne.example",
}


def value(person: Visitor, name: str) -> str:
    """Return what stands in a field."""
    return person.page.locator(f"[name={name}]").input_value()


def ticked(person: Visitor, label: str) -> bool:
    """Say whether a box is ticked."""
    return person.page.get_by_label(label).first.is_checked()


def test_campaign_of_three_through_a_reseller(
    visitor: Visitors,
    agreement: AgreementVersion,
    partnership: Partnership,
    adventure_partnership: Partnership,
    anna: Actor,
    luca: Actor,
    mails: Mailbox,
) -> None:
    provider = visitor(anna)
    provider.open("/invitations/new/")
    provider.choose("via_reseller")
    provider.page.get_by_label("Fabrikam").check()
    provider.page.get_by_text("For more than one customer?").click()
    provider.fill(places="3")
    provider.press("Continue")
    provider.choose("asks_provisioning", "asks_support")
    provider.fill(privilege_days="180")
    provider.press("Continue")
    say_it(provider, "Good morning, our partner writes to you.")

    provider.press("Back")  # what was typed is kept, on the way there and back
    assert (value(provider, "privilege_days"), ticked(provider, "Support")) == ("180", True)
    provider.press("Whom")
    assert (value(provider, "places"), ticked(provider, "Fabrikam")) == ("3", True)
    assert not ticked(provider, "Adventure")
    provider.press("Words")
    assert value(provider, "opening") == "Good morning, our partner writes to you."
    provider.press("Continue")
    provider.page.go_back()
    assert value(provider, "opening") == "Good morning, our partner writes to you."
    provider.press("Continue")
    assert provider.says("Provisioning, Support, for 180 days")
    provider.press("Hand it to Fabrikam")
    assert provider.says("3 of 3 free")

    reseller = visitor(luca)
    reseller.open(Invitation.objects.get().get_absolute_url())
    reseller.page.get_by_text("Send to several at once").click()
    lines = "\n".join(f"{company}; {address}" for company, address in THREE.items())
    reseller.page.get_by_label("One customer on each line").fill(lines)
    reseller.press("Send to all of them")
    assert InvitationLink.objects.waiting().count() == 3

    for address in list(THREE.values())[:2]:
        customer = visitor()
        customer.open(mails.address("invitation_sent", to=address))
        answer(customer, tenant=uuid4())
        type_code(customer, mails.code(address), "Accept the invitation")
        assert customer.says("Thank you, that is done")
    customer = visitor()
    customer.open(mails.address("invitation_sent", to=THREE["Lucerne"]))
    customer.press("Decline the invitation")
    customer.press("Decline")
    assert customer.says("This invitation has been declined")

    campaign = Invitation.objects.get()
    assert (campaign.places, campaign.places_taken, campaign.places_accepted) == (3, 2, 2)
    provider.open(campaign.get_absolute_url())
    assert provider.says("1 of 3 free")
    provider.look("campaign")


def test_search_and_preview_follow_what_is_typed_and_a_draft_is_gone_on_with(
    visitor: Visitors, anna: Actor, contoso: object, partnership: Partnership
) -> None:
    provider = visitor(anna)
    provider.open("/invitations/new/")
    provider.fill(find="conto")
    with provider.page.expect_navigation():
        provider.page.get_by_role("button", name="Contoso").click()
    provider.fill(email="it@contoso.example")
    provider.press("Continue")
    provider.press("Continue")
    provider.fill(opening="Seen while I type.")
    provider.page.locator("#looks").get_by_text("Seen while I type.").first.wait_for()
    provider.press("Continue")
    provider.press("Save as draft")
    provider.look("draft")
    provider.press("Go on with it")
    assert provider.says("it@contoso.example")
    provider.look("invite-check-draft")
    provider.press("Open it in my mail program")
    assert provider.says("The link for Contoso is ready")
    provider.look("invite-made")
    assert not Invitation.objects.get().is_draft
