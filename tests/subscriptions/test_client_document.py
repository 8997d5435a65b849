"""The client's document, clause by clause: what each promises, and what of it today's rules change."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from customers import custody, invitations, privileges
from customers.models import Assignment, Customer, Grant, Invitation, InvitationLink, Relationship
from customers.permissions import (
    may_assign,
    may_forward,
    may_invite,
    may_invite_through_resellers,
    may_manage_assignment,
    may_use,
)
from customers.standing import standings
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner, Partnership
from subscriptions import rulings
from subscriptions.models import Subscription
from subscriptions.rulebook import ClosedPath, Facts, OpenPath, Ruling, rule
from subscriptions.sources import Seed
from subscriptions.vocabulary import AutoRenew, Channel, Direction, Evidence, Need, Path, StepActor
from tests.factories import SubscriptionFactory

TODAY = date(2026, 3, 10)
EDITIONS = ("2016-12", "2026")
OUTSIDE_CSP = ("direct", "advisor", "advisor_own", "open", "ea", "third_party")
Invite = Callable[..., Invitation]


def ruling(channel: str, billing: str = "license", edition: str = "2016-12", **facts: Any) -> Ruling:
    """Return the ruling on a subscription of an Italian customer of an Italian provider."""
    return rule(Facts(channel=channel, billing=billing, edition=edition, **{"today": TODAY, **facts}))


def way(given: Ruling, path: str) -> OpenPath:
    """Return an open path; fails when it is not open."""
    return next(one for one in given.open if one.path == path)


def wall(given: Ruling, path: str) -> ClosedPath:
    """Return a closed path; fails when it is not closed."""
    return next(one for one in given.closed if one.path == path)


def codes(given: Ruling, path: str) -> list[str]:
    """Return the steps of an open path by their codes."""
    return [step.code for step in way(given, path).steps]


class TestTheWholeLifeCycleIsManagedOfWhatAPartnerSoldInCsp:
    """«consente a un partner di gestire l'intero ciclo di vita della sottoscrizione di un cliente»"""

    @pytest.mark.parametrize("edition", EDITIONS)
    @pytest.mark.parametrize("billing", ["license", "usage", "one_time"])
    def test_what_we_sold_needs_no_permission_and_no_move_to_be_managed(self, billing, edition) -> None:
        main = ruling("csp_own", billing, edition).main
        assert (main.path, main.needs) == (Path.CHANGE_RESELLER, ())

    @pytest.mark.parametrize("edition", EDITIONS)
    def test_its_renewal_has_a_last_day_to_decide(self, edition) -> None:
        given = ruling(
            "csp_own", edition=edition, term="P1Y", auto_renew=AutoRenew.YES, term_end=date(2026, 6, 30)
        )
        assert given.deadline.on == date(2026, 6, 29)


class TestCustomersAlreadyHoldSubscriptionsBoughtThroughAnotherChannel:
    """«i clienti hanno già sottoscrizioni che richiedono provisioning o supporto … da un diverso canale»"""

    @pytest.mark.parametrize(
        ("channel", "billing", "edition"),
        [*itertools.product(Channel.values, ["license", "usage"], EDITIONS)],
    )
    def test_every_channel_has_an_open_path_and_each_closed_one_a_reason(
        self, channel, billing, edition
    ) -> None:
        given = ruling(channel, billing, edition)
        assert given.open
        assert all(str(one.reason) and str(one.source) for one in (*given.open, *given.closed))


class TestMultichannelAppliesToWhatWasBoughtDirectlyOrThroughAdvisorOpenOrEA:
    """«direttamente da Microsoft o tramite i programmi Advisor, Open o EA»"""

    @pytest.mark.parametrize("channel", ["direct", "advisor", "open", "ea"])
    def test_licences_are_looked_after_where_they_are_or_replaced(self, channel) -> None:
        given = ruling(channel)
        assert [one.path for one in given.open] == [Path.SUPPORT_IN_PLACE, Path.REPLACE_LICENCES]

    @pytest.mark.parametrize("channel", ["direct", "advisor", "open"])
    def test_that_still_holds_today(self, channel) -> None:
        assert ruling(channel, edition="2026").open == ruling(channel).open

    def test_today_an_enterprise_agreement_is_replaced_or_renewed_into_csp_but_not_looked_after(self) -> None:
        given = ruling("ea", edition="2026")
        assert [one.path for one in given.open] == [Path.REPLACE_LICENCES, Path.CHANNEL_TRANSFER]
        assert "do not cover" in str(wall(given, "support_in_place").reason)

    @pytest.mark.parametrize("edition", EDITIONS)
    @pytest.mark.parametrize("channel", ["direct", "advisor", "open", "ea"])
    def test_looking_after_leaves_the_subscription_where_it_was_bought(self, channel, edition) -> None:
        """Only the customer ends what was bought elsewhere, where it bought it."""
        ends = [
            step
            for one in ruling(channel, edition=edition).open
            for step in one.steps
            if step.code in {"end_old", "ended"}
        ]
        assert ends
        assert {step.actor for step in ends} == {StepActor.CUSTOMER}
        if edition == "2016-12":
            assert not {"buy", "end_old"} & set(codes(ruling(channel), "support_in_place"))


class TestItAppliesToWhatYouSoldYourselfAsAnAdvisor:
    """«da te quando partecipavi al programma Advisor, mentre adesso partecipi al programma CSP»"""

    @pytest.mark.parametrize("edition", EDITIONS)
    def test_it_is_looked_after_once_a_fresh_invitation_is_accepted(self, edition) -> None:
        main = ruling("advisor_own", edition=edition).main
        assert (main.path, main.source) == (Path.SUPPORT_IN_PLACE, Seed.APPLIES_FORMER_ADVISOR)
        assert main.missing == (Need.RELATIONSHIP, Need.GRANT)
        assert "fresh invitation" in str(main.reason)


class TestItAppliesToThirdPartiesThatAreNeitherInCspNorSyndicationPartners:
    """«da terze parti che non partecipano al programma CSP o che non sono Microsoft Syndication Partner»"""

    @pytest.mark.parametrize("edition", EDITIONS)
    def test_a_third_partys_licences_are_looked_after(self, edition) -> None:
        main = ruling("third_party", edition=edition).main
        assert (main.path, main.source) == (Path.SUPPORT_IN_PLACE, Seed.APPLIES_THIRD_PARTY)

    def test_today_only_that_third_party_can_start_a_transfer(self) -> None:
        assert "ask the seller" in str(wall(ruling("third_party", edition="2026"), "transfer").reason)

    @pytest.mark.parametrize("edition", EDITIONS)
    @pytest.mark.parametrize("billing", ["license", "usage", "one_time"])
    def test_what_a_syndication_partner_sold_is_left_to_a_person(self, billing, edition) -> None:
        assert [one.path for one in ruling("syndication", billing, edition).open] == [Path.MANUAL_REVIEW]


class TestCspLicencesCannotBeMovedToAnotherCspPartner:
    """«I clienti non possono passare le sottoscrizioni CSP in base alle licenze a un altro partner»"""

    @pytest.mark.parametrize("path", ["switch_partner", "transfer"])
    def test_no_way_of_moving_them_is_open(self, path) -> None:
        closed = wall(ruling("csp_other"), path)
        assert closed.source is Seed.NO_SWITCH
        assert str(closed.reason) == "A licence subscription can't be moved to another CSP partner."

    def test_today_they_are_transferred_with_quantity_term_and_end_unchanged(self) -> None:
        given = ruling("csp_other", edition="2026")
        assert given.main.path == Path.TRANSFER
        assert "quantity, term and end stay as they are" in str(given.main.reason)
        assert wall(given, "switch_partner")

    def test_today_those_sold_before_new_commerce_still_cannot(self) -> None:
        assert wall(ruling("csp_other", edition="2026", is_legacy_commerce=True), "transfer")


class TestTheyWaitForTheEndOfTheTermOrAreCancelled:
    """«devono attendere la fine del loro periodo di sottoscrizione o annullare la sottoscrizione»"""

    @pytest.mark.parametrize("edition", EDITIONS)
    def test_the_customer_chooses_and_ends_it_before_anything_is_bought(self, edition) -> None:
        walk = way(ruling("csp_other", edition=edition), "wait_or_cancel").steps
        assert [step.code for step in walk] == ["choose", "ended", "relationship", "buy"]
        assert [step.actor for step in walk[:2]] == [StepActor.CUSTOMER, StepActor.CUSTOMER]
        assert walk[0].evidence == (Evidence.CHOICE,)

    def test_waiting_is_what_is_recommended(self) -> None:
        assert ruling("csp_other").main.path == Path.WAIT_OR_CANCEL

    def test_today_it_is_the_fallback(self) -> None:
        paths = [one.path for one in ruling("csp_other", edition="2026").open]
        assert paths.index(Path.WAIT_OR_CANCEL) == 1

    @pytest.mark.parametrize("edition", EDITIONS)
    @pytest.mark.parametrize("status", ["expired", "cancelled"])
    def test_once_it_is_over_the_same_is_bought_here(self, status, edition) -> None:
        given = ruling("csp_other", edition=edition, status=status)
        assert [one.path for one in given.open] == [Path.REPLACE_LICENCES]
        assert "The wait is over" in str(given.reason)

    @pytest.mark.parametrize("edition", EDITIONS)
    def test_the_last_day_to_decide_is_the_day_before_it_renews(self, edition) -> None:
        given = ruling("csp_other", edition=edition, auto_renew="yes", term_end=date(2026, 6, 30))
        assert given.deadline.on == date(2026, 6, 29)


class TestLicencesAreSupportedWithThePermissionAskedOfTheCustomer:
    """«devi richiedere al cliente le autorizzazioni per poter gestire le sottoscrizioni corrispondenti»"""

    @pytest.fixture
    def licences(self, contoso: Customer) -> Subscription:
        """Contoso's Open licences."""
        return SubscriptionFactory(customer=contoso, channel=Channel.OPEN)

    def missing(self, row: Subscription, at: datetime) -> tuple[Need, ...]:
        """Return what is missing for looking after it, as its pages tell."""
        fresh = rulings.with_facts(Subscription.objects.all()).get(pk=row.pk)
        given = rulings.rule_on(fresh, standings({fresh.customer_id}, at)[fresh.customer_id], at)
        return way(given, "support_in_place").missing

    def test_before_the_customer_is_asked_permission_is_missing(
        self, licences: Subscription, now: datetime
    ) -> None:
        assert self.missing(licences, now) == (Need.RELATIONSHIP, Need.GRANT)

    def test_an_invitation_alone_gives_nothing(
        self, licences: Subscription, link: InvitationLink, now: datetime
    ) -> None:
        assert self.missing(licences, now) == (Need.RELATIONSHIP, Need.GRANT)

    def test_with_the_customers_answer_nothing_is_missing(
        self, licences: Subscription, accepted: Relationship, now: datetime
    ) -> None:
        assert self.missing(licences, now) == ()


class TestAzureFromAnotherChannelHasNoSupportedMigrationIntoCsp:
    """«non esiste un percorso di migrazione a CSP supportato»"""

    @pytest.mark.parametrize("edition", EDITIONS)
    @pytest.mark.parametrize("path", ["switch_partner", "transfer"])
    @pytest.mark.parametrize("channel", OUTSIDE_CSP)
    def test_it_is_neither_switched_nor_transferred(self, channel, path, edition) -> None:
        assert wall(ruling(channel, "usage", edition), path)

    @pytest.mark.parametrize("channel", OUTSIDE_CSP)
    def test_privileges_do_not_open_it(self, channel) -> None:
        assert wall(ruling(channel, "usage"), "support_in_place")

    @pytest.mark.parametrize("channel", OUTSIDE_CSP)
    def test_today_the_customer_opens_it_by_a_role_on_each_subscription(self, channel) -> None:
        assert "role_assignment" in codes(ruling(channel, "usage", "2026"), "support_in_place")

    def test_today_an_azure_expert_msp_can_take_over_an_enterprise_agreements(self) -> None:
        expert = {"provider_kind": "direct_bill", "azure_expert_msp": True}
        assert way(ruling("ea", "usage", "2026", **expert), "ownership_request")
        assert wall(ruling("ea", "usage", "2026"), "ownership_request")


class TestANewAzureSubscriptionIsMadeInCspAndEverythingMovedByHandBeforeTheOldOneEnds:
    """«creare una nuova sottoscrizione Azure apposita in CSP, trasferire manualmente … e quindi annullare»"""

    @pytest.mark.parametrize("edition", EDITIONS)
    @pytest.mark.parametrize("channel", OUTSIDE_CSP)
    def test_the_steps_come_in_that_order(self, channel, edition) -> None:
        given = ruling(channel, "usage", edition)
        assert given.main.path == Path.MIGRATE_AZURE
        proofs = [evidence for step in given.main.steps for evidence in step.evidence]
        order = [Evidence.INVENTORY, Evidence.SUBSCRIPTION, Evidence.MOVED, Evidence.CANCELLED]
        assert [one for one in proofs if one in order] == order

    @pytest.mark.parametrize("edition", EDITIONS)
    def test_somebody_verifies_before_the_customer_cancels(self, edition) -> None:
        walk = ruling("open", "usage", edition).main.steps
        verify, cancel = (next(step for step in walk if step.code == one) for one in ("verify", "cancel_old"))
        assert walk.index(verify) + 1 == walk.index(cancel)
        assert cancel.actor == StepActor.CUSTOMER

    @pytest.mark.parametrize("edition", EDITIONS)
    def test_single_services_or_the_whole_subscription_are_cancelled(self, edition) -> None:
        walk = ruling("open", "usage", edition).main.steps
        cancel = next(step for step in walk if step.code == "cancel_old")
        assert cancel.evidence == (Evidence.CANCELLED,)
        assert str(cancel.title).endswith("or the whole old subscription")


class TestCspMayNotOfferEveryServiceYet:
    """«il programma CSP potrebbe non offrire ancora tutti i servizi necessari»"""

    @pytest.mark.parametrize("edition", EDITIONS)
    def test_every_service_is_checked_before_anything_is_made(self, edition) -> None:
        walk = codes(ruling("direct", "usage", edition), "migrate_azure")
        assert walk.index("inventory") < walk.index("new_subscription")

    @pytest.mark.parametrize("edition", EDITIONS)
    def test_a_product_nobody_has_checked_is_pointed_out(self, edition) -> None:
        assert ruling("direct", "usage", edition, availability="unknown").warnings


class TestAzureFromAnotherCspPartnerCanBeSwitched:
    """«è possibile passare i servizi di Azure a un altro partner CSP»"""

    def test_it_comes_in_with_three_signatures_of_which_the_current_partners_is_first(self) -> None:
        walk = ruling("csp_other", "usage").main.steps
        signs = [step.actor for step in walk if step.code.startswith("sign_")]
        assert signs == [StepActor.CURRENT_PARTNER, StepActor.CUSTOMER, StepActor.PROVIDER]
        assert walk[0].actor == StepActor.CUSTOMER

    def test_it_needs_a_relationship_an_agreement_and_one_country(self) -> None:
        assert way(ruling("csp_other", "usage"), "switch_partner").needs == (
            Need.RELATIONSHIP,
            Need.AGREEMENT,
            Need.SAME_COUNTRY,
        )

    def test_ours_leaves_the_same_way(self) -> None:
        assert way(ruling("csp_own", "usage"), "switch_partner").direction == Direction.OUT

    @pytest.mark.parametrize(("offer", "path"), [("plan", "transfer"), ("legacy", "switch_partner")])
    def test_today_an_azure_plan_is_transferred_and_only_a_legacy_offer_switched(self, offer, path) -> None:
        assert ruling("csp_other", "usage", "2026", azure_offer=offer).main.path == path
        leaving = way(ruling("csp_own", "usage", "2026", azure_offer=offer), path)
        assert leaving.direction == Direction.OUT


class TestTheIndirectProviderMakesTheInvitationOnItsPartnerCenterLink:
    """«Il partner indiretto crea l'invito CSP in base al link presente nel Centro per i partner»"""

    def test_the_provider_may_make_one(self, anna: Actor, seller: Actor) -> None:
        assert may_invite(anna)
        assert may_invite(seller)

    def test_it_keeps_the_providers_link(self, invitation: Invitation, northwind: Partner) -> None:
        assert invitation.partner_center_link == northwind.partner_center_link
        assert invitation.partner_center_link.startswith("https://")

    def test_none_is_opened_without_that_link(self, invite: Invite, terms: Terms, northwind: Partner) -> None:
        northwind.partner_center_link = ""
        northwind.save()
        with pytest.raises(Refused):
            invite(terms)


class TestItSendsTheInvitationToTheCustomerOrToResellersWhoSendItOn:
    """«può inviarlo direttamente al cliente finale o ai tuoi rivenditori, che lo inviano a loro volta»"""

    def test_directly_to_the_customer(self, link: InvitationLink, to_carla: Recipient) -> None:
        assert link.email == to_carla.email

    def test_through_a_reseller_that_sends_it_on(
        self, handed: Invitation, to_carla: Recipient, luca: Actor, now: datetime
    ) -> None:
        assert may_forward(luca, handed)
        assert custody.forward(handed, to=to_carla, by=luca, at=now).email == to_carla.email

    def test_to_several_resellers_an_invitation_each(
        self,
        northwind: Partner,
        handed_terms: Terms,
        partnership: Partnership,
        adventure_partnership: Partnership,
        anna: Actor,
        now: datetime,
    ) -> None:
        each = [
            replace(handed_terms, partnership=tie, reseller=tie.reseller)
            for tie in (partnership, adventure_partnership)
        ]
        made = invitations.save(northwind, each, to=None, by=anna, at=now)
        assert [one.reseller.name for one in made] == ["Fabrikam", "Adventure Works"]

    def test_what_was_handed_to_one_reseller_is_no_others_to_send(
        self,
        handed: Invitation,
        to_carla: Recipient,
        ada: Actor,
        adventure_partnership: Partnership,
        now: datetime,
    ) -> None:
        assert not may_forward(ada, handed)
        with pytest.raises(Refused):
            custody.forward(handed, to=to_carla, by=ada, at=now)


class TestResellersCannotMakeTheirOwnInvitationsAndUseTheProviders:
    """«non possono creare i propri inviti CSP. Devono invece usare l'invito fornito dal partner indiretto»"""

    @pytest.mark.parametrize("edition", EDITIONS)
    def test_a_reseller_may_not_make_one_under_any_edition(
        self, luca: Actor, fabrikam_seller: Actor, partnership: Partnership, northwind: Partner, edition
    ) -> None:
        """Today's programme would allow a joint invitation: the stricter rule is kept."""
        northwind.edition = edition
        northwind.save()
        for somebody in (luca, fabrikam_seller):
            assert not may_invite(somebody)
            assert not may_invite_through_resellers(somebody)

    def test_the_story_refuses_it_too(
        self,
        northwind: Partner,
        fabrikam: Partner,
        handed_terms: Terms,
        terms: Terms,
        luca: Actor,
        now: datetime,
    ) -> None:
        for provider, wanted in itertools.product((northwind, fabrikam), (terms, handed_terms)):
            with pytest.raises(Refused):
                invitations.make(provider, wanted, by=luca, at=now)
        assert not Invitation.objects.exists()

    def test_what_it_sends_on_asks_what_the_provider_wrote(
        self, handed: Invitation, forwarded: InvitationLink
    ) -> None:
        assert forwarded.invitation == handed
        assert forwarded.invitation.partner_center_link == handed.provider.partner_center_link


class TestTheProviderOwnsTheRelationship:
    """«Il partner indiretto sarà proprietario della relazione»"""

    def test_also_where_a_reseller_sent_the_invitation_on(
        self, forwarded: InvitationLink, answer_link: Any, northwind: Partner
    ) -> None:
        answer_link(forwarded)
        assert Relationship.objects.get().provider == northwind

    def test_its_owner_keeps_every_privilege_it_assigns(self, assigned: Assignment, anna: Actor) -> None:
        assert may_manage_assignment(anna, assigned)
        assert assigned.grant.provider == anna.partner


class TestItMayAssignProvisioningAndOrSupportToASpecificReseller:
    """«assegnare a uno specifico rivenditore i privilegi … per gestire il provisioning e/o il supporto»"""

    def test_the_provider_assigns_and_a_reseller_cannot(
        self, anna: Actor, luca: Actor, contoso: Customer, accepted: Relationship
    ) -> None:
        assert may_assign(anna, contoso)
        assert not may_assign(luca, contoso)

    @pytest.mark.parametrize("wanted", [("provisioning",), ("support",), ("provisioning", "support")])
    def test_one_of_the_two_or_both(
        self,
        accepted: Relationship,
        contoso: Customer,
        partnership: Partnership,
        anna: Actor,
        luca: Actor,
        now: datetime,
        wanted,
    ) -> None:
        for privilege in wanted:
            offer = privileges.assign(accepted.grants.get(privilege=privilege), partnership, by=anna, at=now)
            privileges.accept(offer, by=luca, at=now)
        for privilege in ("provisioning", "support"):
            assert may_use(luca, contoso, privilege, None, now) == (privilege in wanted)

    def test_to_that_reseller_and_no_other(
        self,
        assigned: Assignment,
        contoso: Customer,
        ada: Actor,
        adventure_partnership: Partnership,
        now: datetime,
    ) -> None:
        assert not may_use(ada, contoso, "provisioning", None, now)

    def test_each_to_a_reseller_of_its_own(
        self,
        assigned: Assignment,
        support: Grant,
        contoso: Customer,
        adventure_partnership: Partnership,
        anna: Actor,
        ada: Actor,
        luca: Actor,
        now: datetime,
    ) -> None:
        privileges.accept(privileges.assign(support, adventure_partnership, by=anna, at=now), by=ada, at=now)
        assert may_use(luca, contoso, "provisioning", None, now)
        assert may_use(ada, contoso, "support", None, now)
        assert not may_use(luca, contoso, "support", None, now)

    def test_what_the_customer_did_not_grant_cannot_be_assigned(
        self, link: InvitationLink, answer_link: Any
    ) -> None:
        answer_link(link, grants_support=False)
        assert set(Grant.objects.values_list("privilege", flat=True)) == {"provisioning"}

    def test_today_a_reseller_the_customer_was_not_told_of_waits_for_its_yes(
        self,
        northwind: Partner,
        provisioning: Grant,
        partnership: Partnership,
        anna: Actor,
        luca: Actor,
        contoso: Customer,
        now: datetime,
    ) -> None:
        northwind.edition = "2026"
        northwind.save()
        offer = privileges.assign(provisioning, partnership, by=anna, at=now)
        with pytest.raises(Refused):
            privileges.accept(offer, by=luca, at=now)
        assert not may_use(luca, contoso, "provisioning", None, now)
