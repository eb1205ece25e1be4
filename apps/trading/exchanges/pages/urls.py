"""Addresses of the pages."""

from django.urls import path

from apps.trading.exchanges.pages import views

urlpatterns = [
    path("exchanges/", views.connections, name="exchanges"),
    path("exchanges/connect/", views.connect, name="exchanges-connect"),
    path("exchanges/<uuid:connection_id>/check/", views.check, name="exchanges-check"),
    path("exchanges/<uuid:connection_id>/revoke/", views.revoke, name="exchanges-revoke"),
]
