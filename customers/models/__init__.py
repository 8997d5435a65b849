"""The middle floor's models."""

from customers.models.acceptance import Acceptance, AgreementVersion
from customers.models.asked import InvitationRequest
from customers.models.attestation import AgreementAttestation
from customers.models.code import MailedCode, Purpose
from customers.models.customer import Contact, Customer
from customers.models.handover import HandOver
from customers.models.invitation import (
    Invitation,
    InvitationState,
    Privilege,
    Route,
)
from customers.models.link import InvitationLink, LinkState
from customers.models.privilege import ALL_FAMILIES, GROUND, Assignment, Grant
from customers.models.relationship import Origin, OtherPartnerStatement, Relationship
from customers.models.renewal import RenewalProposal

__all__ = [
    "ALL_FAMILIES",
    "GROUND",
    "Acceptance",
    "AgreementAttestation",
    "AgreementVersion",
    "Assignment",
    "Contact",
    "Customer",
    "Grant",
    "HandOver",
    "Invitation",
    "InvitationLink",
    "InvitationRequest",
    "InvitationState",
    "LinkState",
    "MailedCode",
    "Origin",
    "OtherPartnerStatement",
    "Privilege",
    "Purpose",
    "Relationship",
    "RenewalProposal",
    "Route",
]
