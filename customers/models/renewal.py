"""RenewalProposal: the provider asks a customer to let privileges last longer, answered on one page."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer
from customers.models.invitation import MAX_PRIVILEGE_DAYS, Privilege
from customers.models.relationship import Relationship
from partners.lifecycle import Lifecycle, among, paired, stamped
from partners.models import Partner

if TYPE_CHECKING:
    from partners.actor import Actor


class RenewalProposalQuerySet(models.QuerySet["RenewalProposal"]):
    """Renewal proposals."""

    def visible_to(self, actor: "Actor") -> "RenewalProposalQuerySet":
        """A provider's own; a reseller's: those of the customers it sees; staff see all."""
        if actor.partner is not None and actor.partner.owns_relationships:
            return self.filter(provider=actor.partner)
        return self.filter(customer__in=Customer.objects.visible_to(actor))

    def waiting_at(self, at: datetime) -> "RenewalProposalQuerySet":
        """Those the customer can still answer: whether a grant is left to renew is the story's question."""
        return self.filter(
            status=RenewalProposal.Status.WAITING,
            expires_at__gt=at,
            relationship__status=Relationship.Status.ACTIVE,
            provider__status=Partner.Status.ACTIVE,
        )

    def past(self, at: datetime) -> "RenewalProposalQuerySet":
        """Those nobody answered in time."""
        return self.filter(status=RenewalProposal.Status.WAITING, expires_at__lte=at)

    def lock(self, pk: int) -> "RenewalProposal":
        """Return one proposal locked; its relationship must be locked first."""
        return (
            self.select_for_update(of=("self",))
            .select_related("relationship", "provider", "customer")
            .get(pk=pk)
        )


class RenewalProposal(Lifecycle):
    """What the provider proposes: which privileges go on, and for how many days from the answer."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for the customer")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", pgettext_lazy("invitation", "Declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("invitation", "Withdrawn")
        LAPSED = "lapsed", pgettext_lazy("invitation", "Lapsed")

    MOVES: ClassVar = {
        Status.WAITING: {Status.ACCEPTED, Status.DECLINED, Status.WITHDRAWN, Status.LAPSED},
    }

    relationship = models.ForeignKey(
        Relationship, verbose_name=_("relationship"), on_delete=models.PROTECT, related_name="renewals"
    )
    provider = models.ForeignKey(
        Partner, verbose_name=_("provider"), on_delete=models.PROTECT, related_name="+"
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="renewals"
    )
    renews_provisioning = models.BooleanField(_("provisioning"), default=False)
    renews_support = models.BooleanField(_("support"), default=False)
    privilege_days = models.PositiveSmallIntegerField(
        _("days the privileges last"),
        default=365,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_PRIVILEGE_DAYS)],
    )
    opening = models.TextField(_("opening words"), max_length=2000, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    proposed_at = models.DateTimeField(_("proposed at"))
    proposed_by = models.CharField(_("proposed by"), max_length=200)
    expires_at = models.DateTimeField(_("expires at"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=200, blank=True)
    decline_reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects = RenewalProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("renewal proposal")
        verbose_name_plural = _("renewal proposals")
        ordering = ("-pk",)
        constraints = (
            among("status", ["waiting", "accepted", "declined", "withdrawn", "lapsed"], "renewal_status"),
            models.CheckConstraint(
                condition=Q(renews_provisioning=True) | Q(renews_support=True), name="renewal_of_something"
            ),
            models.CheckConstraint(
                condition=Q(privilege_days__gte=1, privilege_days__lte=MAX_PRIVILEGE_DAYS),
                name="renewal_days",
            ),
            models.UniqueConstraint(
                fields=["relationship"], condition=Q(status="waiting"), name="renewal_one_waiting"
            ),
            models.CheckConstraint(
                condition=Q(status="declined") | Q(decline_reason=""), name="renewal_reason_when"
            ),
            paired("proposed", "renewal_proposed_paired"),
            paired("answered", "renewal_answered_paired"),
            stamped(["accepted", "declined", "withdrawn", "lapsed"], "answered", "renewal_answered_when"),
        )
        indexes = (
            models.Index(
                fields=["provider", "expires_at"], condition=Q(status="waiting"), name="renewal_due"
            ),
        )

    def __str__(self) -> str:
        return str(_("Renewal %(number)s")) % {"number": self.pk}

    @property
    def renews(self) -> tuple[Privilege, ...]:
        """The privileges it proposes to go on with, in their fixed order."""
        pairs = (
            (Privilege.PROVISIONING, self.renews_provisioning),
            (Privilege.SUPPORT, self.renews_support),
        )
        return tuple(privilege for privilege, renewed in pairs if renewed)

    def last_day(self, answered_on: date) -> date:
        """Return the proposed last day, counted from the day of the answer."""
        return answered_on + timedelta(days=self.privilege_days)
