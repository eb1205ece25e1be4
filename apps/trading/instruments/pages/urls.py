"""Addresses of the pages."""

from django.urls import path

from apps.trading.instruments.pages import alerts, watchlists

urlpatterns = [
    path("watchlists/", watchlists.overview, name="watchlists"),
    path("watchlists/<uuid:watchlist_id>/", watchlists.watchlist, name="watchlist"),
    path("alerts/", alerts.overview, name="alerts"),
    path("alerts/<uuid:alert_id>/", alerts.alert, name="alert"),
]
