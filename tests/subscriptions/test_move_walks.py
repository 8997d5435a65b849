"""Moves walked at random by everybody at once, held against the requirement after each act."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from customers import endings, links, privileges
from customers.models import Assignment, Contact, Grant, Relationship
from partners.actor import Actor
from partners.models import Partnership, Role
from subscriptions import inventory, moves, offboarding, permissions, records, walking
from subscriptions.models import Move, MoveStep, Subscription
from subscriptions.proofs import Given
from subscriptions.vocabulary import AutoRenew, AzureOffer, Billing, Channel, Evidence, Path, Status
from tests.conftest import MOMENT
from tests.factories import PDF, ProductFactory, SubscriptionFactory
from tests.subscriptions.lives import SOME, WALK, Lives
from tests.subscriptions.oracle import (
    RUNNING,
    Person,
    Stand,
    fact_holds,
    may_close,
    may_skip,
    opens,
)

ROWS = ("open", "ea", "waiting", "azure", "own")
PATHS = sorted({path.value for path in Path} - {Path.TRANSFER, Path.CHANGE_RESELLER})
PEOPLE = {
    "anna": Person("provider", Role.ACCOUNT_ADMIN),
    "agent": Person("provider", Role.ADMIN_AGENT),
    "seller": Person("provider", Role.SALES_AGENT),
    "luca": Person("reseller", Role.ACCOUNT_ADMIN),
    "fabrikam_viewer": Person("reseller", Role.VIEWER),
    "carla": Person("customer"),
    "tom": Person("stranger", Role.ACCOUNT_ADMIN),
}
WHO = st.sampled_from(sorted(PEOPLE))
AGENT = st.sampled_from(["anna", "agent"])


@dataclass
class Cast:
    """Everybody, and what they have to do with one another."""

    actors: dict[str, Actor]
    carla: Contact
    assigned: Assignment
    partnership: Partnership
    rows: dict[str, int]


@pytest.fixture
def cast(
    assigned: Assignment, confirmed: Contact, partnership: Partnership, request: pytest.FixtureRequest
) -> Cast:
    """Northwind, Fabrikam, Contoso, and what Contoso runs: one row of each kind with a way of its own."""
    azure = {"billing": Billing.USAGE, "family": "azure"}
    legacy = ProductFactory(azure_offer=AzureOffer.LEGACY, **azure)
    outside = ProductFactory(azure_offer=AzureOffer.OTHER, sold_in_csp=False, **azure)
    usage = {"customer": confirmed.customer, "term_end": None, "term": "", "quantity": 1}
    soon = MOMENT.date() + timedelta(days=20)
    rows = {
        "open": SubscriptionFactory(customer=confirmed.customer, channel=Channel.OPEN),
        "ea": SubscriptionFactory(channel=Channel.EA, product=outside, **usage),
        "waiting": SubscriptionFactory(
            customer=confirmed.customer, channel=Channel.CSP_OTHER, auto_renew=AutoRenew.NO, term_end=soon
        ),
        "azure": SubscriptionFactory(channel=Channel.CSP_OTHER, product=legacy, **usage),
        "own": SubscriptionFactory(channel=Channel.CSP_OWN, product=legacy, **usage),
    }
    actors = {name: request.getfixturevalue(name) for name in PEOPLE if name != "carla"}
    return Cast(
        actors={**actors, "carla": privileges.contact_actor(confirmed)},
        carla=confirmed,
        assigned=assigned,
        partnership=partnership,
        rows={key: row.pk for key, row in rows.items()},
    )


class Walks(Lives):
    """A provider, its reseller, its customer and a stranger, at the steps of moves."""

    cast: ClassVar[Cast]

    def __init__(self) -> None:
        super().__init__()
        self.stand = Stand(grants_end=MOMENT.date() + timedelta(days=365))
        self.new_ids = 0

    @initialize(sells=st.booleans(), chosen=st.lists(SOME, min_size=len(ROWS), max_size=len(ROWS)))
    def begin(self, sells: bool, chosen: list[int]) -> None:
        """Let most be under way; where the provider sells nothing yet, the relationship can end."""
        if not sells:
            Subscription.objects.filter(pk=self.cast.rows["own"]).update(status=Status.CANCELLED)
        for key, number in zip(ROWS, chosen, strict=True):
            self.plans_what_is_open(key, number, "anna")

    # --- planning and giving up ----------------------------------------------------------------

    @rule(key=st.sampled_from(ROWS), path=st.sampled_from(PATHS), who=AGENT)
    def plans_anything(self, key: str, path: str, who: str) -> None:
        row = self.row(key)
        moving = Move.objects.open().filter(subscription=row).exists()
        expected = False if moving else opens(row, path)
        self.attempt(
            "plan", expected, lambda: moves.plan(row, path, by=self.cast.actors[who], at=self.pass_time())
        )

    @rule(key=st.sampled_from(ROWS), number=SOME, who=AGENT)
    def plans_what_is_open(self, key: str, number: int, who: str) -> None:
        row = self.row(key)
        paths = [path for path in PATHS if opens(row, path)]
        if paths and not Move.objects.open().filter(subscription=row).exists():
            path = paths[number % len(paths)]
            at = self.pass_time()
            self.attempt("plan", True, lambda: moves.plan(row, path, by=self.cast.actors[who], at=at))

    @rule(
        number=SOME,
        who=st.sampled_from(["anna", "luca", "seller"]),
        reason=st.sampled_from(["", "Too early."]),
    )
    def gives_up(self, number: int, who: str, reason: str) -> None:
        move = self.one_of(Move.objects.all(), number)
        if move is None or number % 3:  # now and then: a walk shall also get somewhere
            return
        actor, at = self.cast.actors[who], self.pass_time()
        allowed = permissions.may_manage_move(actor, move)
        assert allowed == (who == "anna")
        if allowed:
            expected = move.status in Move.OPEN and bool(reason)
            self.attempt("abandon", expected, lambda: moves.abandon(move, reason, by=actor, at=at))

    # --- steps ---------------------------------------------------------------------------------

    @precondition(lambda self: self.going)
    @rule(number=SOME, place=st.sampled_from([0, 0, 0, 0, 1, -1]), who=WHO)
    def closes(self, number: int, place: int, who: str) -> None:
        """Close the next step, the one after it, or one that is behind, with all that proves it."""
        step = self.step(number, place)
        if step is not None:
            self.close(step, who)

    @precondition(lambda self: self.going)
    @rule(number=SOME, steps=st.integers(1, 4))
    def goes_on(self, number: int, steps: int) -> None:
        """Close the next steps of an open move by whoever may, so that walks end."""
        for turn in range(steps):
            step = self.step(number | 1, 0)
            able = [who for who in ("carla", "luca", "agent", "anna") if step and self.may(step, who)]
            if step is not None and able:
                self.close(step, able[(number + turn) % len(able)])

    @precondition(lambda self: self.going)
    @rule(number=SOME, steps=st.integers(2, 4))
    def hurries(self, number: int, steps: int) -> None:
        self.goes_on(number, steps)

    @precondition(lambda self: self.going)
    @rule(number=SOME, place=st.sampled_from([0, 0, 0, 1]), who=WHO)
    def skips(self, number: int, place: int, who: str) -> None:
        step = self.step(number, place)
        if step is None:
            return
        at = self.pass_time()
        expected = may_skip(step, PEOPLE[who], self.stand, at)
        self.attempt(
            "skip",
            expected,
            lambda: walking.skip(
                step, "Not here.", by=self.cast.actors[who], contact=self.contact(who), at=at
            ),
        )

    def close(self, step: MoveStep, who: str) -> None:
        actor, contact = self.cast.actors[who], self.contact(who)
        at = self.pass_time()
        expected = self.may(step, who)
        if expected:
            self.prepare(step, actor, contact)
        given = self.given(step)
        self.attempt(
            f"close {step.code}",
            expected,
            lambda: walking.close(step, given, by=actor, contact=contact, at=at),
        )

    def may(self, step: MoveStep, who: str) -> bool:
        user = self.cast.actors[who].user
        moved = set(step.move.inventory.values_list("moved_user", flat=True))
        moved |= set(step.move.steps.filter(code="move_data").values_list("done_user", flat=True))
        return may_close(step, PEOPLE[who], self.stand, self.at, moved, user.pk if user else 0)

    def prepare(self, step: MoveStep, actor: Actor, contact: Contact | None) -> None:
        """Note of the services what the step rests on."""
        move = step.move
        if step.code == "inventory":
            for name, availability in (("Machines", "available"), ("Delivery network", "not_available")):
                inventory.add(move, name, availability, by=self.cast.actors["anna"], at=self.at)
        if step.code == "move_data":
            for item in move.inventory.filter(availability="available"):
                inventory.mark_moved(item, by=actor, at=self.at)
        if step.code == "cancel_old":
            for item in move.inventory.filter(moved_at__isnull=False):
                inventory.mark_cancelled(item, by=actor, contact=contact, at=self.at)

    def given(self, step: MoveStep) -> Given:
        """Return all that closes a step."""
        asked, given = step.template.evidence, {"note": "Done.", "reason": "They said so."}
        self.new_ids += 1
        row = step.move.subscription
        more: dict[str, Any] = {}
        if Evidence.DATE in asked:
            more["happened_on"] = self.at.date()
        if Evidence.REFERENCE in asked:
            more["reference"] = f"ticket {self.new_ids}"
        if Evidence.FILE in asked:
            more["files"] = (SimpleUploadedFile("letter.pdf", PDF),)
        if Evidence.IDS in asked:
            more |= {"reference": f"new {self.new_ids}", "entitlement_id": "azure stays"}
        if Evidence.CHOICE in asked:
            more["choice"] = "wait" if self.new_ids % 3 else "cancel"
        if Evidence.CANCELLED in asked:
            more["choice"] = "services"
        if Evidence.SUBSCRIPTION in asked:
            product = row.product if row.product.sold_in_csp else self.row("own").product
            details = {"quantity": row.quantity, "external_id": f"bought {self.new_ids}"}
            more["successor"] = records.Details(product=product, channel=Channel.CSP_OWN, **details)
        return Given(**given, **more)

    # --- what happens around them --------------------------------------------------------------

    @precondition(lambda self: self.behind)
    @rule(days=st.sampled_from([1, 3, 8]))
    def time_passes_and_the_worker_runs(self, days: int) -> None:
        at = self.pass_time(days=days)
        due = []
        for move in Move.objects.open():
            step = move.steps.filter(outcome="").select_related("move__subscription").order_by("position")[0]
            if fact_holds(step, self.stand, at):
                due.append(move)
        self.attempt("settle", True, lambda: self.settles(len(due)), rows=len(due))

    def settles(self, number: int) -> None:
        assert moves.settle(self.at) == number

    @precondition(lambda self: self.behind)
    @rule(key=st.sampled_from(["open", "waiting"]))
    def sets_the_support_contact(self, key: str) -> None:
        row = self.row(key)
        if row.support_contact_id is None:
            care = records.Care(support_contact=row.provider)
            by, at = self.cast.actors["anna"], self.pass_time()
            self.attempt("edit", True, lambda: records.edit(row, care, version=row.version, by=by, at=at))

    @precondition(lambda self: len(self.behind) > 2 and self.stand.granted)
    @rule(number=SOME)
    def customer_withdraws(self, number: int) -> None:
        grant = self.one_of(Grant.objects.live(self.at), number)
        if grant is None:
            return
        at = self.pass_time()
        code = privileges.ask_to_withdraw(grant, self.cast.carla, at=at)
        links.spend_try(code, links.code_digits(code), at=at)
        act = lambda: privileges.withdraw_grant(grant, self.cast.carla, code, at=at)  # noqa: E731 - one act
        if self.attempt("withdraw", True, act):
            self.stand.granted.discard(grant.privilege)

    @precondition(lambda self: len(self.behind) > 3 and self.stand.assigned)
    @rule()
    def provider_revokes(self) -> None:
        held = Assignment.objects.live(self.at).first()
        if held is None:
            return
        by, at = self.cast.actors["anna"], self.pass_time()
        if self.attempt("revoke", True, lambda: privileges.revoke(held, by=by, at=at)):
            self.stand.assigned.discard(held.privilege)

    @precondition(lambda self: len(self.behind) > 3 and self.stand.partnership)
    @rule()
    def partnership_ends(self) -> None:
        by, at = self.cast.actors["anna"], self.pass_time()
        self.attempt(
            "end partnership", True, lambda: endings.end_partnership(self.cast.partnership, by=by, at=at)
        )
        self.stand.partnership = False

    @precondition(lambda self: len(self.behind) > 4 and self.stand.relationship)
    @rule()
    def relationship_ends(self) -> None:
        """The provider ends it: refused while something it sells still runs."""
        tie = Relationship.objects.active().get(customer=self.cast.carla.customer)
        by, at = self.cast.actors["anna"], self.pass_time()
        sold = Subscription.objects.filter(customer=tie.customer, channel=Channel.CSP_OWN)
        runs = sold.filter(status__in=RUNNING).exists()
        if self.attempt("end", not runs, lambda: offboarding.end_relationship(tie, by=by, at=at)):
            self.stand.relationship = False

    # --- looking things up ---------------------------------------------------------------------

    def row(self, key: str) -> Subscription:
        rows = Subscription.objects.select_related("product", "customer__provider", "provider")
        return rows.get(pk=self.cast.rows[key])

    def step(self, number: int, place: int) -> MoveStep | None:
        """Return a step of some move, so many places after the next."""
        going = Move.objects.open() if number % 5 else Move.objects.all()
        move = self.one_of(going, number)
        if move is None:
            return None
        steps = list(move.steps.select_related("move__subscription__product", "move__successor"))
        first = next((at for at, step in enumerate(steps) if not step.outcome), len(steps))
        return steps[first + place] if 0 <= first + place < len(steps) else None

    def contact(self, who: str) -> Contact | None:
        return self.cast.carla if who == "carla" else None


@pytest.mark.django_db
def test_moves_walked_at_random_keep_to_the_requirement(cast: Cast) -> None:
    Walks.cast = cast
    Walks.tally.clear()
    run_state_machine_as_test(Walks, settings=WALK)
    closed = [name for name in Walks.tally if name.startswith("close ") and "refused" not in name]
    assert len(closed) > 10, Walks.tally  # most kinds of steps were reached, so the walks were walks
    assert {"plan", "settle", "plan: refused", "skip: refused"} <= Walks.tally.keys()
