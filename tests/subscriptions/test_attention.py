"""What waits: each kind from the rule that decides it, due first, and nobody else's."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from customers import acceptances, microsoft, privileges
from customers.models import (
    Assignment,
    Grant,
    Invitation,
    InvitationLink,
    Relationship,
)
from partners import partnerships
from partners.actor import Actor
from partners.models import Partner, Partnership
from subscriptions import attention
from subscriptions.attention import Kind, Queue, queue
from subscriptions.vocabulary import AutoRenew, Billing, Channel, Status
from tests.conftest import Answering
from tests.factories import (
    CustomerFactory,
    HandOverFactory,
    InvitationFactory,
    InvitationLinkFactory,
    InvitationRequestFactory,
    ProductFactory,
    RenewalProposalFactory,
    SubscriptionFactory,
)


def kinds(queue: Queue) -> dict[str, int]:
    """Return how many of each kind wait, leaving out the kinds of which none does."""
    return {kind.value: len(items) for kind, items in queue.kinds.items() if items}


def actions(queue: Queue, kind: Kind) -> list[str]:
    return [item.action for item in queue.kinds[kind]]


def test_nothing_waits_for_a_company_that_has_nothing(anna: Actor, luca: Actor, now: datetime) -> None:
    assert attention.waiting(anna, now).items() == []
    assert attention.waiting(luca, now).items() == []


def test_an_answer_to_confirm_is_due_at_once(
    anna: Actor, seller: Actor, tom: Actor, link: InvitationLink, answer_link: Answering, now: datetime
) -> None:
    acceptance = answer_link(link, email="carla@studio.example")
    (item,) = attention.waiting(anna, now).items()
    assert (item.kind, item.due, item.action) == (Kind.ANSWERS, now.date(), "Confirm or refuse")
    assert item.why == "The answer came from another address than the one invited."
    assert item.url == f"/customers/{acceptance.customer_id}/#answers"
    assert actions(attention.waiting(seller, now), Kind.ANSWERS) == ["Look at it"]
    assert attention.waiting(tom, now).items() == []
    acceptances.confirm(acceptance, by=anna, at=now)
    assert Kind.ANSWERS not in kinds(attention.waiting(anna, now))


def test_invitations_expire_within_a_week(
    anna: Actor, invite: Callable[..., Invitation], terms: Any, handed_terms: Any, link: InvitationLink,
    now: datetime,
) -> None:  # fmt: skip
    soon = now + timedelta(days=6)
    unsent, handed = invite(terms, expires_at=soon), invite(handed_terms, expires_at=soon)
    Invitation.objects.filter(pk=link.invitation_id).update(expires_at=now + timedelta(days=7))
    found = attention.waiting(anna, now).kinds[Kind.EXPIRING]
    assert [(item.subject, item.what) for item in found] == [
        ("Contoso", "invitation not sent"),
        ("Fabrikam", "invitation not sent on"),
        ("Contoso", "invitation without an answer"),
    ]
    assert [item.url.split("/")[2] for item in found] == [
        str(unsent.pk),
        str(handed.pk),
        str(link.invitation_id),
    ]
    assert attention.waiting(anna, now - timedelta(seconds=1)).kinds[Kind.EXPIRING] == found[:2]
    Partnership.objects.update(status="ended", ended_at=now, ended_by="Anna")
    assert len(attention.waiting(anna, now).kinds[Kind.EXPIRING]) == 2
    assert kinds(attention.waiting(anna, now + timedelta(days=8))) == {}


def test_an_offer_waits_for_both_sides_until_it_lapses(
    anna: Actor, luca: Actor, fabrikam_seller: Actor, ada: Actor, offered: Assignment, now: datetime
) -> None:
    ours, theirs = attention.waiting(anna, now), attention.waiting(luca, now)
    (our,) = ours.kinds[Kind.OFFERS]
    (their,) = theirs.kinds[Kind.OFFERED]
    assert our.due == their.due == (now + timedelta(days=14)).date()
    assert (our.what, their.what) == ("Provisioning offered to Fabrikam", "Provisioning offered to you")
    assert (our.action, their.action) == ("Open", "Answer")
    assert actions(attention.waiting(fabrikam_seller, now), Kind.OFFERED) == ["Look at it"]
    assert attention.waiting(ada, now).items() == []
    later = now + timedelta(days=14)
    assert Kind.OFFERS not in kinds(attention.waiting(anna, later))
    assert kinds(attention.waiting(luca, later)) == {}
    privileges.accept(offered, by=luca, at=now)
    assert Kind.OFFERS not in kinds(attention.waiting(anna, now))


def test_privileges_end_within_a_month(
    anna: Actor, seller: Actor, luca: Actor, assigned: Assignment, support: Grant, now: datetime
) -> None:
    end = assigned.grant.ends_on
    early, soon = now + timedelta(days=334), now + timedelta(days=335)
    assert Kind.ENDING not in kinds(attention.waiting(anna, early))
    ours, theirs = attention.waiting(anna, soon), attention.waiting(luca, soon)
    assert [item.due for item in ours.kinds[Kind.ENDING]] == [end, end]  # both privileges
    assert [(item.due, item.what) for item in theirs.kinds[Kind.ENDING]] == [
        (end, "Provisioning ends on 10 Mar 2027")
    ]
    assert actions(ours, Kind.ENDING) == ["Propose a renewal"] * 2
    assert actions(attention.waiting(seller, soon), Kind.ENDING) == ["Look at it"] * 2
    assert Kind.ENDING not in kinds(attention.waiting(anna, now + timedelta(days=367)))


def test_a_relationship_waits_for_microsoft_without_a_date(
    anna: Actor, accepted: Relationship, now: datetime
) -> None:
    (item,) = attention.waiting(anna, now).kinds[Kind.MICROSOFT]
    assert (item.due, item.since) == (None, now.date())
    assert item.when(now.date()) == "since 10 Mar 2026"
    microsoft.note(accepted, by=anna, at=now)
    assert kinds(attention.waiting(anna, now)) == {}


def test_decisions_come_near(anna: Actor, viewer: Actor, accepted: Relationship, now: datetime) -> None:
    customer, today = accepted.customer, now.date()

    def ends(days: int, **facts: Any) -> None:
        SubscriptionFactory(customer=customer, term_end=today + timedelta(days=days), **facts)

    ends(1)  # auto-renew is on: today is the last day
    ends(0)  # yesterday was
    ends(0, auto_renew=AutoRenew.NO)
    ends(31)
    ends(32)
    ends(9, status=Status.CANCELLED)
    ends(9, channel=Channel.CSP_OWN, term="P1M")
    ends(9, product=ProductFactory(billing=Billing.USAGE))
    queue = attention.waiting(anna, now)
    assert [item.due for item in queue.kinds[Kind.DECISIONS]] == [
        today,
        today,
        today + timedelta(days=30),
    ]
    assert len(queue.coming) == 4
    assert actions(queue, Kind.DECISIONS) == ["Choose the path"] * 3
    assert actions(attention.waiting(viewer, now), Kind.DECISIONS) == ["Look at it"] * 3


def test_an_add_on_is_decided_with_its_base(anna: Actor, accepted: Relationship, now: datetime) -> None:
    end = now.date() + timedelta(days=9)
    base = SubscriptionFactory(customer=accepted.customer, term_end=end)
    SubscriptionFactory(customer=accepted.customer, term_end=end, parent=base)
    assert len(attention.waiting(anna, now).kinds[Kind.DECISIONS]) == 1


def test_a_term_without_a_known_end_is_to_be_written_down(
    anna: Actor, helpdesk: Actor, accepted: Relationship, now: datetime
) -> None:
    row = SubscriptionFactory(customer=accepted.customer, term_end=None)
    SubscriptionFactory(customer=accepted.customer, term_end=None, channel=Channel.CSP_OWN, term="P1M")
    SubscriptionFactory(customer=accepted.customer, term_end=None, status=Status.EXPIRED)
    SubscriptionFactory(
        customer=accepted.customer, term_end=None, product=ProductFactory(billing=Billing.USAGE)
    )
    (item,) = attention.waiting(anna, now).kinds[Kind.UNKNOWN]
    assert (item.url, item.action) == (f"/subscriptions/{row.pk}/edit/", "Write it down")
    (item,) = attention.waiting(helpdesk, now).kinds[Kind.UNKNOWN]
    assert (item.url, item.action) == (f"/subscriptions/{row.pk}/", "Look at it")


def test_a_reseller_has_invitations_to_send_on(
    luca: Actor, fabrikam_viewer: Actor, ada: Actor, handed: Invitation, now: datetime
) -> None:
    (item,) = attention.waiting(luca, now).items()
    assert (item.kind, item.url, item.action) == (Kind.HANDED, f"/invitations/{handed.pk}/", "Send it on")
    assert actions(attention.waiting(fabrikam_viewer, now), Kind.HANDED) == ["Look at it"]
    assert attention.waiting(ada, now).items() == []


def test_an_invitation_sent_on_waits_for_the_customer(
    luca: Actor, forwarded: InvitationLink, now: datetime
) -> None:
    assert attention.waiting(luca, now).items() == []


def test_a_reseller_has_partnerships_to_answer(
    anna: Actor, ada: Actor, northwind: Partner, adventure: Partner, now: datetime
) -> None:
    partnerships.propose(northwind, adventure, by=anna, at=now)
    (item,) = attention.waiting(ada, now).items()
    assert (item.kind, item.subject, item.due) == (
        Kind.PARTNERSHIPS,
        "Northwind Traders",
        (now + timedelta(days=30)).date(),
    )
    assert attention.waiting(ada, now + timedelta(days=30)).items() == []


def test_a_reseller_sees_decisions_of_the_customers_it_looks_after(
    luca: Actor, assigned: Assignment, now: datetime
) -> None:
    end = now.date() + timedelta(days=9)
    SubscriptionFactory(customer=assigned.customer, term_end=end)
    SubscriptionFactory(customer=CustomerFactory(provider=assigned.provider), term_end=end)
    assert actions(attention.waiting(luca, now), Kind.DECISIONS) == ["Look at it"]


def test_what_is_due_comes_first_and_what_has_no_date_last(
    anna: Actor, accepted: Relationship, offered: Assignment, now: datetime
) -> None:
    SubscriptionFactory(customer=accepted.customer, term_end=now.date() + timedelta(days=3))
    SubscriptionFactory(customer=accepted.customer, term_end=now.date() + timedelta(days=20))
    queue = attention.waiting(anna, now)
    assert [item.kind for item in queue.items()] == [
        Kind.DECISIONS,
        Kind.OFFERS,
        Kind.DECISIONS,
        Kind.MICROSOFT,
    ]
    assert [item.state(queue.today) for item in queue.items()] == ["urgent", "info", "info", "info"]
    assert queue.items(Kind.OFFERS) == queue.kinds[Kind.OFFERS]


def test_your_turn_comes_before_what_others_have_to_do(
    anna: Actor, accepted: Relationship, partnership: Partnership, now: datetime
) -> None:
    InvitationRequestFactory(partnership=partnership, requested_at=now + timedelta(days=1))
    found = attention.waiting(anna, now + timedelta(days=1)).items()
    assert [item.kind for item in found] == [Kind.REQUESTS, Kind.MICROSOFT]


def test_weeks_count_every_coming_decision_once(anna: Actor, accepted: Relationship, now: datetime) -> None:
    for days in (1, 2, 6, 7, 83, 84, 200):  # the moment is a Tuesday
        SubscriptionFactory(
            customer=accepted.customer, auto_renew=AutoRenew.NO, term_end=now.date() + timedelta(days=days)
        )
    weeks = attention.waiting(anna, now).weeks()
    assert len(weeks) == 12
    assert weeks[0] == (date(2026, 3, 9), 2)
    assert weeks[1] == (date(2026, 3, 16), 2)
    assert sum(number for _monday, number in weeks) == 4  # the twelfth week ends on 31 May


def test_channels_count_what_runs(anna: Actor, luca: Actor, accepted: Relationship, now: datetime) -> None:
    for channel, number in ((Channel.EA, 1), (Channel.DIRECT, 2)):
        for _ in range(number):
            SubscriptionFactory(customer=accepted.customer, channel=channel)
    SubscriptionFactory(customer=accepted.customer, status=Status.EXPIRED)
    assert attention.channels(anna, now) == [(Channel.DIRECT, 2), (Channel.EA, 1)]
    assert attention.channels(luca, now) == []


def test_a_count_stops_where_its_list_does(
    anna: Actor, accepted: Relationship, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subscriptions.attention.queue.MOST", 3)
    for _ in range(5):
        SubscriptionFactory(customer=accepted.customer, term_end=now.date() + timedelta(days=9))
    queue = attention.waiting(anna, now)
    assert len(queue.kinds[Kind.DECISIONS]) == 3
    assert len(queue.coming) == 5


def test_a_suspended_reseller_reads_and_does_nothing(
    luca: Actor, handed: Invitation, fabrikam: Partner, now: datetime
) -> None:
    fabrikam.status = Partner.Status.SUSPENDED
    suspended = replace(luca, partner=fabrikam)
    assert actions(attention.waiting(suspended, now), Kind.HANDED) == ["Look at it"]


# --- what others ask for -----------------------------------------------------------------------


def test_a_holder_of_a_dead_link_asks_again_until_answered(
    anna: Actor, viewer: Actor, tom: Actor, link: InvitationLink, now: datetime
) -> None:
    InvitationLink.objects.update(status="lapsed", answered_at=now, answered_by="System", asked_again_at=now)
    (item,) = attention.waiting(anna, now).kinds[Kind.ASKED_AGAIN]
    assert (item.object_ref, item.subject, item.since) == (link.pk, "Contoso", now.date())
    assert (item.action, item.turn) == ("Answer", "your turn")
    assert actions(attention.waiting(viewer, now), Kind.ASKED_AGAIN) == ["Look at it"]
    assert attention.waiting(tom, now).items() == []
    InvitationLink.objects.update(asked_closed_at=now, asked_closed_by="Anna")
    assert attention.waiting(anna, now).kinds[Kind.ASKED_AGAIN] == []


def test_a_resellers_request_waits_while_they_work_together(
    anna: Actor, luca: Actor, tom: Actor, partnership: Partnership, now: datetime
) -> None:
    request = InvitationRequestFactory(partnership=partnership, note="For Contoso.")
    (item,) = attention.waiting(anna, now).kinds[Kind.REQUESTS]
    assert (item.object_ref, item.subject, item.why) == (request.pk, "Fabrikam", "For Contoso.")
    assert attention.waiting(luca, now).items() == attention.waiting(tom, now).items() == []
    Partnership.objects.update(status="ended", ended_at=now, ended_by="Anna")
    assert attention.waiting(anna, now).kinds[Kind.REQUESTS] == []


def test_an_ending_the_customer_asked_for_waits(anna: Actor, accepted: Relationship, now: datetime) -> None:
    Relationship.objects.update(ending_requested_at=now, ending_requested_by="Carla")
    (item,) = attention.waiting(anna, now).kinds[Kind.ENDINGS]
    assert (item.object_ref, item.since, item.turn) == (accepted.pk, now.date(), "your turn")


def test_a_renewal_without_an_answer_waits_for_the_customer(
    anna: Actor, accepted: Relationship, now: datetime
) -> None:
    proposal = RenewalProposalFactory(relationship=accepted, expires_at=now + timedelta(days=15))
    assert attention.waiting(anna, now).kinds[Kind.RENEWALS] == []
    later = now + timedelta(days=1)
    (item,) = attention.waiting(anna, later).kinds[Kind.RENEWALS]
    assert (item.object_ref, item.turn) == (proposal.pk, "waiting for the customer")
    assert item.due == proposal.expires_at.date()
    assert attention.waiting(anna, proposal.expires_at).kinds[Kind.RENEWALS] == []


def test_a_hand_over_waits_at_the_reseller_it_is_offered_to(
    anna: Actor, luca: Actor, ada: Actor, adventure_partnership: Partnership, fabrikam: Partner, now: datetime
) -> None:
    offer = HandOverFactory(partnership=adventure_partnership, before=fabrikam)
    (ours,) = attention.waiting(anna, now).kinds[Kind.HANDOVERS]
    (theirs,) = attention.waiting(ada, now).kinds[Kind.TAKING_OVER]
    assert ours.object_ref == theirs.object_ref == offer.pk
    assert ours.due == theirs.due == (now + timedelta(days=14)).date()
    assert (ours.subject, ours.turn) == ("Fabrikam", "waiting for Adventure Works")
    assert (theirs.subject, theirs.action) == ("several customers", "Answer")
    assert attention.waiting(luca, now).items() == []
    assert attention.waiting(ada, offer.answer_by).items() == []


def test_a_campaign_without_answers_is_one_thing(
    anna: Actor, partnership: Partnership, now: datetime
) -> None:
    campaign = InvitationFactory(
        provider=partnership.provider,
        via=partnership,
        customer=None,
        places=3,
        places_taken=2,
        expires_at=now + timedelta(days=3),
    )
    first, _second = [InvitationLinkFactory(invitation=campaign, customer=None) for _ in range(2)]
    (item,) = attention.waiting(anna, now).kinds[Kind.EXPIRING]
    assert (item.object_ref, item.subject) == (campaign.pk, first.company)
    assert item.why == f"Sent to {first.email} and others: 2 have not answered."


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_waits_for_somebody_and_reads_as_a_whole(kind: Kind) -> None:
    collected = {one.kind for one in (*queue.PROVIDER, *queue.RESELLER)} | {Kind.DECISIONS}
    assert kind in collected
    assert str(kind.label)
