"""A wizard's plan: its steps as they stand, checked against what holds now, and what comes of them."""

import uuid
from functools import cached_property
from typing import Any

from django.forms import Form
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers import wizards
from customers.asking import AsksForm, WhomForm, WordsForm, in_language, is_key
from customers.forms import active_resellers
from customers.models import Customer, Grant, Privilege, Route
from customers.permissions import may_ask_for_privileges, may_invite, may_invite_through_resellers
from customers.terms import Recipient, Terms, end_of, usual_opening
from customers.views.previews import Look, as_it_will_be, in_every_language
from customers.wizards import Step, Typed
from partners.models import Partner, Partnership
from partners.paging import asked
from partners.permissions import company_of, require
from partners.requests import Request

ADDRESSES = {
    Step.WHOM: "customers:invite-whom",
    Step.ASKS: "customers:invite-asks",
    Step.WORDS: "customers:invite-words",
    Step.CHECK: "customers:invite-check",
}
TITLES = {
    Step.WHOM: gettext_lazy("Whom"),
    Step.ASKS: gettext_lazy("What to ask"),
    Step.WORDS: gettext_lazy("Words"),
    Step.CHECK: pgettext_lazy("the last step of a wizard", "Check and send"),
}
FORMS: dict[Step, type[Form]] = {Step.WHOM: WhomForm, Step.ASKS: AsksForm, Step.WORDS: WordsForm}


def known(customer: Customer) -> dict[str, Any]:
    """Return what a form begins with for a customer on record: a confirmed contact's address first."""
    contact = customer.contacts.order_by("status", "pk").first()
    return {
        "customer": customer.pk,
        "company": customer.name,
        "email": contact.email if contact else "",
    }


class Plan:
    """A wizard as it stands now: each step's form with what was typed, checked against what holds."""

    def __init__(self, request: Request, key: uuid.UUID) -> None:
        require(may_invite(request.actor))
        self.request, self.actor = request, request.actor
        self.provider = company_of(request.actor)
        self.at = timezone.now()
        self.wizard = wizards.find(request.session, key, self.provider.pk)
        self.has_resellers = may_invite_through_resellers(self.actor)

    def keep(self, step: Step, posted: QueryDict, *, tried: bool) -> None:
        """Keep what was typed at a step, whatever it is worth."""
        self.wizard.typed[step] = self.typed(step, posted)
        if tried:
            self.wizard.tried.add(step)
        self.save()

    def typed(self, step: Step, posted: QueryDict) -> Typed:
        """Return what was typed at a step; the usual opening follows the language."""
        typed = wizards.only(posted, FORMS[step].base_fields)
        return in_language(typed, self.provider) if step == Step.WORDS else typed

    def save(self) -> None:
        """Keep the wizard."""
        wizards.keep(self.request.session, self.wizard)

    def address(self, step: Step) -> str:
        return reverse(ADDRESSES[step], args=[self.wizard.key])

    # --- the forms -----------------------------------------------------------------------------

    def form(self, step: Step, typed: Typed | None = None, initial: dict[str, Any] | None = None) -> Any:
        """Return a step's form: checked against `typed`, or beginning with `initial`."""
        match step:
            case Step.WHOM:
                return WhomForm(
                    typed, initial=initial, actor=self.actor, resellers=self.has_resellers, at=self.at
                )
            case Step.ASKS:
                return AsksForm(
                    typed,
                    initial=initial,
                    provider=self.provider,
                    is_direct=self.is_direct,
                    resellers=self.has_resellers,
                    may_ask=self.may_ask,
                    at=self.at,
                )
            case _:
                return WordsForm(typed, initial=initial)

    def shown(self, step: Step) -> Any:
        """Return a step's form for its page: faults are told once somebody wanted to go on."""
        typed = self.wizard.typed.get(step)
        if typed is None:
            return self.form(step, initial=self.usual(step))
        if step not in self.wizard.tried:
            return self.unchecked(step, typed)
        form = self.form(step, typed)
        form.is_valid()  # now: what a refusal found out is read before its words are
        return form

    def unchecked(self, step: Step, typed: Typed) -> Any:
        """Return a step's form with what was typed, without a word about its faults."""
        initial: dict[str, Any] = {name: typed.get(name, "") for name in FORMS[step].base_fields}
        if step == Step.WHOM:
            initial["partnerships"] = [key for key in typed.getlist("partnerships") if is_key(key)]
            if not initial["email"] and (customer := self.customer_of(initial["customer"])):
                initial |= known(customer)
        return self.form(step, initial=initial)

    def customer_of(self, key: object) -> Customer | None:
        """Return the customer a form's hidden field names, if it is one of this provider's."""
        if not is_key(key):
            return None
        return Customer.objects.visible_to(self.actor).filter(pk=int(str(key))).first()

    def usual(self, step: Step) -> dict[str, Any]:
        """Return what a step begins with: the address asks for somebody, or the company's own defaults."""
        match step:
            case Step.WHOM:
                return self.asked_for()
            case Step.ASKS:
                customer = self.whom.cleaned_data["customer"] if self.whom else None
                tie = customer and customer.reseller_id and self._tie_with(customer.reseller_id)
                return {"named": tie.pk} if tie else {}
            case _:
                customer = self.whom.cleaned_data["customer"] if self.whom else None
                language = customer.language if customer else self.request.LANGUAGE_CODE
                return {
                    "language": language,
                    "opening": usual_opening(self.provider, language),
                    "opening_in": language,
                }

    def asked_for(self) -> dict[str, str]:
        """Return whom the address asks for: somebody whose link is dead, or who looks alike."""
        found = {"company": asked(self.request, "company", 160), "email": asked(self.request, "email", 254)}
        return {name: words for name, words in found.items() if words}

    def _tie_with(self, reseller_pk: int) -> Partnership | None:
        return active_resellers(self.provider).filter(reseller=reseller_pk).first()

    def _right(self, step: Step) -> Any:
        typed = self.wizard.typed.get(step)
        form = self.form(step, typed) if typed is not None else None
        return form if form is not None and form.is_valid() else None

    @cached_property
    def whom(self) -> WhomForm | None:
        return self._right(Step.WHOM)

    @cached_property
    def asks(self) -> AsksForm | None:
        return self._right(Step.ASKS) if self.whom else None

    @cached_property
    def words(self) -> WordsForm | None:
        return self._right(Step.WORDS)

    def done(self, step: Step) -> bool:
        """Say whether a step is answered, as things stand."""
        answered = {Step.WHOM: self.whom, Step.ASKS: self.asks, Step.WORDS: self.words}
        return answered.get(step) is not None

    def missing_before(self, step: Step) -> Step | None:
        """Return the first step that has to be answered before this one."""
        return next((one for one in step.before if not self.done(one)), None)

    # --- what the steps know of each other -------------------------------------------------------

    @property
    def is_direct(self) -> bool:
        return self.whom is None or self.whom.is_direct

    @property
    def customer(self) -> Customer | None:
        return self.whom.cleaned_data["customer"] if self.whom else None

    @cached_property
    def granted(self) -> list[Grant]:
        """What the customer has granted already, and until when."""
        if self.customer is None:
            return []
        return list(Grant.objects.live(self.at).filter(customer=self.customer).order_by("privilege"))

    @cached_property
    def missing(self) -> list[Privilege]:
        """The privileges the customer has not granted."""
        have = {grant.privilege for grant in self.granted}
        return [privilege for privilege in Privilege if privilege not in have]

    @property
    def may_ask(self) -> list[Privilege]:
        return self.missing if may_ask_for_privileges(self.actor) else []

    # --- what comes of it ------------------------------------------------------------------------

    @property
    def marks(self) -> list[uuid.UUID]:
        """The marks this wizard's invitations can have, whatever has become of what was typed."""
        keys = self.wizard.typed.get(Step.WHOM, Typed()).getlist("partnerships")
        each = (uuid.uuid5(self.wizard.key, str(int(key))) for key in keys if is_key(key))
        return [self.wizard.key, *each]

    @property
    def recipient(self) -> Recipient | None:
        return self.whom.recipient if self.whom else None

    def terms(self, words: dict[str, Any]) -> list[Terms]:
        """Return what is asked in these words, once for each reseller that sends it on."""
        assert self.whom is not None  # noqa: S101 - who asks has looked that nothing is missing
        assert self.asks is not None  # noqa: S101 - the same
        if self.whom.is_direct:
            tie = self.asks.cleaned_data.get("named")
            return [self._terms(words, None, tie.reseller if tie else None)]
        looks_after = self.asks.cleaned_data["looked_after"] == "reseller"
        return [
            self._terms(words, tie, tie.reseller if looks_after else None)
            for tie in self.whom.cleaned_data["partnerships"]
        ]

    def _terms(self, words: dict[str, Any], handed: Partnership | None, named: Partner | None) -> Terms:
        whom, asks = self.whom.cleaned_data, self.asks.cleaned_data  # type: ignore[union-attr]  # as above
        return Terms(
            route=Route.VIA_RESELLER if handed else Route.DIRECT,
            expires_at=end_of(asks["expires_on"], self.provider),
            partnership=handed,
            reseller=named,
            customer=whom["customer"],
            asks_provisioning=asks.get("asks_provisioning", False),
            asks_support=asks.get("asks_support", False),
            privilege_days=asks.get("privilege_days") or self.provider.privilege_days,
            language=words["language"],
            opening=words["opening"],
            places=whom["places"],
        )

    def looks(self, words: dict[str, Any]) -> list[Look]:
        """Return the mail and the page these words make, in every language."""
        company = str(self.customer or _("the customer's company"))
        link = as_it_will_be(self.provider, self.terms(words)[0], self.recipient, company)
        return in_every_language(link, sender=self.actor.label if self.is_direct else "", at=self.at)
