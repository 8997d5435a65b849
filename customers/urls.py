"""The middle floor's pages: invitations, privileges, companies, and what customers open by a link."""

from django.urls import URLPattern, path

from customers.views import (
    acceptances,
    custody,
    customers,
    handovers,
    invitations,
    inviting,
    my,
    my_renewals,
    privileges,
    public,
    renewals,
    resellers,
)

app_name = "customers"

urlpatterns: list[URLPattern] = [
    # --- customers and their contacts
    path("customers/new/", customers.record, name="customer-record"),
    path("customers/<int:pk>/edit/", customers.edit, name="customer-edit"),
    path("customers/<int:pk>/contacts/add/", customers.add_contact, name="contact-add"),
    path("contacts/<int:pk>/edit/", customers.edit_contact, name="contact-edit"),
    # --- invitations
    path("invitations/", invitations.listing, name="invitations"),
    path("invitations/new/", inviting.invite, name="invite"),
    path("invitations/new/preview/", inviting.preview, name="invite-preview"),
    path("invitations/new/send/", inviting.issue, name="invite-send"),
    path("invitations/new/copy/", inviting.issue_copied, name="invite-copy"),
    path("invitations/<int:pk>/", custody.detail, name="invitation"),
    path("invitations/<int:pk>/open/", custody.open_, name="invitation-open"),
    path("invitations/<int:pk>/send/", custody.send, name="invitation-send"),
    path("invitations/<int:pk>/copy/", custody.send_copied, name="invitation-copy"),
    path("invitations/<int:pk>/forward/", custody.forward, name="invitation-forward"),
    path("invitations/<int:pk>/forward/copy/", custody.forward_copied, name="invitation-forward-copy"),
    path("invitations/<int:pk>/withdraw/", custody.withdraw, name="invitation-withdraw"),
    path("links/<int:pk>/withdraw/", custody.withdraw_link, name="link-withdraw"),
    path("acceptances/<int:pk>/confirm/", acceptances.confirm, name="acceptance-confirm"),
    path("acceptances/<int:pk>/refuse/", acceptances.refuse, name="acceptance-refuse"),
    path("relationships/<int:pk>/microsoft/", acceptances.note_microsoft, name="microsoft-note"),
    # --- privileges
    path("privileges/", privileges.listing, name="privileges"),
    path("customers/<int:pk>/privileges/assign/", privileges.assign, name="assign"),
    path("assignments/<int:pk>/accept/", privileges.accept, name="assignment-accept"),
    path("assignments/<int:pk>/decline/", privileges.decline, name="assignment-decline"),
    path("assignments/<int:pk>/withdraw/", privileges.withdraw, name="assignment-withdraw"),
    path("assignments/<int:pk>/revoke/", privileges.revoke, name="assignment-revoke"),
    path("assignments/<int:pk>/give-up/", privileges.give_up, name="assignment-give-up"),
    # --- renewals
    path("customers/<int:pk>/renewals/propose/", renewals.propose, name="renewal-propose"),
    path("renewals/<int:pk>/withdraw/", renewals.withdraw, name="renewal-withdraw"),
    # --- hand-overs
    path("hand-overs/", handovers.listing, name="handovers"),
    path("hand-overs/<int:pk>/", handovers.detail, name="handover"),
    path("hand-overs/<int:pk>/accept/", handovers.accept, name="handover-accept"),
    path("hand-overs/<int:pk>/decline/", handovers.decline, name="handover-decline"),
    path("hand-overs/<int:pk>/withdraw/", handovers.withdraw, name="handover-withdraw"),
    path("customers/<int:pk>/hand-over/", handovers.of_customer, name="customer-hand-over"),
    path("resellers/<int:pk>/hand-over/", handovers.of_reseller, name="reseller-hand-over"),
    # --- companies
    path("resellers/", resellers.resellers, name="resellers"),
    path("resellers/<int:pk>/", resellers.reseller, name="reseller"),
    path("providers/", resellers.providers, name="providers"),
    path("partnerships/<int:pk>/end/", resellers.end, name="partnership-end"),
    # --- what customers open by a link
    path("i/<str:token>/", public.landing, name="landing"),
    path("i/<str:token>/decline/", public.decline, name="landing-decline"),
    path("i/<str:token>/code/<uuid:key>/", public.code, name="landing-code"),
    path("i/<str:token>/code/<uuid:key>/new/", public.new_code, name="landing-new-code"),
    path("my/ask/<str:token>/", my.ask, name="my-ask"),
    path("my/<str:token>/", my.my, name="my"),
    path("my/<str:token>/assignments/<int:pk>/refuse/", my.refuse, name="my-refuse"),
    path("my/<str:token>/grants/<int:pk>/withdraw/", my.withdraw, name="my-withdraw"),
    path("my/<str:token>/grants/<int:pk>/code/<uuid:key>/", my.withdraw_code, name="my-withdraw-code"),
    path("my/<str:token>/statements/<int:pk>/lift/", my.lift, name="my-lift"),
    path("my/<str:token>/renewals/<int:pk>/", my_renewals.answer, name="my-renewal"),
    path("my/<str:token>/renewals/<int:pk>/decline/", my_renewals.decline, name="my-renewal-decline"),
    path("my/<str:token>/renewals/<int:pk>/code/<uuid:key>/", my_renewals.code, name="my-renewal-code"),
    path(
        "my/<str:token>/renewals/<int:pk>/code/<uuid:key>/new/",
        my_renewals.new_code,
        name="my-renewal-new-code",
    ),
]
