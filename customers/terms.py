"""The terms of an invitation: what a provider asks, of whom, through whom, and what the programme refuses."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from customers.models import Customer, Route
from customers.models.invitation import MAX_PLACES, MAX_PRIVILEGE_DAYS
from partners.errors import Refused
from partners.models import Partner, Partnership


@dataclass(frozen=True, slots=True)
class Terms:
    """What a provider asks of a customer, and through whom."""

    route: str
    expires_at: datetime
    partnership: Partnership | None = None
    reseller: Partner | None = None
    customer: Customer | None = None
    asks_provisioning: bool = False
    asks_support: bool = False
    privilege_days: int = 365
    language: str = "it"
    opening: str = ""
    places: int = 1


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom one link goes."""

    email: str
    company: str
    covering: str = ""


def named_partnership(provider: Partner, reseller: Partner | None) -> Partnership | None:
    """Return the partnership in force with the named reseller; refuses a reseller without one."""
    if reseller is None:
        return None
    tie = Partnership.objects.active().filter(provider=provider, reseller=reseller).first()
    if tie is None or not reseller.is_active:
        raise Refused(_("You can only name a reseller you have an active partnership with."))
    return tie


def refuse_terms(provider: Partner, terms: Terms, *, at: datetime) -> None:
    """Refuse terms the programme does not allow."""
    if not provider.owns_relationships:
        raise Refused(_("Only a provider makes invitations. Ask yours for one."))
    if not provider.is_active:
        raise Refused(_("A suspended company cannot invite."))
    named_partnership(provider, terms.reseller)
    if terms.route == Route.VIA_RESELLER:
        handed = terms.partnership
        if handed is None or handed.provider_id != provider.pk or not handed.is_active:
            raise Refused(_("Choose a reseller you have an active partnership with."))
        if not handed.reseller.is_active:
            raise Refused(_("This reseller is suspended: it cannot send an invitation on."))
        if terms.reseller and terms.reseller.pk != handed.reseller_id:
            raise Refused(_("The named reseller is the one that sends the invitation on, or none."))
    elif terms.partnership is not None or terms.route != Route.DIRECT:
        raise Refused(_("An invitation you send yourself is not handed to a reseller."))
    if not 1 <= terms.privilege_days <= MAX_PRIVILEGE_DAYS:
        raise Refused(_("A privilege lasts between 1 and %(days)d days.") % {"days": MAX_PRIVILEGE_DAYS})
    if not 1 <= terms.places <= MAX_PLACES:
        raise Refused(_("An invitation serves between 1 and %(places)d customers.") % {"places": MAX_PLACES})
    if terms.expires_at <= at:
        raise Refused(_("An invitation must expire in the future."))
    if terms.customer is not None:
        refuse_customer(provider, terms.customer)


def refuse_customer(provider: Partner, customer: Customer) -> None:
    """Refuse another provider's customer and one outside the provider's CSP region."""
    if customer.provider_id != provider.pk:
        raise Refused(_("This is not one of your customers."))
    if customer.region != provider.region:
        raise Refused(
            _("%(customer)s is outside your CSP region: only a provider of that region can invite it.")
            % {"customer": customer.name}
        )
