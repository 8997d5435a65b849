"""The matrix of a customer's page: who may do what, until when, by whose decision. It asks no query."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.entra import roles_of
from customers.families import Family
from customers.models import (
    ALL_FAMILIES,
    Assignment,
    Customer,
    Grant,
    Privilege,
    Relationship,
    RenewalProposal,
)
from customers.permissions import may_attest_agreement, may_read_answers, may_withdraw_renewal
from customers.standing import why_grant_not_live, why_not_live
from partners.actor import Actor
from partners.models import Partner, RulebookEdition
from partners.templatetags.ui import exact_day, moment_words

NOTES = {
    Privilege.PROVISIONING: lambda: _("licences, users, services"),
    Privilege.SUPPORT: lambda: _("requests, state of the services"),
}


@dataclass(frozen=True, slots=True)
class Agreed:
    """Who accepted the customer agreement for a customer, when, and who attests it if it was not here."""

    who: str
    on: date
    attested_by: str = ""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is on record of one customer's privileges, read once for the page."""

    customer: Customer
    relationship: Relationship | None
    grants: Sequence[Grant]
    assignments: Sequence[Assignment]
    stated: frozenset[str]
    renewal: RenewalProposal | None = None  # one that waits
    agreement: "Agreed | None" = None  # of the edition in force

    @property
    def provider(self) -> Partner:
        return self.customer.provider

    @property
    def is_accepted(self) -> bool:
        """Say whether there is an active relationship the customer said yes to."""
        return (
            self.relationship is not None
            and self.relationship.is_active
            and not self.relationship.is_attested_only
        )

    def live_grants(self, at: datetime) -> list[Grant]:
        """Return what the customer has granted and is in force."""
        return [grant for grant in self.grants if not why_grant_not_live(grant, at)]


def matrix(holdings: Holdings, actor: Actor, at: datetime, *, privileges_url: str) -> dict[str, Any]:
    """Return columns and rows: the provider's column, and one for each reseller with something in its hands.

    A reseller's member sees the provider and itself.
    """
    provider = holdings.provider
    resellers = {one.reseller_id: one.reseller for one in holdings.assignments}
    named = holdings.customer.reseller
    if named is not None and (actor.is_of(provider.pk) or actor.is_staff):
        resellers.setdefault(named.pk, named)
    columns = [provider, *sorted(resellers.values(), key=lambda one: one.name.casefold())]
    names = [
        _("%(company)s (you)") % {"company": one.name} if actor.is_of(one.pk) else one.name for one in columns
    ]
    rows = [_relationship_row(holdings)]
    rows += [
        _privilege_row(holdings, privilege, columns, actor, at, privileges_url) for privilege in Privilege
    ]
    if holdings.renewal is not None:
        rows.append(_renewal_row(holdings.renewal, actor))
    if holdings.relationship is not None and holdings.relationship.is_active:
        rows.append(_agreement_row(holdings.relationship, holdings.agreement, actor))
        rows.append(_microsoft_row(holdings.relationship))
    for row in rows:
        row["cells"] += [None] * (len(columns) - len(row["cells"]))
        row["cells"] = [
            {**(cell or {}), "column": name} for cell, name in zip(row["cells"], names, strict=True)
        ]
    return {"columns": names, "rows": rows}


def _relationship_row(holdings: Holdings) -> dict[str, Any]:
    relationship = holdings.relationship
    assert relationship is not None  # noqa: S101 - without one there is no matrix
    match relationship.status:
        case Relationship.Status.ACTIVE:
            day = relationship.decided_at or relationship.began_at
            cell = {"state": "active", "label": _("since %(day)s") % {"day": _day(day)}}
        case Relationship.Status.ENDED:
            cell = {"state": "ended", "label": _("ended on %(day)s") % {"day": _day(relationship.ended_at)}}
        case _:
            cell = {"state": "waiting", "label": _("to be confirmed")}
    by_another = relationship.decided_by and relationship.decided_by != relationship.began_by
    notes = [_("confirmed by %(who)s") % {"who": relationship.decided_by}] if by_another else []
    if relationship.ended_by:
        notes.append(_("ended by %(who)s") % {"who": relationship.ended_by})
    return {
        "title": _("Relationship"),
        "note": str(relationship.get_origin_display()).lower(),
        "cells": [cell],
        "decided": _who_when(relationship.began_by, relationship.began_at),
        "decided_note": "; ".join(notes),
    }


def _privilege_row(
    holdings: Holdings,
    privilege: Privilege,
    columns: Sequence[Partner],
    actor: Actor,
    at: datetime,
    privileges_url: str,
) -> dict[str, Any]:
    grant = _grant_that_counts(holdings.grants, privilege, at)
    rows = [one for one in holdings.assignments if one.privilege == privilege]
    cells: list[dict[str, Any] | None] = [_grant_cell(grant, holdings, at)]
    for company in columns[1:]:
        marks = [
            _assignment_mark(one, holdings.stated, actor, at, privileges_url)
            for one in rows
            if one.reseller_id == company.pk
        ]
        cells.append({**marks[0], "more": marks[1:]} if marks else None)
    return {
        "title": str(privilege.label),
        "note": _what(privilege, holdings.provider),
        "cells": cells,
        "decided": _who_when(grant.granted_by, grant.granted_at) if grant else "",
        "decided_note": "; ".join(_decisions(rows, alone=len(columns) < 3)),
    }


def _what(privilege: Privilege, provider: Partner) -> str:
    """Say what a privilege is about and, under today's rules, which Entra roles it takes."""
    roles = [
        _("%(role)s (optional)") % {"role": role.name} if role.is_optional else role.name
        for role in roles_of(privilege, provider.edition)
    ]
    if not roles:
        return NOTES[privilege]()
    return _("%(what)s; Entra roles: %(roles)s") % {"what": NOTES[privilege](), "roles": ", ".join(roles)}


def _grant_that_counts(grants: Iterable[Grant], privilege: str, at: datetime) -> Grant | None:
    """Return the grant in force, else the newest that was."""
    rows = sorted((one for one in grants if one.privilege == privilege), key=lambda one: one.granted_at)
    live = [one for one in rows if not why_grant_not_live(one, at)]
    counting = live or rows
    return counting[-1] if counting else None


def _grant_cell(grant: Grant | None, holdings: Holdings, at: datetime) -> dict[str, Any]:
    if grant is None:
        return {"state": "info", "label": _("not granted")}
    if why := why_grant_not_live(grant, at):
        return {"state": "ended", "label": _("not in force"), "note": why}
    return {"state": "ok", "label": _until(grant.ends_on), "note": _shut(holdings.provider, holdings.stated)}


def _assignment_mark(
    assignment: Assignment, stated: Collection[str], actor: Actor, at: datetime, privileges_url: str
) -> dict[str, Any]:
    services = str(assignment.get_family_display())
    if assignment.waits_at(at) and assignment.ground_stands(at) and assignment.waits_for_customer:
        until = _("to be answered by %(day)s") % {"day": _day(assignment.offer_ends_at)}
        return {"state": "waiting", "label": _("waits for the customer"), "note": f"{services}; {until}"}
    if assignment.waits_at(at) and assignment.ground_stands(at):
        answer = (
            {"url": privileges_url, "action": _("Answer the offer")}
            if actor.is_of(assignment.reseller_id)
            else {}
        )
        until = _("to be answered by %(day)s") % {"day": _day(assignment.offer_ends_at)}
        return {"state": "offered", "label": _("offered"), "note": f"{services}; {until}", **answer}
    if why := why_not_live(assignment, at, stated):
        if assignment.starts_later(at):
            return {"state": "waiting", "label": why, "note": services}
        return {"state": "ended", "label": _("not in force"), "note": f"{services}; {why}"}
    if assignment.family == ALL_FAMILIES and (shut := _shut(assignment.provider, stated)):
        services = f"{services}; {shut}"
    stops = assignment.stopped_at
    label = _("until %(day)s") % {"day": moment_words(stops)} if stops else _until(assignment.ends_on)
    return {"state": "ok", "label": label, "note": services}


def _shut(provider: Partner, stated: Collection[str]) -> str:
    """Say which services another CSP partner administers, where the edition lets only one."""
    if not stated or provider.edition != RulebookEdition.V2016_12:
        return ""
    services = ", ".join(str(family.label) for family in Family if family in stated)
    return _("not %(services)s: another CSP partner administers it") % {"services": services}


def _decisions(assignments: Iterable[Assignment], *, alone: bool) -> list[str]:
    sentences = []
    for one in assignments:
        words = {"who": one.offered_by, "day": _day(one.offered_at), "reseller": one.reseller.name}
        sentences.append(
            _("offered by %(who)s, %(day)s") % words
            if alone
            else _("offered to %(reseller)s by %(who)s, %(day)s") % words
        )
        if one.agreed_by:
            sentences.append(
                _("agreed to by %(who)s, %(day)s") % {"who": one.agreed_by, "day": _day(one.agreed_at)}
            )
        if one.answered_by:
            sentences.append(
                _("accepted by %(who)s, %(day)s") % {"who": one.answered_by, "day": _day(one.answered_at)}
            )
    return sentences


def _renewal_row(proposal: RenewalProposal, actor: Actor) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "state": "waiting",
        "label": _("waits for the customer"),
        "note": _("until %(day)s") % {"day": moment_words(proposal.expires_at)},
    }
    if may_withdraw_renewal(actor, proposal):
        cell |= {
            "url": reverse("customers:renewal-withdraw", args=[proposal.pk]),
            "action": _("Take it back…"),
        }
    return {
        "title": _("Renewal proposed"),
        "note": ", ".join(str(one.label).lower() for one in proposal.renews),
        "cells": [cell],
        "decided": _who_when(proposal.proposed_by, proposal.proposed_at),
        "decided_note": ngettext(
            "for %(days)d day from the answer", "for %(days)d days from the answer", proposal.privilege_days
        )
        % {"days": proposal.privilege_days},
    }


def _agreement_row(relationship: Relationship, agreed: Agreed | None, actor: Actor) -> dict[str, Any]:
    """Say whether the agreement of the edition in force is accepted; who did is not a reseller's to read."""
    is_ours = may_read_answers(actor, relationship.customer)
    cell: dict[str, Any] = {"state": "waiting", "label": _("not accepted yet")}
    if agreed:
        cell = {"state": "ok", "label": _("attested") if agreed.attested_by else _("accepted")}
    elif may_attest_agreement(actor, relationship):
        cell |= {
            "url": reverse("customers:agreement-attest", args=[relationship.pk]),
            "action": _("Attest it…"),
        }
    words = {"who": agreed.attested_by} if agreed and agreed.attested_by else {}
    return {
        "title": _("Customer agreement"),
        "note": str(relationship.provider.get_edition_display()),
        "cells": [cell],
        "decided": f"{agreed.who}, {exact_day(agreed.on)}" if agreed and is_ours else "",
        "decided_note": _("attested by %(who)s") % words if words and is_ours else "",
    }


def _microsoft_row(relationship: Relationship) -> dict[str, Any]:
    confirmed = relationship.confirmed_at_microsoft_at
    cell: dict[str, Any] = (
        {"state": "confirmed", "label": _("confirmed on %(day)s") % {"day": _day(confirmed)}}
        if confirmed
        else {"state": "waiting", "label": _("to be confirmed")}
    )
    if relationship.partner_center_link and not confirmed:
        cell |= {"url": relationship.partner_center_link, "action": _("Open the link at Microsoft")}
    by = relationship.confirmed_at_microsoft_by
    return {
        "title": _("Confirmed at Microsoft"),
        "note": _("by the customer, in its admin centre"),
        "cells": [cell],
        "decided": _("noted by %(who)s") % {"who": by} if by else "",
    }


def _until(day: Any) -> str:
    return _("until %(day)s") % {"day": exact_day(day)}


def _day(at: datetime | None) -> str:
    return exact_day(timezone.localtime(at).date()) if at else ""


def _who_when(who: str, at: datetime) -> str:
    return f"{who}, {_day(at)}"
