"""The top floor's pages: customers with what they run, and subscriptions."""

from django.urls import URLPattern

app_name = "subscriptions"

urlpatterns: list[URLPattern] = []
