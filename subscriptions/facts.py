"""The facts of a subscription, and the conditions and needs they decide: in Python, and of stored rows."""

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from django.db.models import F, Q

from customers.families import Family
from partners.regions import countries_of, regions
from subscriptions.vocabulary import (
    AutoRenew,
    Availability,
    AzureOffer,
    Billing,
    Channel,
    Condition,
    Need,
    Status,
    Term,
)

DEFAULT_EDITION = "2016-12"
RUNNING = (Status.PENDING, Status.ACTIVE, Status.SUSPENDED)
MONTHS: Mapping[str, int] = {Term.P1M: 1, Term.P1Y: 12, Term.P3Y: 36}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a ruling depends on. An add-on takes its base's ruling: state the base's, and `is_add_on`."""

    channel: Channel | str
    billing: Billing | str
    today: date  # in the provider's time zone
    edition: str = DEFAULT_EDITION
    family: Family | str = Family.OTHER
    azure_offer: AzureOffer | str | None = None
    status: Status | str = Status.ACTIVE
    is_trial: bool = False
    is_add_on: bool = False
    auto_renew: AutoRenew | str = AutoRenew.UNKNOWN
    term: Term | str = Term.P1Y
    term_end: date | None = None
    started_on: date | None = None
    has_relationship: bool = False
    has_grant: bool = False
    has_agreement: bool = False
    other_csp_partner_stated: bool = False  # by the customer, for this family
    availability: Availability | str = Availability.AVAILABLE
    one_per_customer: bool = False
    customer_country: str = "IT"
    customer_region: str = "europe"
    provider_country: str = "IT"
    provider_region: str = "europe"
    provider_kind: str = "indirect_provider"
    azure_expert_msp: bool = False
    is_legacy_commerce: bool = False

    @property
    def in_other_region(self) -> bool:
        """Say whether the customer is known to be in another CSP region than the provider."""
        return bool(self.customer_region) and self.customer_region != self.provider_region

    @property
    def in_same_country(self) -> bool:
        """Say whether provider and customer are known to be in one country."""
        return bool(self.customer_country) and self.customer_country == self.provider_country

    @property
    def term_start(self) -> date | None:
        """Return the day of the purchase or of the latest renewal: of what is recorded, the later."""
        months = MONTHS.get(self.term)
        begun = months_before(self.term_end, months) if self.term_end and months else None
        return max((day for day in (self.started_on, begun) if day), default=None)

    @property
    def has_choice_at_term_end(self) -> bool:
        """Say whether somebody has to decide before the term ends; a month of ours rolls on by itself."""
        return (
            self.billing == Billing.LICENSE
            and self.status in RUNNING
            and not (self.channel == Channel.CSP_OWN and self.term == Term.P1M)
        )


def months_before(day: date, months: int) -> date:
    """Return the same day some months before, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


HOLDS: Mapping[Condition, Callable[[Facts], bool]] = {
    Condition.OTHER_REGION: lambda facts: facts.in_other_region,
    Condition.TRIAL: lambda facts: facts.is_trial,
    Condition.TRANSFERRED: lambda facts: facts.status == Status.TRANSFERRED,
    Condition.ENDED: lambda facts: facts.status in (Status.EXPIRED, Status.CANCELLED),
    Condition.SUSPENDED: lambda facts: facts.status == Status.SUSPENDED,
    Condition.PENDING: lambda facts: facts.status == Status.PENDING,
    Condition.DIRECT_BILL: lambda facts: facts.provider_kind == "direct_bill",
    Condition.EXPERT_MSP: lambda facts: facts.provider_kind == "direct_bill" and facts.azure_expert_msp,
    Condition.LEGACY_COMMERCE: lambda facts: facts.is_legacy_commerce,
    Condition.AZURE_PLAN: lambda facts: facts.azure_offer == AzureOffer.PLAN,
    Condition.AZURE_LEGACY: lambda facts: facts.azure_offer == AzureOffer.LEGACY,
    Condition.ONE_PER_CUSTOMER: lambda facts: facts.one_per_customer,
}


def _in_one_region() -> Q:
    """Write that customer and provider are in the same CSP region."""
    same = Q(customer__country=F("provider__country"))
    for region in regions():
        listed = countries_of(region)
        same |= Q(provider__country__in=listed, customer__country__in=listed)
    return same


# The same conditions of stored rows; a test holds the two readings together. `expressions` names the columns
# that begin with `base_`: the row's own facts, or those of its base where it is an add-on.
WHERE: Mapping[Condition, Q] = {
    Condition.OTHER_REGION: ~Q(customer__country="") & ~_in_one_region(),
    Condition.TRIAL: Q(base_is_trial=True),
    Condition.TRANSFERRED: Q(base_status=Status.TRANSFERRED),
    Condition.ENDED: Q(base_status__in=[Status.EXPIRED, Status.CANCELLED]),
    Condition.SUSPENDED: Q(base_status=Status.SUSPENDED),
    Condition.PENDING: Q(base_status=Status.PENDING),
    Condition.DIRECT_BILL: Q(provider__kind="direct_bill"),
    Condition.EXPERT_MSP: Q(provider__kind="direct_bill", provider__azure_expert_msp=True),
    Condition.LEGACY_COMMERCE: Q(base_is_legacy_commerce=True),
    Condition.AZURE_PLAN: Q(base_azure_offer=AzureOffer.PLAN),
    Condition.AZURE_LEGACY: Q(base_azure_offer=AzureOffer.LEGACY),
    Condition.ONE_PER_CUSTOMER: Q(base_one_per_customer=True),
}
HAS_CHOICE = Q(base_billing=Billing.LICENSE, base_status__in=RUNNING) & ~Q(
    base_channel=Channel.CSP_OWN, base_term=Term.P1M
)
MET: Mapping[Need, Callable[[Facts], bool]] = {
    Need.RELATIONSHIP: lambda facts: facts.has_relationship,
    Need.GRANT: lambda facts: facts.has_grant,
    Need.AGREEMENT: lambda facts: facts.has_agreement,
    Need.NO_OTHER_CSP_PARTNER: lambda facts: not facts.other_csp_partner_stated,
    Need.SAME_COUNTRY: lambda facts: facts.in_same_country,
}
# Every fact that HOLDS and MET look at. They are few-valued, so what follows from them is worked out once.
few_valued = attrgetter(
    "edition",
    "channel",
    "billing",
    "status",
    "is_trial",
    "one_per_customer",
    "provider_kind",
    "azure_expert_msp",
    "is_legacy_commerce",
    "azure_offer",
    "has_relationship",
    "has_grant",
    "has_agreement",
    "other_csp_partner_stated",
    "in_other_region",
    "in_same_country",
)
