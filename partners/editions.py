"""The story of the rulebook's edition: a provider's account admin chooses under which it works."""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import activity
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.models import Partner, RulebookEdition
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls this story."""

    CHOSEN = "company.edition_chosen", gettext_lazy("Rulebook edition chosen")


@transaction.atomic
def choose(partner: Partner, edition: str, *, seen: str, by: Actor, at: datetime) -> Partner:
    """Let a provider work under an edition of the rulebook from now on; return it.

    Nothing is rewritten: what an edition says is read anew wherever it is asked. `seen` is the edition the
    page showed as in force (`Stale`). Refuses a reseller, a suspended company, and the edition in force.
    """
    partner = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    refuse_other(by, partner.pk)
    if not partner.owns_relationships:
        raise Refused(_("Only a provider works under an edition of the rulebook."))
    if not partner.is_active:
        raise Refused(_("A suspended company changes nothing."))
    if edition not in RulebookEdition.values:
        raise Refused(_("There is no such edition."))
    if partner.edition == edition:
        raise Refused(_("This edition is in force already."))
    if partner.edition != seen:
        raise Stale(_("Somebody else has chosen another edition since you opened the page."))
    before, partner.edition = partner.edition, edition
    partner.save(update_fields=["edition"])
    activity.record(
        Verb.CHOSEN,
        by=by,
        at=at,
        provider=partner,
        about=partner,
        details={"changed": activity.changed(partner), "fields": {"edition": [before, edition]}},
    )
    return partner
