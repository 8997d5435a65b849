"""The rulebook of 2026, held against the table of the requirement, and what it changed."""

import itertools
from datetime import date, timedelta
from typing import Any

import pytest

from subscriptions import steps
from subscriptions.facts import Facts
from subscriptions.rulebook import Ruling, differences, rule, table
from subscriptions.sources import Today
from subscriptions.vocabulary import (
    AzureOffer,
    Billing,
    Channel,
    Condition,
    Direction,
    Evidence,
    MissingFact,
    Need,
    Path,
    Status,
    StepActor,
)

TODAY = date(2026, 3, 10)
VOLUME = ("direct", "advisor", "advisor_own", "open")
ELSEWHERE = (*VOLUME, "ea", "third_party")
NOT_OURS = (*ELSEWHERE, "csp_other", "syndication")
ALL_MET = {"has_relationship": True, "has_grant": True, "has_agreement": True}
EXPERT = {"provider_kind": "direct_bill", "azure_expert_msp": True}


def ruling(channel: str, billing: str = "license", **facts: Any) -> Ruling:
    """Return today's ruling on a subscription of an Italian customer of an Italian provider."""
    return rule(Facts(channel=channel, billing=billing, **{"today": TODAY, "edition": "2026", **facts}))


def opened(given: Ruling) -> list[str]:
    """Return the codes of the open paths, the recommended first."""
    return [one.path.value for one in given.open]


def closed(given: Ruling) -> set[str]:
    """Return the codes of the closed paths."""
    return {one.path.value for one in given.closed}


def why_closed(given: Ruling, path: str) -> str:
    """Return the reason a path is closed."""
    return next(str(one.reason) for one in given.closed if one.path == path)


def way(given: Ruling, path: str) -> Any:
    """Return one open path."""
    return next(one for one in given.open if one.path == path)


def walk(given: Ruling, path: str) -> list[str]:
    """Return the codes of the steps of an open path."""
    return [step.code for step in way(given, path).steps]


# The table, written out by hand: the open paths in their order, then the closed ----------------------------

LICENCES_ELSEWHERE = (["support_in_place", "replace_licences"], {"transfer"})
AZURE_ELSEWHERE = (["migrate_azure", "support_in_place"], {"transfer", "switch_partner"})
BY_HAND = (["manual_review"], set())

GENERAL = {
    ("direct", "license"): LICENCES_ELSEWHERE,
    ("advisor", "license"): LICENCES_ELSEWHERE,
    ("advisor_own", "license"): LICENCES_ELSEWHERE,
    ("open", "license"): LICENCES_ELSEWHERE,
    ("third_party", "license"): LICENCES_ELSEWHERE,
    ("ea", "license"): (["replace_licences", "channel_transfer"], {"support_in_place"}),
    ("direct", "usage"): AZURE_ELSEWHERE,
    ("advisor", "usage"): AZURE_ELSEWHERE,
    ("advisor_own", "usage"): AZURE_ELSEWHERE,
    ("open", "usage"): AZURE_ELSEWHERE,
    ("third_party", "usage"): AZURE_ELSEWHERE,
    ("ea", "usage"): (
        ["migrate_azure", "support_in_place"],
        {"transfer", "switch_partner", "ownership_request"},
    ),
    ("csp_other", "license"): (["transfer", "wait_or_cancel", "support_in_place"], {"switch_partner"}),
    ("csp_other", "usage"): (["support_in_place"], {"transfer", "switch_partner"}),
    ("csp_own", "license"): (["change_reseller", "transfer"], set()),
    ("csp_own", "usage"): (["change_reseller"], {"transfer", "switch_partner"}),
    ("csp_own", "one_time"): (["change_reseller"], set()),
    ("syndication", "license"): BY_HAND,
    ("syndication", "usage"): BY_HAND,
    ("syndication", "one_time"): BY_HAND,
    ("direct", "one_time"): BY_HAND,
    ("advisor", "one_time"): BY_HAND,
    ("advisor_own", "one_time"): BY_HAND,
    ("open", "one_time"): BY_HAND,
    ("ea", "one_time"): BY_HAND,
    ("third_party", "one_time"): BY_HAND,
    ("csp_other", "one_time"): BY_HAND,
}
# Azure sold in CSP, by the offer it runs under.
BY_OFFER = {
    ("csp_other", "plan"): (["transfer", "support_in_place"], {"switch_partner"}),
    ("csp_other", "legacy"): (["switch_partner", "support_in_place"], {"transfer"}),
    ("csp_other", "other"): (["support_in_place"], {"transfer", "switch_partner"}),
    ("csp_own", "plan"): (["change_reseller", "transfer"], {"switch_partner"}),
    ("csp_own", "legacy"): (["change_reseller", "switch_partner"], {"transfer"}),
    ("csp_own", "other"): (["change_reseller"], {"transfer", "switch_partner"}),
}
TO_SUPPORT, TO_BUY = ["relationship", "grant"], ["relationship", "agreement"]
NEEDS = {
    **{(channel, "license", "support_in_place"): TO_SUPPORT for channel in (*ELSEWHERE, "csp_other")},
    **{(channel, "license", "replace_licences"): TO_BUY for channel in (*ELSEWHERE, "csp_other")},
    **{(channel, "usage", "migrate_azure"): ["relationship"] for channel in ELSEWHERE},
    **{(channel, "usage", "support_in_place"): TO_SUPPORT for channel in (*ELSEWHERE, "csp_other")},
    ("ea", "license", "channel_transfer"): ["relationship"],
    ("ea", "usage", "ownership_request"): TO_BUY,
    ("csp_other", "license", "transfer"): TO_BUY,
    ("csp_other", "usage", "transfer"): TO_BUY,
    ("csp_other", "usage", "switch_partner"): [*TO_BUY, "same_country"],
}


def test_the_hand_written_table_names_every_pair() -> None:
    assert set(GENERAL) == set(itertools.product(Channel.values, Billing.values))


@pytest.mark.parametrize(("pair", "expected"), GENERAL.items())
def test_open_and_closed_paths_are_those_of_the_table(pair, expected) -> None:
    given = ruling(*pair)
    assert (opened(given), closed(given)) == expected
    assert given.edition == "2026"


@pytest.mark.parametrize(("pair", "expected"), BY_OFFER.items())
def test_azure_sold_in_csp_is_ruled_by_its_offer(pair, expected) -> None:
    channel, offer = pair
    given = ruling(channel, "usage", azure_offer=offer)
    assert (opened(given), closed(given)) == expected


def test_needs_are_those_of_the_table() -> None:
    for row in table("2026"):
        expected = NEEDS.get((row.channel, row.billing, row.path), []) if row.open else []
        assert list(row.needs) == expected, row


def test_every_row_says_why_and_who_says_so() -> None:
    for row in table("2026"):
        assert str(row.reason).strip().endswith(".")
        assert row.edition == "2026"
        assert row.source.code.split(".")[0] in {"today", "seed", "companion", "decision"}
        assert bool(row.steps) == row.open
        if row.source.code.startswith("today."):
            assert str(row.source).startswith("Microsoft's documentation for partners, as of 2026:")
            assert str(row.source).endswith(".")


def test_no_row_of_today_rests_on_a_sentence_that_no_longer_holds() -> None:
    gone = {
        "seed.no_switch",
        "seed.usage_no_migration",
        "seed.usage_switch",
        "companion.one_partner_per_service",
    }
    assert gone & {row.source.code for row in table("2026")} == set()


# Bought outside CSP ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", [*VOLUME, "third_party"])
def test_licences_bought_elsewhere_are_not_transferred(channel) -> None:
    expected = "ask the seller" if channel == "third_party" else "only between CSP partners"
    assert expected in why_closed(ruling(channel), "transfer")


def test_granular_privileges_do_not_cover_an_enterprise_agreement() -> None:
    given = ruling("ea", **ALL_MET)
    assert "do not cover" in why_closed(given, "support_in_place")
    assert given.main.path == Path.REPLACE_LICENCES


def test_licences_of_an_enterprise_agreement_can_renew_into_csp() -> None:
    renewing = way(ruling("ea"), "channel_transfer")
    assert "eligibility in Partner Center" in str(renewing.reason)
    assert renewing.missing == (Need.RELATIONSHIP,)
    assert opened(ruling("ea", status="expired")) == ["replace_licences"]


@pytest.mark.parametrize("channel", [*ELSEWHERE, "csp_other"])
def test_azure_is_supported_in_place_by_a_role_the_customer_assigns(channel) -> None:
    supported = way(ruling(channel, "usage"), "support_in_place")
    assert supported.source is Today.AZURE_ROLES
    role = next(step for step in supported.steps if step.code == "role_assignment")
    assert role.actor == StepActor.CUSTOMER
    assert [step.code for step in supported.steps][:3] == ["relationship", "grant", "role_assignment"]


@pytest.mark.parametrize(
    ("facts", "is_open"),
    [
        ({}, False),
        ({"azure_expert_msp": True}, False),
        ({"provider_kind": "direct_bill"}, False),
        (EXPERT, True),
    ],
)
def test_billing_ownership_is_for_direct_bill_azure_expert_msps_only(facts, is_open) -> None:
    given = ruling("ea", "usage", **facts)
    assert ("ownership_request" in opened(given)) == is_open
    if not is_open:
        assert "Azure Expert MSP" in why_closed(given, "ownership_request")


@pytest.mark.parametrize("channel", [*VOLUME, "third_party"])
def test_nobody_else_is_asked_for_billing_ownership(channel) -> None:
    assert "ownership_request" not in {
        *opened(ruling(channel, "usage", **EXPERT)),
        *closed(ruling(channel, "usage")),
    }


# Sold by another CSP partner -------------------------------------------------------------------------------


def test_licences_of_another_partner_are_transferred_and_waiting_is_the_fallback() -> None:
    given = ruling("csp_other")
    assert given.main.path == Path.TRANSFER
    assert given.main.direction == Direction.IN
    assert given.main.missing == (Need.RELATIONSHIP, Need.AGREEMENT)
    assert "not obliged to accept" in str(way(given, "wait_or_cancel").reason)


@pytest.mark.parametrize("channel", ["csp_other", "csp_own"])
def test_licences_sold_before_new_commerce_are_not_transferred(channel) -> None:
    given = ruling(channel, is_legacy_commerce=True)
    assert "before new commerce" in why_closed(given, "transfer")
    assert opened(given) == [path for path in GENERAL[channel, "license"][0] if path != "transfer"]


@pytest.mark.parametrize(("status", "word"), [("pending", "not active yet"), ("suspended", "suspended")])
@pytest.mark.parametrize(
    ("channel", "billing"), [*itertools.product(["csp_other", "csp_own"], ["license", "usage"])]
)
def test_only_what_is_active_is_transferred(channel, billing, status, word) -> None:
    given = ruling(channel, billing, status=status, azure_offer="plan")
    assert word in why_closed(given, "transfer")
    assert "transfer" not in opened(given)


def test_another_partner_with_privileges_is_no_hindrance_any_more() -> None:
    assert (
        way(ruling("csp_other", other_csp_partner_stated=True, **ALL_MET), "support_in_place").missing == ()
    )


def test_a_legacy_switch_still_needs_one_country() -> None:
    facts = {"azure_offer": "legacy", "customer_country": "FR", **ALL_MET}
    assert ruling("csp_other", "usage", **facts).main.missing == (Need.SAME_COUNTRY,)
    assert ruling("csp_other", "usage", **{**facts, "azure_offer": "plan"}).main.missing == ()


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_once_the_wait_is_over_the_licences_can_be_replaced(status) -> None:
    given = ruling("csp_other", status=status)
    assert opened(given) == ["replace_licences"]
    assert closed(given) == {"transfer", "wait_or_cancel", "support_in_place", "switch_partner"}


# Sold by this provider -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"billing": "license"}, "transfer"),
        ({"billing": "usage", "azure_offer": "plan"}, "transfer"),
        ({"billing": "usage", "azure_offer": "legacy"}, "switch_partner"),
    ],
)
def test_what_is_ours_can_leave_and_the_direction_is_out(facts, path) -> None:
    leaving = way(ruling("csp_own", **facts), path)
    assert leaving.direction == Direction.OUT
    assert leaving.needs == ()


@pytest.mark.parametrize("billing", Billing.values)
def test_a_direct_bill_partner_has_no_reseller_to_change(billing) -> None:
    assert "no resellers" in why_closed(
        ruling("csp_own", billing, provider_kind="direct_bill"), "change_reseller"
    )


def test_only_our_own_goes_out() -> None:
    out = {(row.channel, row.path) for row in table("2026") if row.direction == Direction.OUT}
    assert out == {(Channel.CSP_OWN, Path.TRANSFER), (Channel.CSP_OWN, Path.SWITCH_PARTNER)}


# Precedence ------------------------------------------------------------------------------------------------

ABROAD = {"customer_country": "US", "customer_region": "north_america"}
ANY_AZURE = [None, *AzureOffer.values]


@pytest.mark.parametrize("offer", ANY_AZURE)
@pytest.mark.parametrize(("channel", "billing"), [*itertools.product(NOT_OURS, Billing.values)])
def test_another_region_closes_all_and_leaves_it_to_a_person(channel, billing, offer) -> None:
    given = ruling(channel, billing, azure_offer=offer, is_trial=True, **ABROAD, **EXPERT)
    assert opened(given) == ["manual_review"]
    assert closed(given) >= set(GENERAL[channel, billing][0]) - {"manual_review"}


@pytest.mark.parametrize(("billing", "offer"), [*itertools.product(Billing.values, ANY_AZURE)])
def test_another_region_leaves_only_the_change_of_reseller_on_our_own(billing, offer) -> None:
    assert opened(ruling("csp_own", billing, azure_offer=offer, **ABROAD)) == ["change_reseller"]


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize(
    ("channel", "billing"), [*itertools.product([*ELSEWHERE, "csp_other"], ["license", "usage"])]
)
def test_a_trial_is_left_to_a_person(channel, billing, status) -> None:
    assert opened(ruling(channel, billing, is_trial=True, status=status, **EXPERT)) == ["manual_review"]


@pytest.mark.parametrize("status", ["expired", "cancelled", "transferred"])
@pytest.mark.parametrize(
    ("channel", "offer"), [*itertools.product([*ELSEWHERE, "csp_other", "csp_own"], ANY_AZURE)]
)
def test_azure_that_is_over_leaves_nothing_to_do(channel, offer, status) -> None:
    given = ruling(channel, "usage", status=status, azure_offer=offer, **EXPERT)
    assert opened(given) == []


# Steps -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "path", "codes"),
    [
        (
            {"channel": "ea"},
            "channel_transfer",
            "relationship eligibility schedule ended renewed reassign",
        ),
        (
            {"channel": "ea", "billing": "usage", **EXPERT},
            "ownership_request",
            "relationship ownership_filed ownership_approved ownership_done remove_access",
        ),
        (
            {"channel": "open", "billing": "usage"},
            "migrate_azure",
            "relationship inventory new_subscription move_resources verify cancel_old remove_access",
        ),
        (
            {"channel": "csp_other"},
            "transfer",
            "relationship transfer_request transfer_answer transfer_check",
        ),
        (
            {"channel": "csp_other", "billing": "usage", "azure_offer": "plan"},
            "transfer",
            "relationship azure_plan transfer_request transfer_answer transfer_check old_access",
        ),
        ({"channel": "csp_own"}, "transfer", "out_review out_answer"),
    ],
)
def test_steps_come_in_their_order(facts, path, codes) -> None:
    assert " ".join(walk(ruling(**facts), path)) == codes


@pytest.mark.parametrize("billing", ["license", "usage"])
def test_a_transfer_is_answered_by_whoever_has_it(billing) -> None:
    coming = way(ruling("csp_other", billing, azure_offer="plan"), "transfer")
    answer = next(step for step in coming.steps if step.code == "transfer_answer")
    assert answer.actor == StepActor.CURRENT_PARTNER
    going = way(ruling("csp_own", billing, azure_offer="plan"), "transfer")
    assert {step.actor for step in going.steps} == {StepActor.PROVIDER}


def test_no_transfer_and_no_change_of_reseller_is_planned_as_a_move() -> None:
    assert set(Path) - steps.PLANNABLE == {Path.TRANSFER, Path.CHANGE_RESELLER}


def test_what_is_bought_needs_the_agreement_by_then() -> None:
    bought = [step for step in steps.BY_CODE.values() if Evidence.SUBSCRIPTION in step.evidence]
    assert {step.code for step in bought} == {"buy", "new_subscription", "renewed"}
    assert {step.gates for step in bought} == {(Need.RELATIONSHIP, Need.AGREEMENT)}


# Deadlines: the seventh day ---------------------------------------------------------------------------------

END = date(2027, 3, 5)


def due(**facts: Any) -> date | None:
    """Return the deadline of licences of ours under today's rules."""
    deadline = ruling("csp_own", **{"term": "P1Y", "term_end": END, "auto_renew": "yes", **facts}).deadline
    return deadline and deadline.on


@pytest.mark.parametrize(
    ("started_on", "day"),
    [
        (date(2026, 3, 10), date(2026, 3, 17)),
        (date(2026, 3, 3), TODAY),
        (date(2026, 3, 2), date(2027, 3, 4)),  # the seventh day is past: the renewal is next
    ],
)
def test_the_seventh_day_after_the_purchase_is_the_last_to_reduce_or_cancel(started_on, day) -> None:
    assert due(started_on=started_on, term="") == day


@pytest.mark.parametrize("started_on", [None, date(2025, 3, 5), date(2026, 3, 5)])
def test_a_renewal_counts_like_a_purchase(started_on) -> None:
    assert due(started_on=started_on) == date(2026, 3, 12)
    assert due(started_on=started_on, term="P3Y", term_end=date(2029, 3, 5)) == date(2026, 3, 12)


def test_the_seventh_day_says_what_follows() -> None:
    deadline = ruling("csp_own", term="P1Y", term_end=END, auto_renew="yes").deadline
    assert "reduced or cancelled" in str(deadline.why)
    assert "stay as they are" in str(deadline.then)


def test_the_earlier_of_two_deadlines_counts() -> None:
    soon = {"term_end": TODAY + timedelta(days=3), "term": "", "auto_renew": "no"}
    assert due(started_on=TODAY - timedelta(days=1), **soon) == TODAY + timedelta(days=3)
    assert due(started_on=TODAY - timedelta(days=5), **soon) == TODAY + timedelta(days=2)


@pytest.mark.parametrize(
    "facts",
    [
        {"edition": "2016-12"},
        {"channel": "direct"},
        {"channel": "csp_other"},
        {"term": "P1M"},
        {"billing": "usage"},
        {"status": "cancelled"},
        {"term_end": None},
    ],
)
def test_nothing_else_has_a_seventh_day(facts) -> None:
    given = ruling(
        **{"channel": "csp_own", "term": "P1Y", "term_end": END, "started_on": date(2026, 3, 5), **facts}
    )
    assert given.deadline is None or given.deadline.on == END - timedelta(days=1)
    if "term_end" in facts:
        assert given.missing_facts == (MissingFact.TERM_END,)


# What changed, and why -------------------------------------------------------------------------------------


def test_what_changed_is_told_by_channel_billing_path_and_condition() -> None:
    told = {
        (one.channel.value, one.billing.value, one.path.value, one.when): (
            None if one.before is None else one.before.open,
            None if one.after is None else one.after.open,
        )
        for one in differences()
    }
    assert told["csp_other", "license", "transfer", None] == (False, True)
    assert told["csp_other", "usage", "switch_partner", None] == (True, False)
    assert told["csp_other", "usage", "migrate_azure", None] == (False, None)
    assert told["ea", "license", "support_in_place", None] == (True, False)
    assert told["ea", "license", "channel_transfer", None] == (None, True)
    assert told["ea", "usage", "ownership_request", Condition.EXPERT_MSP] == (None, True)
    assert told["open", "usage", "support_in_place", None] == (False, True)
    assert told["csp_own", "license", "transfer", None] == (None, True)
    # Not a row of its own in one of them, yet what holds in that case.
    assert told["csp_other", "usage", "transfer", Condition.AZURE_PLAN] == (None, True)
    assert told["csp_own", "usage", "switch_partner", Condition.AZURE_LEGACY] == (True, True)


def test_what_did_not_change_is_not_told() -> None:
    same = {(one.channel, one.billing) for one in differences()}
    assert not {pair for pair in same if pair[0] == Channel.SYNDICATION or pair[1] == Billing.ONE_TIME}
    told = {(one.channel.value, one.path.value) for one in differences()}
    assert ("direct", "replace_licences") not in told
    assert ("csp_own", "change_reseller") not in told
    assert differences("2026", "2026") == []


def test_that_a_closed_path_stays_closed_is_no_news() -> None:
    under = [one for one in differences() if one.when]
    assert under
    assert all(any(row and row.open for row in (one.before, one.after)) for one in under)


def test_each_difference_says_why() -> None:
    for one in differences():
        assert one.before is None or one.before.edition == "2016-12"
        assert one.after is None or one.after.edition == "2026"
        for row in filter(None, (one.before, one.after)):
            assert (row.channel, row.billing, row.path) == (one.channel, one.billing, one.path)
            assert row.reason
            assert row.source
