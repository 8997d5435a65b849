"""Move: a path somebody decided to walk for one subscription, and its steps with what proves them done."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer
from partners.lifecycle import Lifecycle, among, paired, stamped
from partners.models import Partner
from subscriptions import steps
from subscriptions.models.subscription import Subscription
from subscriptions.vocabulary import Direction, Path, StepActor, StepPrivilege

if TYPE_CHECKING:
    from partners.actor import Actor


class MoveQuerySet(models.QuerySet["Move"]):
    """Moves."""

    def visible_to(self, actor: "Actor", at: datetime | None = None) -> "MoveQuerySet":
        """A provider's own; a reseller's: those of the customers it sees; staff see all."""
        if actor.partner is not None and actor.partner.owns_relationships:
            return self.filter(provider=actor.partner)
        return self.filter(customer__in=Customer.objects.visible_to(actor, at))

    def open(self) -> "MoveQuerySet":
        """Those still being walked."""
        return self.filter(status__in=Move.OPEN)

    def with_next(self) -> "MoveQuerySet":
        """Annotate `next_step`, `next_code`, `next_actor` and `next_privilege`: the first step still open."""
        first = MoveStep.objects.filter(move=OuterRef("pk"), outcome="").order_by("position")
        return self.annotate(
            next_step=Subquery(first.values("pk")[:1]),
            next_code=Subquery(first.values("code")[:1]),
            next_actor=Subquery(first.values("actor")[:1]),
            next_privilege=Subquery(first.values("privilege")[:1]),
        )

    def lock(self, pk: int) -> "Move":
        """Return one move locked; its subscription must be locked first."""
        rows = self.select_for_update(of=("self",))
        return rows.select_related(
            "subscription__product", "subscription__customer__provider", "customer", "provider"
        ).get(pk=pk)


class Move(Lifecycle):
    """A path being walked. The steps are those of the edition it was planned under."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        IN_PROGRESS = "in_progress", _("Under way")
        COMPLETED = "completed", _("Completed")
        ABANDONED = "abandoned", _("Abandoned")

    MOVES: ClassVar = {
        Status.PLANNED: {Status.IN_PROGRESS, Status.ABANDONED},
        Status.IN_PROGRESS: {Status.COMPLETED, Status.ABANDONED},
    }
    OPEN: ClassVar = (Status.PLANNED, Status.IN_PROGRESS)

    provider = models.ForeignKey(
        Partner, verbose_name=_("provider"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="moves"
    )
    subscription = models.ForeignKey(
        Subscription, verbose_name=_("subscription"), on_delete=models.PROTECT, related_name="moves"
    )
    path = models.CharField(_("path"), max_length=20, choices=Path)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction, default=Direction.IN)
    edition = models.CharField(_("rulebook edition"), max_length=10)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PLANNED)
    target_on = models.DateField(_("target date"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"))
    decided_by = models.CharField(_("decided by"), max_length=200)
    # What the rulebook said when somebody decided to go on although it no longer opens the path.
    kept_ruling = models.CharField(max_length=120, blank=True, editable=False)
    kept_at = models.DateTimeField(_("went on at"), null=True, blank=True)
    kept_by = models.CharField(_("went on by"), max_length=200, blank=True)
    kept_because = models.CharField(_("why it goes on"), max_length=300, blank=True)
    # The CSP subscription that takes its place, once it is recorded.
    successor = models.ForeignKey(
        Subscription,
        verbose_name=_("new subscription"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # The fewest days before the deadline of which the customer has been reminded.
    reminded_days = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = MoveQuerySet.as_manager()

    class Meta:
        verbose_name = _("move")
        verbose_name_plural = _("moves")
        ordering = ("-pk",)
        constraints = (
            among("status", ["planned", "in_progress", "completed", "abandoned"], "move_status"),
            among("path", Path.values, "move_path"),
            among("direction", Direction.values, "move_direction"),
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(status__in=["planned", "in_progress"]),
                name="move_one_open",
            ),
            paired("decided", "move_decided_paired"),
            paired("kept", "move_kept_paired"),
            paired("ended", "move_ended_paired"),
            stamped(["completed", "abandoned"], "ended", "move_ended_when"),
            models.CheckConstraint(
                condition=~Q(status="abandoned") | ~Q(reason=""), name="move_abandoned_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(successor__isnull=True) | ~Q(successor=F("subscription")),
                name="move_not_its_own_successor",
            ),
        )
        indexes = (
            models.Index(fields=["provider", "-id"], name="move_provider"),
            models.Index(fields=["provider", "status", "-id"], name="move_provider_status"),
            models.Index(
                fields=["provider", "target_on"],
                condition=Q(status__in=["planned", "in_progress"]),
                name="move_open_target",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_path_display()}: {self.subscription}"

    def get_absolute_url(self) -> str:
        return reverse("subscriptions:move", args=[self.pk])

    @property
    def log_label(self) -> str:
        """Return what the log keeps of it, in no language: the details name the path."""
        return str(self.subscription)

    @property
    def is_open(self) -> bool:
        """Say whether it is still being walked."""
        return self.status in self.OPEN

    @property
    def next(self) -> "MoveStep | None":
        """Return the first step still open, None once all are closed; reads all steps."""
        return next((step for step in self.steps.all() if not step.is_closed), None)


class MoveStep(models.Model):
    """One step of a move: whose turn it is, and once it is closed by whom and on what evidence.

    Steps close in order. What is closed stays closed.
    """

    class Outcome(models.TextChoices):
        DONE = "done", _("Done")
        NOT_NEEDED = "not_needed", _("Not needed")

    class Choice(models.TextChoices):
        WAIT = "wait", _("Wait for the end of the term")
        CANCEL = "cancel", _("Cancel with the seller")
        SERVICES = "services", _("The moved services, one by one")
        WHOLE = "whole", _("The whole old subscription")

    move = models.ForeignKey(Move, on_delete=models.PROTECT, related_name="steps", db_index=False)
    position = models.PositiveSmallIntegerField(_("position"))
    code = models.CharField(_("step"), max_length=24)
    actor = models.CharField(_("whose turn"), max_length=16, choices=StepActor)
    privilege = models.CharField(
        _("privilege"), max_length=14, choices=StepPrivilege, default=StepPrivilege.NONE
    )
    is_optional = models.BooleanField(default=False)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)
    # What proves it.
    note = models.TextField(_("note"), max_length=2000, blank=True)
    happened_on = models.DateField(_("date"), null=True, blank=True)
    reference = models.CharField(_("reference number"), max_length=80, blank=True)
    entitlement_id = models.CharField(_("Azure subscription ID"), max_length=80, blank=True)
    choice = models.CharField(_("choice"), max_length=10, choices=Choice, blank=True)
    # Why it was not needed, or why somebody else closed it for whose turn it was.
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    done_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    done_by = models.CharField(_("closed by"), max_length=200, blank=True)
    done_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    done_contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # When whoever has to take it was told by mail that it is their turn.
    told_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("step of a move")
        verbose_name_plural = _("steps of moves")
        ordering = ("move", "position")
        constraints = (
            among("actor", StepActor.values, "step_actor"),
            among("privilege", StepPrivilege.values, "step_privilege"),
            among("outcome", ["", "done", "not_needed"], "step_outcome"),
            models.UniqueConstraint(fields=["move", "position"], name="step_one_at_a_place"),
            models.UniqueConstraint(fields=["move", "code"], name="step_once_in_a_move"),
            paired("done", "step_done_paired"),
            models.CheckConstraint(
                condition=Q(outcome="", done_at__isnull=True) | ~Q(outcome="") & Q(done_at__isnull=False),
                name="step_done_when",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="not_needed") | Q(is_optional=True) & ~Q(reason=""),
                name="step_not_needed_has_reason",
            ),
        )
        indexes = (models.Index(fields=["move", "position"], condition=Q(outcome=""), name="step_next"),)

    def __str__(self) -> str:
        return str(self.template.title)

    @property
    def template(self) -> steps.Step:
        """Return the step of the rulebook it was made from."""
        return steps.BY_CODE[self.code]

    @property
    def is_closed(self) -> bool:
        """Say whether it is behind us, done or not needed."""
        return bool(self.outcome)

    @property
    def proof(self) -> str:
        """Return the note kept with it; of what closed by itself the fact that did, in the reader's words."""
        fact = self.template.fact
        by_itself = self.outcome == self.Outcome.DONE and not (self.done_user_id or self.done_contact_id)
        return self.note or (str(fact.label) if fact and by_itself else "")
