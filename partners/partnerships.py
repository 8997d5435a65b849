"""The stories of a partnership: propose, accept, decline, withdraw. Ending one lives a floor higher."""

from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import activity, emails
from partners.actor import Actor
from partners.duties import AT_ONCE, each
from partners.errors import Refused
from partners.lifecycle import broke
from partners.models import Kind, Partner, Partnership
from partners.models.partner import validate_partner_center_link
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    PROPOSED = "partnership.proposed", gettext_lazy("Partnership proposed")
    ACCEPTED = "partnership.accepted", gettext_lazy("Partnership accepted")
    DECLINED = "partnership.declined", gettext_lazy("Partnership declined")
    WITHDRAWN = "partnership.withdrawn", gettext_lazy("Partnership proposal withdrawn")
    LAPSED = "partnership.lapsed", gettext_lazy("Partnership proposal lapsed")
    LINK_SET = "partnership.link_set", gettext_lazy("Joint Partner Center link set")


def lock(pk: int) -> Partnership:
    """Return the partnership locked: the root of every story about it.

    Without its key, which never changes: whoever inserts a row that points at it need not wait.
    """
    rows = Partnership.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("provider", "reseller").get(pk=pk)


def refuse_pair(provider: Partner, reseller: Partner) -> None:
    """Refuse a partnership the programme does not know: with oneself, of wrong kinds, across regions."""
    if provider.pk == reseller.pk:
        raise Refused(_("A company cannot be its own reseller."))
    if provider.kind != Kind.INDIRECT_PROVIDER or reseller.kind != Kind.INDIRECT_RESELLER:
        raise Refused(_("A partnership ties an indirect provider to an indirect reseller."))
    if provider.region != reseller.region:
        raise Refused(_("Provider and reseller must be in the same CSP region."))
    if not reseller.is_active or not provider.is_active:
        raise Refused(_("A suspended company cannot enter a partnership."))


def tie(
    provider: Partner, reseller: Partner, *, stamp: str, at: datetime
) -> tuple[Partnership, list[Partnership]]:
    """Make the proposal inside a story; returns it with the dead ones that made room for it.

    Refuses a pair the programme does not know or one already tied.
    """
    refuse_pair(provider, reseller)
    dead = list(Partnership.objects.filter(provider=provider, reseller=reseller).lapsed_at(at))
    for partnership in dead:  # a dead proposal must not block a living one
        partnership.move(Partnership.Status.LAPSED, answered_at=at, answered_by=stamp)
    try:
        with transaction.atomic():
            partnership = Partnership.objects.create(
                provider=provider, reseller=reseller, proposed_at=at, proposed_by=stamp
            )
    except IntegrityError as problem:
        if broke(problem, Partnership, "ps_one_proposed_or_active"):
            raise Refused(_("You already work with this reseller, or have asked it to.")) from problem
        raise
    return partnership, dead


@transaction.atomic
def propose(provider: Partner, reseller: Partner, *, by: Actor, at: datetime) -> Partnership:
    """Propose a partnership; refuses a pair the programme does not know or one already tied."""
    refuse_other(by, provider.pk)
    if provider.is_active and not reseller.is_active:  # a stranger does not learn why
        raise Refused(_("A partnership with this company cannot be proposed now."))
    partnership, dead = tie(provider, reseller, stamp=by.stamp, at=at)
    emails.partnership_proposed(partnership, at=at)
    _record(Verb.PROPOSED, partnership, *dead, by=by, at=at)
    return partnership


def _record(verb: str, partnership: Partnership, *others: Partnership, by: Actor, at: datetime) -> None:
    activity.record(
        verb,
        by=by,
        at=at,
        provider=partnership.provider,
        about=partnership,
        seen_by=[partnership.provider, partnership.reseller],
        details={"changed": activity.changed(partnership, *others)},
    )


def _refuse_lapsed(partnership: Partnership, *, at: datetime) -> None:
    """Refuse a proposal whose time is over: it is dead before anybody has tidied it away."""
    if partnership.status == Partnership.Status.PROPOSED and not partnership.waits_at(at):
        raise Refused(_("This proposal has lapsed. Ask the provider for a new one."))


@transaction.atomic
def accept(partnership: Partnership, *, by: Actor, at: datetime) -> None:
    """Accept a proposal for the reseller; refuses one that lapsed or a suspended company."""
    partnership = lock(partnership.pk)
    refuse_other(by, partnership.reseller_id)
    refuse_pair(partnership.provider, partnership.reseller)
    _refuse_lapsed(partnership, at=at)
    partnership.move(Partnership.Status.ACTIVE, answered_at=at, answered_by=by.stamp)
    emails.partnership_answered(partnership, at=at)
    _record(Verb.ACCEPTED, partnership, by=by, at=at)


@transaction.atomic
def decline(partnership: Partnership, *, by: Actor, at: datetime) -> None:
    """Decline a proposal for the reseller; refuses one that lapsed."""
    partnership = lock(partnership.pk)
    refuse_other(by, partnership.reseller_id)
    _refuse_lapsed(partnership, at=at)
    partnership.move(Partnership.Status.DECLINED, answered_at=at, answered_by=by.stamp)
    emails.partnership_answered(partnership, at=at)
    _record(Verb.DECLINED, partnership, by=by, at=at)


@transaction.atomic
def withdraw(partnership: Partnership, *, by: Actor, at: datetime) -> None:
    """Withdraw a proposal the reseller has not answered."""
    partnership = lock(partnership.pk)
    refuse_other(by, partnership.provider_id)
    partnership.move(Partnership.Status.WITHDRAWN, answered_at=at, answered_by=by.stamp)
    _record(Verb.WITHDRAWN, partnership, by=by, at=at)


@transaction.atomic
def set_link(partnership: Partnership, link: str, *, by: Actor, at: datetime) -> Partnership:
    """Keep the form of the provider's Partner Center link that names this reseller; an empty one removes it.

    Invitations already open keep the copy they were opened with. Refuses a partnership that is over.
    """
    partnership = lock(partnership.pk)
    refuse_other(by, partnership.provider_id)
    if partnership.status not in (Partnership.Status.PROPOSED, Partnership.Status.ACTIVE):
        raise Refused(_("This partnership is over: it needs no link any more."))
    if link == partnership.partner_center_link:
        return partnership
    if link:
        try:
            validate_partner_center_link(link)
        except ValidationError as problem:
            raise Refused(problem.messages[0], field="partner_center_link") from problem
    partnership.partner_center_link = link
    partnership.save(update_fields=["partner_center_link"])
    activity.record(
        Verb.LINK_SET,
        by=by,
        at=at,
        provider=partnership.provider,
        about=partnership,
        details={"changed": activity.changed(partnership)},
    )
    return partnership


def tidy(at: datetime) -> int:
    """Move proposals nobody answered in time to lapsed; return how many."""
    pks = Partnership.objects.lapsed_at(at).values_list("pk", flat=True)[:AT_ONCE]
    return each(pks, partial(_lapse, at=at))


@transaction.atomic
def _lapse(pk: int, *, at: datetime) -> bool:
    row, system = lock(pk), Actor.system()
    if row.status != Partnership.Status.PROPOSED:
        return False
    row.move(Partnership.Status.LAPSED, answered_at=at, answered_by=system.stamp)
    _record(Verb.LAPSED, row, by=system, at=at)
    return True
