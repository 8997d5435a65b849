"""Transfers walked at random by two providers that share a tenant, held against the requirement."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from customers.models import Customer, Relationship
from partners.actor import Actor
from partners.models import Activity, ActivityPerson, ActivityReader, Message, Partner, Role, RulebookEdition
from subscriptions import moves, offboarding, permissions, transfer_acceptance, transfers
from subscriptions.models import Move, Subscription, Transfer
from subscriptions.vocabulary import Channel, Path
from tests.conftest import TENANT, member
from tests.factories import (
    AgreementVersionFactory,
    ContactFactory,
    CustomerFactory,
    PartnerFactory,
    RelationshipFactory,
    SubscriptionFactory,
)
from tests.subscriptions.lives import SOME, WALK, Lives
from tests.subscriptions.oracle import LAPSES, RUNNING

SIDES = ("tailspin", "relecloud")
SIDE = st.sampled_from(SIDES)
# Whom a request names, as the one who asks may type it; the last is nobody here.
NAMED = ("other", "other's tenant", "itself", "northwind", "nobody")
IDS = ("first", "second", "on top", "not there")
ASKED = st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True)
# What one of the two wrote down for itself: nowhere may the other ever read it.
OWN_WORDS = "words of {}"


@dataclass
class Cast:
    """Two providers under today's rules, and the customer as each of them knows it."""

    partners: dict[str, Partner]
    actors: dict[str, Actor]
    helpers: dict[str, Actor]
    customers: dict[str, Customer]
    northwind: Partner


@pytest.fixture
def cast(northwind: Partner, tailspin_2026: Partner, tom: Actor) -> Cast:
    """Relecloud sells two subscriptions, one with an add-on; Tailspin knows of the first."""
    relecloud = PartnerFactory(name="Relecloud", partner_id="1000003", edition=RulebookEdition.V2026)
    partners = {"tailspin": tailspin_2026, "relecloud": relecloud}
    agreed = AgreementVersionFactory(edition=RulebookEdition.V2026)
    customers = {}
    for key, provider in partners.items():
        words = OWN_WORDS.format(key)
        customers[key] = CustomerFactory(provider=provider, name=f"Contoso, {words}", tenant_id=TENANT)
        RelationshipFactory(customer=customers[key], acceptance__agreement=agreed)
        ContactFactory(customer=customers[key], confirmed=True, name=f"Carla, {words}")
    sold = {
        "customer": customers["relecloud"],
        "channel": Channel.CSP_OWN,
        "friendly_name": OWN_WORDS.format("relecloud"),
    }
    first = SubscriptionFactory(external_id="first", **sold)
    SubscriptionFactory(external_id="second", **sold)
    SubscriptionFactory(external_id="on top", parent=first, **sold)
    known = {"customer": customers["tailspin"], "friendly_name": OWN_WORDS.format("tailspin")}
    SubscriptionFactory(external_id="first", channel=Channel.CSP_OTHER, product=first.product, **known)
    rita = member(relecloud, "Rita Reed", Role.ACCOUNT_ADMIN)
    return Cast(
        partners=partners,
        actors={"tailspin": tom, "relecloud": rita},
        helpers={
            "tailspin": member(tailspin_2026, "Tina Sales", Role.SALES_AGENT),
            "relecloud": member(relecloud, "Remo Sales", Role.SALES_AGENT),
        },
        customers=customers,
        northwind=northwind,
    )


class Crossings(Lives):
    """Each of the two asks, answers, gives up, waits too long, and moves what it has on record."""

    cast: ClassVar[Cast]

    def __init__(self) -> None:
        super().__init__()
        self.related = dict.fromkeys(SIDES, True)
        self.waiting = 0  # how many requests nobody has answered

    # --- asking ---------------------------------------------------------------------------------

    @rule(named=st.sampled_from(NAMED[:2]), ids=ASKED)
    def asks_for_what_it_can(self, named: str, ids: list[str]) -> None:
        able = [one for one in ids if self.may_ask("tailspin", named, [one])]
        if able:
            self.asks("tailspin", named, able)

    @rule(side=SIDE, named=st.sampled_from(NAMED), ids=ASKED)
    def asks(self, side: str, named: str, ids: list[str]) -> None:
        customer = Customer.objects.get(pk=self.cast.customers[side].pk)
        at = self.pass_time()
        self.attempt(
            "ask",
            self.may_ask(side, named, ids),
            lambda: transfers.request(
                customer, self.written(side, named), ids, by=self.cast.actors[side], at=at
            ),
        )

    def written(self, side: str, named: str) -> str:
        other = self.cast.partners[self.other(side)]
        match named:
            case "other":
                return other.partner_id
            case "other's tenant":
                return str(other.tenant_id)
            case "itself":
                return self.cast.partners[side].partner_id
            case "northwind":
                return self.cast.northwind.partner_id
        return "7654321"

    def known(self, side: str) -> Any:
        """Return what a side has on record; what went to another partner is history and may come back."""
        return self.rows(side).exclude(status="transferred")

    def may_ask(self, side: str, named: str, ids: list[str]) -> bool | None:
        """Say whether a request is taken: what the other one has, or that it is here, plays no part."""
        if named == "itself" or not self.related[side]:
            return False
        if set(ids) & {item for one in self.pending(side) for item in self.ids(one)}:
            return False
        for row in self.known(side).filter(external_id__in=ids):
            if row.channel == Channel.CSP_OWN or row.parent_id or row.status not in RUNNING:
                return False
            if Move.objects.open().filter(subscription=row).exists():
                return False
        return True

    # --- answering ------------------------------------------------------------------------------

    @rule(number=SOME, chosen=ASKED)
    def accepts(self, number: int, chosen: list[str]) -> None:
        transfer = self.received(number)
        if transfer is None:
            return
        side, at = self.side(transfer.current_partner), self.pass_time()
        items = list(transfer.items.filter(external_id__in=chosen))
        expected = self.may_go(transfer, {item.external_id for item in items})
        taken = self.attempt(
            "accept",
            expected,
            lambda: transfer_acceptance.accept(
                transfer, [item.pk for item in items], by=self.cast.actors[side], at=at
            ),
            rows=2,
        )
        if taken:
            self.holds_what_crossed(transfer, {item.external_id for item in items})

    @rule(number=SOME)
    def accepts_what_can_go(self, number: int) -> None:
        transfer = self.received(number)
        if transfer is not None:
            able = [one for one in self.ids(transfer) if self.may_go(transfer, {one})]
            if able:
                self.accepts(number, able)

    def may_go(self, transfer: Transfer, chosen: set[str]) -> bool:
        """Say whether these may go: in time, each sold by the one who answers, running, asked for first."""
        asks, gives = self.side(transfer.provider), self.side(transfer.current_partner)
        if transfer.status != "pending" or self.at >= transfer.requested_at + LAPSES or not chosen:
            return False
        if not self.related[asks]:
            return False
        earlier = Transfer.objects.filter(
            current_partner=transfer.current_partner,
            status="pending",
            pk__lt=transfer.pk,
            requested_at__gt=self.at - LAPSES,
        )
        first = {item for one in earlier for item in self.ids(one)}
        for one in chosen:
            row = self.known(gives).filter(external_id=one).first()
            if row is None or row.channel != Channel.CSP_OWN or row.status != "active" or row.parent_id:
                return False
            if one in first or Move.objects.open().filter(subscription=row).exists():
                return False
            known = self.known(asks).filter(external_id=one).first()
            if known is not None and (known.channel != Channel.CSP_OTHER or known.status not in RUNNING):
                return False
        return True

    def holds_what_crossed(self, transfer: Transfer, chosen: set[str]) -> None:
        """What went is transferred and its add-ons with it; what came is the same, and nothing but that."""
        asks, gives = self.side(transfer.provider), self.side(transfer.current_partner)
        for one in chosen:
            went = self.rows(gives).filter(external_id=one).latest("pk")
            came = self.known(asks).get(external_id=one)
            assert (went.status, came.status, came.channel) == ("transferred", "active", "csp_own")
            for name in ("product_id", "quantity", "term", "term_end"):
                assert getattr(came, name) == getattr(went, name)
            assert came.add_ons.filter(status="active").count() == went.add_ons.count()

    @rule(number=SOME, reason=st.sampled_from(["", "The year is paid."]))
    def declines(self, number: int, reason: str) -> None:
        transfer = self.received(number)
        if transfer is not None:
            actor = self.cast.actors[self.side(transfer.current_partner)]
            at = self.pass_time()
            waits = transfer.status == "pending" and at < transfer.requested_at + LAPSES
            self.attempt(
                "decline", waits, lambda: transfers.decline(transfer, reason, by=actor, at=at), rows=2
            )

    @rule(number=SOME)
    def cancels(self, number: int) -> None:
        transfer = self.one_of(Transfer.objects.all(), number)
        if transfer is not None and number % 3 == 1:
            actor, at = self.cast.actors[self.side(transfer.provider)], self.pass_time()
            waits = transfer.status == "pending" and at < transfer.requested_at + LAPSES
            self.attempt("cancel", waits, lambda: transfers.cancel(transfer, by=actor, at=at))

    @rule(number=SOME)
    def nobody_else_may(self, number: int) -> None:
        """Only agents of the one side may answer, only those of the other cancel."""
        transfer = self.one_of(Transfer.objects.all(), number)
        if transfer is None:
            return
        for side in SIDES:
            for actor, is_agent in ((self.cast.actors[side], True), (self.cast.helpers[side], False)):
                partner = self.cast.partners[side]
                answers = is_agent and transfer.current_partner_id == partner.pk
                assert permissions.may_answer_transfer(actor, transfer) == answers
                cancels = is_agent and transfer.provider_id == partner.pk
                assert permissions.may_cancel_transfer(actor, transfer) == cancels

    # --- what happens around them ---------------------------------------------------------------

    @precondition(lambda self: self.waiting)
    @rule(days=st.sampled_from([1, 9, 31]))
    def time_passes_and_the_worker_runs(self, days: int) -> None:
        at = self.pass_time(days=days)
        past = sum(1 for one in Transfer.objects.filter(status="pending") if at >= one.requested_at + LAPSES)
        self.attempt("lapse", True, lambda: self.tidies(past), rows=past)

    def tidies(self, number: int) -> None:
        assert transfers.tidy(self.at) == number

    @rule(key=st.sampled_from(["first", "second"]), side=SIDE)
    def plans(self, key: str, side: str) -> None:
        """Plan a move of what another partner sells: never while a request for it waits."""
        row = self.known(side).filter(external_id=key).select_related("customer", "product").first()
        if row is None or row.channel != Channel.CSP_OTHER or row.status != "active":
            return
        asked = any(key in self.ids(one) for one in self.pending(side))
        busy = asked or Move.objects.open().filter(subscription=row).exists()
        at, by = self.pass_time(), self.cast.actors[side]
        self.attempt("plan", not busy, lambda: moves.plan(row, Path.WAIT_OR_CANCEL, by=by, at=at))

    @rule(number=SOME)
    def gives_up_the_move(self, number: int) -> None:
        move = self.one_of(Move.objects.open(), number)
        if move is not None:
            by, at = self.cast.actors[self.side(move.provider)], self.pass_time()
            self.attempt("abandon", True, lambda: moves.abandon(move, "No.", by=by, at=at))

    @precondition(lambda self: len(self.finals) > 4)
    @rule(side=SIDE)
    def relationship_ends(self, side: str) -> None:
        """A provider ends it: refused while it sells something; what it has asked for is cancelled."""
        if not self.related[side]:
            return
        tie = Relationship.objects.active().get(customer=self.cast.customers[side])
        runs = self.rows(side).filter(channel=Channel.CSP_OWN, status__in=RUNNING).exists()
        by, at = self.cast.actors[side], self.pass_time()
        if self.attempt("end", not runs, lambda: offboarding.end_relationship(tie, by=by, at=at)):
            self.related[side] = False
            assert not Transfer.objects.filter(provider=by.partner, status="pending").exists()

    # --- always true ----------------------------------------------------------------------------

    @invariant()
    def counts_what_waits(self) -> None:
        self.waiting = Transfer.objects.filter(status="pending").count()

    @invariant()
    def one_seller_at_any_instant(self) -> None:
        running = Subscription.objects.filter(channel=Channel.CSP_OWN, status__in=RUNNING)
        ids = list(running.exclude(external_id="").values_list("external_id", flat=True))
        assert sorted(ids) == sorted(set(ids))

    @invariant()
    def nobody_reads_the_others_words(self) -> None:
        """Neither in its log nor in its mails nor in its own rows."""
        for side in SIDES:
            partner, words = self.cast.partners[side], OWN_WORDS.format(self.other(side))
            read = ActivityReader.objects.filter(partner=partner).values("activity")
            told: list[Any] = list(
                Activity.objects.filter(pk__in=read).values_list(
                    "details", "customer_label", "object_label", "actor_company"
                )
            )
            told += ActivityPerson.objects.filter(activity__in=read).values_list("text")
            people = [self.cast.actors[side].email, self.cast.helpers[side].email]
            told += Message.objects.filter(to__in=people).values_list("subject", "text", "html")
            told += self.rows(side).values_list("friendly_name", "seller_name", "recorded_by")
            assert words not in str(told)

    # --- looking things up ----------------------------------------------------------------------

    def other(self, side: str) -> str:
        return next(one for one in SIDES if one != side)

    def side(self, partner: Partner | None) -> str:
        return next(one for one in SIDES if partner and self.cast.partners[one].pk == partner.pk)

    def rows(self, side: str) -> Any:
        return Subscription.objects.filter(customer=self.cast.customers[side])

    def pending(self, side: str) -> list[Transfer]:
        """Return what a side has asked for and may still get."""
        rows = Transfer.objects.filter(provider=self.cast.partners[side], status="pending")
        return [one for one in rows if self.at < one.requested_at + LAPSES]

    def ids(self, transfer: Transfer) -> list[str]:
        return list(transfer.items.values_list("external_id", flat=True))

    def received(self, number: int) -> Transfer | None:
        """Return a transfer somebody here received."""
        rows = Transfer.objects.exclude(current_partner=None)
        pending = rows.filter(status="pending")
        return self.one_of(pending if number % 4 and pending.exists() else rows, number)


@pytest.mark.django_db
def test_transfers_walked_at_random_keep_to_the_requirement(cast: Cast) -> None:
    Crossings.cast = cast
    Crossings.tally.clear()
    run_state_machine_as_test(Crossings, settings=WALK)
    told = {"ask", "accept", "ask: refused", "accept: refused"}  # the rest is a matter of luck
    assert told <= Crossings.tally.keys(), Crossings.tally
