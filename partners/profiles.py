"""The story of a company's own profile: what its account admins keep about it."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import activity
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.models import Partner
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls this story."""

    EDITED = "company.profile_edited", gettext_lazy("Company profile edited")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a company says about itself, and what its invitations are based on."""

    website: str
    support_email: str
    support_phone: str
    time_zone: str
    partner_center_link: str = ""
    privilege_days: int = 365
    expiry_days: int = 90

    @property
    def fingerprint(self) -> str:
        """A word that changes with the profile: a form carries it to tell whether it was read in time."""
        return hashlib.sha256(activity.canonical(asdict(self)).encode()).hexdigest()[:32]


def profile_of(partner: Partner) -> Profile:
    """Return a company's profile as it is."""
    return Profile(
        website=partner.website,
        support_email=partner.support_email,
        support_phone=partner.support_phone,
        time_zone=partner.time_zone,
        partner_center_link=partner.partner_center_link,
        privilege_days=partner.privilege_days,
        expiry_days=partner.expiry_days,
    )


@transaction.atomic
def edit(partner: Partner, profile: Profile, *, seen: str, by: Actor, at: datetime) -> Partner:
    """Edit a company's profile; nothing is written when nothing differs.

    `seen` is the fingerprint of the profile the form showed: what somebody else has changed since is refused
    (`Stale`). Refuses a suspended company, a reseller's Partner Center link, and values no profile can have.
    """
    partner = Partner.objects.select_for_update().get(pk=partner.pk)
    refuse_other(by, partner.pk)
    if not partner.is_active:
        raise Refused(_("A suspended company changes nothing."))
    before = profile_of(partner)
    old, new = asdict(before), asdict(profile)
    differ = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    if not differ:
        return partner
    if before.fingerprint != seen:
        raise Stale(_("Somebody else has changed the profile since you opened the form."))
    if profile.partner_center_link and not partner.owns_relationships:
        raise Refused(
            _("Only a provider bases invitations on a Partner Center link."), field="partner_center_link"
        )
    for name in differ:
        setattr(partner, name, new[name])
    try:
        partner.clean_fields(
            exclude=[field.name for field in Partner._meta.fields if field.name not in differ]
        )
    except ValidationError as problem:
        field, words = next(iter(problem.message_dict.items()))
        raise Refused(words[0], field=field) from problem
    partner.save(update_fields=list(differ))
    activity.record(
        Verb.EDITED,
        by=by,
        at=at,
        provider=partner,
        about=partner,
        details={"changed": activity.changed(partner), "fields": differ},
    )
    return partner
