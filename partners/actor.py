"""Actor: who does something, in the one form that stories, permissions and querysets take."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from partners.models.membership import Membership, Role
from partners.models.partner import Partner
from partners.models.user import User


class ActorKind(StrEnum):
    """The four kinds of actor there are."""

    MEMBER = "member"
    STAFF = "staff"
    CUSTOMER = "customer"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: a member for a company, staff, a customer's contact, or the system.

    `label` is the person's name as the log keeps it; `email` stays in the log's erasable part.
    """

    kind: ActorKind
    label: str
    email: str = ""
    user: User | None = None
    partner: Partner | None = None
    role: Role | None = None
    company: str = ""
    company_count: int = 0

    @classmethod
    def member(cls, membership: Membership, *, company_count: int = 1) -> "Actor":
        """Return a user acting for the one company of this membership."""
        user = membership.user
        return cls(
            ActorKind.MEMBER,
            label=str(user),
            email=user.email,
            user=user,
            partner=membership.partner,
            role=Role(membership.role),
            company=membership.partner.name,
            company_count=company_count,
        )

    @classmethod
    def staff(cls, user: User) -> "Actor":
        """Return a member of staff in the admin."""
        return cls(ActorKind.STAFF, label=str(user), email=user.email, user=user, company="Multicanale")

    @classmethod
    def customer(cls, *, name: str, email: str, company: str) -> "Actor":
        """Return a customer's contact, who has no account."""
        return cls(ActorKind.CUSTOMER, label=name, email=email, company=company)

    @classmethod
    def system(cls) -> "Actor":
        """Return the system itself: what happens because time has passed."""
        return cls(ActorKind.SYSTEM, label="Multicanale")

    @property
    def is_staff(self) -> bool:
        return self.kind == ActorKind.STAFF

    @property
    def role_label(self) -> str:
        """The role in words, or what stands in its place."""
        return str(self.role.label) if self.role else str(_("Staff"))

    @property
    def stamp(self) -> str:
        """The label that `_by` columns keep: the person, and for whom."""
        return f"{self.label} · {self.company}"[:200] if self.company else self.label[:200]

    def has_role(self, *roles: Role) -> bool:
        """Say whether the actor acts for a company in one of these roles."""
        return self.role in roles

    def is_of(self, partner_pk: int | None) -> bool:
        """Say whether the actor acts for this company."""
        return self.partner is not None and self.partner.pk == partner_pk
