"""Whose hand it was that did something to a move, as far as the company that reads it may be told."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from partners.models import Partner
from subscriptions.models import Move


def told_to(reader: Partner | None, stamp: str, move: Move) -> str | Promise:
    """Return the stamp of who acted; to a reseller, of another reseller's people, only that somebody did.

    What was done it sees with the customer; who works for another reseller is none of its business.
    """
    if reader is None or not reader.is_reseller:
        return stamp
    _person, separator, company = stamp.rpartition(" · ")
    known = (reader.name, move.provider.name, move.customer.name)
    return stamp if not separator or company in known else _("Another company")
