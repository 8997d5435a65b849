"""Every address: one include per floor, and what belongs to none."""

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path, re_path

from config import views
from partners.views.companies import set_language
from partners.views.theme import set_theme
from subscriptions.views import customers, lists, my

# One door for everybody: the admin's own sign-in form would know no throttle.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth documents

# Sign-up, e-mail management and social sign-in are not offered, so they have no address.
account_urls = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("customers/", lists.customers, name="customers"),
    path("customers/export/", lists.export_customers, name="customers-export"),
    path("customers/<int:pk>/", customers.customer, name="customer"),
    path("my/<str:token>/", my.my, name="my"),
    path("healthz", views.healthz, name="healthz"),
    path("account/", include(account_urls)),
    path("language/", set_language, name="set_language"),
    path("theme/", set_theme, name="set_theme"),
    path("admin/", admin.site.urls),
    path("", include("partners.urls")),
    path("", include("customers.urls")),
    path("", include("subscriptions.urls")),
    path("dev/mail/", views.dev_mails, name="dev-mails"),
    path("dev/mail/<slug:name>/", views.dev_mail, name="dev-mail"),
    path("dev/mail/<slug:name>/html/", views.dev_mail_html, name="dev-mail-html"),
]
