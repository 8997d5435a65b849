"""The ground floor's models."""

from partners.models.activity import Activity, ActivityChain, ActivityPerson, ActivityReader
from partners.models.membership import Membership, Role
from partners.models.message import Heartbeat, Message
from partners.models.partner import Kind, Partner, RulebookEdition
from partners.models.partnership import Partnership
from partners.models.user import User

__all__ = [
    "Activity",
    "ActivityChain",
    "ActivityPerson",
    "ActivityReader",
    "Heartbeat",
    "Kind",
    "Membership",
    "Message",
    "Partner",
    "Partnership",
    "Role",
    "RulebookEdition",
    "User",
]
