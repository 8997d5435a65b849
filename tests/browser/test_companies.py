"""Companies in a browser: a reseller from proposal to first sign-in, and one moved in the hierarchy."""

from collections.abc import Callable

from partners.actor import Actor
from partners.models import Onboarding, Partner, Partnership, User
from tests.browser.conftest import Visitor
from tests.conftest import TENANT, Mailbox
from tests.factories import PartnerFactory

Visitors = Callable[..., Visitor]
PAOLA = "paola@proseware.example"
PASSPHRASE = "a long walk along the canal"


def test_a_reseller_comes_in(
    visitor: Visitors, northwind: Partner, agent: Actor, staff: Actor, mails: Mailbox
) -> None:
    provider = visitor(agent)
    provider.open("/resellers/propose/")
    provider.fill(partner_id="3000001")
    provider.press("Propose")
    assert provider.says("No reseller here has this partner id.")
    provider.look("propose-unknown")
    provider.press("Invite a reseller")
    provider.fill(name="Proseware", email=PAOLA)
    provider.select(language="English")
    provider.press("Send the link")
    assert provider.says("Waiting for the reseller")
    provider.look("invited-resellers")

    newcomer = visitor()
    newcomer.open(mails.address("onboarding_started", to=PAOLA))
    newcomer.look("onboarding")
    newcomer.press("Send the profile")
    assert newcomer.says("things to correct")
    newcomer.fill(name="Paola Prose", password=PASSPHRASE, tenant_id=str(TENANT))
    newcomer.choose("attested")
    newcomer.press("Send the profile")
    assert newcomer.says("our staff look at it now")
    newcomer.look("onboarding-told")
    newcomer.sign_in(User.objects.get(email=PAOLA), PASSPHRASE)
    assert newcomer.says("Waiting for our staff")
    newcomer.look("waiting-for-staff")

    clerk = visitor(staff)
    clerk.open("/admin/partners/onboarding/?status__exact=completed")
    clerk.press("Proseware")
    clerk.press("Confirm")
    assert clerk.says("becomes an indirect reseller here, with partner id 3000001")
    clerk.press("Confirm the reseller")
    assert Onboarding.objects.get().status == Onboarding.Status.CONFIRMED

    newcomer.open("/providers/")
    assert newcomer.says("Northwind Traders")
    newcomer.press("Accept")
    assert Partnership.objects.get().status == Partnership.Status.ACTIVE


def test_a_company_is_moved_with_a_preview(visitor: Visitors, staff: Actor) -> None:
    top = PartnerFactory(reseller=True, name="Litware Group")
    moved = PartnerFactory(reseller=True, name="Proseware")
    PartnerFactory(reseller=True, name="Proseware South", parent=moved)
    clerk = visitor(staff)
    clerk.open("/admin/partners/partner/?q=proseware")
    assert clerk.says("└ Proseware South")
    clerk.open(f"/admin/partners/partner/{moved.pk}/change/")
    clerk.press("Move")
    clerk.page.locator(".select2-selection").click()
    clerk.page.locator(".select2-search__field").fill("Litware")
    clerk.page.locator(".select2-results__option", has_text="Litware Group").click()
    clerk.press("See what changes")
    assert clerk.says("Proseware stands under Litware Group, at level 2.")
    assert clerk.says("1 company under it moves with it: Proseware South.")
    moved.refresh_from_db()
    assert moved.parent is None
    clerk.page.get_by_label("reason").fill("Bought by Litware")
    clerk.press("Move it")
    assert clerk.says("Proseware is moved.")
    moved.refresh_from_db()
    assert moved.parent == top
