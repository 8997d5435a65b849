"""Paths walked to their end in a browser, as the client's document tells them; and a transfer between two."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customers.models import Assignment, Contact, Customer, Relationship
from partners.actor import Actor
from partners.models import Partner, Partnership, RulebookEdition
from subscriptions.models import Move, Subscription, Transfer
from subscriptions.vocabulary import AutoRenew, AzureOffer, Billing, Channel, Status
from tests.browser.conftest import Visitor
from tests.conftest import TENANT, Mailbox
from tests.factories import (
    PDF,
    AgreementVersionFactory,
    CustomerFactory,
    ProductFactory,
    RelationshipFactory,
    SubscriptionFactory,
)

Visitors = Callable[..., Visitor]
CARLA = "carla@contoso.example"
FORM = {"name": "form.pdf", "mimeType": "application/pdf", "buffer": PDF}


def plan(provider: Visitor, subscription: Subscription, path: str) -> Move:
    """Plan a path on the subscription's own page."""
    provider.open(f"{subscription.get_absolute_url()}plan/")
    provider.choose(path)
    provider.press("Plan the move")
    return Move.objects.get(subscription=subscription)


def close(visitor: Visitor, move: Move, **typed: str) -> None:
    """Close the next step from the move's page."""
    visitor.open(move.get_absolute_url())
    visitor.press("Close")
    finish(visitor, **typed)


def finish(visitor: Visitor, **typed: str) -> None:
    """Fill a step's form and close it; `choice` is one of two, `files` names a document."""
    if choice := typed.pop("choice", ""):
        visitor.choose(choice)
    if "files" in typed:
        visitor.page.locator("[name=files]").set_input_files({**FORM, "name": typed.pop("files")})
    visitor.fill(**typed)
    visitor.press("Close this step")


def note(visitor: Visitor, service: str, what: str) -> None:
    """Press what stands beside one service of an inventory."""
    line = visitor.page.locator("tr, li", has_text=service)
    with visitor.page.expect_navigation():
        line.locator("a, button", has_text=what).first.click()


def own_page(customer: Visitor, mails: Mailbox, event: str) -> None:
    """Open the customer's page from a mail: its link asks for a fresh one."""
    customer.open(mails.address(event, to=CARLA))
    customer.press("Mail me a fresh link")
    customer.open(mails.address("page_link", to=CARLA))


def take(customer: Visitor, **typed: str) -> None:
    """Take the step that waits on the customer's page."""
    customer.press("Take this step")
    finish(customer, **typed)


def azure(customer: Customer, channel: Channel, offer: AzureOffer, **fields: Any) -> Subscription:
    """Return an Azure subscription of a customer."""
    product = ProductFactory(
        billing=Billing.USAGE,
        family="azure",
        azure_offer=offer,
        sold_in_csp=offer != AzureOffer.OTHER,
        name=f"Azure ({offer})",
    )
    usage = {"term_end": None, "term": "", "quantity": 1, "auto_renew": AutoRenew.UNKNOWN}
    return SubscriptionFactory(customer=customer, channel=channel, product=product, **usage, **fields)


def test_open_licences_are_supported_in_place_through_a_reseller(
    visitor: Visitors,
    accepted: Relationship,
    partnership: Partnership,
    licences: Subscription,
    anna: Actor,
    luca: Actor,
) -> None:
    provider = visitor(anna)
    provider.open(f"{licences.get_absolute_url()}plan/")
    provider.look("move-plan")
    move = plan(provider, licences, "support_in_place")
    assert provider.says("2 of 5 steps closed")  # relationship and grant stand in the records
    provider.look("move-begun")

    reseller = visitor(luca)
    for privilege in ("Provisioning", "Support"):
        provider.open(licences.customer.get_absolute_url())
        provider.press("Assign privileges")
        provider.page.get_by_label(privilege).check()
        provider.select(partnership="Fabrikam")
        provider.press("Offer it")
        reseller.open("/privileges/?show=offered")
        reseller.press("Accept")
    assert Assignment.objects.live(timezone.now()).count() == 2

    close(provider, move)  # the reseller holds them
    provider.open(f"{licences.get_absolute_url()}edit/")
    provider.select(support_contact="Fabrikam")
    provider.press("Save")
    close(provider, move)  # the support contact is set
    reseller.open("/moves/?turn=mine")
    assert reseller.says("Open the first provisioning task")
    reseller.look("moves-reseller")
    close(reseller, move, note="Three mailboxes for the people who begin in April.")
    assert reseller.says("the move is completed")
    reseller.look("move-completed")
    move.refresh_from_db()
    licences.refresh_from_db()
    assert (move.status, licences.status, licences.channel) == ("completed", "active", "open")


def test_azure_from_an_enterprise_agreement_is_migrated_through_the_gate(
    visitor: Visitors,
    accepted: Relationship,
    confirmed: Contact,
    anna: Actor,
    agent: Actor,
    mails: Mailbox,
) -> None:
    old = azure(confirmed.customer, Channel.EA, AzureOffer.OTHER)
    ProductFactory(
        name="Azure plan",
        billing=Billing.USAGE,
        family="azure",
        azure_offer=AzureOffer.PLAN,
        sold_in_csp=True,
    )
    provider, second = visitor(anna), visitor(agent)
    move = plan(provider, old, "migrate_azure")
    for name, words in (
        ("Virtual machines", "Sold in CSP"),
        ("SQL databases", "Not known whether CSP sells it"),
        ("Delivery network", "Not sold in CSP"),
    ):
        provider.open(move.get_absolute_url())
        if provider.page.get_by_text("Add a service").count():
            provider.page.locator("summary", has_text="Add a service").evaluate(
                "e => e.parentElement.open = true"
            )
        provider.fill(name=name)
        provider.select(availability=words)
        provider.press("Add the service")
    provider.open(move.get_absolute_url())
    provider.look("move-inventory")
    assert provider.says("Nobody knows yet whether CSP offers: SQL databases.")  # the gate
    note(provider, "SQL databases", "Edit")
    provider.select(availability="Sold in CSP")
    provider.press("Save")
    close(provider, move)
    provider.open(move.get_absolute_url())
    provider.press("Close")
    provider.look("step-new-subscription")
    finish(provider, product="Azure plan", external_id="csp-new-1")
    for service in ("Virtual machines", "SQL databases"):
        provider.open(move.get_absolute_url())
        note(provider, service, "Moved")
    close(provider, move)
    provider.open(move.get_absolute_url())
    assert provider.says("You moved it: a second person verifies that everything works.")
    close(second, move, note="Signed in, ran the month's report.")

    customer = visitor()
    own_page(customer, mails, "step_yours")
    customer.look("my-steps")
    customer.press("Take this step")
    customer.look("my-step")
    assert customer.says("Delivery network")
    for service in ("Virtual machines", "SQL databases"):
        note(customer, service, "I cancelled it")
    finish(customer, choice="services")
    customer.open(mails.address("page_link", to=CARLA))
    take(customer, note="Removed from every role.")
    move.refresh_from_db()
    old.refresh_from_db()
    assert move.status == Move.Status.COMPLETED
    assert old.status == Status.ACTIVE  # what stayed behind still runs there
    assert move.successor is not None
    assert (move.successor.channel, move.successor.replaces) == (Channel.CSP_OWN, old)
    provider.open(move.get_absolute_url())
    provider.look("move-migrated")


def test_azure_of_another_csp_partner_is_switched_with_three_signatures(
    visitor: Visitors, accepted: Relationship, confirmed: Contact, anna: Actor, mails: Mailbox
) -> None:
    old = azure(
        confirmed.customer,
        Channel.CSP_OTHER,
        AzureOffer.LEGACY,
        external_id="csp-old",
        entitlement_id="azure-id-stays",
        seller_name="Tailspin",
    )
    provider = visitor(anna)
    move = plan(provider, old, "switch_partner")
    customer = visitor()
    own_page(customer, mails, "step_yours")
    take(customer, files="letter.pdf")
    assert provider.opens(f"{move.get_absolute_url()}print/") == 200
    provider.look("move-sheet")
    heard = {"reason": "They wrote to us."}
    close(provider, move, reference="2603101234", **heard)
    close(provider, move, **heard)  # signature 1
    customer.open(mails.address("page_link", to=CARLA))
    take(customer)  # signature 2
    close(provider, move)  # signature 3
    close(provider, move, **heard)  # uploaded
    provider.open(move.get_absolute_url())
    provider.press("Close")
    provider.look("step-ids")
    finish(provider, reference="csp-new")
    old.refresh_from_db()
    assert (old.channel, old.status) == (Channel.CSP_OWN, Status.ACTIVE)
    assert (old.external_id, old.entitlement_id) == ("csp-new", "azure-id-stays")
    close(provider, move, note="One role of theirs, removed.")
    assert provider.says("the move is completed")
    with provider.page.expect_download() as letter:
        provider.page.get_by_role("link", name="letter.pdf").click()
    assert letter.value.suggested_filename == "letter.pdf"


def test_licences_of_another_csp_partner_wait_under_the_rules_of_2016(
    visitor: Visitors, accepted: Relationship, confirmed: Contact, anna: Actor, mails: Mailbox
) -> None:
    end = timezone.localdate() + timedelta(days=40)
    held = SubscriptionFactory(
        customer=confirmed.customer, channel=Channel.CSP_OTHER, auto_renew=AutoRenew.NO, term_end=end
    )
    provider = visitor(anna)
    provider.open(f"{held.get_absolute_url()}plan/")
    assert provider.says("A licence subscription can't be moved to another CSP partner.")
    move = plan(provider, held, "wait_or_cancel")
    customer = visitor()
    own_page(customer, mails, "step_yours")
    take(customer, choice="wait")
    customer.press("Take this step")
    finish(customer)  # today
    assert customer.says("The customer waits for the end of the term")
    move.refresh_from_db()
    assert move.status == Move.Status.IN_PROGRESS


@pytest.fixture
def theirs(twin: Customer, tailspin_2026: Partner) -> Subscription:
    """Ten licences Tailspin sells Contoso."""
    return SubscriptionFactory(customer=twin, channel=Channel.CSP_OWN, external_id="licences-of-contoso")


def test_licences_are_transferred_under_todays_rules_between_two_providers(
    visitor: Visitors, northwind_2026: Partner, theirs: Subscription, anna: Actor, tom: Actor
) -> None:
    agreed = AgreementVersionFactory(edition=RulebookEdition.V2026)
    contoso = CustomerFactory(provider=northwind_2026, name="Contoso", tenant_id=TENANT)
    RelationshipFactory(customer=contoso, acceptance__agreement=agreed)
    known = SubscriptionFactory(
        customer=contoso,
        channel=Channel.CSP_OTHER,
        external_id="licences-of-contoso",
        product=theirs.product,
        seller_name="Tailspin",
    )
    provider = visitor(anna)
    provider.open("/transfers/")
    provider.look("transfers-empty")
    provider.open(known.get_absolute_url())
    provider.look("subscription-transfer")
    provider.open(f"/transfers/new/?subscription={known.pk}")
    if provider.page.get_by_role("link", name="Ask another partner").count():
        provider.press("Ask another partner")
    provider.look("transfer-ask")
    provider.fill(named=theirs.provider.partner_id, external_ids="licences-of-contoso\nnot-theirs")
    provider.press("File the request")
    assert provider.page.get_by_text("To be chosen by the current partner").count() == 2
    provider.look("transfer-sent")

    current = visitor(tom)
    current.open("/transfers/?side=received")
    current.look("transfers-received")
    current.open(Transfer.objects.get().get_absolute_url())
    current.look("transfer-received")
    current.press("Choose what goes")
    current.look("transfer-accept")
    current.page.locator("[name=chosen]").check()
    current.press("Let the chosen ones go")
    known.refresh_from_db()
    theirs.refresh_from_db()
    assert (known.channel, known.status) == (Channel.CSP_OWN, Status.ACTIVE)
    assert theirs.status == Status.TRANSFERRED
    provider.open(Transfer.objects.get().get_absolute_url())
    provider.look("transfer-accepted")
    assert provider.says("Accepted")
