"""Invitation: a provider's terms. Each customer's copy of them is an InvitationLink."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer
from partners.lifecycle import Lifecycle, among, paired, stamped
from partners.models import Partner, Partnership
from partners.models.partner import validate_partner_center_link

if TYPE_CHECKING:
    from partners.actor import Actor

MAX_PRIVILEGE_DAYS = 730
MAX_PLACES = 10_000
LONGEST_WAIT = 730  # days an invitation may wait for its answer


class Privilege(models.TextChoices):
    """What a customer may delegate, tenant-wide."""

    PROVISIONING = "provisioning", _("Provisioning")
    SUPPORT = "support", _("Support")


def privileges_of(*, provisioning: bool, support: bool) -> tuple[Privilege, ...]:
    """Return the privileges that are meant, in their fixed order."""
    meant = ((Privilege.PROVISIONING, provisioning), (Privilege.SUPPORT, support))
    return tuple(privilege for privilege, is_meant in meant if is_meant)


class Route(models.TextChoices):
    """Who sends an invitation to the customer."""

    DIRECT = "direct", _("Directly to the customer")
    VIA_RESELLER = "via_reseller", _("Through a reseller")


class InvitationState(models.TextChoices):
    """What an invitation is worth at a moment: its status, its date, its places and its partnership."""

    DRAFT = "draft", _("Draft")
    OPEN = "open", pgettext_lazy("invitation", "Open")
    WAITING = "waiting", _("Waiting for an answer")
    EXPIRED = "expired", pgettext_lazy("invitation", "Expired")
    ENDED = "ended", _("Partnership ended")
    USED_UP = "used_up", _("Used up")
    WITHDRAWN = "withdrawn", pgettext_lazy("invitation", "Withdrawn")


def standing(within: str = "") -> Q:
    """Return the condition that no partnership an invitation was handed over under has ended.

    `within` leads to the invitation from another row.
    """
    return Q(**{f"{within}partnership__isnull": True}) | Q(
        **{f"{within}partnership__status": Partnership.Status.ACTIVE}
    )


def in_force(at: datetime, within: str = "") -> Q:
    """Return the condition that an invitation can be answered: open, in time, in hands that still hold it."""
    open_ = Q(**{f"{within}status": Invitation.Status.OPEN, f"{within}expires_at__gt": at})
    return open_ & standing(within)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations."""

    def visible_to(self, actor: "Actor") -> "InvitationQuerySet":
        """A provider's own; a reseller's: those handed to it, past drafts, under a partnership in force."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None:
            return self.none()
        if actor.partner.owns_relationships:
            return self.filter(provider=actor.partner)
        return self.filter(
            partnership__reseller=actor.partner, partnership__status=Partnership.Status.ACTIVE
        ).exclude(status=Invitation.Status.DRAFT)

    def lock(self, pk: int) -> "Invitation":
        """Return one invitation locked: the root where withdraw, forward and accept meet."""
        return self.select_for_update(of=("self",)).select_related("provider").get(pk=pk)

    def open_at(self, at: datetime) -> "InvitationQuerySet":
        """Those that are open and not expired."""
        return self.filter(status=Invitation.Status.OPEN, expires_at__gt=at)

    def in_state(self, state: str, at: datetime) -> "InvitationQuerySet":
        """Those worth this much at a moment; says of many what `state_at` says of one."""
        if state not in (
            InvitationState.OPEN,
            InvitationState.WAITING,
            InvitationState.EXPIRED,
            InvitationState.ENDED,
        ):
            return self.filter(status=state)
        if state == InvitationState.ENDED:
            return self.filter(status=Invitation.Status.OPEN).exclude(standing())
        if state == InvitationState.EXPIRED:
            return self.filter(standing(), status=Invitation.Status.OPEN, expires_at__lte=at)
        rows = self.filter(in_force(at))
        if state == InvitationState.WAITING:
            return rows.filter(places_taken=F("places"))
        return rows.filter(places_taken__lt=F("places"))


class Invitation(Lifecycle):
    """The terms a provider asks a customer to accept; frozen once open."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", pgettext_lazy("invitation", "Open")
        USED_UP = "used_up", _("Used up")
        WITHDRAWN = "withdrawn", pgettext_lazy("invitation", "Withdrawn")

    MOVES: ClassVar = {
        Status.DRAFT: {Status.OPEN, Status.WITHDRAWN},
        Status.OPEN: {Status.USED_UP, Status.WITHDRAWN},
    }

    provider = models.ForeignKey(
        Partner, verbose_name=_("provider"), on_delete=models.PROTECT, related_name="invitations"
    )
    route = models.CharField(_("route"), max_length=12, choices=Route)
    partnership = models.ForeignKey(
        Partnership,
        verbose_name=_("handed to"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="invitations",
    )
    reseller = models.ForeignKey(
        Partner,
        verbose_name=_("named reseller"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("made for"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="invitations",
    )
    asks_provisioning = models.BooleanField(_("asks for provisioning"), default=False)
    asks_support = models.BooleanField(_("asks for support"), default=False)
    privilege_days = models.PositiveSmallIntegerField(
        _("days the privileges last"),
        default=365,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_PRIVILEGE_DAYS)],
    )
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="it")
    opening = models.TextField(_("opening words"), max_length=2000, blank=True)
    places = models.PositiveIntegerField(
        _("number of customers"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_PLACES)]
    )
    places_taken = models.PositiveIntegerField(_("places waiting or accepted"), default=0, editable=False)
    places_accepted = models.PositiveIntegerField(_("places accepted"), default=0, editable=False)
    partner_center_link = models.URLField(
        _("Partner Center link"), max_length=600, validators=[validate_partner_center_link], blank=True
    )
    expires_at = models.DateTimeField(_("expires at"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    # To whom a draft is meant to go; its link takes over when it is opened.
    draft_email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    draft_company = models.CharField(_("company name"), max_length=160, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    # The form it was made with: a second click on the same one makes no second invitation.
    form = models.UUIDField(null=True, blank=True, editable=False)
    made_at = models.DateTimeField(_("made at"))
    made_by = models.CharField(_("made by"), max_length=200)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    opened_by = models.CharField(_("opened by"), max_length=200, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_by = models.CharField(_("withdrawn by"), max_length=200, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-pk",)
        constraints = (
            among("status", ["draft", "open", "used_up", "withdrawn"], "inv_status"),
            models.UniqueConstraint(fields=["id", "provider"], name="inv_with_provider"),
            models.UniqueConstraint(fields=["provider", "form"], name="inv_one_per_form"),
            models.CheckConstraint(
                condition=Q(route="direct", partnership__isnull=True)
                | Q(route="via_reseller", partnership__isnull=False),
                name="inv_handed_to_by_route",
            ),
            models.CheckConstraint(
                condition=Q(privilege_days__gte=1, privilege_days__lte=MAX_PRIVILEGE_DAYS), name="inv_days"
            ),
            models.CheckConstraint(
                condition=Q(places__gte=1)
                & Q(places_taken__lte=F("places"))
                & Q(places_accepted__lte=F("places_taken")),
                name="inv_places",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="inv_expires_later"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "withdrawn"]) | ~Q(partner_center_link=""),
                name="inv_open_has_link",
            ),
            models.CheckConstraint(
                condition=~Q(status="used_up") | Q(places_accepted=F("places")), name="inv_used_up_when"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["open", "used_up"]) | Q(opened_at__isnull=False),
                name="inv_opened_when",
            ),
            paired("made", "inv_made_paired"),
            paired("opened", "inv_opened_paired"),
            paired("withdrawn", "inv_withdrawn_paired"),
            stamped(["withdrawn"], "withdrawn", "inv_withdrawn_when"),
        )
        indexes = (
            models.Index(fields=["provider", "-id"], name="inv_provider"),
            models.Index(fields=["partnership", "-id"], name="inv_partnership"),
            models.Index(fields=["provider", "expires_at"], condition=Q(status="open"), name="inv_expiring"),
        )

    def __str__(self) -> str:
        return str(_("Invitation %(number)s")) % {"number": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("customers:invitation", args=[self.pk])

    def refusal(self, target: str) -> str:
        """Word why an invitation in this status cannot be opened, sent or withdrawn."""
        return {
            self.Status.DRAFT: str(_("This invitation is still a draft: open it first.")),
            self.Status.OPEN: str(_("This invitation is already open.")),
            self.Status.USED_UP: str(_("Every place of this invitation has been accepted.")),
            self.Status.WITHDRAWN: str(_("This invitation has been withdrawn.")),
        }[self.Status(self.status)]

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_direct(self) -> bool:
        return self.route == Route.DIRECT

    @property
    def asks(self) -> tuple[Privilege, ...]:
        """The privileges asked for, in their fixed order."""
        return privileges_of(provisioning=self.asks_provisioning, support=self.asks_support)

    @property
    def asks_for_privileges(self) -> bool:
        return bool(self.asks)

    def is_expired(self, at: datetime) -> bool:
        """Say whether its date has passed; an expired invitation keeps its status."""
        return at >= self.expires_at

    def state_at(self, at: datetime) -> InvitationState:
        """Say what the invitation is worth at a moment; reads the partnership it was handed over under."""
        if self.status != self.Status.OPEN:
            return InvitationState(self.status)
        if self.partnership is not None and not self.partnership.is_active:
            return InvitationState.ENDED
        if self.is_expired(at):
            return InvitationState.EXPIRED
        return InvitationState.OPEN if self.places_free else InvitationState.WAITING

    @property
    def places_free(self) -> int:
        return self.places - self.places_taken

    @property
    def parties(self) -> list[Partner]:
        """The companies that may read what happens to it: the provider and whom it was handed to."""
        handed = [self.partnership.reseller] if self.partnership else []
        return [self.provider, *handed]
