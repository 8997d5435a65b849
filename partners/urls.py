"""The ground floor's own pages."""

from django.urls import path

from partners.views import companies

app_name = "partners"
urlpatterns = [
    path("companies/", companies.companies, name="companies"),
    path("companies/act-for/", companies.act_for, name="act-for"),
    path("profile/", companies.profile, name="profile"),
]
