"""Who says so: the clauses a ruling rests on, and the decisions taken where they are silent."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row of the rulebook comes from, in words fit to show."""

    code: str
    title: str | Promise
    quote: str  # the original's own words, never translated; empty where nothing is quoted
    sense: str | Promise

    def __str__(self) -> str:
        return f"{self.title} “{self.quote}”" if self.quote else f"{self.title} {self.sense}"


_PAGE = _("The programme's page of 14 December 2016:")
_COMPANION = _("The programme's companion pages of January 2017:")
_DECISION = _("Decision, where the programme's page is silent:")


class Seed:
    """The sentences of the programme's own page."""

    APPLIES_FORMER_ADVISOR = Source(
        "seed.applies_former_advisor",
        _PAGE,
        "ha acquistato le sottoscrizioni da te quando partecipavi al programma Advisor, mentre adesso "
        "partecipi al programma Cloud Solution Provider",
        _("It applies to what was bought from you while you were an Advisor."),
    )
    APPLIES_THIRD_PARTY = Source(
        "seed.applies_third_party",
        _PAGE,
        "da terze parti che non partecipano al programma Cloud Solution Provider o che non sono Microsoft "
        "Syndication Partner",
        _("It applies to third parties that are neither in CSP nor Syndication Partners."),
    )
    NO_SWITCH = Source(
        "seed.no_switch",
        _PAGE,
        "I clienti non possono passare le sottoscrizioni CSP in base alle licenze a un altro partner nel "
        "programma Cloud Solution Provider, ma devono attendere la fine del loro periodo di sottoscrizione "
        "o annullare la sottoscrizione prima di poter eseguire il passaggio",
        _("CSP licences do not move to another CSP partner: the customer waits or cancels."),
    )
    LICENSE_BASED = Source(
        "seed.license_based",
        _PAGE,
        "devi richiedere al cliente le autorizzazioni per poter gestire le sottoscrizioni corrispondenti",
        _("You must ask the customer for the permission to manage these subscriptions."),
    )
    USAGE_NO_MIGRATION = Source(
        "seed.usage_no_migration",
        _PAGE,
        "un cliente che ha già ottenuto una sottoscrizione Azure da un altro canale come Advisor, Open o EA, "
        "non esiste un percorso di migrazione a CSP supportato",
        _("Azure bought through another channel has no supported migration into CSP."),
    )
    USAGE_BY_HAND = Source(
        "seed.usage_by_hand",
        _PAGE,
        "puoi creare una nuova sottoscrizione Azure apposita in CSP, trasferire manualmente i relativi dati "
        "e impostazioni e quindi annullare i precedenti servizi individuali o l'intera sottoscrizione. Tieni "
        "presente che il programma CSP potrebbe non offrire ancora tutti i servizi necessari",
        _("Create a new Azure subscription in CSP, move data and settings by hand, then cancel the old one."),
    )
    USAGE_SWITCH = Source(
        "seed.usage_switch",
        _PAGE,
        "un cliente che ha già ottenuto una sottoscrizione Azure da un altro partner CSP, è possibile "
        "passare i servizi di Azure a un altro partner CSP",
        _("Azure bought from another CSP partner can be switched to another CSP partner."),
    )
    ASSIGNS_RESELLER = Source(
        "seed.assigns_reseller",
        _PAGE,
        "Il partner indiretto sarà proprietario della relazione, ma può assegnare a uno specifico "
        "rivenditore i privilegi di amministratore delegato necessari per gestire il provisioning e/o il "
        "supporto",
        _("The provider owns the relationship and may put a specific reseller in charge."),
    )


class Companion:
    """What the pages published beside it say."""

    MANUAL_MIGRATION = Source(
        "companion.manual_migration",
        _COMPANION,
        "",
        _("buy the same or an equivalent offer in CSP; the customer ends the old one in its own channel."),
    )
    ONE_PARTNER_PER_SERVICE = Source(
        "companion.one_partner_per_service",
        _COMPANION,
        "",
        _("several CSP partners may serve a customer, but only one holds privileges on each service."),
    )
    REGION = Source(
        "companion.region",
        _COMPANION,
        "",
        _("a partner sells only to customers in its own CSP region."),
    )


class Decision:
    """What was decided where nobody says."""

    SYNDICATION = Source(
        "decision.syndication",
        _DECISION,
        "",
        _("it leaves Syndication Partners out and names no path, so a person looks at each case."),
    )
    USAGE_OTHER_CHANNELS = Source(
        "decision.usage_other_channels",
        _DECISION,
        "",
        _("Azure bought from Microsoft, from a former Advisor or from a third party goes the same way."),
    )
    NO_AZURE_BY_PRIVILEGE = Source(
        "decision.no_azure_by_privilege",
        _DECISION,
        "",
        _("delegated privileges never open an existing Azure subscription, so this is not offered."),
    )
    OTHER_BILLING = Source(
        "decision.other_billing",
        _DECISION,
        "",
        _("it speaks of licences and of use only; trials and one-time purchases are looked at by hand."),
    )
    DIRECT_BILL = Source(
        "decision.direct_bill",
        _DECISION,
        "",
        _("a direct-bill partner has no resellers, so what concerns them does not arise."),
    )
    FINISHED = Source(
        "decision.finished",
        _DECISION,
        "",
        _("what is over is kept as history; what can follow is a new purchase."),
    )
    SUSPENDED = Source(
        "decision.suspended",
        _DECISION,
        "",
        _("a suspended subscription is not eligible for a transfer."),
    )
