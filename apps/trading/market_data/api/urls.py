"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.market_data.api.history import CandleExport, GapList, SyncCancel, SyncDetail, SyncList
from apps.trading.market_data.api.live_views import (
    ArbitrageHistory,
    ArbitrageList,
    BookDetail,
    StatisticsDetail,
    TradeList,
    VenueList,
)
from apps.trading.market_data.api.views import CandleList, QuoteList

urlpatterns = [
    path("candles", CandleList.as_view(), name="api-candles"),
    path("candles/export", CandleExport.as_view(), name="api-candles-export"),
    path("candles/gaps", GapList.as_view(), name="api-candles-gaps"),
    path("history-syncs", SyncList.as_view(), name="api-history-syncs"),
    path("history-syncs/<uuid:sync_id>", SyncDetail.as_view(), name="api-history-sync"),
    path("history-syncs/<uuid:sync_id>/cancel", SyncCancel.as_view(), name="api-history-sync-cancel"),
    path("quotes", QuoteList.as_view(), name="api-quotes"),
    path("markets/<str:symbol>/book", BookDetail.as_view(), name="api-market-book"),
    path("markets/<str:symbol>/trades", TradeList.as_view(), name="api-market-trades"),
    path("markets/<str:symbol>/statistics", StatisticsDetail.as_view(), name="api-market-statistics"),
    path("markets/<str:symbol>/venues", VenueList.as_view(), name="api-market-venues"),
    path("markets/<str:symbol>/arbitrage", ArbitrageList.as_view(), name="api-market-arbitrage"),
    path("markets/<str:symbol>/arbitrage/history", ArbitrageHistory.as_view(), name="api-market-arbitrage-history"),
]
