"""The terms of an invitation: what a provider asks, of whom, through whom, and what the programme refuses."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from customers.models import Customer, Route
from customers.models.invitation import LONGEST_WAIT, MAX_PLACES, MAX_PRIVILEGE_DAYS
from partners.errors import Refused
from partners.models import MailText, Partner, Partnership

# Handed to in one action: more would be a bulk action, and those ask for a recent sign-in.
MOST_RESELLERS = 25


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
    refuse_wait(*(moment.astimezone(provider.zone).date() for moment in (terms.expires_at, at)))
    if terms.customer is not None:
        refuse_customer(provider, terms.customer)
        if terms.places > 1:
            raise Refused(_("An invitation made for one customer has one place."))


def refuse_several(number: int, customer: Customer | None) -> None:
    """Refuse to hand the same terms to too many resellers at once, or one customer to several."""
    if not 1 <= number <= MOST_RESELLERS:
        raise Refused(
            _("Choose between 1 and %(most)d resellers: each gets an invitation of its own.")
            % {"most": MOST_RESELLERS}
        )
    if number > 1 and customer is not None:
        raise Refused(_("One customer is invited through one reseller."))


def refuse_wait(last_day: date, today: date) -> None:
    """Refuse a last day that is over, and one too far away; both are days where the provider is."""
    if last_day < today:
        raise Refused(_("An invitation must expire in the future."))
    if (last_day - today).days > LONGEST_WAIT:
        raise Refused(_("An invitation can wait at most %(days)d days.") % {"days": LONGEST_WAIT})


def end_of(day: date, provider: Partner) -> datetime:
    """Return the last minute of a day where the provider is."""
    return datetime.combine(day, time(23, 59), tzinfo=provider.zone).astimezone(UTC)


def usual_opening(provider: Partner, language: str) -> str:
    """Return the words a provider's invitations begin with in a language: its own, else ours."""
    own = MailText.objects.filter(
        partner=provider, event=MailText.Event.INVITATION, language=language
    ).first()
    return own.opening if own is not None else our_opening(language)


def our_opening(language: str) -> str:
    """Return the words an invitation begins with when the provider has none of its own."""
    with override(language):
        return _(
            "Good morning,\nwe would like to look after your Microsoft services. Please read what we ask"
            " for; you decide what you grant."
        )


def columns(terms: Terms, to: Recipient | None) -> dict[str, Any]:
    """Return what an invitation keeps of its terms, and of whom a draft is meant for."""
    return {
        "route": terms.route,
        "partnership": terms.partnership,
        "reseller": terms.reseller,
        "customer": terms.customer,
        "asks_provisioning": terms.asks_provisioning,
        "asks_support": terms.asks_support,
        "privilege_days": terms.privilege_days,
        "language": terms.language,
        "opening": terms.opening,
        "places": terms.places,
        "expires_at": terms.expires_at,
        "draft_email": to.email if to else "",
        "draft_company": to.company if to else "",
    }


def refuse_customer(provider: Partner, customer: Customer) -> None:
    """Refuse another provider's customer and one outside the provider's CSP region."""
    if customer.provider_id != provider.pk:
        raise Refused(_("This is not one of your customers."))
    if customer.region != provider.region:
        raise Refused(
            _("%(customer)s is outside your CSP region: only a provider of that region can invite it.")
            % {"customer": customer.name}
        )
