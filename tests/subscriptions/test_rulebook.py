"""The rulebook and its edition of December 2016, held against the programme's page and the requirement."""

import itertools
import json
from collections import Counter
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from django.utils.functional import Promise
from hypothesis import given
from hypothesis import strategies as st

from customers.families import Family
from subscriptions import steps
from subscriptions.editions import EDITIONS, Row
from subscriptions.rulebook import HOLDS, MET, Facts, Ruling, differences, rule, settle, table
from subscriptions.sources import Decision, Seed
from subscriptions.vocabulary import (
    AutoRenew,
    Availability,
    AzureOffer,
    Billing,
    Caution,
    Channel,
    Condition,
    Direction,
    MissingFact,
    Need,
    Path,
    Status,
    StepActor,
    StepPrivilege,
    Term,
)

TODAY = date(2026, 3, 10)
ELSEWHERE = ("direct", "advisor", "advisor_own", "open", "ea", "third_party")
NOT_OURS = (*ELSEWHERE, "csp_other", "syndication")
ALL_MET = {"has_relationship": True, "has_grant": True, "has_agreement": True}


def ruling(channel: str, billing: str = "license", **facts: Any) -> Ruling:
    """Return the ruling on a subscription of an Italian customer of an Italian provider, on a fixed day."""
    return rule(Facts(channel=channel, billing=billing, **{"today": TODAY, **facts}))


def opened(given: Ruling) -> set[str]:
    """Return the codes of the open paths."""
    return {one.path.value for one in given.open}


def closed(given: Ruling) -> set[str]:
    """Return the codes of the closed paths."""
    return {one.path.value for one in given.closed}


def why_closed(given: Ruling, path: str) -> str:
    """Return the reason a path is closed."""
    return next(str(one.reason) for one in given.closed if one.path == path)


def way(given: Ruling, path: str) -> Any:
    """Return one open path."""
    return next(one for one in given.open if one.path == path)


# The table, written out by hand ---------------------------------------------------------------------------

LICENCES_ELSEWHERE = ({"support_in_place", "replace_licences"}, set())
AZURE_ELSEWHERE = ({"migrate_azure"}, {"switch_partner", "transfer", "support_in_place"})
BY_HAND = ({"manual_review"}, set())

GENERAL = {
    ("direct", "license"): LICENCES_ELSEWHERE,
    ("advisor", "license"): LICENCES_ELSEWHERE,
    ("advisor_own", "license"): LICENCES_ELSEWHERE,
    ("open", "license"): LICENCES_ELSEWHERE,
    ("ea", "license"): LICENCES_ELSEWHERE,
    ("third_party", "license"): LICENCES_ELSEWHERE,
    ("direct", "usage"): AZURE_ELSEWHERE,
    ("advisor", "usage"): AZURE_ELSEWHERE,
    ("advisor_own", "usage"): AZURE_ELSEWHERE,
    ("open", "usage"): AZURE_ELSEWHERE,
    ("ea", "usage"): AZURE_ELSEWHERE,
    ("third_party", "usage"): AZURE_ELSEWHERE,
    ("csp_other", "license"): ({"wait_or_cancel", "support_in_place"}, {"switch_partner", "transfer"}),
    ("csp_other", "usage"): ({"switch_partner"}, {"migrate_azure"}),
    ("syndication", "license"): BY_HAND,
    ("syndication", "usage"): BY_HAND,
    ("syndication", "one_time"): BY_HAND,
    ("csp_own", "license"): ({"change_reseller"}, set()),
    ("csp_own", "usage"): ({"change_reseller", "switch_partner"}, set()),
    ("csp_own", "one_time"): ({"change_reseller"}, set()),
    ("direct", "one_time"): BY_HAND,
    ("advisor", "one_time"): BY_HAND,
    ("advisor_own", "one_time"): BY_HAND,
    ("open", "one_time"): BY_HAND,
    ("ea", "one_time"): BY_HAND,
    ("third_party", "one_time"): BY_HAND,
    ("csp_other", "one_time"): BY_HAND,
}
RECOMMENDED = {
    "license": {
        **dict.fromkeys(ELSEWHERE, "support_in_place"),
        "csp_other": "wait_or_cancel",
        "syndication": "manual_review",
        "csp_own": "change_reseller",
    },
    "usage": {
        **dict.fromkeys(ELSEWHERE, "migrate_azure"),
        "csp_other": "switch_partner",
        "syndication": "manual_review",
        "csp_own": "change_reseller",
    },
    "one_time": {**dict.fromkeys(NOT_OURS, "manual_review"), "csp_own": "change_reseller"},
}
NEEDS = {
    **{(channel, "license", "support_in_place"): ["relationship", "grant"] for channel in ELSEWHERE},
    **{(channel, "license", "replace_licences"): ["relationship", "agreement"] for channel in ELSEWHERE},
    **{(channel, "usage", "migrate_azure"): ["relationship"] for channel in ELSEWHERE},
    ("csp_other", "license", "support_in_place"): ["relationship", "grant", "no_other_csp_partner"],
    ("csp_other", "license", "replace_licences"): ["relationship", "agreement"],
    ("csp_other", "usage", "switch_partner"): ["relationship", "agreement", "same_country"],
}


def test_the_hand_written_table_names_every_pair() -> None:
    assert set(GENERAL) == set(itertools.product(Channel.values, Billing.values))


@pytest.mark.parametrize(("pair", "expected"), GENERAL.items())
def test_open_and_closed_paths_are_those_of_the_table(pair, expected) -> None:
    given = ruling(*pair)
    assert (opened(given), closed(given)) == expected


@pytest.mark.parametrize("pair", GENERAL)
def test_the_recommended_path_comes_first(pair) -> None:
    channel, billing = pair
    given = ruling(channel, billing)
    assert given.edition == "2016-12"
    assert given.main is given.open[0]
    assert given.main.path == RECOMMENDED[billing][channel]
    assert given.reason == given.main.reason


def test_needs_are_those_of_the_table() -> None:
    for row in table("2016-12"):
        expected = NEEDS.get((row.channel, row.billing, row.path), []) if row.open else []
        assert list(row.needs) == expected, row


# The table as data ----------------------------------------------------------------------------------------


def test_rows_are_unique_by_edition_channel_billing_path_and_condition() -> None:
    keys = Counter(
        (row.edition, row.channel, row.billing, row.path, row.when)
        for edition in EDITIONS
        for row in table(edition)
    )
    assert {key for key, count in keys.items() if count > 1} == set()


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_pair_has_an_open_path_in_general(edition) -> None:
    general = {(row.channel, row.billing) for row in table(edition) if row.open and row.when is None}
    assert general == set(itertools.product(Channel, Billing))


def test_every_row_says_why_and_who_says_so() -> None:
    for row in table("2016-12"):
        assert isinstance(row.reason, Promise), "a reason is translated when it is shown"
        assert str(row.reason).strip().endswith(".")
        assert row.edition == "2016-12"
        assert str(row.source).strip()
        assert row.source.code.split(".")[0] in {"seed", "companion", "decision"}


def test_open_rows_have_steps_and_closed_rows_have_nothing_to_walk() -> None:
    for row in table("2016-12"):
        assert bool(row.steps) == row.open
        assert row.open or not row.needs


def test_conditions_and_needs_are_all_decided_and_all_used() -> None:
    rows = [row for edition in EDITIONS for row in table(edition)]
    assert list(HOLDS) == list(Condition), "in the order of precedence"
    assert set(MET) == set(Need)
    assert {row.when for row in rows if row.when} == set(Condition)
    assert {need for row in rows for need in row.needs} == set(Need)
    assert all(need.lift.endswith(".") for need in Need)
    assert all(fact.consequence.endswith(".") for fact in MissingFact)


def test_only_the_seed_is_quoted_and_decisions_say_that_they_are_ours() -> None:
    for row in table("2016-12"):
        assert bool(row.source.quote) == row.source.code.startswith("seed.")
        if row.source.code.startswith("decision."):
            assert str(row.source).startswith("Decision, where the programme's page is silent:")


def test_an_edition_nobody_wrote_is_refused() -> None:
    with pytest.raises(KeyError):
        ruling("direct", edition="2020-01")


# The sentences of the programme's page, one by one ---------------------------------------------------------


@pytest.mark.parametrize("channel", ["direct", "advisor", "open", "ea"])
def test_seed_applies_to_what_was_bought_from_microsoft_advisor_open_or_ea(channel) -> None:
    """«direttamente da Microsoft o tramite i programmi Advisor, Open o EA»"""
    assert ruling(channel).main.path == Path.SUPPORT_IN_PLACE


def test_seed_applies_to_what_you_sold_as_an_advisor_and_needs_a_fresh_permission() -> None:
    """«ha acquistato le sottoscrizioni da te quando partecipavi al programma Advisor»"""
    main = ruling("advisor_own").main
    assert main.source is Seed.APPLIES_FORMER_ADVISOR
    assert "fresh invitation" in str(main.reason)
    assert main.missing == (Need.RELATIONSHIP, Need.GRANT)


def test_seed_applies_to_third_parties_outside_csp_and_syndication() -> None:
    """«da terze parti che non partecipano al programma CSP o che non sono Microsoft Syndication Partner»"""
    assert ruling("third_party").main.source is Seed.APPLIES_THIRD_PARTY
    assert opened(ruling("syndication")) == {"manual_review"}
    assert ruling("syndication").main.source is Decision.SYNDICATION


def test_seed_csp_licences_cannot_go_to_another_csp_partner() -> None:
    """«I clienti non possono passare le sottoscrizioni CSP in base alle licenze a un altro partner»"""
    given = ruling("csp_other")
    for path in ("switch_partner", "transfer"):
        assert why_closed(given, path) == "A licence subscription can't be moved to another CSP partner."
    assert all(one.source is Seed.NO_SWITCH for one in given.closed)


def test_seed_csp_licences_wait_for_the_end_or_are_cancelled() -> None:
    """«devono attendere la fine del loro periodo di sottoscrizione o annullare la sottoscrizione»"""
    main = ruling("csp_other").main
    assert (main.path, main.source) == (Path.WAIT_OR_CANCEL, Seed.NO_SWITCH)
    assert main.steps[1].actor == StepActor.CUSTOMER


def test_seed_licences_need_the_customers_permission() -> None:
    """«devi richiedere al cliente le autorizzazioni per poter gestire le sottoscrizioni corrispondenti»"""
    main = ruling("open").main
    assert main.source is Seed.LICENSE_BASED
    assert main.missing == (Need.RELATIONSHIP, Need.GRANT)
    assert ruling("open", **ALL_MET).main.missing == ()


@pytest.mark.parametrize("channel", ELSEWHERE)
def test_seed_azure_of_another_channel_has_no_supported_migration(channel) -> None:
    """«non esiste un percorso di migrazione a CSP supportato»"""
    given = ruling(channel, "usage")
    for path in ("switch_partner", "transfer"):
        assert "no supported migration into CSP" in why_closed(given, path)
        assert next(one for one in given.closed if one.path == path).source is Seed.USAGE_NO_MIGRATION


@pytest.mark.parametrize("channel", ["advisor", "open", "ea"])
def test_seed_azure_of_another_channel_is_moved_by_hand(channel) -> None:
    """«puoi creare una nuova sottoscrizione Azure apposita in CSP, trasferire manualmente i relativi dati»"""
    main = ruling(channel, "usage").main
    assert (main.path, main.source) == (Path.MIGRATE_AZURE, Seed.USAGE_BY_HAND)


@pytest.mark.parametrize("channel", ["direct", "advisor_own", "third_party"])
def test_azure_of_channels_the_seed_does_not_name_goes_the_same_way_by_decision(channel) -> None:
    main = ruling(channel, "usage").main
    assert (main.path, main.source) == (Path.MIGRATE_AZURE, Decision.USAGE_OTHER_CHANNELS)


def test_seed_every_azure_service_is_checked_before_and_the_old_one_ends_last() -> None:
    """«il programma CSP potrebbe non offrire ancora tutti i servizi necessari» … «quindi annullare»"""
    codes = [step.code for step in ruling("ea", "usage").main.steps]
    assert codes.index("inventory") < codes.index("new_subscription") < codes.index("move_data")
    assert codes.index("move_data") < codes.index("verify") < codes.index("cancel_old")


def test_azure_elsewhere_is_never_opened_by_delegated_privileges() -> None:
    given = ruling("direct", "usage", **ALL_MET)
    assert "never open an existing Azure subscription" in why_closed(given, "support_in_place")


def test_seed_azure_of_another_csp_partner_can_be_switched() -> None:
    """«è possibile passare i servizi di Azure a un altro partner CSP»"""
    given = ruling("csp_other", "usage")
    assert (given.main.path, given.main.source) == (Path.SWITCH_PARTNER, Seed.USAGE_SWITCH)
    assert given.main.direction == Direction.IN
    assert why_closed(given, "migrate_azure") == "Not needed: it can be switched."


def test_our_azure_can_leave_by_the_same_switch() -> None:
    leaving = way(ruling("csp_own", "usage"), "switch_partner")
    assert leaving.direction == Direction.OUT
    assert {step.actor for step in leaving.steps} == {StepActor.CUSTOMER, StepActor.PROVIDER}


def test_only_switches_of_our_own_go_out() -> None:
    out = {(row.channel, row.path) for row in table("2016-12") if row.direction == Direction.OUT}
    assert out == {(Channel.CSP_OWN, Path.SWITCH_PARTNER)}


def test_seed_the_provider_may_put_a_specific_reseller_in_charge() -> None:
    """«può assegnare a uno specifico rivenditore i privilegi»"""
    assert ruling("csp_own").main.source is Seed.ASSIGNS_RESELLER


# What is missing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "need"),
    [
        ({"has_relationship": False}, Need.RELATIONSHIP),
        ({"has_grant": False}, Need.GRANT),
        ({"other_csp_partner_stated": True}, Need.NO_OTHER_CSP_PARTNER),
    ],
)
def test_support_beside_another_csp_partner_misses_exactly_what_is_not_there(fact, need) -> None:
    assert way(ruling("csp_other", **ALL_MET), "support_in_place").missing == ()
    assert way(ruling("csp_other", **{**ALL_MET, **fact}), "support_in_place").missing == (need,)


@pytest.mark.parametrize(
    ("fact", "need"),
    [
        ({"has_relationship": False}, Need.RELATIONSHIP),
        ({"has_agreement": False}, Need.AGREEMENT),
        ({"customer_country": "FR"}, Need.SAME_COUNTRY),
        ({"customer_country": ""}, Need.SAME_COUNTRY),
        ({"customer_country": "", "provider_country": ""}, Need.SAME_COUNTRY),
    ],
)
def test_a_switch_misses_exactly_what_is_not_there(fact, need) -> None:
    assert ruling("csp_other", "usage", **ALL_MET).main.missing == ()
    assert ruling("csp_other", "usage", **{**ALL_MET, **fact}).main.missing == (need,)


def test_a_stated_partner_does_not_hinder_support_of_what_was_bought_outside_csp() -> None:
    assert ruling("open", other_csp_partner_stated=True, **ALL_MET).main.missing == ()


def test_a_path_stays_open_while_something_is_missing() -> None:
    assert opened(ruling("direct")) == opened(ruling("direct", **ALL_MET))


# Precedence: region, syndication, our own, one-time and trial, channel --------------------------------------

ABROAD = {"customer_country": "US", "customer_region": "north_america"}


@pytest.mark.parametrize("billing", Billing.values)
@pytest.mark.parametrize("channel", NOT_OURS)
@pytest.mark.parametrize("more", [{}, {"is_trial": True}, {"status": "expired"}, {"status": "transferred"}])
def test_another_region_closes_all_and_leaves_it_to_a_person(channel, billing, more) -> None:
    given = ruling(channel, billing, **ABROAD, **more)
    assert opened(given) == {"manual_review"}
    assert "region" in str(given.reason)
    assert closed(given) >= GENERAL[channel, billing][0] - {"manual_review"}


@pytest.mark.parametrize("billing", Billing.values)
def test_another_region_leaves_only_the_change_of_reseller_on_our_own(billing) -> None:
    assert opened(ruling("csp_own", billing, **ABROAD)) == {"change_reseller"}


def test_an_unknown_country_is_no_other_region_but_a_missing_fact() -> None:
    given = ruling("direct", customer_country="", customer_region="")
    assert opened(given) == LICENCES_ELSEWHERE[0]
    assert MissingFact.CUSTOMER_COUNTRY in given.missing_facts


def test_another_country_of_the_region_is_the_same_region() -> None:
    assert opened(ruling("direct", customer_country="FR")) == LICENCES_ELSEWHERE[0]


@pytest.mark.parametrize("more", [{"is_trial": True}, {"status": "expired"}, {"status": "suspended"}])
@pytest.mark.parametrize("billing", Billing.values)
def test_syndication_comes_before_trial_status_and_billing(billing, more) -> None:
    given = ruling("syndication", billing, **more)
    assert (opened(given), given.main.source) == ({"manual_review"}, Decision.SYNDICATION)


@pytest.mark.parametrize("billing", Billing.values)
def test_our_own_comes_before_trial_and_one_time(billing) -> None:
    assert ruling("csp_own", billing, is_trial=True).main.path == Path.CHANGE_RESELLER


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("billing", ["license", "usage"])
@pytest.mark.parametrize("channel", [*ELSEWHERE, "csp_other"])
def test_a_trial_is_left_to_a_person_before_the_channel_is_asked(channel, billing, status) -> None:
    given = ruling(channel, billing, is_trial=True, status=status)
    assert opened(given) == {"manual_review"}
    assert "trial" in str(given.reason)
    assert closed(given) >= GENERAL[channel, billing][0]


@pytest.mark.parametrize("channel", [*ELSEWHERE, "csp_other"])
def test_a_one_time_purchase_is_left_to_a_person(channel) -> None:
    given = ruling(channel, "one_time", status="expired", is_trial=True)
    assert (opened(given), given.main.source) == ({"manual_review"}, Decision.OTHER_BILLING)


@pytest.mark.parametrize("billing", Billing.values)
def test_a_direct_bill_partner_has_no_reseller_to_change(billing) -> None:
    given = ruling("csp_own", billing, provider_kind="direct_bill")
    assert "no resellers" in why_closed(given, "change_reseller")
    assert opened(given) == GENERAL["csp_own", billing][0] - {"change_reseller"}


def test_a_ruling_with_nothing_open_still_says_why() -> None:
    given = ruling("csp_own", provider_kind="direct_bill")
    assert given.main is None
    assert given.reason == given.closed[0].reason


@pytest.mark.parametrize("channel", NOT_OURS)
@pytest.mark.parametrize("billing", Billing.values)
def test_to_others_subscriptions_the_kind_of_provider_makes_no_difference(channel, billing) -> None:
    assert opened(ruling(channel, billing, provider_kind="direct_bill")) == GENERAL[channel, billing][0]


# What is over, and what is suspended ----------------------------------------------------------------------


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_once_the_wait_is_over_the_licences_can_be_replaced(status) -> None:
    given = ruling("csp_other", status=status, **ALL_MET)
    assert opened(given) == {"replace_licences"}
    assert "The wait is over" in str(given.reason)
    assert given.main.missing == ()
    assert closed(given) == {"wait_or_cancel", "support_in_place", "switch_partner", "transfer"}
    assert "end_old" not in [step.code for step in given.main.steps]


@pytest.mark.parametrize("status", ["pending", "active", "suspended"])
def test_before_that_they_cannot(status) -> None:
    assert "replace_licences" not in opened(ruling("csp_other", status=status))


@pytest.mark.parametrize("billing", ["license", "usage"])
def test_a_suspended_subscription_is_not_transferred(billing) -> None:
    given = ruling("csp_other", billing, status="suspended")
    assert "suspended" in why_closed(given, "transfer")
    assert opened(given) == GENERAL["csp_other", billing][0]


@pytest.mark.parametrize("status", ["expired", "cancelled"])
@pytest.mark.parametrize("channel", ELSEWHERE)
def test_licences_that_ended_elsewhere_can_be_bought_anew_but_not_looked_after(channel, status) -> None:
    given = ruling(channel, status=status)
    assert (opened(given), closed(given)) == ({"replace_licences"}, {"support_in_place"})
    assert "end_old" not in [step.code for step in given.main.steps]


@pytest.mark.parametrize("status", ["expired", "cancelled"])
@pytest.mark.parametrize("channel", [*ELSEWHERE, "csp_other", "csp_own"])
def test_azure_that_ended_leaves_nothing_to_do(channel, status) -> None:
    given = ruling(channel, "usage", status=status)
    assert opened(given) == set()
    assert closed(given) >= GENERAL[channel, "usage"][0]
    assert "ended" in str(given.closed[0].reason)


@pytest.mark.parametrize("billing", ["license", "usage"])
@pytest.mark.parametrize("channel", [*ELSEWHERE, "csp_other", "csp_own"])
def test_what_was_transferred_leaves_nothing_to_do(channel, billing) -> None:
    given = ruling(channel, billing, status="transferred")
    assert opened(given) == set()
    for path in GENERAL[channel, billing][0]:
        assert "goes on with another partner" in why_closed(given, path)


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_our_own_that_ended_never_changes_again(status) -> None:
    assert "never changes again" in why_closed(ruling("csp_own", status=status), "change_reseller")


# Steps ----------------------------------------------------------------------------------------------------

STEPS = {
    ("direct", "license", "support_in_place"): "relationship grant assign support_contact first_task",
    ("direct", "license", "replace_licences"): "relationship offer buy reassign end_old",
    ("csp_other", "license", "wait_or_cancel"): "choose ended relationship buy",
    ("ea", "usage", "migrate_azure"): (
        "relationship inventory new_subscription move_data verify cancel_old remove_access"
    ),
    ("csp_other", "usage", "switch_partner"): (
        "written_request ticket sign_current sign_customer sign_new upload confirmed old_access"
    ),
    ("csp_own", "usage", "switch_partner"): (
        "out_request out_ticket out_sign out_signatures out_upload out_closed"
    ),
    ("csp_own", "license", "change_reseller"): "reseller",
    ("syndication", "license", "manual_review"): "review",
}


@pytest.mark.parametrize(("key", "codes"), STEPS.items())
def test_steps_come_in_their_order(key, codes) -> None:
    channel, billing, path = key
    assert " ".join(step.code for step in way(ruling(channel, billing), path).steps) == codes


def test_steps_are_named_once_each_and_in_translatable_words() -> None:
    for walk in {row.steps for row in table("2016-12") if row.open}:
        assert len({step.code for step in walk}) == len(walk)
        assert all(isinstance(step.title, Promise) for step in walk)


def test_a_code_means_one_step_wherever_it_stands() -> None:
    every = {step for walk in steps.WALKS for step in walk}
    assert len(steps.BY_CODE) == len(every)
    assert {row.steps for edition in EDITIONS for row in table(edition)} <= {*steps.WALKS, ()}


def test_a_step_of_a_move_is_closed_by_a_fact_or_by_evidence() -> None:
    for edition in EDITIONS:
        for row in table(edition):
            if row.path in steps.PLANNABLE:
                assert all(step.fact or step.evidence for step in row.steps), row.path


def test_what_was_bought_elsewhere_is_ended_by_the_customer_alone() -> None:
    ending = [
        step
        for row in table("2016-12")
        for step in row.steps
        if step.code in {"end_old", "cancel_old", "ended"}
    ]
    assert ending
    assert {(step.actor, step.privilege, step.optional) for step in ending} == {
        (StepActor.CUSTOMER, StepPrivilege.NONE, False)
    }


def test_the_current_partner_acts_only_in_a_switch_that_comes_in() -> None:
    rows = [row for row in table("2016-12") if any(s.actor == StepActor.CURRENT_PARTNER for s in row.steps)]
    assert {(row.channel, row.path, row.direction) for row in rows} == {
        (Channel.CSP_OTHER, Path.SWITCH_PARTNER, Direction.IN)
    }


def test_an_offer_a_customer_can_hold_once_ends_before_the_new_one_is_bought() -> None:
    replacing = way(ruling("direct", one_per_customer=True), "replace_licences")
    codes = [step.code for step in replacing.steps]
    assert codes.index("end_old") < codes.index("buy")
    assert "gap" in str(replacing.reason)


def test_an_offer_a_customer_can_hold_once_is_free_again_when_the_old_one_ended() -> None:
    given = ruling("direct", one_per_customer=True, status="expired")
    assert "end_old" not in [step.code for step in given.main.steps]


def test_an_add_on_takes_its_bases_ruling_and_is_planned_with_it() -> None:
    base, add_on = ruling("csp_other"), ruling("csp_other", is_add_on=True)
    assert (add_on.open, add_on.closed) == (base.open, base.closed)
    assert add_on.plan_with_base
    assert not base.plan_with_base


# Decision deadlines ---------------------------------------------------------------------------------------

END = date(2026, 6, 30)
THE_DAY_BEFORE = date(2026, 6, 29)


@pytest.mark.parametrize("channel", [*NOT_OURS, "csp_own"])
@pytest.mark.parametrize(
    ("auto_renew", "day"), [("yes", THE_DAY_BEFORE), ("unknown", THE_DAY_BEFORE), ("no", END)]
)
def test_licences_are_decided_before_the_renewal_or_by_the_end(channel, auto_renew, day) -> None:
    deadline = ruling(channel, term_end=END, auto_renew=auto_renew).deadline
    assert deadline.on == day
    assert str(deadline.then) == (
        "The service stops." if auto_renew == "no" else "It renews for another term."
    )


def test_the_deadline_says_when_it_rests_on_an_unknown() -> None:
    known, unknown = (ruling("open", term_end=END, auto_renew=one).deadline for one in ("yes", "unknown"))
    assert known.on == unknown.on
    assert str(known.why) != str(unknown.why)


@pytest.mark.parametrize(
    ("today", "auto_renew", "day"),
    [
        (THE_DAY_BEFORE - timedelta(days=1), "yes", THE_DAY_BEFORE),
        (THE_DAY_BEFORE, "yes", THE_DAY_BEFORE),
        (END, "yes", None),
        (END, "no", END),
        (END + timedelta(days=1), "no", None),
    ],
)
def test_the_last_day_itself_still_counts_and_the_next_does_not(today, auto_renew, day) -> None:
    deadline = ruling("direct", today=today, term_end=END, auto_renew=auto_renew).deadline
    assert (deadline and deadline.on) == day


def test_the_day_before_crosses_months_and_leap_days() -> None:
    assert ruling("ea", term_end=date(2028, 3, 1), auto_renew="yes").deadline.on == date(2028, 2, 29)
    assert ruling("ea", term_end=date(2027, 1, 1), auto_renew="yes").deadline.on == date(2026, 12, 31)


@pytest.mark.parametrize("billing", ["usage", "one_time"])
@pytest.mark.parametrize("channel", Channel.values)
def test_usage_and_one_time_purchases_have_no_deadline_and_miss_no_term_end(channel, billing) -> None:
    given = ruling(channel, billing, term_end=END)
    assert given.deadline is None
    assert MissingFact.TERM_END not in ruling(channel, billing).missing_facts


@pytest.mark.parametrize("auto_renew", AutoRenew.values)
def test_our_monthly_terms_roll_on_without_a_deadline(auto_renew) -> None:
    given = ruling("csp_own", term="P1M", term_end=END, auto_renew=auto_renew)
    assert given.deadline is None
    assert ruling("csp_own", term="P1M").missing_facts == ()


@pytest.mark.parametrize("term", ["P1Y", "P3Y", ""])
def test_our_other_terms_have_one(term) -> None:
    assert ruling("csp_own", term=term, term_end=END, auto_renew="no").deadline.on == END


def test_a_monthly_term_bought_elsewhere_has_one() -> None:
    assert ruling("direct", term="P1M", term_end=END, auto_renew="yes").deadline.on == THE_DAY_BEFORE


@pytest.mark.parametrize("channel", Channel.values)
def test_an_unknown_term_end_gives_no_deadline_and_a_missing_fact(channel) -> None:
    given = ruling(channel, term_end=None, auto_renew="yes")
    assert given.deadline is None
    assert given.missing_facts == (MissingFact.TERM_END,)
    assert ruling(channel, term_end=END).missing_facts == ()


@pytest.mark.parametrize("status", ["expired", "cancelled", "transferred"])
@pytest.mark.parametrize("channel", Channel.values)
def test_what_is_over_needs_no_decision_and_no_term_end(channel, status) -> None:
    assert ruling(channel, status=status, term_end=END).deadline is None
    given = ruling(channel, status=status)
    assert given.missing_facts == ()


@pytest.mark.parametrize("status", ["pending", "active", "suspended"])
def test_what_runs_or_is_suspended_needs_one(status) -> None:
    assert ruling("open", status=status, term_end=END).deadline is not None


# Warnings -------------------------------------------------------------------------------------------------

BUYING = [("direct", "license"), ("csp_other", "license"), ("direct", "usage")]
NOT_BUYING = [
    ("csp_own", "license"),
    ("csp_own", "usage"),
    ("syndication", "license"),
    ("csp_other", "usage"),
]


@pytest.mark.parametrize("pair", BUYING)
def test_unknown_availability_is_open_with_a_warning(pair) -> None:
    given = ruling(*pair, availability="unknown")
    assert opened(given) == GENERAL[pair][0]
    assert given.warnings == (Caution.AVAILABILITY_UNKNOWN,)
    assert ruling(*pair).warnings == ()


@pytest.mark.parametrize("pair", NOT_BUYING)
@pytest.mark.parametrize("availability", ["unknown", "not_available"])
def test_availability_does_not_matter_where_nothing_is_bought(pair, availability) -> None:
    assert ruling(*pair, availability=availability).warnings == ()


def test_licences_not_sold_in_csp_are_replaced_by_an_equivalent_offer() -> None:
    given = ruling("direct", availability="not_available")
    assert opened(given) == LICENCES_ELSEWHERE[0]
    assert given.warnings == (Caution.NOT_AVAILABLE,)


def test_an_azure_offer_of_another_channel_is_not_expected_to_be_sold_in_csp() -> None:
    assert ruling("direct", "usage", availability="not_available").warnings == ()


@pytest.mark.parametrize(("days", "warned"), [(0, False), (1, False), (-1, True)])
def test_a_term_end_that_has_passed_is_pointed_out(days, warned) -> None:
    given = ruling("direct", term_end=TODAY + timedelta(days=days))
    assert (Caution.TERM_END_PASSED in given.warnings) == warned


def test_a_term_end_that_has_passed_is_no_matter_once_it_is_over() -> None:
    assert ruling("direct", status="expired", term_end=TODAY - timedelta(days=9)).warnings == ()


# Every combination of facts -------------------------------------------------------------------------------

ANY_FACTS = st.builds(
    Facts,
    channel=st.sampled_from(Channel.values),
    billing=st.sampled_from(Billing.values),
    today=st.just(TODAY),
    edition=st.sampled_from(list(EDITIONS)),
    family=st.sampled_from(Family.values),
    azure_offer=st.sampled_from([None, *AzureOffer.values]),
    status=st.sampled_from(Status.values),
    is_trial=st.booleans(),
    is_add_on=st.booleans(),
    auto_renew=st.sampled_from(AutoRenew.values),
    term=st.sampled_from([*Term.values, ""]),
    term_end=st.none() | st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=3)),
    started_on=st.none() | st.dates(TODAY - timedelta(days=9), TODAY - timedelta(days=4)),
    has_relationship=st.booleans(),
    has_grant=st.booleans(),
    has_agreement=st.booleans(),
    other_csp_partner_stated=st.booleans(),
    availability=st.sampled_from(Availability.values),
    one_per_customer=st.booleans(),
    customer_country=st.sampled_from(["IT", "FR", "US", ""]),
    customer_region=st.sampled_from(["europe", "north_america", ""]),
    provider_kind=st.sampled_from(["indirect_provider", "direct_bill"]),
    azure_expert_msp=st.booleans(),
    is_legacy_commerce=st.booleans(),
)


def speaker(rows: list[Row], facts: Facts) -> Row | None:
    """Return the row that speaks among those of one path, found the slow way."""
    for condition in Condition:
        if HOLDS[condition](facts):
            for row in rows:
                if row.when == condition:
                    return row
    return next((row for row in rows if row.when is None), None)


@given(ANY_FACTS)
def test_every_ruling_is_what_the_rows_say(facts) -> None:
    of_path: dict[Path, list[Row]] = {}
    for row in table(facts.edition):
        if (row.channel, row.billing) == (facts.channel, facts.billing):
            of_path.setdefault(row.path, []).append(row)
    speakers = [row for rows in of_path.values() if (row := speaker(rows, facts))]
    given = rule(facts)
    assert {(one.path, one.reason, one.direction) for one in given.open} == {
        (row.path, row.reason, row.direction) for row in speakers if row.open
    }
    assert {(one.path, one.reason) for one in given.closed} == {
        (row.path, row.reason) for row in speakers if not row.open
    }
    for one in given.open:
        assert set(one.missing) == {need for need in one.needs if not MET[need](facts)}


@given(ANY_FACTS)
def test_no_ruling_is_empty_and_none_contradicts_itself(facts) -> None:
    given = rule(facts)
    assert given.reason
    assert not opened(given) & closed(given)
    over = facts.status in {"expired", "cancelled", "transferred"}
    ours_and_direct_bill = facts.channel == "csp_own" and facts.provider_kind == "direct_bill"
    assert given.open or over or ours_and_direct_bill
    if given.deadline:
        assert given.deadline.on >= facts.today
        assert not given.missing_facts or given.missing_facts == (MissingFact.CUSTOMER_COUNTRY,)


def test_plain_codes_from_the_database_rule_like_the_words() -> None:
    plain = ruling("csp_other", "license", status="expired", auto_renew="no", term="P1Y")
    words = ruling(
        Channel.CSP_OTHER, Billing.LICENSE, status=Status.EXPIRED, auto_renew=AutoRenew.NO, term=Term.P1Y
    )
    assert (plain.open, plain.closed) == (words.open, words.closed)


def test_paths_are_worked_out_once_for_the_same_facts() -> None:
    assert ruling("direct").open is ruling("direct", today=TODAY + timedelta(days=1)).open


def test_settling_takes_the_first_condition_that_holds() -> None:
    both = frozenset({Condition.ENDED, Condition.OTHER_REGION})
    by_path = {row.path: row for row in settle("2016-12", "csp_other", "license", both)}
    assert by_path[Path.REPLACE_LICENCES].when == Condition.OTHER_REGION
    assert by_path[Path.TRANSFER].when is None


# The command ----------------------------------------------------------------------------------------------


def printed(*arguments: str) -> str:
    """Return what the command prints."""
    out = StringIO()
    call_command("rulebook", *arguments, stdout=out)
    return out.getvalue()


def test_command_prints_every_row_as_json() -> None:
    rows = json.loads(printed("--edition", "2016-12", "--format", "json"))
    assert len(rows) == len(table("2016-12"))
    assert rows[0] == {
        "edition": "2016-12",
        "channel": "direct",
        "billing": "license",
        "path": "support_in_place",
        "when": "",
        "open": True,
        "reason": "It stays where it was bought; with the customer's permission it is looked after in place.",
        "source": (
            "The programme's page of 14 December 2016: “devi richiedere al cliente le autorizzazioni per "
            "poter gestire le sottoscrizioni corrispondenti”"
        ),
        "needs": ["relationship", "grant"],
        "direction": "in",
        "plannable": True,
        "steps": rows[0]["steps"],
    }
    assert rows[0]["steps"][3] == {
        "code": "support_contact",
        "title": "Set the support contact",
        "actor": "provider",
        "privilege": "support",
        "optional": True,
        "hint": "Not needed when support was not granted.",
        "evidence": ["note"],
        "fact": "support_contact",
        "gates": [],
    }
    general = {}
    for row in rows:
        if row["when"] == "":
            general.setdefault((row["channel"], row["billing"]), (set(), set()))[not row["open"]].add(
                row["path"]
            )
    assert general == GENERAL


@pytest.mark.parametrize("edition", EDITIONS)
def test_command_prints_each_edition_with_the_steps_of_what_is_open(edition) -> None:
    rows = json.loads(printed("--edition", edition, "--format", "json"))
    assert {row["edition"] for row in rows} == {edition}
    assert [(row["open"], [step["code"] for step in row["steps"]]) for row in rows] == [
        (row.open, [step.code for step in row.steps]) for row in table(edition)
    ]
    assert all(row["source"] and row["reason"] for row in rows)


def test_command_tells_what_changed_for_programs() -> None:
    told = json.loads(printed("--diff", "--format", "json"))
    assert len(told) == len(differences())
    (one,) = (
        one
        for one in told
        if (one["channel"], one["billing"], one["path"], one["when"])
        == ("csp_other", "license", "transfer", "")
    )
    assert one["before"]["edition"] == "2016-12"
    assert (one["before"]["open"], one["after"]["open"]) == (False, True)
    assert one["after"]["reason"].startswith("It can be transferred during its term")
    gone = [one for one in told if one["after"] is None]
    assert {one["before"]["edition"] for one in gone} == {"2016-12"}


def test_command_tells_what_changed_for_people() -> None:
    text = printed("--diff")
    assert text.startswith("Rulebook, from edition 2016-12 to 2026\n")
    assert "csp_other / license\n  transfer\n    2016-12  closed" in text
    assert "    2026     open    needs relationship, agreement" in text
    assert "not named" in text
    assert "seed.no_switch" in text
    assert "today.transfer_licences" in text
    assert max(len(line) for line in text.splitlines()) <= 100
    assert printed("--diff", "--edition", "2026") == text


def test_command_has_nothing_to_tell_of_the_first_edition_alone() -> None:
    with pytest.raises(CommandError, match="Name another edition than 2016-12"):
        call_command("rulebook", "--diff", "--edition", "2016-12")


def test_command_speaks_the_source_language_whatever_the_machine_speaks() -> None:
    with translation.override("it"):
        assert "It stays where it was bought" in printed("--format", "json")


def test_command_prints_a_table_people_can_read() -> None:
    text = printed()
    assert "direct, advisor, open, ea / license" in text
    assert "open    support_in_place  needs relationship, grant" in text
    assert "closed  switch_partner, transfer" in text
    assert "switch_partner (outgoing)" in text
    assert "  when other_region" in text
    for row in table("2016-12"):
        assert row.source.code in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_command_names_the_editions_there_are() -> None:
    with pytest.raises(CommandError, match="Editions: 2016-12, 2026"):
        call_command("rulebook", "--edition", "1999")


def test_command_refuses_other_formats() -> None:
    with pytest.raises(CommandError):
        call_command("rulebook", "--format", "xml")
