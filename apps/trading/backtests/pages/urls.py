"""Addresses of the back-test pages."""

from django.urls import path

from apps.trading.backtests.pages import views

urlpatterns = [
    path("backtests/", views.backtests, name="backtests-list"),
    path("backtests/new/", views.new, name="backtests-new"),
    path("backtests/compare/", views.compare, name="backtests-compare"),
    path("backtests/<uuid:run_id>/", views.backtest, name="backtests-detail"),
    path("backtests/<uuid:run_id>/progress/", views.progress, name="backtests-progress"),
    path("backtests/<uuid:run_id>/cancel/", views.cancel, name="backtests-cancel"),
    path("backtests/<uuid:run_id>/trades/", views.trades, name="backtests-trades"),
    path("backtests/<uuid:run_id>/report.html", views.report, name="backtests-report"),
]
