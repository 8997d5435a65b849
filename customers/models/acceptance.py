"""Acceptance: what a contact answered; AgreementVersion: the agreement it accepted."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from customers.families import Family
from customers.models.code import MailedCode
from customers.models.customer import Customer
from customers.models.invitation import Privilege
from customers.models.link import InvitationLink
from partners.lifecycle import Lifecycle, among, paired, stamped
from partners.models import RulebookEdition

if TYPE_CHECKING:
    from partners.actor import Actor


class AgreementVersionQuerySet(models.QuerySet["AgreementVersion"]):
    """Editions of the customer agreement."""

    def in_force(
        self, *, edition: str, country: str, language: str, on: "datetime"
    ) -> "AgreementVersion | None":
        """Return the newest version for the country, in the language if there is one, else any."""
        today = on.date()
        versions = self.filter(edition=edition, country__in=[country, ""], valid_from__lte=today).order_by(
            "-country", "-valid_from", "-pk"
        )
        return versions.filter(language=language).first() or versions.first()


class AgreementVersion(models.Model):
    """One version of Microsoft's customer agreement, kept by staff."""

    edition = models.CharField(_("rulebook edition"), max_length=10, choices=RulebookEdition)
    name = models.CharField(_("name"), max_length=160)
    country = CountryField(_("country"), blank=True, help_text=_("Empty: every country."))
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    link = models.URLField(_("link to the text"), max_length=600)
    valid_from = models.DateField(_("valid from"))

    objects = AgreementVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("agreement version")
        verbose_name_plural = _("agreement versions")
        ordering = ("edition", "country", "language", "-valid_from")
        constraints = (
            among("edition", RulebookEdition.values, "agreement_edition"),
            models.UniqueConstraint(
                fields=["edition", "country", "language", "valid_from"], name="agreement_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.language}, {self.valid_from})"


class AcceptanceQuerySet(models.QuerySet["Acceptance"]):
    """Answers."""

    def visible_to(self, actor: "Actor") -> "AcceptanceQuerySet":
        """Only the provider reads answers; a reseller sees the state of the link."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None or not actor.partner.owns_relationships:
            return self.none()
        return self.filter(link__provider=actor.partner)


class Acceptance(Lifecycle):
    """What a contact answered: typed first, completed by the code mailed to the accepting address."""

    class Status(models.TextChoices):
        CODE_SENT = "code_sent", _("Waiting for the code")
        PENDING = "pending", _("Waiting for the provider")
        COMPLETED = "completed", _("Completed")
        REFUSED = "refused", _("Refused by the provider")

    MOVES: ClassVar = {
        Status.CODE_SENT: {Status.PENDING, Status.COMPLETED},
        Status.PENDING: {Status.COMPLETED, Status.REFUSED},
    }

    link = models.ForeignKey(
        InvitationLink, verbose_name=_("link"), on_delete=models.PROTECT, related_name="acceptances"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.CODE_SENT)
    name = models.CharField(_("full name"), max_length=120)
    email = models.EmailField(_("e-mail"), max_length=254)
    tenant_id = models.UUIDField(_("Microsoft ID (tenant)"))
    company = models.CharField(_("company name"), max_length=160)
    country = CountryField(_("country"))
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    grants_provisioning = models.BooleanField(_("grants provisioning"), default=False)
    grants_support = models.BooleanField(_("grants support"), default=False)
    other_partner_families = models.JSONField(
        _("families another CSP partner administers"), default=list, blank=True
    )
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="acceptances",
    )
    agreement = models.ForeignKey(
        AgreementVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    agreed_at = models.DateTimeField(_("agreement accepted at"))
    started_at = models.DateTimeField(_("answered at"))
    code = models.OneToOneField(MailedCode, on_delete=models.PROTECT, related_name="acceptance")
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    pending_reasons = models.JSONField(_("why the provider must look"), default=list, blank=True)
    decided_at = models.DateTimeField(_("confirmed or refused at"), null=True, blank=True)
    decided_by = models.CharField(_("confirmed or refused by"), max_length=200, blank=True)

    objects = AcceptanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("acceptance")
        verbose_name_plural = _("acceptances")
        constraints = (
            among("status", ["code_sent", "pending", "completed", "refused"], "acc_status"),
            models.UniqueConstraint(
                fields=["link"],
                condition=Q(status__in=["pending", "completed", "refused"]),
                name="acc_one_answer_per_link",
            ),
            stamped(["pending", "completed", "refused"], "completed", "acc_completed_when"),
            paired("decided", "acc_decided_paired"),
            models.CheckConstraint(
                condition=~Q(status="refused") | Q(decided_at__isnull=False), name="acc_refused_by_whom"
            ),
            models.CheckConstraint(
                condition=Q(status="code_sent") ^ Q(customer__isnull=False), name="acc_of_a_customer"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    @property
    def ticked(self) -> tuple[Privilege, ...]:
        """The privileges the contact granted, in their fixed order."""
        return tuple(
            privilege
            for privilege, granted in (
                (Privilege.PROVISIONING, self.grants_provisioning),
                (Privilege.SUPPORT, self.grants_support),
            )
            if granted
        )

    @property
    def families_of_another(self) -> tuple[Family, ...]:
        """The families the contact said another CSP partner administers today."""
        return tuple(Family(value) for value in self.other_partner_families)
