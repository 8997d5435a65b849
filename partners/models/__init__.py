"""The ground floor's models."""

from partners.models.activity import Activity, ActivityChain, ActivityPerson, ActivityReader
from partners.models.invited import Onboarding, TeamInvitation
from partners.models.membership import Membership, Role
from partners.models.message import Heartbeat, Message
from partners.models.partner import Kind, Partner, RulebookEdition
from partners.models.partnership import Partnership
from partners.models.user import User
from partners.models.wording import MailText

__all__ = [
    "Activity",
    "ActivityChain",
    "ActivityPerson",
    "ActivityReader",
    "Heartbeat",
    "Kind",
    "MailText",
    "Membership",
    "Message",
    "Onboarding",
    "Partner",
    "Partnership",
    "Role",
    "RulebookEdition",
    "TeamInvitation",
    "User",
]
