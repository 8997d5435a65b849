"""The ground floor's own pages."""

from django.urls import path

from partners.views import activity, companies, joining, onboarding, partnerships, settings, team, wordings

app_name = "partners"
urlpatterns = [
    path("companies/", companies.companies, name="companies"),
    path("companies/act-for/", companies.act_for, name="act-for"),
    path("profile/", companies.profile, name="profile"),
    path("resellers/propose/", partnerships.propose, name="partnership-propose"),
    path("resellers/invite/", onboarding.start, name="onboarding-start"),
    path("resellers/invited/", onboarding.invited, name="onboardings"),
    path("onboardings/<int:pk>/resend/", onboarding.resend, name="onboarding-resend"),
    path("onboardings/<int:pk>/withdraw/", onboarding.withdraw, name="onboarding-withdraw"),
    path("onboarding/<str:token>/", onboarding.tell, name="onboarding"),
    path("partnerships/<int:pk>/accept/", partnerships.accept, name="partnership-accept"),
    path("partnerships/<int:pk>/decline/", partnerships.decline, name="partnership-decline"),
    path("partnerships/<int:pk>/withdraw/", partnerships.withdraw, name="partnership-withdraw"),
    path("partnerships/<int:pk>/link/", partnerships.joint_link, name="partnership-link"),
    path("team/", team.members, name="team"),
    path("team/invite/", team.invite, name="team-invite"),
    path("team/leave/", team.leave, name="team-leave"),
    path("team/invitations/<int:pk>/resend/", team.resend, name="team-resend"),
    path("team/invitations/<int:pk>/withdraw/", team.withdraw, name="team-withdraw"),
    path("team/<int:pk>/role/", team.change_role, name="team-role"),
    path("team/<int:pk>/remove/", team.remove, name="team-remove"),
    path("join/<str:token>/", joining.join, name="join"),
    path("activity/", activity.log, name="activity"),
    path("activity/export/", activity.export, name="activity-export"),
    path("settings/", settings.settings, name="settings"),
    path("settings/mails/", wordings.mail_texts, name="mail-texts"),
    path("settings/mails/<str:event>/<str:language>/", wordings.mail_text, name="mail-text"),
    path(
        "settings/mails/<str:event>/<str:language>/preview/",
        wordings.mail_text_preview,
        name="mail-text-preview",
    ),
]
