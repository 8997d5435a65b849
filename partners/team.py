"""The rules of a company's team."""

from django.utils.translation import gettext as _

from partners.errors import Refused
from partners.models import Membership, Role


def refuse_last_admin(membership: Membership, role: str) -> None:
    """Refuse a role that would leave the company without an account admin who may sign in."""
    others = Membership.objects.filter(
        partner=membership.partner_id, role=Role.ACCOUNT_ADMIN, user__is_active=True
    ).exclude(pk=membership.pk)
    was = Membership.objects.filter(pk=membership.pk).values_list("role", flat=True).first()
    if was == Role.ACCOUNT_ADMIN and role != Role.ACCOUNT_ADMIN and not others.exists():
        raise Refused(_("This is the company's last account admin: name another one first."))
