"""The middle floor's pages: invitations, privileges, companies, and what customers open by a link."""

from django.urls import URLPattern, path

from customers.views import customers, my, public

app_name = "customers"

urlpatterns: list[URLPattern] = [
    # --- customers and their contacts
    path("customers/new/", customers.record, name="customer-record"),
    path("customers/<int:pk>/edit/", customers.edit, name="customer-edit"),
    path("customers/<int:pk>/contacts/add/", customers.add_contact, name="contact-add"),
    path("contacts/<int:pk>/edit/", customers.edit_contact, name="contact-edit"),
    # --- invitations
    # --- privileges
    # --- companies
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
]
