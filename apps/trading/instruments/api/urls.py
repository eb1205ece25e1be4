"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.instruments.api.alerts import AlertArm, AlertDetail, AlertList, AlertPause
from apps.trading.instruments.api.views import (
    InstrumentDetail,
    InstrumentList,
    WatchlistDetail,
    WatchlistList,
    WatchlistSymbol,
)

urlpatterns = [
    path("instruments", InstrumentList.as_view(), name="api-instruments"),
    path("instruments/<str:symbol>", InstrumentDetail.as_view(), name="api-instrument"),
    path("watchlists", WatchlistList.as_view(), name="api-watchlists"),
    path("watchlists/<uuid:watchlist_id>", WatchlistDetail.as_view(), name="api-watchlist"),
    path("watchlists/<uuid:watchlist_id>/symbols/<str:symbol>", WatchlistSymbol.as_view(), name="api-watchlist-symbol"),
    path("alerts", AlertList.as_view(), name="api-alerts"),
    path("alerts/<uuid:alert_id>", AlertDetail.as_view(), name="api-alert"),
    path("alerts/<uuid:alert_id>/arm", AlertArm.as_view(), name="api-alert-arm"),
    path("alerts/<uuid:alert_id>/pause", AlertPause.as_view(), name="api-alert-pause"),
]
