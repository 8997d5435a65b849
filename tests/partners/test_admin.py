"""The admin's pages about people: every change asks why and is logged; a company keeps its last admin."""

import pytest
from django.test import Client
from django.urls import reverse

from partners.actor import Actor
from partners.models import Activity, Membership, Partner, Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(staff: Actor, client_for: object) -> Client:
    assert staff.user is not None
    User.objects.filter(pk=staff.user.pk).update(is_superuser=True)
    return client_for(staff.user)  # type: ignore[operator]  # a factory of clients


def membership_of(actor: Actor) -> Membership:
    return Membership.objects.get(user=actor.user, partner=actor.partner)


def change(desk: Client, membership: Membership, role: str, reason: str = "Asked by its director") -> int:
    answer = desk.post(
        reverse("admin:partners_membership_change", args=[membership.pk]),
        {"user": membership.user_id, "partner": membership.partner_id, "role": role, "reason": reason},
    )
    return answer.status_code


def test_role_changes_for_a_reason_and_is_logged(desk: Client, anna: Actor, viewer: Actor) -> None:
    membership = membership_of(viewer)
    assert change(desk, membership, Role.SALES_AGENT, reason="") == 200
    assert change(desk, membership, Role.SALES_AGENT) == 302
    membership.refresh_from_db()
    row = Activity.objects.order_by("-pk")[0]
    assert membership.role == Role.SALES_AGENT
    assert (row.verb, "Asked by its director" in row.details) == ("staff.changed", True)


def test_last_account_admin_cannot_be_demoted(desk: Client, anna: Actor) -> None:
    membership = membership_of(anna)
    assert change(desk, membership, Role.VIEWER) == 200
    membership.refresh_from_db()
    assert membership.role == Role.ACCOUNT_ADMIN


def test_user_changes_for_a_reason_and_is_logged(desk: Client, viewer: Actor) -> None:
    assert viewer.user is not None
    page = reverse("admin:partners_user_change", args=[viewer.user.pk])
    assert desk.get(page).status_code == 200
    answer = desk.post(
        page,
        {
            "email": viewer.user.email,
            "name": "Somebody Else",
            "language": "en",
            "is_active": "on",
            "reason": "Married",
        }
        | {f"memberships-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")},
    )
    assert answer.status_code == 302
    assert User.objects.get(pk=viewer.user.pk).name == "Somebody Else"
    assert "Married" in Activity.objects.order_by("-pk")[0].details


def test_company_page_shows_its_people_and_changes_none(
    desk: Client, northwind: Partner, anna: Actor
) -> None:
    page = desk.get(reverse("admin:partners_partner_change", args=[northwind.pk]))
    assert page.status_code == 200
    assert str(anna.user) in page.content.decode()
    assert 'name="memberships-0-role"' not in page.content.decode()
