"""The top floor's pages: customers with what they run, and subscriptions."""

from django.urls import URLPattern, path

from subscriptions.views import (
    attention,
    endings,
    inventory,
    lists,
    moves,
    my_ending,
    planning,
    steps,
    subscriptions,
)

app_name = "subscriptions"

urlpatterns: list[URLPattern] = [
    path("subscriptions/", lists.subscriptions, name="subscriptions"),
    path("subscriptions/export/", lists.export_subscriptions, name="subscriptions-export"),
    path("subscriptions/<int:pk>/", subscriptions.subscription, name="subscription"),
    path("subscriptions/<int:pk>/edit/", subscriptions.edit, name="subscription-edit"),
    path("subscriptions/<int:pk>/plan/", planning.plan, name="move-plan"),
    path("moves/", moves.board, name="moves"),
    path("moves/plan/", planning.plan_many, name="moves-plan"),
    path("moves/<int:pk>/", moves.detail, name="move"),
    path("moves/<int:pk>/print/", moves.sheet, name="move-print"),
    path("moves/<int:pk>/abandon/", moves.abandon, name="move-abandon"),
    path("moves/<int:pk>/go-on/", moves.keep, name="move-keep"),
    path("moves/<int:pk>/target/", moves.retarget, name="move-target"),
    path("moves/<int:pk>/services/add/", inventory.add, name="inventory-add"),
    path("moves/services/<int:pk>/edit/", inventory.edit, name="inventory-edit"),
    path("moves/services/<int:pk>/remove/", inventory.remove, name="inventory-remove"),
    path("moves/services/<int:pk>/moved/", inventory.moved, name="inventory-moved"),
    path("moves/services/<int:pk>/cancelled/", inventory.cancelled, name="inventory-cancelled"),
    path("moves/steps/<int:pk>/close/", steps.close, name="step-close"),
    path("moves/steps/<int:pk>/skip/", steps.skip, name="step-skip"),
    path("moves/files/<uuid:key>/", steps.file, name="step-file"),
    path("subscriptions/<int:pk>/reseller/", subscriptions.change_reseller, name="subscription-reseller"),
    path("relationships/<int:pk>/end/", endings.end, name="relationship-end"),
    path("my/<str:token>/end/", my_ending.end, name="my-end"),
    path("my/<str:token>/end/<uuid:key>/", my_ending.code, name="my-end-code"),
    path("attention/", attention.everything, name="attention"),
    path("attention/<str:kind>/<int:pk>/put-off/", attention.put_off, name="attention-put-off"),
    path("attention/<str:kind>/<int:pk>/wake/", attention.wake, name="attention-wake"),
    path("customers/<int:pk>/subscriptions/new/", subscriptions.record, name="subscription-record"),
]
