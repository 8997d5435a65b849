"""The middle floor's models."""

from customers.models.acceptance import Acceptance, AgreementVersion
from customers.models.code import MailedCode, Purpose
from customers.models.customer import Contact, Customer
from customers.models.invitation import (
    Invitation,
    InvitationLink,
    InvitationState,
    Privilege,
    Route,
)
from customers.models.privilege import ALL_FAMILIES, GROUND, Assignment, Grant
from customers.models.relationship import Origin, OtherPartnerStatement, Relationship

__all__ = [
    "ALL_FAMILIES",
    "GROUND",
    "Acceptance",
    "AgreementVersion",
    "Assignment",
    "Contact",
    "Customer",
    "Grant",
    "Invitation",
    "InvitationLink",
    "InvitationState",
    "MailedCode",
    "Origin",
    "OtherPartnerStatement",
    "Privilege",
    "Purpose",
    "Relationship",
    "Route",
]
