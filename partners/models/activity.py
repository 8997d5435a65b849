"""Activity: what happened, one row per story and provider; append-only, chained by hash."""

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from partners.models.partner import Partner

if TYPE_CHECKING:
    from partners.actor import Actor


class ActivityChain(models.Model):
    """The head of one chain: each provider has its own, so that providers don't wait for each other.

    `key` is `partner:<id>` or `staff`. The row is locked last in every story that writes to the chain.
    """

    key = models.CharField(max_length=40, unique=True)
    length = models.PositiveBigIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.key


class ActivityQuerySet(models.QuerySet["Activity"]):
    """Rows of the log."""

    def visible_to(self, actor: "Actor") -> "ActivityQuerySet":
        """What the company acted for may read; staff read all."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None:
            return self.none()
        return self.filter(readers__partner=actor.partner)

    def about_customer(self, customer_pk: int) -> "ActivityQuerySet":
        """What was done to, or for, one customer."""
        return self.filter(customer_ref=customer_pk)


class Activity(models.Model):
    """One thing that happened. Holds labels and references, no foreign key to what it describes."""

    chain = models.ForeignKey(
        ActivityChain, verbose_name=_("chain"), on_delete=models.PROTECT, related_name="rows"
    )
    position = models.PositiveBigIntegerField(_("position"))
    at = models.DateTimeField(_("when"))
    verb = models.CharField(_("action"), max_length=60)
    actor_kind = models.CharField(_("kind of actor"), max_length=10)
    actor_company = models.CharField(_("company"), max_length=160, blank=True)
    on_behalf_of = models.CharField(_("on behalf of"), max_length=160, blank=True)
    customer_ref = models.BigIntegerField(_("key of the customer"), null=True)
    customer_label = models.CharField(_("affected customer"), max_length=160, blank=True)
    object_type = models.CharField(_("kind of object"), max_length=60, blank=True)
    object_ref = models.BigIntegerField(_("key of the object"), null=True)
    object_label = models.CharField(_("object"), max_length=200, blank=True)
    # Canonical text, hashed as stored; never jsonb, which reorders.
    details = models.TextField(_("details"), default="{}")
    personal_digest = models.CharField(_("digest of the personal part"), max_length=64)
    previous_hash = models.CharField(_("hash of the row before"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["chain", "position"], name="activity_one_per_position"),
        )
        indexes = (
            models.Index(fields=["customer_ref", "-id"], name="activity_customer"),
            models.Index(fields=["object_type", "object_ref", "-id"], name="activity_object"),
            models.Index(fields=["verb", "-id"], name="activity_verb"),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb}"


class ActivityReader(models.Model):
    """One company that may read one row."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="readers")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["partner", "activity"], name="activity_reader_once"),)

    def __str__(self) -> str:
        return f"{self.partner_id} reads {self.activity_id}"


class ActivityPerson(models.Model):
    """The personal part of a row: erasable, while the chain keeps a salted digest of it."""

    activity = models.OneToOneField(Activity, on_delete=models.PROTECT, related_name="person")
    salt = models.CharField(max_length=32, blank=True)  # gone with the text: kept, it lets names be guessed
    text = models.TextField(blank=True)  # canonical JSON: name, email, ...; empty once erased
    erased_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"person of {self.activity_id}"
