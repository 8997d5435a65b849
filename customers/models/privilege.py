"""Grant (customer to provider), Assignment (provider to reseller), and what is live at a moment."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from customers.families import Family
from customers.models.customer import Customer
from customers.models.handover import HandOver
from customers.models.invitation import MAX_PRIVILEGE_DAYS, Privilege
from customers.models.relationship import OtherPartnerStatement, Relationship
from partners.lifecycle import AddDays, Lifecycle, among, paired, stamped
from partners.models import Partner, Partnership, RulebookEdition

if TYPE_CHECKING:
    from partners.actor import Actor

OFFER_DAYS = 14
ALL_FAMILIES = "all"
GROUND = [(ALL_FAMILIES, _("All services")), *Family.choices]


def utc_day(at: datetime) -> date:
    """Return the UTC day of a moment: end dates are inclusive days in UTC."""
    return at.astimezone(UTC).date()


def start_of(day: date) -> datetime:
    """Return the moment a UTC day begins; a last day is over when the next one begins."""
    return datetime.combine(day, time.min, tzinfo=UTC)


class GrantQuerySet(models.QuerySet["Grant"]):
    """Grants."""

    def visible_to(self, actor: "Actor") -> "GrantQuerySet":
        """A provider's own; a reseller's: those of the customers it sees; staff see all."""
        if actor.partner is not None and actor.partner.owns_relationships:
            return self.filter(provider=actor.partner)
        return self.filter(customer__in=Customer.objects.visible_to(actor))

    def live(self, at: datetime) -> "GrantQuerySet":
        """Those in force: not withdrawn, not past their end, under an active relationship and provider."""
        return self.filter(
            status=Grant.Status.ACTIVE,
            granted_at__lte=at,
            ends_on__gte=utc_day(at),
            relationship__status=Relationship.Status.ACTIVE,
            provider__status=Partner.Status.ACTIVE,
        )

    def past(self, at: datetime) -> "GrantQuerySet":
        """Those still marked active whose last day is over."""
        return self.filter(status=Grant.Status.ACTIVE, ends_on__lt=utc_day(at))

    def lock(self, pk: int) -> "Grant":
        """Return one grant locked, its relationship read with it."""
        return (
            self.select_for_update(of=("self",))
            .select_related("relationship", "provider", "customer")
            .get(pk=pk)
        )


class Grant(Lifecycle):
    """A privilege the customer gave the provider, tenant-wide, until a day it may bring forward."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        WITHDRAWN = "withdrawn", _("Withdrawn by the customer")
        LAPSED = "lapsed", _("Lapsed")

    MOVES: ClassVar = {Status.ACTIVE: {Status.WITHDRAWN, Status.LAPSED}}

    relationship = models.ForeignKey(
        Relationship, verbose_name=_("relationship"), on_delete=models.PROTECT, related_name="grants"
    )
    provider = models.ForeignKey(
        Partner, verbose_name=_("provider"), on_delete=models.PROTECT, related_name="+"
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="grants"
    )
    privilege = models.CharField(_("privilege"), max_length=14, choices=Privilege)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    granted_at = models.DateTimeField(_("granted at"))
    granted_by = models.CharField(_("granted by"), max_length=200)
    answered_on = models.DateField(_("latest answer"))
    ends_on = models.DateField(_("last day"))
    # The fewest days before the end of which both sides have been warned; a later end begins anew.
    warned_days = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)
    stopped_by = models.CharField(_("stopped by"), max_length=200, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = (
            among("status", ["active", "withdrawn", "lapsed"], "grant_status"),
            among("privilege", Privilege.values, "grant_privilege"),
            models.UniqueConstraint(
                fields=["relationship", "privilege"],
                condition=Q(status="active"),
                name="grant_one_active",
            ),
            models.UniqueConstraint(
                fields=["id", "provider", "customer", "privilege"], name="grant_with_parties"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("answered_on"))
                & Q(ends_on__lte=AddDays(F("answered_on"), MAX_PRIVILEGE_DAYS)),
                name="grant_at_most_730_days",
            ),
            paired("granted", "grant_granted_paired"),
            paired("stopped", "grant_stopped_paired"),
            stamped(["withdrawn", "lapsed"], "stopped", "grant_stopped_when"),
        )
        indexes = (
            models.Index(fields=["provider", "ends_on"], condition=Q(status="active"), name="grant_ending"),
            models.Index(fields=["provider", "-id"], name="grant_provider"),
            models.Index(fields=["ends_on"], condition=Q(status="active"), name="grant_to_warn"),
        )

    def __str__(self) -> str:
        return f"{self.get_privilege_display()} – {self.customer}"

    def is_past(self, at: datetime) -> bool:
        """Say whether it is marked active although its last day is over."""
        return self.status == self.Status.ACTIVE and self.ends_on < utc_day(at)

    def is_live(self, at: datetime) -> bool:
        """Say whether the grant is in force; reads relationship and provider."""
        return (
            self.status == self.Status.ACTIVE
            and self.granted_at <= at
            and self.ends_on >= utc_day(at)
            and self.relationship.is_active
            and self.provider.is_active
        )


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Assignments."""

    def visible_to(self, actor: "Actor") -> "AssignmentQuerySet":
        """A provider's own; a reseller's own under a partnership in force; staff see all."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None:
            return self.none()
        if actor.partner.owns_relationships:
            return self.filter(provider=actor.partner)
        return self.filter(reseller=actor.partner, partnership__status=Partnership.Status.ACTIVE)

    def lock(self, pk: int) -> "Assignment":
        """Return one assignment locked; its grant must be locked first."""
        return (
            self.select_for_update(of=("self",))
            .select_related("grant", "partnership", "provider", "reseller", "customer")
            .get(pk=pk)
        )

    def live(self, at: datetime, family: str | None = None) -> "AssignmentQuerySet":
        """Those a reseller may act under at a moment, for one family or for any. Nothing else says so.

        Live means: active, or handed over and not yet stopped; started; not past its end; its grant active
        and not past its end; its relationship and its partnership active; neither company suspended; not
        without the customer's yes where it needs one; and, under edition 2016-12, the family not one the
        customer stated another CSP partner administers.
        """
        today = utc_day(at)
        stated = OtherPartnerStatement.objects.filter(
            relationship=OuterRef("grant__relationship"), lifted_at__isnull=True
        )
        on_this_family = stated.filter(family=family) if family else stated.filter(family=OuterRef("family"))
        everywhere = (
            stated.order_by()
            .values("relationship")
            .annotate(families=Count("pk"))
            .filter(families=len(Family))
        )
        rows = self.filter(
            Q(status=Assignment.Status.ACTIVE) | Q(status=Assignment.Status.HANDED_OVER, stopped_at__gt=at),
            starts_at__lte=at,
            ends_on__gte=today,
            grant__status=Grant.Status.ACTIVE,
            grant__granted_at__lte=at,
            grant__ends_on__gte=today,
            grant__relationship__status=Relationship.Status.ACTIVE,
            partnership__status=Partnership.Status.ACTIVE,
            provider__status=Partner.Status.ACTIVE,
            reseller__status=Partner.Status.ACTIVE,
        )
        rows = rows.exclude(_WAITS_FOR_CUSTOMER)
        rows = rows.exclude(
            Exists(on_this_family) | (Q(family=ALL_FAMILIES) & Exists(everywhere)),
            provider__edition=RulebookEdition.V2016_12,
        )
        if family:
            rows = rows.filter(family__in=[ALL_FAMILIES, family])
        return rows

    def past(self, at: datetime) -> "AssignmentQuerySet":
        """Those over by their date alone: offers nobody answered in time, and last days gone by."""
        return self.filter(_past(at))

    def dead(self, at: datetime) -> "AssignmentQuerySet":
        """Those marked offered or active that no longer count: past, or of a partnership that has ended."""
        open_ = Q(status__in=[Assignment.Status.OFFERED, Assignment.Status.ACTIVE])
        return self.filter(_past(at) | open_ & ~Q(partnership__status=Partnership.Status.ACTIVE))

    def to_answer(self, at: datetime) -> "AssignmentQuerySet":
        """Offers a yes would still make something of."""
        return self.filter(_to_answer(at))

    def waiting_for_customer(self, at: datetime) -> "AssignmentQuerySet":
        """Offers of which nothing can come before the customer says yes."""
        return self.to_answer(at).filter(_WAITS_FOR_CUSTOMER)

    def waiting_for_reseller(self, at: datetime) -> "AssignmentQuerySet":
        """Offers the reseller can accept now: the customer's yes is not needed, or given."""
        return self.to_answer(at).exclude(_WAITS_FOR_CUSTOMER)

    def held(self, at: datetime) -> "AssignmentQuerySet":
        """Those that nothing has ended for good: in force, about to start, or shut for the time being."""
        return self.filter(_held(at))

    def stopped(self, at: datetime) -> "AssignmentQuerySet":
        """All the others: neither held nor to be answered, whatever ended them."""
        return self.exclude(_held(at) | _to_answer(at))


_WAITS_FOR_CUSTOMER = Q(needs_yes=True, agreed_at__isnull=True)


def _past(at: datetime) -> Q:
    over = Q(ends_on__lt=utc_day(at))
    unanswered = Q(offered_at__lte=at - timedelta(days=OFFER_DAYS))
    # One status at a time: so each half goes by the partial index of its own.
    offered = Q(status=Assignment.Status.OFFERED) & (unanswered | over)
    return offered | Q(status=Assignment.Status.ACTIVE) & over


def _ground_stands(at: datetime) -> Q:
    today = utc_day(at)
    return Q(
        ends_on__gte=today,
        grant__status=Grant.Status.ACTIVE,
        grant__ends_on__gte=today,
        grant__relationship__status=Relationship.Status.ACTIVE,
        partnership__status=Partnership.Status.ACTIVE,
    )


def _held(at: datetime) -> Q:
    handing_over = Q(status=Assignment.Status.HANDED_OVER, stopped_at__gt=at)
    return (Q(status=Assignment.Status.ACTIVE) | handing_over) & _ground_stands(at)


def _to_answer(at: datetime) -> Q:
    offered_at = at - timedelta(days=OFFER_DAYS)
    return Q(status=Assignment.Status.OFFERED, offered_at__gt=offered_at) & _ground_stands(at)


class Assignment(Lifecycle):
    """One privilege of one grant, handed to one reseller on one ground (all services or one family)."""

    class Status(models.TextChoices):
        OFFERED = "offered", _("Offered")
        ACTIVE = "active", _("Active")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        REVOKED = "revoked", _("Revoked")
        GIVEN_UP = "given_up", _("Given up")
        REFUSED_BY_CUSTOMER = "refused_by_customer", _("Refused by the customer")
        HANDED_OVER = "handed_over", _("Handed over")
        LAPSED = "lapsed", _("Lapsed")

    MOVES: ClassVar = {
        Status.OFFERED: {
            Status.ACTIVE,
            Status.DECLINED,
            Status.WITHDRAWN,
            Status.REFUSED_BY_CUSTOMER,
            Status.LAPSED,
        },
        Status.ACTIVE: {
            Status.REVOKED,
            Status.GIVEN_UP,
            Status.REFUSED_BY_CUSTOMER,
            Status.HANDED_OVER,
            Status.LAPSED,
        },
    }

    grant = models.ForeignKey(
        Grant, verbose_name=_("grant"), on_delete=models.PROTECT, related_name="assignments"
    )
    partnership = models.ForeignKey(
        Partnership, verbose_name=_("partnership"), on_delete=models.PROTECT, related_name="assignments"
    )
    provider = models.ForeignKey(
        Partner, verbose_name=_("provider"), on_delete=models.PROTECT, related_name="+"
    )
    reseller = models.ForeignKey(
        Partner, verbose_name=_("reseller"), on_delete=models.PROTECT, related_name="+"
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="assignments"
    )
    privilege = models.CharField(_("privilege"), max_length=14, choices=Privilege)
    family = models.CharField(_("services"), max_length=16, choices=GROUND, default=ALL_FAMILIES)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.OFFERED)
    offered_at = models.DateTimeField(_("offered at"))
    offered_by = models.CharField(_("offered by"), max_length=200)
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    ends_on = models.DateField(_("last day"))
    warned_days = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)  # as of a grant
    hand_over = models.ForeignKey(
        HandOver,
        verbose_name=_("hand-over"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="assignments",
    )
    # Edition 2026: the customer was not told of this reseller when it accepted, so it is asked first.
    needs_yes = models.BooleanField(_("waits for the customer's yes"), default=False)
    agreed_at = models.DateTimeField(_("customer agreed at"), null=True, blank=True)
    agreed_by = models.CharField(_("customer agreed by"), max_length=200, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=200, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)
    stopped_by = models.CharField(_("stopped by"), max_length=200, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ("-pk",)
        constraints = (
            among(
                "status",
                [
                    "offered",
                    "active",
                    "declined",
                    "withdrawn",
                    "revoked",
                    "given_up",
                    "refused_by_customer",
                    "handed_over",
                    "lapsed",
                ],
                "asg_status",
            ),
            among("privilege", Privilege.values, "asg_privilege"),
            among("family", [ALL_FAMILIES, *Family.values], "asg_family"),
            models.UniqueConstraint(
                fields=["grant", "family"], condition=Q(status="active"), name="asg_one_active"
            ),
            models.UniqueConstraint(
                fields=["family", "grant"], condition=Q(status="offered"), name="asg_one_offered"
            ),
            models.CheckConstraint(condition=~Q(provider=F("reseller")), name="asg_not_to_oneself"),
            models.CheckConstraint(
                condition=~Q(status__in=["active", "revoked", "given_up", "handed_over"])
                | Q(starts_at__isnull=False),
                name="asg_started_when",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["active", "declined", "revoked", "given_up", "handed_over"])
                | Q(answered_at__isnull=False),
                name="asg_answered_when",
            ),
            stamped(
                [
                    "declined",
                    "withdrawn",
                    "revoked",
                    "given_up",
                    "refused_by_customer",
                    "handed_over",
                    "lapsed",
                ],
                "stopped",
                "asg_stopped_when",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["active", "revoked", "given_up", "handed_over"])
                | Q(needs_yes=False)
                | Q(agreed_at__isnull=False),
                name="asg_agreed_before_held",
            ),
            models.CheckConstraint(
                condition=Q(needs_yes=True) | Q(agreed_at__isnull=True), name="asg_agreed_where_asked"
            ),
            paired("agreed", "asg_agreed_paired"),
            paired("offered", "asg_offered_paired"),
            paired("answered", "asg_answered_paired"),
            paired("stopped", "asg_stopped_paired"),
        )
        indexes = (
            models.Index(
                fields=["reseller", "customer"],
                condition=Q(status__in=["active", "handed_over"]),
                name="asg_live_reseller",
            ),
            models.Index(fields=["customer", "-id"], name="asg_customer"),
            models.Index(fields=["provider", "-id"], name="asg_provider"),
            models.Index(fields=["reseller", "-id"], name="asg_reseller"),
            models.Index(fields=["ends_on"], condition=Q(status="active"), name="asg_to_warn"),
        )

    def __str__(self) -> str:
        return f"{self.get_privilege_display()} · {self.get_family_display()} · {self.reseller}"

    @property
    def offer_ends_at(self) -> datetime:
        """The moment an unanswered offer stops waiting."""
        return self.offered_at + timedelta(days=OFFER_DAYS)

    def waits_at(self, at: datetime) -> bool:
        """Say whether the offer can still be answered."""
        return self.status == self.Status.OFFERED and not self.is_past(at)

    @property
    def waits_for_customer(self) -> bool:
        """Say whether the customer has yet to say yes, before which nothing comes of it."""
        return self.needs_yes and self.agreed_at is None

    def ground_stands(self, at: datetime) -> bool:
        """Say whether nothing under it has ended for good; reads grant, relationship and partnership."""
        today = utc_day(at)
        return (
            self.ends_on >= today
            and self.grant.status == Grant.Status.ACTIVE
            and self.grant.ends_on >= today
            and self.grant.relationship.is_active
            and self.partnership.is_active
        )

    def starts_later(self, at: datetime) -> bool:
        """Say whether it was accepted and its first day is to come; reads what `ground_stands` does."""
        starts_at = self.starts_at if self.status == self.Status.ACTIVE else None
        return starts_at is not None and starts_at > at and self.ground_stands(at)

    def is_past(self, at: datetime) -> bool:
        """Say whether it is over by its date alone: an offer nobody answered, or a last day gone by."""
        if self.status == self.Status.OFFERED and at >= self.offer_ends_at:
            return True
        return self.status in (self.Status.OFFERED, self.Status.ACTIVE) and self.ends_on < utc_day(at)

    def covers(self, family: str) -> bool:
        """Say whether this assignment covers all of that ground."""
        return self.family in (ALL_FAMILIES, family)

    def overlaps(self, family: str) -> bool:
        """Say whether this assignment covers some of the same ground."""
        return ALL_FAMILIES in (self.family, family) or self.family == family
