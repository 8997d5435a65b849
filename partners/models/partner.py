"""Partner: a company of the programme, its kind and its place in a hierarchy."""

import zoneinfo
from typing import TYPE_CHECKING, ClassVar, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from partners.lifecycle import Lifecycle, among
from partners.regions import region_name, region_of

if TYPE_CHECKING:
    from partners.actor import Actor

MAX_DEPTH = 3


class Kind(models.TextChoices):
    """What a company is in the programme."""

    INDIRECT_PROVIDER = "indirect_provider", _("Indirect provider")
    INDIRECT_RESELLER = "indirect_reseller", _("Indirect reseller")
    DIRECT_BILL = "direct_bill", _("Direct-bill partner")


class RulebookEdition(models.TextChoices):
    """The editions of the rulebook a provider can work under."""

    V2016_12 = "2016-12", _("December 2016")
    V2026 = "2026", _("Today's rules (2026)")


def validate_partner_center_link(link: str) -> None:
    """Refuse any address that is not https at a host of Partner Center or the Microsoft 365 admin centre."""
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError as problem:
        raise ValidationError(_("This is not an address.")) from problem
    if (
        parts.scheme != "https"
        or parts.hostname not in settings.PARTNER_CENTER_HOSTS
        or parts.username
        or parts.password
        or port not in (None, 443)
    ):
        raise ValidationError(
            _("Copy the invitation link from Partner Center: https, at %(hosts)s."),
            params={"hosts": ", ".join(settings.PARTNER_CENTER_HOSTS)},
        )


def validate_time_zone(name: str) -> None:
    """Refuse a name no time zone has."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("There is no such time zone."))


TREE_ORDER = ("root", "root_pk", "second", "second_pk", "level", "name", "pk")


class PartnerQuerySet(models.QuerySet["Partner"]):
    """Companies."""

    def active(self) -> "PartnerQuerySet":
        """Companies that are not suspended."""
        return self.filter(status=Partner.Status.ACTIVE)

    def as_tree(self) -> "PartnerQuerySet":
        """Each with its level and how many stand right under it, every company before those under it."""
        second = When(parent__parent__isnull=False, then=F("parent_id"))
        of = {
            "root": Coalesce("parent__parent__name", "parent__name", "name"),
            "root_pk": Coalesce(
                "parent__parent_id", "parent_id", "id", output_field=models.BigIntegerField()
            ),
            "second": Case(
                When(parent__isnull=True, then=Value("")),
                When(parent__parent__isnull=True, then=F("name")),
                default=F("parent__name"),
            ),
            "second_pk": Case(second, default=F("id"), output_field=models.BigIntegerField()),
            "level": Case(
                When(parent__isnull=True, then=Value(1)),
                When(parent__parent__isnull=True, then=Value(2)),
                default=Value(MAX_DEPTH),
            ),
            "location_count": Subquery(
                Partner.objects.filter(parent=OuterRef("pk"))
                .order_by()
                .values("parent")
                .annotate(number=Count("pk"))
                .values("number")
            ),
        }
        return self.annotate(**of).order_by(*TREE_ORDER)

    def visible_to(self, actor: "Actor") -> "PartnerQuerySet":
        """The actor's own company and those it has, or had, a partnership with; staff see all."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None:
            return self.none()
        from partners.models.partnership import Partnership  # it imports Partner

        me = actor.partner.pk
        return self.filter(
            Q(pk=me)
            | Q(pk__in=Partnership.objects.filter(provider=me).values("reseller"))
            | Q(pk__in=Partnership.objects.filter(reseller=me).values("provider"))
        )


class Partner(Lifecycle):
    """A company that sells, or resells, in the Cloud Solution Provider programme."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")

    MOVES: ClassVar = {Status.ACTIVE: {Status.SUSPENDED}, Status.SUSPENDED: {Status.ACTIVE}}

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    partner_id = models.CharField(
        _("Microsoft partner id"),
        max_length=12,
        unique=True,
        validators=[RegexValidator(r"\A[0-9]{4,12}\Z", _("4 to 12 digits."))],
    )
    tenant_id = models.UUIDField(_("Microsoft ID (tenant)"), unique=True)
    country = CountryField(_("country"))
    website = models.URLField(_("website"), blank=True)
    support_email = models.EmailField(_("support e-mail"), blank=True)
    support_phone = models.CharField(_("support phone"), max_length=40, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=60, default="Europe/Rome", validators=[validate_time_zone]
    )
    agreement_signed_on = models.DateField(_("Microsoft Partner Agreement signed on"), null=True, blank=True)
    azure_expert_msp = models.BooleanField(_("Azure Expert MSP"), default=False)
    partner_center_link = models.URLField(
        _("Partner Center invitation link"),
        max_length=600,
        blank=True,
        validators=[validate_partner_center_link],
        help_text=_("Invitations are based on it: the customer confirms there, at Microsoft."),
    )
    edition = models.CharField(
        _("rulebook edition"), max_length=10, choices=RulebookEdition, default=RulebookEdition.V2016_12
    )
    privilege_days = models.PositiveSmallIntegerField(
        _("days privileges usually last"),
        default=365,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
    )
    expiry_days = models.PositiveSmallIntegerField(
        _("days an invitation usually waits"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
    )
    parent = models.ForeignKey(
        "self",
        verbose_name=_("parent company"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="locations",
        help_text=_("For reporting only: a parent gives no rights and passes no suspension down."),
    )
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField(_("recorded at"), default=timezone.now, editable=False)

    objects = PartnerQuerySet.as_manager()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ("name", "pk")
        constraints = (
            among("status", ["active", "suspended"], "partner_status"),
            among("kind", Kind.values, "partner_kind"),
            among("edition", RulebookEdition.values, "partner_edition"),
            models.CheckConstraint(
                condition=Q(privilege_days__gte=1, privilege_days__lte=730), name="partner_privilege_days"
            ),
            models.CheckConstraint(
                condition=Q(expiry_days__gte=1, expiry_days__lte=365), name="partner_expiry_days"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="partner_not_own_parent"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def region(self) -> str:
        """The CSP region of the company's country."""
        return region_of(str(self.country))

    @property
    def region_name(self) -> str:
        """The CSP region in words."""
        return region_name(self.region)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The time zone in which this company counts its days."""
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def is_reseller(self) -> bool:
        return self.kind == Kind.INDIRECT_RESELLER

    @property
    def owns_relationships(self) -> bool:
        """Providers and direct-bill partners own relationships with customers; resellers never do."""
        return self.kind in (Kind.INDIRECT_PROVIDER, Kind.DIRECT_BILL)

    @property
    def has_resellers(self) -> bool:
        return self.kind == Kind.INDIRECT_PROVIDER

    def clean(self) -> None:
        """Refuse a parent of another kind, a cycle, or a hierarchy deeper than three."""
        super().clean()
        self.refuse_parent(self.parent)

    def refuse_parent(self, parent: "Partner | None") -> None:
        """Refuse this parent unless the hierarchy stays one kind, without cycles and at most three deep."""
        if parent is None:
            return
        if parent.kind != self.kind:
            raise ValidationError({"parent": _("A parent company is of the same kind.")})
        above, walker = 1, cast("Partner | None", parent)
        while walker is not None:
            if walker.pk == self.pk:
                raise ValidationError({"parent": _("A company cannot stand above itself.")})
            walker, above = walker.parent, above + 1
            if above > MAX_DEPTH + 1:
                break
        if above - 1 + self.depth_below() > MAX_DEPTH:
            raise ValidationError({"parent": _("A hierarchy has at most three levels.")})

    def depth_below(self) -> int:
        """Return how many levels this company and those under it make (1 when it has none)."""
        levels, row = 1, [self.pk] if self.pk else []
        while row and levels <= MAX_DEPTH:
            row = list(Partner.objects.filter(parent__in=row).values_list("pk", flat=True))
            levels += bool(row)
        return levels
