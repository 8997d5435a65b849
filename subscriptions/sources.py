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
_TODAY = _("Microsoft's documentation for partners, as of 2026:")
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


class Today:
    """What Microsoft's documentation for partners says now."""

    TRANSFER_LICENCES = Source(
        "today.transfer_licences",
        _TODAY,
        "",
        _(
            "active new-commerce licences can change the CSP partner during the term. The future partner "
            "asks, the current one accepts; quantity, term and end stay, and add-ons travel along."
        ),
    )
    TRANSFER_PLAN = Source(
        "today.transfer_plan",
        _TODAY,
        "",
        _(
            "subscriptions under an Azure plan can change the CSP partner. The future partner has an Azure "
            "plan with the customer; role assignments do not change."
        ),
    )
    ONLY_BETWEEN_PARTNERS = Source(
        "today.only_between_partners",
        _TODAY,
        "",
        _("transfers run between CSP partners; what was bought in another channel has none."),
    )
    SELLER_STARTS = Source(
        "today.seller_starts",
        _TODAY,
        "",
        _("a reseller that is no longer authorised can hand its customers over only while it still may."),
    )
    NOT_OBLIGED = Source(
        "today.not_obliged",
        _TODAY,
        "",
        _("a partner is not obliged to accept a transfer; without an answer the request ends after 30 days."),
    )
    SEVERAL_PARTNERS = Source(
        "today.several_partners",
        _TODAY,
        "",
        _("several partners may hold granular privileges at one customer at the same time."),
    )
    NOT_EA = Source(
        "today.not_ea",
        _TODAY,
        "",
        _("granular privileges do not work for subscriptions bought through an Enterprise Agreement."),
    )
    CHANNEL_TRANSFER = Source(
        "today.channel_transfer",
        _TODAY,
        "",
        _("licences of an Enterprise Agreement can renew into CSP at its end; not every SKU is eligible."),
    )
    RESOURCE_MOVE = Source(
        "today.resource_move",
        _TODAY,
        "",
        _(
            "Azure bought elsewhere comes into CSP by moving its resources into a new subscription of the "
            "same directory; classic resources can't be moved."
        ),
    )
    AZURE_ROLES = Source(
        "today.azure_roles",
        _TODAY,
        "",
        _("an existing Azure subscription is reached only by a role its owner assigns on it."),
    )
    OWNERSHIP = Source(
        "today.ownership",
        _TODAY,
        "",
        _(
            "billing ownership of an Enterprise Agreement's Azure can be requested only by a direct-bill "
            "partner certified as Azure Expert MSP."
        ),
    )
    SWITCH_LEGACY = Source(
        "today.switch_legacy",
        _TODAY,
        "",
        _(
            "legacy Azure in CSP changes the partner by ticket and signed form, within one country; nothing "
            "else does."
        ),
    )
    SEVEN_DAYS = Source(
        "today.seven_days",
        _TODAY,
        "",
        _("new-commerce licences can be reduced or cancelled only within 7 days of purchase or renewal."),
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
