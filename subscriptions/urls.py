"""The top floor's pages: customers with what they run, and subscriptions."""

from django.urls import URLPattern, path

from subscriptions.views import subscriptions

app_name = "subscriptions"

urlpatterns: list[URLPattern] = [
    path("subscriptions/", subscriptions.subscriptions, name="subscriptions"),
    path("subscriptions/<int:pk>/", subscriptions.subscription, name="subscription"),
    path("subscriptions/<int:pk>/edit/", subscriptions.edit, name="subscription-edit"),
    path("customers/<int:pk>/subscriptions/new/", subscriptions.record, name="subscription-record"),
]
