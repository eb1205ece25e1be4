"""Addresses of the pages."""

from django.urls import path

from apps.trading.exchanges.pages import views

urlpatterns = [
    path("exchanges/", views.connections, name="exchanges"),
    path("exchanges/connect/", views.connect, name="exchanges-connect"),
    path("exchanges/new/", views.new, name="exchanges-new"),
    path("exchanges/list/", views.catalogue, name="exchange-catalogue"),
    path("exchanges/list/<slug:ccxt_id>/", views.exchange, name="exchange"),
    path("exchanges/<uuid:connection_id>/", views.detail, name="exchanges-detail"),
    path("exchanges/<uuid:connection_id>/key/", views.key, name="exchanges-key"),
    path("exchanges/<uuid:connection_id>/check/", views.check, name="exchanges-check"),
    path("exchanges/<uuid:connection_id>/revoke/", views.revoke, name="exchanges-revoke"),
]
