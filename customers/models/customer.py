"""Customer and Contact: whom a provider looks after, and who speaks for it."""

import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import BigIntegerField, F, Q, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from partners.lifecycle import among, paired
from partners.models import Partner, Partnership
from partners.regions import region_of

if TYPE_CHECKING:
    from partners.actor import Actor

MINIMUM_SEARCH = 3


def normalise(text: str) -> str:
    """Return the spelling in which names are searched and sorted: NFKC, case folded, without accents."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Customers, and the one scope everything above them uses."""

    def visible_to(self, actor: "Actor", at: datetime | None = None) -> "CustomerQuerySet":
        """A provider's own; a reseller's by a live assignment or as the named reseller; staff see all."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None:
            return self.none()
        if actor.partner.owns_relationships:
            return self.filter(provider=actor.partner)
        from customers.models.privilege import Assignment  # it imports Customer

        mine = actor.partner
        live = (
            Assignment.objects.live(at or timezone.now()).filter(reseller=mine).order_by().values("customer")
        )
        ties = Partnership.objects.active().filter(reseller=mine).values("provider")
        named = Customer.objects.filter(reseller=mine, provider__in=ties).order_by().values("pk")
        # Two small sets by their indexes: an OR of both reads every customer there is.
        return self.filter(pk__in=live.union(named))

    def search(self, provider_pk: int | None, words: str) -> "CustomerQuerySet":
        """Those whose name, domain or tenant id contain the words; fewer than three characters match nothing.

        The provider is cast: Django's literal would be int4 and make the trigram index ignore its column.
        """
        needle = normalise(words)
        if len(needle) < MINIMUM_SEARCH:
            return self.none()
        found = self.filter(search__contains=needle)
        if provider_pk is None:
            return found
        return found.filter(provider_id=Cast(Value(provider_pk), BigIntegerField()))


class Customer(models.Model):
    """A company as one provider knows it: one row per provider and tenant."""

    provider = models.ForeignKey(
        Partner, verbose_name=_("provider"), on_delete=models.PROTECT, related_name="customers"
    )
    name = models.CharField(_("company name"), max_length=160)
    domain = models.CharField(_("primary domain"), max_length=253, blank=True)
    tenant_id = models.UUIDField(_("Microsoft ID (tenant)"), null=True, blank=True)
    country = CountryField(_("country"))
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="it")
    reseller = models.ForeignKey(
        Partner,
        verbose_name=_("named reseller"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    search = models.TextField(editable=False)
    sort_name = models.CharField(max_length=160, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("recorded at"), editable=False)
    created_by = models.CharField(_("recorded by"), max_length=200, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ("sort_name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["provider", "tenant_id"],
                condition=Q(tenant_id__isnull=False),
                name="customer_one_per_provider_and_tenant",
            ),
            models.UniqueConstraint(fields=["id", "provider"], name="customer_with_provider"),
            paired("created", "customer_created_paired"),
            models.CheckConstraint(
                condition=Q(reseller__isnull=True) | ~Q(reseller=F("provider")),
                name="customer_reseller_other",
            ),
        )
        indexes = (
            models.Index(fields=["provider", "sort_name", "id"], name="customer_list"),
            models.Index(fields=["reseller", "sort_name", "id"], name="customer_reseller_list"),
            GinIndex(
                fields=["provider", "search"], opclasses=["int8_ops", "gin_trgm_ops"], name="customer_search"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the columns that lists search and sort by."""
        self.domain = self.domain.strip().casefold()
        self.sort_name = normalise(self.name)[:160]
        self.search = normalise(f"{self.name} {self.domain} {self.tenant_id or ''}")
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("customer", args=[self.pk])

    @property
    def region(self) -> str:
        """The CSP region of the customer's country."""
        return region_of(str(self.country))


class ContactQuerySet(models.QuerySet["Contact"]):
    """Contacts."""

    def visible_to(self, actor: "Actor") -> "ContactQuerySet":
        """Those of the customers the actor sees."""
        return self.filter(customer__in=Customer.objects.visible_to(actor))

    def confirmed(self) -> "ContactQuerySet":
        """Those whose address a mailed code has proved."""
        return self.filter(status=Contact.Status.CONFIRMED)


class Contact(models.Model):
    """A person at a customer. Only a confirmed one opens the customer's page."""

    class Status(models.TextChoices):
        RECORDED = "recorded", _("Recorded by a partner")
        CONFIRMED = "confirmed", _("Confirmed by a mailed code")

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="contacts"
    )
    name = models.CharField(_("full name"), max_length=120)
    email = models.EmailField(_("e-mail"), max_length=254)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="it")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.RECORDED)
    page_serial = models.PositiveIntegerField(default=1, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    confirmed_by = models.CharField(_("confirmed by"), max_length=200, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ("name", "pk")
        constraints: ClassVar = (
            among("status", ["recorded", "confirmed"], "contact_status"),
            paired("confirmed", "contact_confirmed_paired"),
            models.CheckConstraint(
                condition=Q(status="confirmed") ^ Q(confirmed_at__isnull=True), name="contact_confirmed_when"
            ),
            models.UniqueConstraint(fields=["customer", "email"], name="contact_once"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_confirmed(self) -> bool:
        return self.status == self.Status.CONFIRMED
