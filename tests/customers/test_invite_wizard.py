"""The invite wizard: four steps that keep everything, and what each way out of the last one makes."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import invitations, links
from customers.models import Contact, Customer, Grant, Invitation, InvitationLink
from customers.terms import MOST_RESELLERS, Recipient, Terms, usual_opening
from customers.wizards import KEPT, PLACE
from partners.actor import Actor
from partners.models import Activity, MailText, Membership, Message, Partner, Partnership, Role
from tests.conftest import member
from tests.customers.wizard import Walk
from tests.factories import CustomerFactory, PartnerFactory, PartnershipFactory

SignIn = Callable[[Actor], Client]
START = reverse("customers:invite")


@pytest.fixture
def walk(anna: Actor, client_for: SignIn) -> Walk:
    """Anna's wizard."""
    return Walk(client_for(anna))


# --- the steps ---------------------------------------------------------------------------------


def test_start_leads_to_a_wizard_of_its_own_with_what_the_address_asks_for(walk: Walk) -> None:
    first = walk.client.get(START, {"company": "Wide World", "email": "it@wide.example"})["Location"]
    second = walk.client.get(START)["Location"]
    assert first.partition("?")[0] != second
    form = walk.client.get(first).context["form"]
    assert (form.initial["company"], form.initial["email"]) == ("Wide World", "it@wide.example")
    assert PLACE not in walk.client.session  # to look keeps nothing


def test_each_step_leads_to_the_next(walk: Walk) -> None:
    assert [walk.post(step)["Location"] for step in ("whom", "asks", "words")] == [
        walk.address(step) for step in ("asks", "words", "check")
    ]


@pytest.mark.parametrize("step", ["asks", "words", "check"])
def test_a_step_out_of_order_leads_to_the_first_that_is_missing(walk: Walk, step: str) -> None:
    assert walk.get(step)["Location"] == walk.address("whom")
    walk.post("whom")
    if step != "asks":
        assert walk.get(step)["Location"] == walk.address("asks")


def test_going_back_keeps_everything(walk: Walk) -> None:
    walk.to_check()
    for step in ("whom", "asks", "words"):
        page: Any = walk.get(step)
        shown = page.context["form"]
        assert not shown.errors
        for name, value in getattr(walk, step).items():
            if name in shown.fields:
                assert shown[name].value() in (value, True), name
    assert walk.get("check").status_code == 200


@pytest.mark.parametrize(("field", "value"), [("privilege_days", "900"), ("expires_on", "")])
def test_back_keeps_even_what_is_wrong_and_says_nothing_yet(walk: Walk, field: str, value: str) -> None:
    walk.post("whom")
    answer = walk.client.post(walk.address("leave", "asks", "whom"), {**walk.asks, field: value})
    assert answer["Location"] == walk.address("whom")
    form = walk.get("asks").context["form"]  # type: ignore[attr-defined]  # a test's answer
    assert form[field].value() == value
    assert not form.errors
    assert walk.get("words")["Location"] == walk.address("asks")


def test_two_wizards_do_not_mix(walk: Walk) -> None:
    other = Walk(walk.client, company="Proseware", email="it@proseware.example")
    walk.to_check()
    other.to_check()
    assert walk.get("check").context["to"].company == "Contoso"  # type: ignore[attr-defined]
    assert other.get("check").context["to"].company == "Proseware"  # type: ignore[attr-defined]


def test_a_session_keeps_ten_wizards_and_forgets_the_one_left_longest(walk: Walk) -> None:
    walk.post("whom")
    for _ in range(KEPT):
        Walk(walk.client).post("whom")
    assert len(walk.client.session[PLACE]) == KEPT
    assert walk.get("asks")["Location"] == walk.address("whom")


def test_a_wizard_is_of_the_company_it_was_begun_for(walk: Walk) -> None:
    walk.to_check()
    session = walk.client.session
    session[PLACE][0]["company"] += 1
    session.save()
    assert walk.get("check")["Location"] == walk.address("whom")


@pytest.mark.parametrize(
    "kept",
    [
        "x",
        [1, None, "x"],
        [{}],
        [{"typed": 7}],
        [{"typed": {"whom": 7, "asks": [1]}}],
        [{"typed": {"whom": {"route": "direct", "email": [1, None], "partnerships": [["x"]]}}}],
        [{"typed": {"whom": {"customer": ["9" * 8192]}}, "tried": {"whom": 1}, "draft": ["x", {}]}],
        [{"typed": {"whom": {"customer": ["²"], "partnerships": [str(2**70)]}}, "tried": ["whom", 7]}],
    ],
)
def test_nonsense_in_the_session_counts_as_not_typed(walk: Walk, kept: Any, northwind: Partner) -> None:
    session = walk.client.session
    if isinstance(kept, list):
        here = {"key": str(walk.key), "company": northwind.pk}
        kept = [{**here, **one} if isinstance(one, dict) else one for one in kept]
    session[PLACE] = kept
    session.save()
    assert walk.get("whom").status_code == 200
    assert walk.get("check")["Location"] == walk.address("whom")
    assert walk.client.post(walk.address("send")).status_code == 302
    assert not Invitation.objects.exists()


def test_an_unknown_step_is_not_found(walk: Walk) -> None:
    for address in (walk.address("leave", "whom", "nowhere"), walk.address("leave", "x", "whom")):
        assert walk.client.post(address).status_code == 404
    for step in ("nowhere", "check", "words"):  # the last two have nothing to glance at yet
        assert walk.client.post(walk.address("glance", step)).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("company", "Con\x00toso"),
        ("company", "x" * 161),
        ("company", ""),
        ("email", "no address"),
        ("email", ""),
        ("email", "a@b.example\nBcc: c@d.example"),
        ("route", "sideways"),
        ("customer", str(2**70)),
        ("customer", "x"),
        ("places", "0"),
        ("places", "10001"),
        ("places", "²"),
        ("privilege_days", "731"),
        ("privilege_days", "0"),
        ("privilege_days", ""),
        ("expires_on", "2026-03-09"),
        ("expires_on", "2028-03-20"),
        ("expires_on", "9999-12-31"),
        ("expires_on", "tomorrow"),
        ("named", "x"),
        ("named", str(2**70)),
        ("language", "xx"),
        ("opening", "x" * 2001),
        ("opening", "bell \x07"),
    ],
)
def test_bad_input_is_refused_at_its_step_and_what_was_typed_kept(
    walk: Walk, field: str, value: str, partnership: Partnership
) -> None:
    walk.change(**{field: value})
    for step in ("whom", "asks", "words"):
        page: Any = walk.post(step)
        if page.status_code == 200:
            break
    assert field in page.context["form"].errors
    assert page.context["form"][field].value() == value
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("text", ["مرحبا ‮abc", "🦊" * 50, "x" * 2000])
def test_any_script_is_fine(walk: Walk, text: str) -> None:
    walk.change(opening=text, company=text[:100]).through("send")
    assert Invitation.objects.get().opening == text


@pytest.mark.parametrize("actor", ["viewer", "helpdesk", "luca"])
def test_who_may_not_invite_gets_403(actor: str, client_for: SignIn, request: pytest.FixtureRequest) -> None:
    walk = Walk(client_for(request.getfixturevalue(actor)))
    assert walk.client.get(START).status_code == 403
    assert {walk.get(step).status_code for step in ("whom", "asks", "words", "check")} == {403}
    ends = ("send", "copy", "own-mail", "save")
    assert {walk.client.post(walk.address(end)).status_code for end in ends} == {403}


# --- whom --------------------------------------------------------------------------------------


def test_customer_on_record_is_found_taken_and_prefilled(
    walk: Walk, contoso: Customer, carla: Contact
) -> None:
    found = walk.client.post(walk.address("glance", "whom"), {"find": "conto"})
    assert found.context["customers"].rows == [contoso]
    search = walk.client.post(walk.address("leave", "whom", "whom"), {"route": "direct", "find": "conto"})
    assert search["Location"] == walk.address("whom")
    assert walk.get("whom").context["customers"].rows == [contoso]  # type: ignore[attr-defined]
    taken = {"customer": ["", str(contoso.pk)], "route": "direct"}  # the hidden field, then the button
    walk.client.post(walk.address("leave", "whom", "whom"), taken)
    page: Any = walk.get("whom")
    assert page.context["customer"] == contoso
    assert page.context["form"]["email"].value() == carla.email


def test_customer_in_the_address_is_prefilled(walk: Walk, contoso: Customer, carla: Contact) -> None:
    page = walk.client.get(walk.client.get(START, {"customer": contoso.pk})["Location"])
    assert page.context["form"]["email"].value() == carla.email
    asked = {"customer": contoso.pk, "email": "again@contoso.example"}  # whoever held a dead link
    page = walk.client.get(walk.client.get(START, asked)["Location"])
    assert page.context["form"]["email"].value() == "again@contoso.example"


def test_customer_on_record_is_the_one_invited(walk: Walk, contoso: Customer) -> None:
    walk.change(customer=contoso.pk, company="", places="9").through("send")
    link = InvitationLink.objects.get()
    assert (link.customer, link.company, link.invitation.places) == (contoso, "Contoso", 1)


def test_last_step_offers_the_customer_that_looks_alike(
    walk: Walk, contoso: Customer, carla: Contact
) -> None:
    assert walk.to_check().context["alike"] == [contoso]
    assert walk.change(email="new@contoso.example").to_check().context["alike"] == [contoso]
    assert walk.change(customer=contoso.pk).to_check().context["alike"] == []


def test_another_providers_customer_is_not_found(contoso: Customer, tom: Actor, client_for: SignIn) -> None:
    walk = Walk(client_for(tom))
    assert walk.client.get(walk.address("whom"), {"customer": contoso.pk}).status_code == 404
    found = walk.client.post(walk.address("glance", "whom"), {"find": "contoso"})
    assert found.context["customers"].rows == []
    assert walk.change(customer=contoso.pk).post("whom").context["form"].errors["customer"]  # type: ignore[attr-defined]


def test_customer_outside_the_region_is_refused_with_the_reason_at_once(
    walk: Walk, northwind: Partner
) -> None:
    far = CustomerFactory(provider=northwind, name="Far Away", country="US")
    page: Any = walk.change(customer=far.pk).post("whom")
    assert "outside your CSP region" in page.content.decode()


def test_address_that_waits_already_leads_to_its_invitation(walk: Walk, link: InvitationLink) -> None:
    page: Any = walk.post("whom")
    assert page.context["form"].errors["email"]
    assert link.invitation.get_absolute_url() in page.content.decode()


def test_address_of_a_partners_own_person_is_refused(
    walk: Walk, luca: Actor, partnership: Partnership
) -> None:
    page: Any = walk.change(email=luca.email).post("whom")
    assert "it is not a customer" in page.content.decode()
    assert not Activity.objects.exists()


def test_resellers_are_found_by_name_and_ticks_stay(
    walk: Walk, northwind: Partner, partnership: Partnership
) -> None:
    for number in range(12):
        reseller = PartnerFactory(reseller=True, name=f"Reseller {number:02}")
        PartnershipFactory(provider=northwind, reseller=reseller)
    asked = {"route": "via_reseller", "partnerships": partnership.pk, "find_reseller": "LER 11"}
    found = walk.client.post(walk.address("glance", "whom"), asked).context["resellers"]
    assert [tie.reseller.name for tie in found.rows] == ["Reseller 11"]
    assert found.chosen == [partnership]


@pytest.mark.parametrize("count", [0, MOST_RESELLERS + 1])
def test_no_reseller_or_too_many_are_refused(walk: Walk, northwind: Partner, count: int) -> None:
    ties = [PartnershipFactory(provider=northwind).pk for _ in range(count)]
    page: Any = walk.change(route="via_reseller", partnerships=ties).post("whom")
    assert str(MOST_RESELLERS) in page.context["form"].errors["partnerships"][0]


def test_one_customer_goes_through_one_reseller(
    walk: Walk, contoso: Customer, partnership: Partnership, adventure_partnership: Partnership
) -> None:
    walk.change(
        route="via_reseller", customer=contoso.pk, partnerships=[partnership.pk, adventure_partnership.pk]
    )
    page: Any = walk.post("whom")
    assert "through one reseller" in page.content.decode()


def test_another_providers_reseller_cannot_be_chosen(walk: Walk, wingtip_partnership: Partnership) -> None:
    page: Any = walk.change(route="via_reseller", partnerships=wingtip_partnership.pk).post("whom")
    assert page.context["form"].errors["partnerships"]
    page = walk.change(route="direct").post("whom")
    page = walk.change(named=wingtip_partnership.pk).post("asks")
    assert page.context["form"].errors["named"]


def test_direct_bill_partner_has_no_reseller_to_choose(now: datetime, client_for: SignIn) -> None:
    walk = Walk(client_for(member(PartnerFactory(direct_bill=True), "Dora Direct", Role.ACCOUNT_ADMIN)))
    page: Any = walk.get("whom")
    assert not {"route", "partnerships"} & set(page.context["form"].fields)
    walk.change(route="via_reseller").through("send")
    assert Invitation.objects.get().is_direct


# --- what to ask, and the words ----------------------------------------------------------------


def test_days_and_expiry_begin_with_the_companys_own(walk: Walk, northwind: Partner, now: datetime) -> None:
    Partner.objects.filter(pk=northwind.pk).update(privilege_days=180, expiry_days=14)
    walk.post("whom")
    form = walk.get("asks").context["form"]  # type: ignore[attr-defined]
    assert form["privilege_days"].value() == 180
    assert (form["expires_on"].value() - now.date()).days == 14


def test_sales_agent_asks_for_the_relationship_only_and_is_told_why(
    seller: Actor, client_for: SignIn
) -> None:
    walk = Walk(client_for(seller))
    walk.post("whom")
    page: Any = walk.get("asks")
    assert "asks_support" not in page.context["form"].fields
    assert "can ask for privileges" in page.content.decode()
    walk.through("send")  # with the boxes ticked all the same
    assert Invitation.objects.get().asks == ()


def test_customer_is_asked_only_for_what_it_has_not_granted(
    walk: Walk, contoso: Customer, provisioning: Grant, support: Grant
) -> None:
    Grant.objects.filter(pk=support.pk).update(
        status=Grant.Status.WITHDRAWN, stopped_at=support.granted_at, stopped_by="Carla"
    )
    walk.change(customer=contoso.pk, email="second@contoso.example").post("whom")
    page: Any = walk.get("asks")
    assert page.context["granted"] == [provisioning]
    assert "asks_provisioning" not in page.context["form"].fields
    walk.through("send")
    assert Invitation.objects.latest("pk").asks == ("support",)


def test_opening_words_begin_with_the_companys_own_in_the_customers_language(
    walk: Walk, northwind: Partner, contoso: Customer
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(language="it")
    MailText.objects.create(partner=northwind, event="invitation", language="it", opening="Buongiorno a voi.")
    walk.change(customer=contoso.pk).post("whom")
    walk.post("asks")
    form = walk.get("words").context["form"]  # type: ignore[attr-defined]
    assert (form["language"].value(), form["opening"].value()) == ("it", "Buongiorno a voi.")


def test_untouched_opening_follows_the_language_and_a_changed_one_stays(
    walk: Walk, northwind: Partner
) -> None:
    walk.post("whom")
    walk.post("asks")
    usual = usual_opening(northwind, "it").replace("\n", "\r\n")
    walk.words |= {"language": "en", "opening": usual, "opening_in": "it"}
    walk.post("words")
    assert walk.get("words").context["form"]["opening"].value() == usual_opening(northwind, "en")  # type: ignore[attr-defined]
    walk.words |= {"language": "it", "opening": "My own.", "opening_in": "en"}
    walk.post("words")
    assert walk.get("words").context["form"]["opening"].value() == "My own."  # type: ignore[attr-defined]


def test_preview_shows_mail_page_and_the_editions_question_in_both_languages(
    walk: Walk, partnership: Partnership
) -> None:
    walk.change(named=partnership.pk)
    walk.post("whom")
    walk.post("asks")
    page = walk.client.post(walk.address("glance", "words"), {**walk.words, "opening": "Seen at once."})
    first, second = page.context["looks"]
    assert (first.language, second.language, first.is_mails, second.is_mails) == ("en", "it", True, False)
    for look in (first, second):
        assert "Seen at once." in look.text
        assert "Fabrikam" in look.text
    assert "90 days" in first.text
    assert "90 giorni" in second.text
    shown = page.content.decode()
    assert "Does another CSP partner administer these services today?" in shown
    assert "Oggi un altro partner CSP amministra questi servizi?" in shown
    assert PLACE in walk.client.session
    assert "Seen at once." not in str(walk.client.session[PLACE])  # a glance keeps nothing
    assert not Invitation.objects.exists()
    assert not Message.objects.exists()


# --- the ways out ------------------------------------------------------------------------------


def test_send_makes_what_was_shown(walk: Walk, northwind: Partner) -> None:
    answer = walk.through("send")
    invitation = Invitation.objects.get()
    link = invitation.links.get()
    assert answer["Location"] == invitation.get_absolute_url()
    assert (*invitation.asks, invitation.privilege_days) == ("provisioning", "support", 90)
    assert invitation.opening == "Good morning,\nas agreed."
    assert (link.email, link.company) == ("carla@contoso.example", "Contoso")
    assert link.message is not None
    assert link.message.status == Message.Status.QUEUED
    local = invitation.expires_at.astimezone(northwind.zone)
    assert (local.date().isoformat(), local.hour, local.minute) == ("2026-04-20", 23, 59)


@pytest.mark.parametrize("end", ["copy", "own-mail"])
def test_link_made_by_hand_is_shown_and_nothing_mailed(walk: Walk, end: str) -> None:
    page: Any = walk.client.get(walk.through(end)["Location"])
    link = InvitationLink.objects.get()
    assert link.message is not None
    assert link.message.status == Message.Status.NOT_MAILED
    assert links.invitation_address(link) in page.content.decode()
    assert "mailto:carla%40contoso.example?" in page.content.decode().replace(
        "mailto:carla@", "mailto:carla%40"
    )
    assert ("data-opens" in page.content.decode()) == (end == "own-mail")


def test_campaign_goes_to_each_reseller_in_one_action(
    walk: Walk, partnership: Partnership, adventure_partnership: Partnership, luca: Actor
) -> None:
    walk.change(
        route="via_reseller", partnerships=[partnership.pk, adventure_partnership.pk], places="3", email=""
    )
    page: Any = walk.client.get(walk.through("send")["Location"])
    made = list(Invitation.objects.order_by("pk"))
    assert page.context["rows"] == made
    assert [(one.reseller, one.places, one.status) for one in made] == [
        (tie.reseller, 3, "open") for tie in (adventure_partnership, partnership)
    ]
    (row,) = Activity.objects.visible_to(luca)
    assert row.object_ref == made[1].pk  # and nothing of Adventure's
    assert "Adventure" not in row.details


@pytest.mark.parametrize(("looked_after", "named"), [("reseller", True), ("self", False)])
def test_reseller_that_sends_on_looks_after_the_customer_or_only_sends(
    walk: Walk, partnership: Partnership, looked_after: str, named: bool
) -> None:
    walk.change(route="via_reseller", partnerships=partnership.pk, looked_after=looked_after)
    answer = walk.through("send")
    invitation = Invitation.objects.get()
    assert answer["Location"] == invitation.get_absolute_url()
    assert invitation.reseller == (partnership.reseller if named else None)
    assert not invitation.links.exists()  # the reseller types the address


@pytest.mark.parametrize("several", [False, True])
def test_second_click_leads_to_what_the_first_made(
    walk: Walk, partnership: Partnership, adventure_partnership: Partnership, several: bool
) -> None:
    ties = [partnership.pk, adventure_partnership.pk] if several else [partnership.pk]
    walk.change(route="via_reseller", partnerships=ties)
    walk.to_check()
    before = walk.client.session[PLACE]
    first = walk.end("send")
    session = walk.client.session
    session[PLACE] = before  # the second click was on its way before the first was answered
    session.save()
    second = walk.end("send")
    assert first["Location"] == second["Location"]
    assert Invitation.objects.count() == len(ties)
    assert walk.get("words")["Location"] == walk.address("made")  # it has done its work


def test_second_click_on_a_mail_leads_to_what_the_first_sent(walk: Walk) -> None:
    page = walk.to_check()
    before, seen = walk.client.session[PLACE], page.context["form"]["seen"].value()
    walk.end("send")
    session = walk.client.session
    session[PLACE] = before
    session.save()
    answer = walk.client.post(walk.address("send"), {"seen": seen})
    assert answer["Location"] == Invitation.objects.get().get_absolute_url()


@pytest.mark.parametrize("end", ["send", "copy", "own-mail", "save"])
def test_what_another_window_changed_is_shown_before_it_is_sent(walk: Walk, end: str) -> None:
    seen = walk.to_check().context["form"]["seen"].value()
    walk.change(opening="Changed in the other window.").post("words")
    answer = walk.client.post(walk.address(end), {"seen": seen})
    assert answer["Location"] == walk.address("check")
    assert not Invitation.objects.exists()


def test_reseller_suspended_meanwhile_leads_back_to_the_first_step(
    walk: Walk, partnership: Partnership
) -> None:
    walk.change(route="via_reseller", partnerships=partnership.pk).to_check()
    Partner.objects.filter(pk=partnership.reseller_id).update(status="suspended")
    assert walk.client.post(walk.address("send"))["Location"] == walk.address("whom")
    assert not Invitation.objects.exists()


def test_without_partner_center_link_it_can_only_be_saved(
    walk: Walk, northwind: Partner, seller: Actor, client_for: SignIn
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(partner_center_link="")
    page = walk.to_check()
    assert reverse("partners:settings") in page.content.decode()
    assert "First enter your Partner Center" in page.context["refused"]
    assert walk.end("send")["Location"] == walk.address("check")
    assert not Invitation.objects.exists()
    walk.end("save")
    assert Invitation.objects.get().is_draft
    assert "Ask an account admin" in Walk(client_for(seller)).get("whom").content.decode()


# --- drafts ------------------------------------------------------------------------------------


def go_on(client: Client, draft: Invitation) -> Walk:
    """Go on with a draft from its page."""
    answer = client.post(reverse("customers:invitation-go-on", args=[draft.pk]))
    walk = Walk(client)
    walk.key = uuid.UUID(answer["Location"].split("/")[-3])
    return walk


def test_draft_is_saved_listed_gone_on_with_and_saved_again(
    walk: Walk, partnership: Partnership, log: Any
) -> None:
    walk.change(named=partnership.pk)
    answer = walk.through("save")
    draft = Invitation.objects.get()
    assert answer["Location"] == draft.get_absolute_url()
    assert (draft.status, draft.draft_email, draft.draft_company) == (
        "draft",
        "carla@contoso.example",
        "Contoso",
    )
    assert not Message.objects.exists()
    (row,) = walk.client.get(reverse("customers:invitations"), {"state": "draft"}).context["rows"]
    assert (row.to, row.email) == ("Contoso", "carla@contoso.example")

    later = go_on(walk.client, draft)
    page: Any = later.get("check")
    assert page.context["to"] == Recipient("carla@contoso.example", "Contoso")
    for step in ("whom", "asks", "words"):
        assert later.get(step).status_code == 200
    later.client.post(later.address("words"), {"language": "it", "opening": "Altre parole."})
    later.end("save")
    draft.refresh_from_db()
    assert (draft.opening, draft.language, draft.version) == ("Altre parole.", "it", 2)
    assert draft.reseller == partnership.reseller
    assert log.verbs() == [invitations.Verb.MADE, invitations.Verb.CHANGED]
    assert log.whole()


def test_draft_gone_on_with_is_the_one_sent(walk: Walk, log: Any) -> None:
    walk.through("save")
    draft = Invitation.objects.get()
    later = go_on(walk.client, draft)
    assert later.end("send")["Location"] == draft.get_absolute_url()
    draft.refresh_from_db()
    assert (draft.status, draft.draft_email, draft.draft_company) == ("open", "", "")
    assert draft.links.get().email == "carla@contoso.example"
    assert log.names(draft, draft.links.get())
    again = walk.client.post(reverse("customers:invitation-go-on", args=[draft.pk]))
    assert again["Location"] == draft.get_absolute_url()  # it is no draft any more


def test_draft_saved_twice_by_one_wizard_stays_one(walk: Walk) -> None:
    walk.through("save")
    walk.change(opening="Other words.").post("words")
    walk.end("save")
    assert Invitation.objects.get().opening == "Other words."


def test_draft_changed_by_somebody_else_shows_both_versions(
    walk: Walk, agent: Actor, client_for: SignIn
) -> None:
    walk.through("save")
    draft = Invitation.objects.get()
    mine, theirs = go_on(walk.client, draft), go_on(client_for(agent), draft)
    theirs.client.post(theirs.address("words"), {"language": "en", "opening": "Theirs."})
    theirs.end("save")
    mine.client.post(mine.address("words"), {"language": "en", "opening": "Mine."})
    seen = mine.get("check").context["form"]["seen"].value()  # type: ignore[attr-defined]
    page: Any = mine.end("save")
    assert [(one["saved"], one["typed"]) for one in page.context["differing"]] == [("Theirs.", "Mine.")]
    again = mine.client.post(mine.address("save"), {"seen": seen})  # the page loaded anew is none
    assert again["Location"] == mine.address("check")
    draft.refresh_from_db()
    assert draft.opening == "Theirs."
    mine.end("save")  # now it is a decision
    draft.refresh_from_db()
    assert draft.opening == "Mine."


def test_drafts_for_several_resellers_are_each_ones_own(
    walk: Walk, partnership: Partnership, adventure_partnership: Partnership
) -> None:
    walk.change(route="via_reseller", partnerships=[partnership.pk, adventure_partnership.pk])
    page = walk.client.get(walk.through("save")["Location"])
    assert "Each is a draft of its own" in page.content.decode()
    assert set(Invitation.objects.values_list("partnership", "status")) == {
        (partnership.pk, "draft"),
        (adventure_partnership.pk, "draft"),
    }


def test_sales_agent_goes_on_with_no_draft_that_asks_for_privileges(
    walk: Walk, seller: Actor, client_for: SignIn
) -> None:
    walk.through("save")
    address = reverse("customers:invitation-go-on", args=[Invitation.objects.get().pk])
    assert client_for(seller).post(address).status_code == 403


@pytest.mark.parametrize("end", ["send", "save"])
def test_who_may_no_longer_ask_for_privileges_ends_no_such_draft(
    walk: Walk, agent: Actor, client_for: SignIn, end: str
) -> None:
    walk.through("save")
    later = go_on(client_for(agent), Invitation.objects.get())
    Membership.objects.filter(user=agent.user).update(role=Role.SALES_AGENT)
    assert later.end(end).status_code == 403
    assert Invitation.objects.get().is_draft


def test_draft_opened_from_its_page_is_sent_to_whom_it_names(walk: Walk) -> None:
    walk.through("save")
    draft = Invitation.objects.get()
    page = walk.client.post(reverse("customers:invitation-open", args=[draft.pk]), follow=True)
    assert "The invitation is on its way to the customer." in page.content.decode()
    assert "For another address, withdraw its link first." in page.content.decode()
    assert draft.links.get().message.status == Message.Status.QUEUED  # type: ignore[union-attr]


def test_draft_is_withdrawn_from_its_page(
    northwind: Partner, terms: Terms, anna: Actor, now: datetime
) -> None:
    draft = invitations.make(northwind, terms, by=anna, at=now)
    invitations.withdraw(draft, by=anna, at=now)
    draft.refresh_from_db()
    assert draft.status == Invitation.Status.WITHDRAWN
