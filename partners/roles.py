"""What each role may do, in the words of the requirement's table of roles."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from partners.models import Partner, Role

OF_A_PROVIDER: Mapping[Role, Promise] = {
    Role.ACCOUNT_ADMIN: _(
        "Everything an admin agent does; team and profile; ends partnerships and relationships."
    ),
    Role.ADMIN_AGENT: _(
        "Invitations that ask for privileges, answers to confirm, privileges, partnerships, and all below."
    ),
    Role.SALES_AGENT: _("Invitations for the relationship only; records customers and subscriptions."),
    Role.HELPDESK_AGENT: _("Support requests; sees everything else."),
    Role.VIEWER: _("Sees everything, changes nothing."),
}
OF_A_RESELLER: Mapping[Role, Promise] = {
    Role.ACCOUNT_ADMIN: _("Everything an admin agent does; team and profile; accepts and ends partnerships."),
    Role.ADMIN_AGENT: _("Accepts, declines and gives up privileges; sends invitations on and asks for them."),
    Role.SALES_AGENT: _("Sends invitations on and asks for them."),
    Role.HELPDESK_AGENT: _("Support requests where you hold support; sees everything else."),
    Role.VIEWER: _("Sees everything, changes nothing."),
}


def words_of(partner: Partner) -> Mapping[Role, Promise]:
    """Return what each role may do in a company of this kind."""
    return OF_A_RESELLER if partner.is_reseller else OF_A_PROVIDER
