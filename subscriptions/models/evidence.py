"""What proves the steps of a move: files, and the inventory of the services of an Azure subscription."""

import uuid

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.lifecycle import among, paired
from subscriptions.models.move import Move, MoveStep
from subscriptions.vocabulary import Availability


def evidence_storage() -> Storage:
    """Return where evidence is kept: outside everything a web server gives out."""
    return storages["evidence"]


def generated_name(file: "StepFile", name: str) -> str:
    """Return where a file is kept: under a random key; what it was called is no part of it."""
    return f"moves/{file.key.hex[:2]}/{file.key.hex}"


class FileType(models.TextChoices):
    """The files that are taken as evidence."""

    PDF = "application/pdf", _("PDF")
    PNG = "image/png", _("PNG picture")
    JPEG = "image/jpeg", _("JPEG picture")
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", _("Word document")


class StepFile(models.Model):
    """A file that proves a step; given out only by a page that asks who wants it."""

    step = models.ForeignKey(MoveStep, on_delete=models.PROTECT, related_name="files")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("file name"), max_length=120)
    content_type = models.CharField(max_length=100, choices=FileType)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    file = models.FileField(storage=evidence_storage, upload_to=generated_name, max_length=80)
    uploaded_at = models.DateTimeField(_("uploaded at"))
    uploaded_by = models.CharField(_("uploaded by"), max_length=200)

    class Meta:
        verbose_name = _("file of a step")
        verbose_name_plural = _("files of steps")
        ordering = ("pk",)
        constraints = (
            among("content_type", FileType.values, "step_file_type"),
            models.CheckConstraint(condition=Q(size__gt=0), name="step_file_not_empty"),
            paired("uploaded", "step_file_uploaded_paired"),
        )

    def __str__(self) -> str:
        return self.name


class InventoryItem(models.Model):
    """One service of an Azure subscription to migrate: can CSP run it, was it moved, is the old one gone."""

    move = models.ForeignKey(Move, on_delete=models.PROTECT, related_name="inventory", db_index=False)
    name = models.CharField(_("service"), max_length=120)
    availability = models.CharField(
        _("availability in CSP"), max_length=14, choices=Availability, default=Availability.UNKNOWN
    )
    is_classic = models.BooleanField(_("classic resources, to be converted first"), default=False)
    note = models.CharField(_("note"), max_length=300, blank=True)
    moved_at = models.DateTimeField(_("moved at"), null=True, blank=True)
    moved_by = models.CharField(_("moved by"), max_length=200, blank=True)
    moved_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # When the customer cancelled it where it ran before.
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    cancelled_by = models.CharField(_("cancelled by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("service in the inventory")
        verbose_name_plural = _("services in the inventory")
        ordering = ("pk",)
        constraints = (
            among("availability", Availability.values, "inventory_availability"),
            models.UniqueConstraint(fields=["move", "name"], name="inventory_named_once"),
            models.CheckConstraint(condition=~Q(name=""), name="inventory_has_name"),
            paired("moved", "inventory_moved_paired"),
            paired("cancelled", "inventory_cancelled_paired"),
            models.CheckConstraint(
                condition=Q(moved_at__isnull=True) | Q(availability=Availability.AVAILABLE.value),
                name="inventory_moved_if_available",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True) | Q(moved_at__isnull=False),
                name="inventory_moved_before_cancelled",
            ),
        )

    def __str__(self) -> str:
        return self.name
