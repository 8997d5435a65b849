"""The top floor's pages: customers with what they run, and subscriptions."""

from django.urls import URLPattern, path

from subscriptions.views import attention, endings, lists, my_ending, subscriptions

app_name = "subscriptions"

urlpatterns: list[URLPattern] = [
    path("subscriptions/", lists.subscriptions, name="subscriptions"),
    path("subscriptions/export/", lists.export_subscriptions, name="subscriptions-export"),
    path("subscriptions/<int:pk>/", subscriptions.subscription, name="subscription"),
    path("subscriptions/<int:pk>/edit/", subscriptions.edit, name="subscription-edit"),
    path("relationships/<int:pk>/end/", endings.end, name="relationship-end"),
    path("my/<str:token>/end/", my_ending.end, name="my-end"),
    path("my/<str:token>/end/<uuid:key>/", my_ending.code, name="my-end-code"),
    path("attention/", attention.everything, name="attention"),
    path("attention/<str:kind>/<int:pk>/put-off/", attention.put_off, name="attention-put-off"),
    path("attention/<str:kind>/<int:pk>/wake/", attention.wake, name="attention-wake"),
    path("customers/<int:pk>/subscriptions/new/", subscriptions.record, name="subscription-record"),
]
