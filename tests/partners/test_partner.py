"""Companies: kinds, regions, hierarchy, ids; people and their ties."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from partners.models import Kind, Membership, Partner, User
from partners.regions import region_name, region_of, regions, same_region
from tests.factories import MembershipFactory, PartnerFactory, UserFactory

pytestmark = pytest.mark.django_db


# --- kinds and regions -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "owns", "has_resellers", "is_reseller"),
    [
        (Kind.INDIRECT_PROVIDER, True, True, False),
        (Kind.DIRECT_BILL, True, False, False),
        (Kind.INDIRECT_RESELLER, False, False, True),
    ],
)
def test_kinds(kind: Kind, owns: bool, has_resellers: bool, is_reseller: bool) -> None:
    company = Partner(kind=kind)
    assert (company.owns_relationships, company.has_resellers, company.is_reseller) == (
        owns,
        has_resellers,
        is_reseller,
    )


def test_region_comes_from_the_country() -> None:
    assert PartnerFactory(country="IT").region == PartnerFactory(country="CH").region == "europe"
    assert PartnerFactory(country="US").region == "united_states"


def test_country_that_is_not_listed_is_a_region_of_its_own() -> None:
    assert region_of("QQ") == "QQ"
    assert same_region("QQ", "QQ")
    assert not same_region("QQ", "ZZ")


def test_every_region_has_a_name_and_a_country_alone_its_own() -> None:
    assert {region_name(region) for region in regions()}.isdisjoint(regions())
    assert region_name("CN") == "China"
    assert region_name("QQ") == "QQ"
    assert not same_region("QQ", "IT")


@pytest.mark.parametrize(
    "partner_id", ["", "123", "1234567890123", "12a4", "１２３４", "12 34", "1234\n", "-1234"]
)
def test_partner_id_is_4_to_12_digits(partner_id: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        PartnerFactory.build(partner_id=partner_id).clean_fields()
    assert "partner_id" in refusal.value.message_dict


@pytest.mark.parametrize("field", ["partner_id", "tenant_id"])
def test_ids_belong_to_one_company(field: str) -> None:
    first = PartnerFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        PartnerFactory(**{field: getattr(first, field)})


def test_time_zone_must_exist() -> None:
    for wrong in ("Europe/Nowhere", "", "../etc/passwd"):
        with pytest.raises(ValidationError):
            PartnerFactory.build(time_zone=wrong).clean_fields()
    assert PartnerFactory(time_zone="Europe/Rome").zone.key == "Europe/Rome"


# --- hierarchy ---------------------------------------------------------------------------------


def chain(length: int, **fields: Any) -> list[Partner]:
    """Return companies each of which stands above the next."""
    companies: list[Partner] = []
    for _ in range(length):
        companies.append(PartnerFactory(parent=companies[-1] if companies else None, **fields))
    return companies


def refused_parent(company: Partner, parent: Partner) -> str:
    company.parent = parent
    with pytest.raises(ValidationError) as refusal:
        company.full_clean()
    return refusal.value.message_dict["parent"][0]


def test_hierarchy_of_three_levels_is_allowed() -> None:
    for company in chain(3):
        company.full_clean()


def test_fourth_level_is_refused_from_below_and_from_above() -> None:
    assert refused_parent(PartnerFactory(), chain(3)[-1]) == "A hierarchy has at most three levels."
    assert refused_parent(chain(3)[0], PartnerFactory()) == "A hierarchy has at most three levels."
    assert refused_parent(chain(2)[0], chain(2)[-1]) == "A hierarchy has at most three levels."


def test_depth_counts_the_deepest_branch() -> None:
    top, middle, _bottom = chain(3)
    PartnerFactory(parent=top)
    assert (top.depth_below(), middle.depth_below(), Partner().depth_below()) == (3, 2, 1)


def test_company_does_not_stand_above_itself() -> None:
    top, middle, bottom = chain(3)
    assert refused_parent(top, bottom) == "A company cannot stand above itself."
    assert refused_parent(top, middle) == "A company cannot stand above itself."
    assert refused_parent(bottom, bottom) == "A company cannot stand above itself."


def test_parent_is_of_the_same_kind() -> None:
    reseller = PartnerFactory(reseller=True)
    assert refused_parent(reseller, PartnerFactory()) == "A parent company is of the same kind."
    reseller.parent = PartnerFactory(reseller=True)
    reseller.full_clean()


def test_parent_passes_no_suspension_down() -> None:
    top, bottom = chain(2)
    Partner.objects.filter(pk=top.pk).update(status="suspended")
    bottom.refresh_from_db()
    assert bottom.is_active
    assert list(Partner.objects.active()) == [bottom]


# --- people ------------------------------------------------------------------------------------


def test_user_is_found_however_the_address_is_written() -> None:
    user = UserFactory(email=" Anna@Northwind.EXAMPLE ")
    assert user.email == "anna@northwind.example"
    assert User.objects.get_by_natural_key("ANNA@northwind.example") == user
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(email="anna@NORTHWIND.example")


def test_user_without_a_password_cannot_sign_in() -> None:
    user = User.objects.create_user("new@northwind.example", name="New")
    assert not user.has_usable_password()
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_superuser_is_staff() -> None:
    boss = User.objects.create_superuser("boss@multicanale.example", "a long password", name="Bo Boss")
    assert (boss.is_staff, boss.is_superuser) == (True, True)


def test_user_is_called_by_name_or_else_by_address() -> None:
    named, unnamed = UserFactory(name="Anna Admin"), UserFactory(name="", email="x@y.example")
    assert (str(named), named.get_full_name(), named.get_short_name()) == ("Anna Admin", "Anna Admin", "Anna")
    assert str(unnamed) == "x@y.example"


def test_person_may_work_for_several_companies_once_each() -> None:
    user = UserFactory()
    first, _second = MembershipFactory(user=user), MembershipFactory(user=user)
    with pytest.raises(IntegrityError), transaction.atomic():
        MembershipFactory(user=user, partner=first.partner)
    assert Membership.objects.filter(user=user).count() == 2
