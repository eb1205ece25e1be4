"""Addresses of the history under /api/v1/."""

from django.urls import path

from apps.trading.orders.history.api.views import HistoryList, OrderStatistics, TradeList

urlpatterns = [
    path("orders/history", HistoryList.as_view(), name="api-orders-history"),
    path("orders/statistics", OrderStatistics.as_view(), name="api-orders-statistics"),
    path("trades", TradeList.as_view(), name="api-trades"),
]
