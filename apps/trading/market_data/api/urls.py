"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.market_data.api.views import CandleList, QuoteList

urlpatterns = [
    path("candles", CandleList.as_view(), name="api-candles"),
    path("quotes", QuoteList.as_view(), name="api-quotes"),
]
