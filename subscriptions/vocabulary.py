"""The words of a subscription's facts and of its ruling; models, forms and the rulebook share them."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


def words(kind: type[TextChoices]) -> dict[str, str]:
    """Return the words of every choice in the language in force; of a list's rows it is asked once."""
    return {one.value: str(one.label) for one in kind}


class Channel(TextChoices):
    """Where a subscription was bought."""

    CSP_OWN = "csp_own", _("Sold by this provider in CSP")
    CSP_OTHER = "csp_other", _("Another CSP partner")
    DIRECT = "direct", _("Directly from Microsoft")
    ADVISOR_OWN = "advisor_own", _("This provider, as an Advisor")
    ADVISOR = "advisor", _("Another Advisor partner")
    OPEN = "open", _("Open licence programme")
    EA = "ea", _("Enterprise Agreement")
    THIRD_PARTY = "third_party", _("A third party outside CSP")
    SYNDICATION = "syndication", _("Microsoft Syndication Partner")


class Billing(TextChoices):
    """What is counted: seats, use, or one sale."""

    LICENSE = "license", _("By licence")
    USAGE = "usage", _("By use")
    ONE_TIME = "one_time", _("One-time purchase")


class Status(TextChoices):
    """The state of a subscription."""

    PENDING = "pending", _("Pending")
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")
    TRANSFERRED = "transferred", _("Transferred")


class AutoRenew(TextChoices):
    """Whether a subscription goes on by itself at the end of its term."""

    YES = "yes", _("On")
    NO = "no", _("Off")
    UNKNOWN = "unknown", _("Unknown")


class Term(TextChoices):
    """How long a term lasts."""

    P1M = "P1M", _("1 month")
    P1Y = "P1Y", _("1 year")
    P3Y = "P3Y", _("3 years")


class AzureOffer(TextChoices):
    """The kind of offer an Azure subscription runs under."""

    PLAN = "plan", _("Azure plan")
    LEGACY = "legacy", _("Azure in CSP, legacy offer")
    OTHER = "other", _("Azure bought outside CSP")


class Availability(TextChoices):
    """Whether CSP sells a product."""

    AVAILABLE = "available", _("Sold in CSP")
    NOT_AVAILABLE = "not_available", _("Not sold in CSP")
    UNKNOWN = "unknown", _("Not known whether CSP sells it")


class Path(TextChoices):
    """What can be done with a subscription."""

    SUPPORT_IN_PLACE = "support_in_place", _("Look after it in place")
    REPLACE_LICENCES = "replace_licences", _("Replace the licences")
    WAIT_OR_CANCEL = "wait_or_cancel", _("Wait for the end, or cancel")
    MIGRATE_AZURE = "migrate_azure", _("Migrate Azure by hand")
    SWITCH_PARTNER = "switch_partner", _("Switch the Azure partner")
    TRANSFER = "transfer", _("Transfer between CSP partners")
    CHANNEL_TRANSFER = "channel_transfer", _("Renew into CSP")
    OWNERSHIP_REQUEST = "ownership_request", _("Request billing ownership")
    CHANGE_RESELLER = "change_reseller", _("Change the reseller")
    MANUAL_REVIEW = "manual_review", _("Look at it by hand")


class Direction(TextChoices):
    """Whether a path brings a subscription to the provider or takes it away."""

    IN = "in", _("Incoming")
    OUT = "out", _("Outgoing")


class StepActor(TextChoices):
    """Whose turn a step is."""

    PROVIDER = "provider", _("The provider")
    RESELLER = "reseller", _("The reseller")
    CUSTOMER = "customer", _("The customer")
    CURRENT_PARTNER = "current_partner", _("The current partner")


class StepPrivilege(TextChoices):
    """The delegated admin privilege a step takes."""

    NONE = "none", _("No privilege")
    PROVISIONING = "provisioning", _("Provisioning")
    SUPPORT = "support", _("Support")


class Evidence(TextChoices):
    """What is given to close a step."""

    NOTE = "note", _("A note")
    DATE = "date", _("The day it was done")
    REFERENCE = "reference", _("The reference number")
    FILE = "file", _("The document")
    CHOICE = "choice", _("Wait or cancel")
    IDS = "ids", _("The CSP subscription id and the Azure subscription id")
    SUBSCRIPTION = "subscription", _("The new subscription")
    INVENTORY = "inventory", _("Each service, and whether CSP offers it")
    MOVED = "moved", _("Each available service, moved")
    CANCELLED = "cancelled", _("The services cancelled, or the whole subscription")


class StepFact(TextChoices):
    """A recorded fact that closes a step by itself, beside what paths need."""

    ASSIGNMENT = "assignment", _("A reseller holds the privileges.")
    SUPPORT_CONTACT = "support_contact", _("The support contact is set.")


class Need(TextChoices):
    """What must be true before an open path can be walked; `lift` says how to get there."""

    RELATIONSHIP = "relationship", _("The customer has an active relationship with the provider.")
    GRANT = "grant", _("The customer has granted provisioning or support.")
    AGREEMENT = "agreement", _("The customer agreement is accepted.")
    NO_OTHER_CSP_PARTNER = (
        "no_other_csp_partner",
        _("No other CSP partner holds privileges on this service."),
    )
    SAME_COUNTRY = "same_country", _("Provider and customer are in the same country.")

    @property
    def lift(self) -> str:
        """Say what would make it true."""
        return str(_LIFTS[self])


_LIFTS = {
    Need.RELATIONSHIP: _("Invite the customer; its acceptance starts the relationship."),
    Need.GRANT: _("Send an invitation that asks for privileges; the customer ticks what it grants."),
    Need.AGREEMENT: _("The customer accepts the agreement when it answers an invitation."),
    Need.NO_OTHER_CSP_PARTNER: _(
        "The customer removes the other partner's privileges and says so on its own page."
    ),
    Need.SAME_COUNTRY: _("Only a provider in the customer's own country can take it over."),
}


class Condition(TextChoices):
    """What makes a row of the rulebook apply; of two rows on one path, the earlier condition decides."""

    OTHER_REGION = "other_region", _("The customer is in another CSP region.")
    TRIAL = "trial", _("It is a trial.")
    TRANSFERRED = "transferred", _("It was transferred to another partner.")
    ENDED = "ended", _("It has expired or was cancelled.")
    SUSPENDED = "suspended", _("It is suspended.")
    PENDING = "pending", _("It is not active yet.")
    DIRECT_BILL = "direct_bill", _("The provider is a direct-bill partner.")
    EXPERT_MSP = "expert_msp", _("The provider is a direct-bill partner and an Azure Expert MSP.")
    LEGACY_COMMERCE = "legacy_commerce", _("It was sold before new commerce.")
    AZURE_PLAN = "azure_plan", _("It runs under an Azure plan.")
    AZURE_LEGACY = "azure_legacy", _("It runs under a legacy Azure offer in CSP.")
    ONE_PER_CUSTOMER = "one_per_customer", _("A customer can hold this offer only once.")


class MissingFact(TextChoices):
    """A fact the ruling could not do without; `consequence` says what it costs."""

    TERM_END = "term_end", _("The end of the term is unknown.")
    CUSTOMER_COUNTRY = "customer_country", _("The customer's country is unknown.")

    @property
    def consequence(self) -> str:
        """Say what cannot be told without it."""
        return str(_CONSEQUENCES[self])


_CONSEQUENCES = {
    MissingFact.TERM_END: _("Nobody can be warned before the last day to decide."),
    MissingFact.CUSTOMER_COUNTRY: _("Whether the provider may sell there cannot be checked."),
}


class Caution(TextChoices):
    """What to look at before a path is planned."""

    AVAILABILITY_UNKNOWN = (
        "availability_unknown",
        _("Nobody has noted whether CSP sells this product: check before you plan."),
    )
    NOT_AVAILABLE = "not_available", _("CSP does not sell this product: choose an equivalent one.")
    TERM_END_PASSED = (
        "term_end_passed",
        _("The recorded term end has passed: check whether it renewed, and record the new one."),
    )
