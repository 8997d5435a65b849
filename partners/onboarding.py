"""The stories of a reseller that is not here yet: invited by a provider, told by itself, confirmed by staff.

The link in the invitation's mail proves the address: the account that comes of it has that address and no
other. The company, its first membership and the proposed partnership come to be when staff confirm.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import activity, emails, mail, newcomers, partnerships, signed_links
from partners.actor import Actor, ActorKind
from partners.duties import AT_ONCE, each
from partners.errors import Refused
from partners.lifecycle import broke
from partners.models import Kind, Membership, Onboarding, Partner, Role, User
from partners.permissions import refuse_other
from partners.regions import same_region
from partners.signed_links import BadLink

SALT = "partners.onboarding"


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    STARTED = "onboarding.started", gettext_lazy("Reseller invited to join")
    RESENT = "onboarding.resent", gettext_lazy("Reseller's invitation to join sent again")
    WITHDRAWN = "onboarding.withdrawn", gettext_lazy("Reseller's invitation to join withdrawn")
    LAPSED = "onboarding.lapsed", gettext_lazy("Reseller's invitation to join lapsed")
    COMPLETED = "onboarding.completed", gettext_lazy("Reseller's profile completed")
    CONFIRMED = "onboarding.confirmed", gettext_lazy("Reseller confirmed by staff")
    REFUSED = "onboarding.refused", gettext_lazy("Reseller refused by staff")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a provider knows of a reseller that is not here yet."""

    name: str
    partner_id: str
    country: str
    email: str
    language: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the reseller tells of itself; the password is for an account that does not exist yet."""

    tenant_id: UUID
    website: str
    support_email: str
    support_phone: str
    time_zone: str
    attested: bool
    name: str = ""
    password: str = ""


def lock(pk: int) -> Onboarding:
    """Return the onboarding locked: the root of every story about it."""
    rows = Onboarding.objects.select_for_update(of=("self",)).select_related("provider", "user")
    return rows.get(pk=pk)


# --- the link ----------------------------------------------------------------------------------


def address_of(onboarding: Onboarding) -> str:
    """Return the address the reseller opens; built from SITE_URL, never from a request."""
    token = signed_links.sign(SALT, onboarding.pk, onboarding.serial)
    return settings.SITE_URL + reverse("partners:onboarding", args=[token])


def open_link(token: str, *, at: datetime) -> Onboarding:
    """Return the onboarding behind a token, open or completed; refuses every other as a bad link.

    A suspended provider's link is refused like a forged one.
    """
    pk, serial = signed_links.read(SALT, token)
    found = Onboarding.objects.select_related("provider").filter(pk=pk, serial=serial).first()
    if found is None or not found.provider.is_active:
        raise BadLink
    told = (Onboarding.Status.COMPLETED, Onboarding.Status.CONFIRMED)
    if not (found.waits_at(at) or found.status in told):
        raise BadLink
    return found


@mail.secret("onboarding")
def fill_onboarding(pk: str, serial: str) -> str:
    """Fill the link's address at delivery; a link that died meanwhile is not sent."""
    found = Onboarding.objects.select_related("provider").filter(pk=pk, serial=serial).first()
    if found is None or not found.provider.is_active or not found.waits_at(timezone.now()):
        raise mail.Gone(_("The link was used, withdrawn or replaced before it was sent."))
    return address_of(found)


# --- the provider ------------------------------------------------------------------------------


def _refuse_provider(provider: Partner) -> None:
    if not provider.has_resellers:
        raise Refused(_("A partnership ties an indirect provider to an indirect reseller."))
    if not provider.is_active:
        raise Refused(_("A suspended company cannot enter a partnership."))


def _refuse_known(partner_id: str) -> None:
    known = Partner.objects.filter(partner_id=partner_id).first()
    if known is not None and known.is_reseller:
        raise Refused(_("This reseller is here already: propose the partnership to it."), field="partner_id")
    if known is not None:
        raise Refused(_("A company with this partner id cannot be invited."), field="partner_id")


@transaction.atomic
def start(provider: Partner, candidate: Candidate, *, by: Actor, at: datetime) -> Onboarding:
    """Invite a reseller that is not here yet: its link goes out by mail, for 30 days.

    Refuses a partner id that is known or asked for already, and a country of another CSP region.
    """
    refuse_other(by, provider.pk)
    _refuse_provider(provider)
    if not same_region(str(provider.country), candidate.country):
        raise Refused(_("Provider and reseller must be in the same CSP region."), field="country")
    _refuse_known(candidate.partner_id)
    dead = list(Onboarding.objects.filter(provider=provider, partner_id=candidate.partner_id).past(at))
    for onboarding in dead:  # a dead link must not block a living one
        onboarding.move(Onboarding.Status.LAPSED, closed_at=at, closed_by=by.stamp)
    new = Onboarding(
        provider=provider,
        **asdict(candidate),
        time_zone=provider.time_zone,
        made_at=at,
        made_by=by.stamp,
        expires_at=Onboarding.expiry(at),
    )
    _clean(new, *asdict(candidate))
    try:
        with transaction.atomic():
            new.save()
    except IntegrityError as problem:
        if broke(problem, Onboarding, "onboarding_one_open"):
            raise Refused(
                _("You have invited this reseller already. Send its link again from the list."),
                field="partner_id",
            ) from problem
        raise
    emails.onboarding_started(new, by=by, at=at)
    _record(Verb.STARTED, new, *dead, by=by, at=at)
    return new


def _clean(onboarding: Onboarding, *names: str) -> None:
    """Refuse values no company can have, in the words of the field they belong to."""
    others = [field.name for field in Onboarding._meta.fields if field.name not in names]
    try:
        onboarding.clean_fields(exclude=others)
    except ValidationError as problem:
        field, words = next(iter(problem.message_dict.items()))
        raise Refused(words[0], field=field) from problem


def _record(
    verb: str, onboarding: Onboarding, *others: models.Model, by: Actor, at: datetime, reason: str = ""
) -> None:
    made = [other for other in others if isinstance(other, Partner)]
    activity.record(
        verb,
        by=by,
        at=at,
        provider=onboarding.provider,
        about=onboarding,
        seen_by=made,
        details={"changed": activity.changed(onboarding, *others), **({"reason": reason} if reason else {})},
        personal={"to": onboarding.email},
    )


@transaction.atomic
def resend(onboarding: Onboarding, *, by: Actor, at: datetime) -> Onboarding:
    """Send a new link, for 30 days more; the old one is dead. Refuses one that is not waiting any more."""
    onboarding = lock(onboarding.pk)
    refuse_other(by, onboarding.provider_id)
    _refuse_provider(onboarding.provider)
    if onboarding.status != Onboarding.Status.WAITING:
        raise Refused(onboarding.refusal(Onboarding.Status.WAITING))
    onboarding.serial += 1
    onboarding.expires_at = Onboarding.expiry(at)
    onboarding.save(update_fields=["serial", "expires_at"])
    emails.onboarding_started(onboarding, by=by, at=at)
    _record(Verb.RESENT, onboarding, by=by, at=at)
    return onboarding


@transaction.atomic
def withdraw(onboarding: Onboarding, *, by: Actor, at: datetime) -> None:
    """Withdraw the invitation of a reseller staff have not confirmed; its link is dead."""
    onboarding = lock(onboarding.pk)
    refuse_other(by, onboarding.provider_id)
    onboarding.move(Onboarding.Status.WITHDRAWN, closed_at=at, closed_by=by.stamp)
    _record(Verb.WITHDRAWN, onboarding, by=by, at=at)


def tidy(at: datetime) -> int:
    """Move links nobody used in time to lapsed; return how many."""
    pks = Onboarding.objects.past(at).values_list("pk", flat=True)[:AT_ONCE]
    return each(pks, partial(_lapse, at=at))


@transaction.atomic
def _lapse(pk: int, *, at: datetime) -> bool:
    row, system = lock(pk), Actor.system()
    if row.status != Onboarding.Status.WAITING or row.waits_at(at):
        return False
    row.move(Onboarding.Status.LAPSED, closed_at=at, closed_by=system.stamp)
    _record(Verb.LAPSED, row, by=system, at=at)
    return True


# --- the reseller ------------------------------------------------------------------------------


@transaction.atomic
def complete(
    onboarding: Onboarding, told: Told, *, serial: int, signed_in: User | None, at: datetime
) -> Onboarding:
    """Keep what the reseller tells of itself, and make its first account; staff look at it next.

    Whoever has an account already completes it signed in. Refuses a link that died meanwhile, who does not
    work for the company, and a tenant that is another company's.
    """
    onboarding = lock(onboarding.pk)
    if not onboarding.waits_at(at) or onboarding.serial != serial or not onboarding.provider.is_active:
        raise Refused(_("This link is no longer valid. Open the newest mail you have."))
    if not told.attested:
        raise Refused(_("Only somebody who works for this company can go on."), field="attested")
    _refuse_tenant(told.tenant_id)
    user = newcomers.account_of(onboarding.email)
    if user is None:
        user = newcomers.make_account(
            onboarding.email, told.password, name=told.name, language=onboarding.language
        )
    elif user != signed_in or not user.is_active:
        raise newcomers.refusal()
    kept = ("tenant_id", "website", "support_email", "support_phone", "time_zone")
    for name in kept:
        setattr(onboarding, name, getattr(told, name))
    _clean(onboarding, *kept)
    onboarding.save(update_fields=kept)
    by = Actor(ActorKind.MEMBER, label=str(user), email=user.email, user=user, company=onboarding.name)
    onboarding.move(Onboarding.Status.COMPLETED, user=user, completed_at=at, completed_by=by.stamp)
    _record(Verb.COMPLETED, onboarding, by=by, at=at)
    return onboarding


def _refuse_tenant(tenant_id: UUID) -> None:
    if Partner.objects.filter(tenant_id=tenant_id).exists():
        raise Refused(_("A company with this Microsoft ID is here already."), field="tenant_id")


# --- staff -------------------------------------------------------------------------------------


def _refuse_others(by: Actor) -> None:
    if not by.is_staff:
        raise Refused(_("Only staff confirm or refuse a company."))


@transaction.atomic
def confirm(onboarding: Onboarding, *, by: Actor, at: datetime) -> Onboarding:
    """Let the reseller in, as staff: its company, its first account admin, the provider's proposal.

    Refuses one that waits for no confirmation, and a partner id or tenant that is another company's by now.
    """
    _refuse_others(by)
    onboarding = lock(onboarding.pk)
    if not onboarding.can_move(Onboarding.Status.CONFIRMED):
        raise Refused(onboarding.refusal(Onboarding.Status.CONFIRMED))
    assert onboarding.user is not None and onboarding.tenant_id is not None  # noqa: S101, PT018 - a constraint
    partner = _company(onboarding, onboarding.tenant_id, at=at)
    membership = Membership.objects.create(
        user=onboarding.user, partner=partner, role=Role.ACCOUNT_ADMIN, joined_at=at
    )
    tie, _dead = partnerships.tie(onboarding.provider, partner, stamp=onboarding.made_by, at=at)
    onboarding.move(Onboarding.Status.CONFIRMED, partnership=tie, closed_at=at, closed_by=by.stamp)
    emails.onboarding_confirmed(onboarding, tie, at=at)
    emails.onboarding_closed(onboarding, at=at)
    _record(Verb.CONFIRMED, onboarding, partner, membership, tie, by=by, at=at)
    return onboarding


def _company(onboarding: Onboarding, tenant_id: UUID, *, at: datetime) -> Partner:
    """Make the company; refuses one that is here already, also when it came in this very moment."""
    taken = Partner.objects.filter(partner_id=onboarding.partner_id)
    words = _(
        "A company with this partner id is here already. Refuse this one: the provider can propose to it."
    )
    if taken.exists():
        raise Refused(words)
    _refuse_tenant(tenant_id)
    try:
        with transaction.atomic():
            return Partner.objects.create(
                name=onboarding.name,
                kind=Kind.INDIRECT_RESELLER,
                partner_id=onboarding.partner_id,
                tenant_id=tenant_id,
                country=onboarding.country,
                website=onboarding.website,
                support_email=onboarding.support_email,
                support_phone=onboarding.support_phone,
                time_zone=onboarding.time_zone,
                created_at=at,
            )
    except IntegrityError as problem:
        if taken.exists():
            raise Refused(words) from problem
        _refuse_tenant(tenant_id)
        raise


@transaction.atomic
def refuse(onboarding: Onboarding, *, reason: str, by: Actor, at: datetime) -> Onboarding:
    """Refuse a reseller, as staff, for a reason the provider is told."""
    _refuse_others(by)
    if not reason.strip():
        raise Refused(_("Give a reason: the provider is told."), field="reason")
    onboarding = lock(onboarding.pk)
    onboarding.move(Onboarding.Status.REFUSED, reason=reason.strip()[:500], closed_at=at, closed_by=by.stamp)
    emails.onboarding_closed(onboarding, at=at)
    _record(Verb.REFUSED, onboarding, by=by, at=at, reason=onboarding.reason)
    return onboarding
