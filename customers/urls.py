"""The middle floor's pages: invitations, privileges, companies, and what customers open by a link."""

from django.urls import URLPattern

app_name = "customers"

urlpatterns: list[URLPattern] = [
    # --- customers and their contacts
    # --- invitations
    # --- privileges
    # --- companies
    # --- what customers open by a link
]
