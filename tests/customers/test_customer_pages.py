"""Recording and editing customers and contacts in the browser."""

import html
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from customers import records
from customers.models import Contact, Customer, Relationship
from partners.actor import Actor
from partners.models import Partner, Partnership
from tests.conftest import TENANT
from tests.factories import MembershipFactory, PartnerFactory

SignIn = Callable[..., Client]
RECORD = "/customers/new/"
TYPED = {"name": "Contoso S.p.A.", "domain": "contoso.it", "country": "IT", "language": "it"}


def text(response: object) -> str:
    return html.unescape(response.content.decode())  # type: ignore[attr-defined]  # a response


def test_recording_a_customer_with_its_first_contact(client_for: SignIn, seller: Actor) -> None:
    client = client_for(seller)
    assert client.get(RECORD).status_code == 200
    contact = {"contact-name": "Carla Conti", "contact-email": " Carla@Contoso.IT", "contact-phone": ""}
    response = client.post(RECORD, {**TYPED, "tenant_id": str(TENANT).upper(), **contact}, follow=True)
    customer = Customer.objects.get()
    assert response.redirect_chain == [(f"/customers/{customer.pk}/", 302)]
    assert "The customer was recorded." in text(response)
    assert (customer.name, customer.tenant_id) == ("Contoso S.p.A.", TENANT)
    (contact_row,) = customer.contacts.all()
    assert (contact_row.email, contact_row.language) == ("carla@contoso.it", "it")


def test_recording_without_a_contact_and_without_what_is_unknown(client_for: SignIn, seller: Actor) -> None:
    client_for(seller).post(RECORD, {**TYPED, "domain": "", "tenant_id": ""})
    customer = Customer.objects.get()
    assert (customer.domain, customer.tenant_id, customer.contacts.count()) == ("", None, 0)


def test_half_a_contact_is_asked_for_the_other_half(client_for: SignIn, seller: Actor) -> None:
    response = client_for(seller).post(RECORD, {**TYPED, "contact-name": "Carla"})
    assert "Enter both the name and the address, or neither." in text(response)
    assert not Customer.objects.exists()


def test_a_customer_outside_the_region_is_recorded_with_a_warning(client_for: SignIn, seller: Actor) -> None:
    response = client_for(seller).post(RECORD, {**TYPED, "country": "US"}, follow=True)
    assert "outside your CSP region: you cannot invite it" in text(response)
    assert reverse("customers:invite") + "?customer" not in text(response)


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", "", "This field is required."),
        ("name", "a\0b", "Null characters are not allowed."),
        ("name", "a\x1bb", "Remove the invisible control characters."),
        ("name", "x" * 161, "at most 160 characters"),
        ("domain", "not a domain", "Enter a domain such as contoso.com."),
        ("domain", "x" * 10_000, "at most 253 characters"),
        ("tenant_id", "b44bb1fb", "Write it as Microsoft does"),
        ("tenant_id", "9" * 10_000, "Write it as Microsoft does"),
        ("country", "ZZ", "Select a valid choice."),
        ("language", "xx", "Select a valid choice."),
        ("reseller", "9223372036854775808", "Select a valid choice."),
        ("reseller", "-1", "Select a valid choice."),
        ("contact-email", "carla@", "Enter a valid email address."),
    ],
)
def test_bad_input_is_named_beside_its_field_and_kept(
    client_for: SignIn, seller: Actor, field: str, typed: str, words: str
) -> None:
    response = client_for(seller).post(RECORD, {**TYPED, "contact-name": "Carla", field: typed})
    assert response.status_code == 200
    assert words in text(response)
    assert not Customer.objects.exists()
    if field == "domain":
        assert typed in text(response)


@pytest.mark.parametrize(
    "name", ["عميل كونتوسو", "Contoso 🏢 S.p.A.", "<script>alert(1)</script>", "Ünïcødé"]
)
def test_names_in_any_script_are_kept_and_escaped(client_for: SignIn, seller: Actor, name: str) -> None:
    response = client_for(seller).post(RECORD, {**TYPED, "name": name}, follow=True)
    assert Customer.objects.get().name == name
    assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("HTTPS://www.Contoso.IT/chi-siamo", "contoso.it"),
        ("carla@contoso.it", "contoso.it"),
        ("münchen.de", "xn--mnchen-3ya.de"),
    ],
)
def test_a_domain_is_kept_bare(client_for: SignIn, seller: Actor, typed: str, kept: str) -> None:
    client_for(seller).post(RECORD, {**TYPED, "domain": typed})
    assert Customer.objects.get().domain == kept


def test_a_tenant_already_on_record_is_told_beside_its_field(
    client_for: SignIn, seller: Actor, contoso: Customer
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(tenant_id=TENANT)
    response = client_for(seller).post(RECORD, {**TYPED, "tenant_id": str(TENANT)})
    assert "A customer with this Microsoft ID is already on record." in text(response)


def test_only_active_resellers_are_offered(
    client_for: SignIn, seller: Actor, partnership: Partnership, adventure: Partner
) -> None:
    page = text(client_for(seller).get(RECORD))
    assert "Fabrikam" in page
    assert "Adventure Works" not in page
    answer = client_for(seller).post(RECORD, {**TYPED, "reseller": str(adventure.pk)})
    assert "Select a valid choice." in text(answer)


def test_a_direct_bill_partner_is_asked_for_no_reseller(client_for: SignIn, now: object) -> None:
    membership = MembershipFactory(partner=PartnerFactory(direct_bill=True))
    client = client_for(Actor.member(membership))
    assert "Named reseller" not in text(client.get(RECORD))
    client.post(RECORD, {**TYPED, "reseller": "1"})
    assert Customer.objects.get().reseller is None


@pytest.mark.parametrize("who", ["helpdesk", "viewer", "luca", "fabrikam_seller"])
def test_who_may_not_record_is_told_so(client_for: SignIn, request: pytest.FixtureRequest, who: str) -> None:
    client = client_for(request.getfixturevalue(who))
    assert client.get(RECORD).status_code == 403
    assert client.post(RECORD, TYPED).status_code == 403
    assert not Customer.objects.exists()


def test_somebody_of_a_suspended_provider_records_nothing(
    client_for: SignIn, seller: Actor, northwind: Partner
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(status="suspended")
    assert client_for(seller).post(RECORD, TYPED).status_code == 403


# --- editing -----------------------------------------------------------------------------------


def test_editing_a_customer(client_for: SignIn, seller: Actor, contoso: Customer) -> None:
    client, address = client_for(seller), f"/customers/{contoso.pk}/edit/"
    page = text(client.get(address))
    assert 'value="Contoso"' in page
    response = client.post(address, {**TYPED, "version": "1"}, follow=True)
    assert "The customer was saved." in text(response)
    contoso.refresh_from_db()
    assert (contoso.name, contoso.version) == ("Contoso S.p.A.", 2)


@pytest.mark.parametrize("version", ["1", "", "0", "x", "99999999999999999999"])
def test_a_stale_form_shows_both_versions_and_loses_nothing(
    client_for: SignIn, seller: Actor, contoso: Customer, now: object, version: str
) -> None:
    theirs = records.Details("Theirs", "contoso.example", None, "FR", "en")
    records.edit(contoso, theirs, version=1, by=seller, at=now)  # type: ignore[arg-type]  # the fixed moment
    client, address = client_for(seller), f"/customers/{contoso.pk}/edit/"
    response = client.post(address, {**TYPED, "name": "Mine", "version": version})
    contoso.refresh_from_db()
    assert contoso.name == "Theirs"
    page = text(response)
    assert "Both versions" in page
    assert "Theirs" in page
    assert 'value="Mine"' in page
    assert "France" in page
    assert 'name="version" value="2"' in page
    client.post(address, {**TYPED, "name": "Mine", "version": "2"})  # a decision
    contoso.refresh_from_db()
    assert contoso.name == "Mine"


def test_the_tenant_the_customer_stated_cannot_be_typed_over(
    client_for: SignIn, seller: Actor, accepted: Relationship
) -> None:
    contoso = Customer.objects.get(pk=accepted.customer_id)
    typed = {**TYPED, "tenant_id": str(uuid.uuid4()), "version": str(contoso.version)}
    response = client_for(seller).post(f"/customers/{contoso.pk}/edit/", typed)
    assert "A relationship rests on this Microsoft ID" in text(response)


@pytest.mark.parametrize(("who", "status"), [("tom", 404), ("luca", 404), ("helpdesk", 403), ("viewer", 403)])
def test_strangers_find_nothing_and_colleagues_are_refused(
    client_for: SignIn, request: pytest.FixtureRequest, carla: Contact, who: str, status: int
) -> None:
    client = client_for(request.getfixturevalue(who))
    pk = carla.customer_id
    for address in (
        f"/customers/{pk}/edit/",
        f"/customers/{pk}/contacts/add/",
        f"/contacts/{carla.pk}/edit/",
    ):
        assert client.get(address).status_code == status
        assert client.post(address, TYPED).status_code == status


def test_a_customer_nobody_could_have(client_for: SignIn, seller: Actor, db: None) -> None:
    assert client_for(seller).get("/customers/9223372036854775808/edit/").status_code == 404


# --- contacts ----------------------------------------------------------------------------------


def test_adding_and_editing_a_contact(client_for: SignIn, seller: Actor, contoso: Customer) -> None:
    client, typed = client_for(seller), {"name": "Ciro", "email": "ciro@contoso.example", "language": "it"}
    client.post(f"/customers/{contoso.pk}/contacts/add/", typed)
    contact = Contact.objects.get()
    again = client.post(f"/customers/{contoso.pk}/contacts/add/", typed)
    assert "A contact with this address is already on record." in text(again)
    address = f"/contacts/{contact.pk}/edit/"
    assert "ciro@contoso.example" in text(client.get(address))
    client.post(address, {**typed, "name": "Ciro Conti", "version": "1"})
    contact.refresh_from_db()
    assert contact.name == "Ciro Conti"
    stale = client.post(address, {**typed, "name": "Ciro Corti", "version": "1"})
    assert "Both versions" in text(stale)
    assert stale.context["form"]["version"].value() == "2"
    client.post(address, {**typed, "name": "Ciro Corti", "version": "2"})
    contact.refresh_from_db()
    assert contact.name == "Ciro Corti"


def test_a_confirmed_contact_is_not_edited_here(
    client_for: SignIn, seller: Actor, confirmed: Contact
) -> None:
    typed = {"name": "Ciro", "email": "ciro@contoso.example", "language": "it"}
    client = client_for(seller)
    shown, posted = (
        client.get(f"/contacts/{confirmed.pk}/edit/"),
        client.post(f"/contacts/{confirmed.pk}/edit/", typed),
    )
    for response in (shown, posted):
        assert "only the customer can change it" in text(response)
        assert "<input" not in text(response).partition("<main")[2]
    page = text(client_for(seller).get(f"/customers/{confirmed.customer_id}/"))
    assert f"/contacts/{confirmed.pk}/edit/" not in page
