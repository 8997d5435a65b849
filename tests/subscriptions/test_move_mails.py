"""The mails of moves: at once only where somebody waits for the reader, one to an address for one story."""

import html
import re
from datetime import datetime, timedelta

import pytest

from customers import privileges
from customers.models import Assignment, Contact, Customer, Grant
from customers.privileges import contact_actor
from partners import mail
from partners.actor import Actor
from partners.models import Message, Partner, Partnership, User
from subscriptions import move_mails, moves, reminders, walking
from subscriptions.models import Move, MoveStep, Subscription
from subscriptions.vocabulary import AutoRenew, Path
from subscriptions.walking import Given
from tests.conftest import Log, Mailbox
from tests.factories import ContactFactory, MoveFactory, SubscriptionFactory

BAIT = "Pay now at http://evil.example/pay"


def next_of(move: Move) -> MoveStep:
    step = move.steps.filter(outcome="").order_by("position").first()
    assert step is not None
    return step


def told(event: str = "subscriptions/") -> list[tuple[str, str]]:
    """Return what was mailed to whom of moves, in order."""
    rows = Message.objects.filter(event__startswith=event).order_by("pk")
    return [(row.event.partition("/")[2], row.to) for row in rows]


@pytest.fixture
def row(contoso: Customer, confirmed: Contact) -> Subscription:
    """Licences Contoso bought from another CSP partner, that end by themselves."""
    return SubscriptionFactory(
        customer=contoso, channel="csp_other", seller_name="Proseware", auto_renew=AutoRenew.NO
    )


@pytest.fixture
def waiting(row: Subscription) -> Move:
    """Contoso has to choose: wait or cancel."""
    return MoveFactory(subscription=row, path=Path.WAIT_OR_CANCEL)


# --- your step is due --------------------------------------------------------------------------


def test_planned_move_asks_the_customer_whose_step_comes_first(
    row: Subscription, anna: Actor, confirmed: Contact, now: datetime, mails: Mailbox
) -> None:
    move = moves.plan(row, Path.WAIT_OR_CANCEL, target_on=now.date(), by=anna, at=now)
    assert told() == [("step_yours", confirmed.email)]
    (mail_,) = mails.all(event="step_yours")
    for said in (
        "Choose: wait for the end of the term, or cancel with the seller",
        "Path: Wait for the end, or cancel.",
        "Planned to be finished on 10 March 2026.",
        "Last day to decide: 11 September 2026. It is over at 12 September 2026, 00:00 CEST.",
        "because you answer for Contoso",
    ):
        assert said in mail_.text
    assert "/my/ask/" in mails.address("step_yours")
    assert next_of(move).told_at == now


def test_every_confirmed_contact_is_asked_and_no_recorded_one(
    waiting: Move, confirmed: Contact, contoso: Customer, now: datetime
) -> None:
    other = ContactFactory(customer=contoso, confirmed=True)
    ContactFactory(customer=contoso)
    move_mails.step_due(waiting, next_of(waiting), at=now)
    assert told() == [("step_yours", confirmed.email), ("step_yours", other.email)]


def test_a_step_is_told_of_once(waiting: Move, now: datetime) -> None:
    for _again in range(2):
        move_mails.step_due(waiting, next_of(waiting), at=now)
    assert len(told()) == 1


def test_many_moves_make_one_mail_to_an_address(contoso: Customer, confirmed: Contact, now: datetime) -> None:
    walks = [MoveFactory(subscription__customer=contoso, path=Path.WAIT_OR_CANCEL) for _one in range(3)]
    move_mails.steps_due([(move, next_of(move)) for move in walks], at=now)
    assert told() == [("step_yours", confirmed.email)]
    (message,) = Message.objects.filter(event="subscriptions/step_yours")
    assert "3 steps" in message.subject
    assert not MoveStep.objects.filter(position=1, told_at=None).exists()


def test_step_an_invitation_closes_is_asked_by_the_invitation(
    contoso: Customer, confirmed: Contact, now: datetime
) -> None:
    move = MoveFactory(subscription__customer=contoso)
    assert next_of(move).template.fact
    move_mails.step_due(move, next_of(move), at=now)
    assert told() == []


def test_what_the_provider_takes_next_by_its_own_hand_is_no_news(
    contoso: Customer, anna: Actor, agent: Actor, now: datetime
) -> None:
    move = MoveFactory(subscription__customer=contoso, path=Path.REPLACE_LICENCES, done=1)
    move_mails.step_due(move, next_of(move), at=now)
    move_mails.steps_due([(move, next_of(move))], by=anna, at=now)
    move_mails.steps_due([(move, next_of(move))], by=Actor.system(), at=now)
    assert told() == []


def test_provider_is_told_when_the_customer_has_taken_its_step(
    waiting: Move, confirmed: Contact, anna: Actor, agent: Actor, seller: Actor, now: datetime
) -> None:
    walking.close(
        next_of(waiting),
        Given(choice="cancel"),
        by=contact_actor(confirmed),
        contact=confirmed,
        at=now,
    )
    Message.objects.all().delete()
    waiting.refresh_from_db()
    given = Given(happened_on=now.date())
    walking.close(
        next_of(waiting), given, by=contact_actor(confirmed), contact=confirmed, at=now
    )  # the relationship is there: the provider buys
    assert told() == [("step_due", anna.email), ("step_due", agent.email)]


def test_reseller_is_told_of_a_step_that_takes_what_it_holds(
    assigned: Assignment, contoso: Customer, anna: Actor, luca: Actor, now: datetime
) -> None:
    move = MoveFactory(subscription__customer=contoso, path=Path.REPLACE_LICENCES, done=3)
    assert next_of(move).privilege == "provisioning"
    move_mails.steps_due([(move, next_of(move))], by=anna, at=now)
    assert told() == [("step_due", luca.email)]


def test_reseller_that_goes_on_by_itself_is_not_told(
    assigned: Assignment, contoso: Customer, anna: Actor, luca: Actor, now: datetime
) -> None:
    move = MoveFactory(subscription__customer=contoso, path=Path.REPLACE_LICENCES, done=3)
    move_mails.steps_due([(move, next_of(move))], by=luca, at=now)
    assert told() == []


def test_reseller_whose_privilege_is_over_is_not_told(
    assigned: Assignment, contoso: Customer, anna: Actor, luca: Actor, now: datetime
) -> None:
    privileges.revoke(assigned, by=anna, at=now)
    Message.objects.all().delete()
    move = MoveFactory(subscription__customer=contoso, path=Path.REPLACE_LICENCES, done=3)
    move_mails.steps_due([(move, next_of(move))], by=anna, at=now)
    assert told() == []


def test_provider_is_told_when_the_reseller_has_taken_its_step(
    assigned: Assignment, contoso: Customer, anna: Actor, luca: Actor, now: datetime
) -> None:
    move = MoveFactory(subscription__customer=contoso, path=Path.MIGRATE_AZURE, done=4)
    assert next_of(move).code == "verify"
    move_mails.steps_due([(move, next_of(move))], by=luca, at=now)
    assert told() == [("step_due", anna.email)]


def test_partner_outside_is_chased_by_the_provider(
    contoso: Customer, confirmed: Contact, anna: Actor, now: datetime
) -> None:
    move = MoveFactory(subscription__customer=contoso, path=Path.SWITCH_PARTNER, done=1)
    assert next_of(move).actor == "current_partner"
    move_mails.steps_due([(move, next_of(move))], by=contact_actor(confirmed), at=now)
    assert told() == []


# --- done in your name -------------------------------------------------------------------------


def test_customer_is_told_of_a_step_closed_in_its_name(
    contoso: Customer, confirmed: Contact, anna: Actor, now: datetime, mails: Mailbox
) -> None:
    contoso.relationships.update(status="active")
    row = SubscriptionFactory(customer=contoso, auto_renew=AutoRenew.NO)
    move = MoveFactory(subscription=row, path=Path.SWITCH_PARTNER, done=0)
    step = next_of(move)
    MoveStep.objects.filter(pk=step.pk).update(
        outcome="done", done_at=now, done_by=anna.stamp, reason="Carla sent it by post.", note="On paper."
    )
    step.refresh_from_db()
    move_mails.step_done(move, step, by=anna, at=now)
    assert told() == [("step_done", confirmed.email)]
    text = mails.last("step_done").text
    for said in (
        "Anna Admin · Northwind Traders closed this step in your name on 10 March 2026, 10:30 CET",
        "The reason given: Carla sent it by post.",
        "The note kept with it: On paper.",
    ):
        assert said in text


def test_customer_is_told_of_both_in_one_mail(
    waiting: Move, confirmed: Contact, anna: Actor, now: datetime, mails: Mailbox
) -> None:
    walking.close(next_of(waiting), Given(choice="wait", reason="She said so."), by=anna, at=now)
    assert told() == [("step_yours", confirmed.email)]
    text = mails.last("step_yours").text
    assert "closed this step in your name" in text
    assert "Let the term run out, or cancel with the seller" in text


def test_what_the_customer_did_itself_is_no_news(waiting: Move, confirmed: Contact, now: datetime) -> None:
    by = contact_actor(confirmed)
    walking.close(next_of(waiting), Given(choice="wait"), by=by, contact=confirmed, at=now)
    assert told() == [("step_yours", confirmed.email)]
    assert "in your name" not in Message.objects.latest("pk").text


# --- over --------------------------------------------------------------------------------------


def test_abandoned_move_is_told_to_who_did_not_decide_it(
    assigned: Assignment,
    waiting: Move,
    confirmed: Contact,
    anna: Actor,
    agent: Actor,
    luca: Actor,
    now: datetime,
    mails: Mailbox,
) -> None:
    moves.abandon(waiting, "They stay.", by=anna, at=now)
    assert told() == [
        ("move_ended", agent.email),
        ("move_ended", luca.email),
        ("move_ended_yours", confirmed.email),
    ]
    assert "abandoned" in mails.last("move_ended", to=agent.email).subject
    for who in (agent.email, confirmed.email):
        assert "The reason given: They stay." in mails.last("move_ended", to=who).text


def test_completed_move_is_told_once_and_says_what_was_closed_in_the_customer_s_name(
    contoso: Customer, confirmed: Contact, anna: Actor, agent: Actor, now: datetime, mails: Mailbox
) -> None:
    move = MoveFactory(subscription__customer=contoso, path=Path.MIGRATE_AZURE, done=6)
    walking.skip(next_of(move), "Nobody had access.", by=anna, at=now)
    assert told() == [("move_ended", agent.email), ("move_ended_yours", confirmed.email)]
    text = mails.last("move_ended_yours").text
    assert "was walked to its end on 10 March 2026, 10:30 CET" in text
    assert "that this step of yours is not needed: Remove the old partner's access" in text


def test_planned_and_given_up_again_and_again_does_not_flood(
    row: Subscription, anna: Actor, confirmed: Contact, now: datetime
) -> None:
    other = SubscriptionFactory(customer=row.customer, channel="csp_other", auto_renew=AutoRenew.NO)
    for again in range(mail.QUOTA + 3):  # of one subscription alone it would be refused before
        planned = (row, other)[again % 2]
        moves.abandon(moves.plan(planned, Path.WAIT_OR_CANCEL, by=anna, at=now), "No.", by=anna, at=now)
    for event in ("step_yours", "move_ended_yours"):
        assert told(f"subscriptions/{event}") == [(event, confirmed.email)] * mail.QUOTA


# --- who waits for the end of a term is reminded -----------------------------------------------


@pytest.fixture
def chosen(waiting: Move, now: datetime) -> Move:
    """Contoso chose to wait, for a term that ends on 11 September 2026."""
    step = next_of(waiting)
    MoveStep.objects.filter(pk=step.pk).update(
        outcome="done", choice="wait", done_at=now, done_by="Carla Conti · Contoso"
    )
    Move.objects.filter(pk=waiting.pk).update(status="in_progress")
    waiting.refresh_from_db()
    return waiting


def before(move: Move, days: int, hour: int = 9) -> datetime:
    """Return a moment so many days before the term ends, where the provider is."""
    day = move.subscription.term_end - timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, tzinfo=move.provider.zone)


@pytest.mark.parametrize(("days", "number"), [(61, 0), (60, 1), (31, 1), (30, 1), (7, 1), (0, 1), (-1, 0)])
def test_reminder_comes_at_its_marks(chosen: Move, days: int, number: int) -> None:
    assert reminders.remind(before(chosen, days)) == number


def test_both_sides_are_reminded_once_at_each_mark(
    chosen: Move, anna: Actor, confirmed: Contact, log: Log, mails: Mailbox
) -> None:
    for days in range(70, -5, -1):
        for hour in (0, 23):
            reminders.remind(before(chosen, days, hour))
    assert told("subscriptions/deadline_near") == [("deadline_near", anna.email)] * 3
    assert told("subscriptions/deadline_yours") == [("deadline_yours", confirmed.email)] * 3
    assert log.verbs().count("move.reminded") == 3
    assert log.names(chosen)
    assert log.details()["mark"] == 7
    assert log.readers() == {"Northwind Traders"}


def test_reminder_counts_the_days_where_the_provider_is(chosen: Move, northwind: Partner) -> None:
    northwind.time_zone = "Pacific/Auckland"
    northwind.save()
    chosen.provider.refresh_from_db()
    first = before(chosen, 60, 0)
    assert reminders.remind(first - timedelta(seconds=1)) == 0
    assert reminders.remind(first) == 1


def test_worker_that_slept_past_a_mark_reminds_of_the_most_urgent_alone(chosen: Move, anna: Actor) -> None:
    assert reminders.remind(before(chosen, 5)) == 1
    assert reminders.remind(before(chosen, 4)) == 0
    chosen.refresh_from_db()
    assert chosen.reminded_days == 7


def test_a_mark_before_the_choice_is_none_of_its_own(chosen: Move) -> None:
    chosen.steps.exclude(choice="").update(done_at=before(chosen, 20))
    assert reminders.remind(before(chosen, 19)) == 0
    assert reminders.remind(before(chosen, 7)) == 1


def test_an_end_that_was_put_off_is_reminded_of_anew(chosen: Move) -> None:
    assert reminders.remind(before(chosen, 7)) == 1
    chosen.subscription.term_end += timedelta(days=365)
    chosen.subscription.save()
    assert reminders.remind(before(chosen, 60)) == 1


@pytest.mark.parametrize("kind", ["cancel", "abandoned", "suspended", "another path"])
def test_nobody_else_is_reminded(chosen: Move, northwind: Partner, kind: str, now: datetime) -> None:
    match kind:
        case "cancel":
            chosen.steps.exclude(choice="").update(choice="cancel")
        case "abandoned":
            Move.objects.update(status="abandoned", ended_at=now, ended_by="Anna", reason="No.")
        case "suspended":
            Partner.objects.filter(pk=northwind.pk).update(status=Partner.Status.SUSPENDED)
        case _:
            Move.objects.update(path=Path.REPLACE_LICENCES)
    assert reminders.remind(before(chosen, 30)) == 0


def test_another_worker_finds_it_marked(chosen: Move) -> None:
    at = before(chosen, 30)
    today = at.date()
    assert reminders._remind(chosen.pk, today=today, at=at)
    assert not reminders._remind(chosen.pk, today=today, at=at)
    assert len(told("subscriptions/deadline_yours")) == 1


# --- how they read -----------------------------------------------------------------------------


@pytest.fixture
def every_mail(
    assigned: Assignment,
    support: Grant,
    partnership: Partnership,
    chosen: Move,
    contoso: Customer,
    confirmed: Contact,
    anna: Actor,
    agent: Actor,
    luca: Actor,
    now: datetime,
    request: pytest.FixtureRequest,
) -> list[Message]:
    """One mail of each kind, with names as hostile as names can be."""
    User.objects.update(language=request.param)
    Contact.objects.update(language=request.param)
    contoso.name = BAIT
    contoso.save()
    reminders.remind(before(chosen, 30))
    step = next_of(chosen)
    MoveStep.objects.filter(pk=step.pk).update(
        outcome="done", done_at=now, done_by=anna.stamp, reason=BAIT, note=BAIT, happened_on=now.date()
    )
    move = Move.objects.get(pk=chosen.pk)
    step.refresh_from_db()
    move_mails.step_done(move, step, by=anna, at=now)
    moves.abandon(move, BAIT, by=anna, at=now)
    row = SubscriptionFactory(customer=contoso, friendly_name=BAIT)
    others = [
        MoveFactory(subscription=row, path=Path.WAIT_OR_CANCEL, target_on=now.date()),
        MoveFactory(subscription__customer=contoso, path=Path.REPLACE_LICENCES, done=3),
    ]
    move_mails.steps_due([(one, next_of(one)) for one in others], by=anna, done=step, at=now)
    return list(Message.objects.filter(event__startswith="subscriptions/").order_by("pk"))


@pytest.mark.parametrize("every_mail", ["en", "it"], indirect=True)
def test_both_forms_say_the_same_and_no_typed_name_is_a_link(every_mail: list[Message]) -> None:
    assert {message.event.partition("/")[2] for message in every_mail} == {
        "deadline_near",
        "deadline_yours",
        "move_ended",
        "move_ended_yours",
        "step_done",
        "step_due",
        "step_yours",
    }
    for message in every_mail:
        body = re.sub(r"<title>.*?</title>", "", message.html, flags=re.S)
        shown = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
        for line in message.text.splitlines():
            said = " ".join(line.strip().removeprefix("- ").removesuffix(":").split())
            assert said in shown or said == "--", f"{message.event}: {said!r}"
        assert message.html.count("<a ") == 1, message.event
        assert "http://evil" not in message.text + message.html, message.event
        assert "{" not in message.text + message.html, message.event
