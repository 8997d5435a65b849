"""Subscription: what a customer runs, and the channel it was bought through."""

from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from partners.lifecycle import Lifecycle, among
from partners.models import Partner
from partners.regions import region_of
from subscriptions import expressions, vocabulary
from subscriptions.models.product import Product
from subscriptions.rulebook import RUNNING, Facts
from subscriptions.vocabulary import AutoRenew, Channel, Term

if TYPE_CHECKING:
    from customers.standing import Standing
    from partners.actor import Actor


FAR = date(2200, 1, 1)  # later than any term ends


class BillingCycle(models.TextChoices):
    """How often it is billed."""

    MONTHLY = "monthly", _("Monthly")
    ANNUAL = "annual", _("Yearly")
    NONE = "none", _("Not billed in cycles")


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Subscriptions."""

    def visible_to(self, actor: "Actor", at: datetime | None = None) -> "SubscriptionQuerySet":
        """A provider's own; a reseller's: those of the customers it sees; staff see all."""
        if actor.partner is not None and actor.partner.owns_relationships:
            return self.filter(provider=actor.partner)
        return self.filter(customer__in=Customer.objects.visible_to(actor, at))

    def with_ruling(
        self, edition: str | None, today: date, provider: Partner | None = None
    ) -> "SubscriptionQuerySet":
        """Annotate `path`, the code of the recommended open path or "", and `decide_by`, its deadline.

        Without an edition each row is ruled under its provider's; naming the one provider all rows belong to
        spares asking it row by row.
        """
        return self.alias(**expressions.BASE).annotate(
            path=expressions.path(edition, provider), decide_by=expressions.decide_by(today, edition)
        )

    def on_path(
        self, path: str, edition: str | None, provider: Partner | None = None
    ) -> "SubscriptionQuerySet":
        """Those for which a path is recommended; edition and provider as in `with_ruling`."""
        return self.alias(**expressions.BASE).filter(
            expressions.may_be(path, edition), expressions.is_path(path, edition, provider)
        )

    def to_decide(
        self, first: date, last: date | None = None, edition: str | None = None
    ) -> "SubscriptionQuerySet":
        """Those whose decision deadline falls on these days, with it as `decision_day`.

        The first day is today. Edition as in `with_ruling`. An add-on is decided with its base.
        """
        rows = self.annotate(decision_day=expressions.decision_day(first, edition)).filter(
            expressions.DECIDES, product__billing=vocabulary.Billing.LICENSE, decision_day__gte=first
        )
        if last is None:
            # The same range without an end: by it a reseller's few rows are found without reading all.
            return rows.filter(expressions.decides_within(first, FAR, edition))
        return rows.filter(expressions.decides_within(first, last, edition), decision_day__lte=last)

    def known_as(self, provider: int, external_ids: Collection[str]) -> "SubscriptionQuerySet":
        """A provider's rows by Microsoft's ids, each once: what went to another partner is history."""
        rows = self.filter(provider=provider, external_id__in=external_ids)
        return rows.exclude(status=vocabulary.Status.TRANSFERRED)

    def unknown_end(self) -> "SubscriptionQuerySet":
        """Those nobody can be warned of in time, because nobody knows when their term ends."""
        return self.filter(expressions.UNKNOWN_END, product__billing=vocabulary.Billing.LICENSE)

    def lock(self, pk: int) -> "Subscription":
        """Return one subscription locked."""
        return (
            self.select_for_update(of=("self",)).select_related("customer", "provider", "product").get(pk=pk)
        )


class Subscription(Lifecycle):
    """A subscription of a customer, sold by us or bought elsewhere. Its path is never stored."""

    Status = vocabulary.Status

    MOVES: ClassVar = {
        Status.PENDING: {Status.ACTIVE, Status.CANCELLED},
        Status.ACTIVE: {Status.SUSPENDED, Status.CANCELLED, Status.EXPIRED, Status.TRANSFERRED},
        Status.SUSPENDED: {Status.ACTIVE, Status.CANCELLED, Status.EXPIRED},
    }

    # The indexes of the lists begin with these two: none of their own is needed.
    provider = models.ForeignKey(
        Partner, verbose_name=_("provider"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="subscriptions",
        db_index=False,
    )
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT)
    friendly_name = models.CharField(_("friendly name"), max_length=120, blank=True)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    seller_name = models.CharField(_("sold by"), max_length=120, blank=True)
    seller = models.ForeignKey(
        Partner, verbose_name=_("seller"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    status = models.CharField(_("status"), max_length=12, choices=vocabulary.Status, default=Status.ACTIVE)
    started_on = models.DateField(_("started on"), null=True, blank=True)
    term_end = models.DateField(_("term end"), null=True, blank=True)
    term = models.CharField(_("term"), max_length=3, choices=Term, blank=True)
    auto_renew = models.CharField(
        _("renews automatically"), max_length=7, choices=AutoRenew, default=AutoRenew.UNKNOWN
    )
    billing_cycle = models.CharField(
        _("billing cycle"), max_length=8, choices=BillingCycle, default=BillingCycle.NONE
    )
    external_id = models.CharField(_("subscription ID"), max_length=80, blank=True)
    entitlement_id = models.CharField(_("Azure subscription ID"), max_length=80, blank=True)
    partner_on_record = models.ForeignKey(
        Partner,
        verbose_name=_("partner on record"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    support_contact = models.ForeignKey(
        Partner,
        verbose_name=_("support contact"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    is_trial = models.BooleanField(_("trial"), default=False)
    # Licences sold in CSP before new commerce: today's rules do not let them be transferred.
    is_legacy_commerce = models.BooleanField(_("sold before new commerce"), default=False)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("add-on of"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="add_ons",
    )
    replaces = models.ForeignKey(
        "self",
        verbose_name=_("replaces"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="replaced_by",
    )
    checked_on = models.DateField(_("checked on"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    recorded_at = models.DateTimeField(_("recorded at"), editable=False)
    recorded_by = models.CharField(_("recorded by"), max_length=200, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ("-pk",)
        constraints = (
            among("status", vocabulary.Status.values, "sub_status"),
            among("channel", Channel.values, "sub_channel"),
            among("auto_renew", AutoRenew.values, "sub_auto_renew"),
            models.UniqueConstraint(
                fields=["provider", "external_id"],
                # What went to another partner may come back one day, under the same id.
                condition=~Q(external_id="") & ~Q(status="transferred"),
                name="sub_external_id_once",
            ),
            models.UniqueConstraint(fields=["id", "provider", "customer"], name="sub_with_parties"),
            models.CheckConstraint(
                condition=Q(term_end__isnull=True)
                | Q(started_on__isnull=True)
                | Q(term_end__gt=F("started_on")),
                name="sub_ends_after_start",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="sub_quantity"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="sub_not_own_parent"
            ),
        )
        indexes = (
            models.Index(fields=["provider", "-id"], name="sub_provider"),
            models.Index(fields=["customer", "-id"], name="sub_customer"),
            models.Index(fields=["provider", "term_end"], name="sub_term_end"),
            models.Index(fields=["provider", "channel", "-id"], name="sub_channel_list"),
            models.Index(fields=["provider", "status", "-id"], name="sub_status_list"),
            models.Index(
                fields=["provider", "channel"],
                condition=Q(status__in=[vocabulary.Status(one).value for one in RUNNING]),
                name="sub_running_channel",
            ),
            models.Index(
                F("provider"),
                expressions.DECISION_DAY,
                F("id"),
                condition=expressions.DECIDES,
                name="sub_decide",
            ),
            models.Index(
                F("provider"),
                expressions.TERM_START,
                F("id"),
                condition=expressions.SOLD,
                name="sub_term_start",
            ),
            models.Index(
                fields=["provider", "-id"], condition=expressions.UNKNOWN_END, name="sub_unknown_end"
            ),
        )

    def __str__(self) -> str:
        return self.friendly_name or self.product.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the provider beside the customer: lists, queue and counters read it."""
        self.provider_id = self.customer.provider_id
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("subscriptions:subscription", args=[self.pk])

    @property
    def is_ours(self) -> bool:
        """Say whether this provider sells it, in CSP."""
        return self.channel == Channel.CSP_OWN

    @property
    def sold_by(self) -> str:
        """The seller, where the channel does not name it already."""
        return "" if self.channel in (Channel.CSP_OWN, Channel.DIRECT) else self.seller_name

    def facts(self, standing: "Standing", at: datetime) -> Facts:
        """Return all that a ruling depends on; an add-on states its base's facts.

        Reads customer, provider, product and, of an add-on, the base and its product.
        """
        base = self.parent or self
        provider, country = self.provider, str(self.customer.country)
        return Facts(
            channel=base.channel,
            billing=base.product.billing,
            today=at.astimezone(provider.zone).date(),
            edition=provider.edition,
            family=base.product.family,
            azure_offer=base.product.azure_offer or None,
            status=base.status,
            is_trial=base.is_trial,
            is_add_on=self.parent_id is not None,
            auto_renew=base.auto_renew,
            term=base.term,
            term_end=base.term_end,
            started_on=base.started_on,
            has_relationship=standing.has_relationship,
            has_grant=standing.has_grant,
            has_agreement=standing.has_agreement,
            other_csp_partner_stated=base.product.family in standing.families_of_another,
            availability=base.product.availability,
            one_per_customer=base.product.one_per_customer,
            customer_country=country,
            customer_region=region_of(country),
            provider_country=str(provider.country),
            provider_region=provider.region,
            provider_kind=provider.kind,
            azure_expert_msp=provider.azure_expert_msp,
            is_legacy_commerce=base.is_legacy_commerce,
        )
