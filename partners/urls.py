"""The ground floor's own pages."""

from django.urls import path

from partners.views import activity, companies, partnerships, settings

app_name = "partners"
urlpatterns = [
    path("companies/", companies.companies, name="companies"),
    path("companies/act-for/", companies.act_for, name="act-for"),
    path("profile/", companies.profile, name="profile"),
    path("resellers/propose/", partnerships.propose, name="partnership-propose"),
    path("partnerships/<int:pk>/accept/", partnerships.accept, name="partnership-accept"),
    path("partnerships/<int:pk>/decline/", partnerships.decline, name="partnership-decline"),
    path("partnerships/<int:pk>/withdraw/", partnerships.withdraw, name="partnership-withdraw"),
    path("partnerships/<int:pk>/link/", partnerships.joint_link, name="partnership-link"),
    path("activity/", activity.log, name="activity"),
    path("settings/", settings.settings, name="settings"),
]
