"""Companies in the admin: a tree of any size, moved with a preview, onboarded or refused, never deleted."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.actor import Actor
from partners.models import Activity, Onboarding, Partner
from tests.factories import OnboardingFactory, PartnerFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/partners/partner/"


@pytest.fixture
def desk(staff: Actor, client_for: Any) -> Client:
    """The browser of a member of staff who may do everything."""
    return client_for(staff)


@pytest.fixture
def group(staff: Actor) -> list[Partner]:
    """Fabrikam over Adventure over a branch."""
    top = PartnerFactory(reseller=True, name="Fabrikam Group")
    middle = PartnerFactory(reseller=True, name="Adventure", parent=top)
    return [top, middle, PartnerFactory(reseller=True, name="Branch", parent=middle)]


def listed(desk: Client, **query: str) -> list[str]:
    page = desk.get(LIST, query)
    assert page.status_code == 200
    return [row.name for row in page.context["cl"].result_list]


def move(partner: Partner, **query: str) -> str:
    return reverse("admin:partners_partner_move", args=[partner.pk], query=query)


# --- the tree ----------------------------------------------------------------------------------


def test_list_is_a_tree_with_levels(desk: Client, group: list[Partner]) -> None:
    PartnerFactory(reseller=True, name="Aardvark")
    assert listed(desk) == ["Aardvark", "Fabrikam Group", "Adventure", "Branch"]
    words = desk.get(LIST).content.decode().replace("\u00a0", " ")
    assert "└ Adventure" in words
    assert "Fabrikam Group › Adventure" in words


def test_search_finds_what_stands_under_a_name(desk: Client, group: list[Partner]) -> None:
    PartnerFactory(reseller=True, name="Aardvark")
    assert listed(desk, q="fabrikam") == ["Fabrikam Group", "Adventure", "Branch"]
    assert listed(desk, q=group[2].partner_id) == ["Branch"]


@pytest.mark.parametrize(
    ("level", "names"), [("1", ["Fabrikam Group"]), ("2", ["Adventure"]), ("3", ["Branch"])]
)
def test_filter_by_level(desk: Client, group: list[Partner], level: str, names: list[str]) -> None:
    assert listed(desk, level=level) == names


def test_column_sorts_when_asked(desk: Client, group: list[Partner]) -> None:
    assert listed(desk, o="0") == ["Adventure", "Branch", "Fabrikam Group"]


def test_tree_costs_the_same_for_five_thousand(desk: Client, group: list[Partner]) -> None:
    def cost(query: dict[str, str]) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(LIST, query).status_code == 200
        return len(captured)

    queries: list[dict[str, str]] = [{}, {"q": "branch"}, {"level": "3"}]
    few = [cost(query) for query in queries]
    Partner.objects.bulk_create(
        PartnerFactory.build(reseller=True, name=f"Branch {n}", tenant_id=uuid.uuid4(), parent=group[n % 2])
        for n in range(5000)
    )
    assert [cost(query) for query in queries] == few


# --- moving ------------------------------------------------------------------------------------


def test_move_shows_what_changes_and_changes_nothing(desk: Client, group: list[Partner]) -> None:
    top, middle, _branch = group
    other = PartnerFactory(reseller=True, name="Litware")
    assert desk.get(move(middle)).context["effects"] == []
    page = desk.get(move(middle, parent=str(other.pk)))
    said = " ".join(page.context["effects"])
    assert "Adventure stands under Litware, at level 2" in said
    assert "no longer stands under Fabrikam Group" in said
    assert "1 company under it moves with it: Branch" in said
    assert "no right, no partnership and no suspension" in said
    middle.refresh_from_db()
    assert middle.parent == top
    assert not Activity.objects.exists()


def test_move_happens_for_a_reason(desk: Client, group: list[Partner]) -> None:
    _top, middle, branch = group
    other = PartnerFactory(reseller=True, name="Litware")
    page = desk.post(move(middle), {"parent": other.pk, "reason": ""})
    assert page.context["reason"].errors
    answer = desk.post(move(middle), {"parent": other.pk, "reason": "Sold"})
    assert answer["Location"] == reverse("admin:partners_partner_change", args=[middle.pk])
    middle.refresh_from_db()
    assert middle.parent == other
    assert desk.post(move(branch), {"parent": "", "reason": "On its own"}).status_code == 302
    branch.refresh_from_db()
    assert branch.parent is None
    assert Activity.objects.filter(verb="company.moved").count() == 2


@pytest.mark.parametrize("method", ["get", "post"])
def test_move_that_cannot_be_is_refused_in_words(desk: Client, group: list[Partner], method: str) -> None:
    top, _middle, branch = group
    page = getattr(desk, method)(move(top), {"parent": branch.pk, "reason": "Why not"})
    assert "cannot stand above itself" in page.context["refused"]
    top.refresh_from_db()
    assert top.parent is None


@pytest.mark.parametrize("parent", ["x", "\0", str(2**63), "-1", "²"])
def test_move_under_nonsense_is_refused(desk: Client, group: list[Partner], parent: str) -> None:
    assert desk.get(move(group[0], parent=parent)).context["effects"] == []
    assert desk.post(move(group[0]), {"parent": parent, "reason": "x"}).status_code == 200
    assert not Activity.objects.exists()


def test_parent_of_a_company_that_exists_changes_by_the_move_alone(
    desk: Client, group: list[Partner]
) -> None:
    page = desk.get(reverse("admin:partners_partner_change", args=[group[1].pk]))
    assert "parent" not in page.context["adminform"].form.fields
    assert "status" not in page.context["adminform"].form.fields


def test_new_company_is_put_under_another(desk: Client, group: list[Partner]) -> None:
    typed = {
        "name": "New",
        "kind": "indirect_reseller",
        "partner_id": "3000001",
        "tenant_id": str(uuid.uuid4()),
        "country": "IT",
        "time_zone": "Europe/Rome",
        "edition": "2016-12",
        "privilege_days": "365",
        "expiry_days": "90",
        "reason": "Asked by Fabrikam",
    }
    add = reverse("admin:partners_partner_add")
    page = desk.post(add, {**typed, "parent": group[2].pk})
    assert "at most three levels" in page.content.decode()
    assert desk.post(add, {**typed, "parent": group[1].pk}).status_code == 302
    assert Partner.objects.get(partner_id="3000001").parent == group[1]


def test_company_has_no_way_to_be_deleted_and_the_page_says_why(desk: Client, group: list[Partner]) -> None:
    assert desk.post(reverse("admin:partners_partner_delete", args=[group[0].pk])).status_code == 403
    page = desk.get(reverse("admin:partners_partner_change", args=[group[0].pk])).content.decode()
    assert "A company is never deleted" in page
    assert "deletelink" not in page


def test_staff_without_the_right_moves_and_decides_nothing(group: list[Partner], client_for: Any) -> None:
    clerk = client_for(UserFactory(is_staff=True))
    waiting = OnboardingFactory(completed=True)
    for name, pk in (
        ("partner_move", group[0].pk),
        ("partner_state", group[0].pk),
        ("onboarding_confirm", waiting.pk),
        ("onboarding_refuse", waiting.pk),
    ):
        address = reverse(f"admin:partners_{name}", args=[pk])
        for ask in (clerk.get, clerk.post):
            assert ask(address, {"reason": "x"}).status_code == 403


# --- onboardings -------------------------------------------------------------------------------


@pytest.fixture
def waiting(staff: Actor) -> Onboarding:
    """A reseller that waits for staff."""
    return OnboardingFactory(completed=True, name="Proseware")


def decide(desk: Client, name: str, onboarding: Onboarding, **typed: str) -> Any:
    return desk.post(reverse(f"admin:partners_onboarding_{name}", args=[onboarding.pk]), typed, follow=True)


def test_staff_find_who_waits_and_confirm(desk: Client, waiting: Onboarding) -> None:
    OnboardingFactory()
    page = desk.get("/admin/partners/onboarding/", {"status__exact": "completed"})
    assert [row.name for row in page.context["cl"].result_list] == ["Proseware"]
    assert "Waiting for staff" in page.content.decode()
    shown = desk.get(reverse("admin:partners_onboarding_confirm", args=[waiting.pk])).content.decode()
    assert waiting.partner_id in shown
    decide(desk, "confirm", waiting)
    waiting.refresh_from_db()
    assert waiting.status == "confirmed"
    assert Partner.objects.filter(name="Proseware").exists()
    page = decide(desk, "confirm", waiting)
    assert "no longer possible" in page.content.decode()


def test_staff_refuse_for_a_reason(desk: Client, waiting: Onboarding) -> None:
    assert desk.get(reverse("admin:partners_onboarding_refuse", args=[waiting.pk])).status_code == 200
    assert decide(desk, "refuse", waiting, reason="").context["form"].errors
    decide(desk, "refuse", waiting, reason="Unknown at Microsoft")
    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason) == ("refused", "Unknown at Microsoft")


def test_onboarding_is_read_in_the_admin(desk: Client, waiting: Onboarding) -> None:
    page = desk.get(reverse("admin:partners_onboarding_change", args=[waiting.pk]))
    assert "Confirm…" in page.content.decode()
    assert page.context["adminform"].form.fields == {}


def test_tables_nobody_keeps_are_not_shown(desk: Client) -> None:
    assert "E-mail addresses" not in desk.get("/admin/").content.decode()
    assert "emailaddress" not in desk.get("/admin/").content.decode()
