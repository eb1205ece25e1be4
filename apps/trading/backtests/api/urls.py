"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.backtests.api import views

urlpatterns = [
    path("backtests", views.BacktestList.as_view(), name="api-backtests"),
    path("backtests/<uuid:run_id>", views.BacktestDetail.as_view(), name="api-backtest"),
    path("backtests/<uuid:run_id>/cancel", views.BacktestCancel.as_view(), name="api-backtest-cancel"),
    path("backtests/<uuid:run_id>/trades", views.BacktestTrades.as_view(), name="api-backtest-trades"),
    path("backtests/<uuid:run_id>/fills", views.BacktestFills.as_view(), name="api-backtest-fills"),
    path("backtests/<uuid:run_id>/curves", views.BacktestCurves.as_view(), name="api-backtest-curves"),
    path("backtests/<uuid:run_id>/report", views.BacktestReport.as_view(), name="api-backtest-report"),
]
