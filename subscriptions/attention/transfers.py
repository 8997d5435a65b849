"""What waits of transfers: requests to answer; and what is asked for, or kept by hand, without an outcome."""

from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.actor import Actor
from partners.permissions import AGENTS
from subscriptions.attention.items import Collector, Item, Kind, Row, Rows, local, may
from subscriptions.models import Transfer, TransferItem
from subscriptions.models.transfer import TRANSFER_DAYS

_items = TransferItem.objects.filter(transfer=OuterRef("pk")).order_by().values("transfer")
_number = Subquery(_items.annotate(number=Count("pk")).values("number"))


def _pending(actor: Actor, at: datetime) -> Rows:
    return Transfer.objects.visible_to(actor).pending(at).order_by("requested_at", "pk")


def _received(actor: Actor, at: datetime) -> Rows:
    return _pending(actor, at).filter(current_partner=actor.partner)


def _answer(row: Row, actor: Actor, at: datetime) -> Item:
    return row.item(
        what=_("a transfer that %(who)s asks for") % {"who": row.who},
        why=ngettext("%(count)d subscription.", "%(count)d subscriptions.", row.number)
        % {"count": row.number},
        then=_("Without an answer it lapses and everything stays with you."),
        url=Transfer(pk=row.ref).get_absolute_url(),
        action=_("Answer") if may(actor, AGENTS) else _("Look at it"),
        due=local(row.at + timedelta(days=TRANSFER_DAYS)),
    )


RECEIVED = Collector(
    kind=Kind.TRANSFERS,
    find=_received,
    tell=_answer,
    subject="current_customer__name",
    who="provider__name",
    number=_number,
    at="requested_at",
)


def _sent(actor: Actor, at: datetime) -> Rows:
    return _pending(actor, at).filter(provider=actor.partner)


def _waits(row: Row, actor: Actor, at: datetime) -> Item:
    by_hand = row.words != ""
    if by_hand:
        what = _("a transfer kept by hand, with %(who)s") % {"who": row.words}
        why, then = _("It runs at Microsoft."), _("Until its outcome is noted, what is on record stands.")
    else:
        what = _("a transfer asked of the partner %(id)s") % {"id": row.what}
        why, then = _("The current partner is not obliged to accept."), _("Without an answer it lapses.")
    return row.item(
        what=what,
        why=why,
        then=then,
        waits_for="" if by_hand else _("the current partner's turn"),
        url=Transfer(pk=row.ref).get_absolute_url(),
        action=_("Note the outcome") if by_hand and may(actor, AGENTS) else _("Open"),
        due=local(row.at + timedelta(days=TRANSFER_DAYS)),
    )


SENT = Collector(
    kind=Kind.TRANSFERS_SENT,
    find=_sent,
    tell=_waits,
    subject="customer__name",
    what="named",
    words="other_name",
    at="requested_at",
)
