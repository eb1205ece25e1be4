"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.backtests.api import study_views, views

urlpatterns = [
    path("backtests", views.BacktestList.as_view(), name="api-backtests"),
    path("backtests/<uuid:run_id>", views.BacktestDetail.as_view(), name="api-backtest"),
    path("backtests/<uuid:run_id>/cancel", views.BacktestCancel.as_view(), name="api-backtest-cancel"),
    path("backtests/<uuid:run_id>/trades", views.BacktestTrades.as_view(), name="api-backtest-trades"),
    path("backtests/<uuid:run_id>/fills", views.BacktestFills.as_view(), name="api-backtest-fills"),
    path("backtests/<uuid:run_id>/curves", views.BacktestCurves.as_view(), name="api-backtest-curves"),
    path("backtests/<uuid:run_id>/report", views.BacktestReport.as_view(), name="api-backtest-report"),
    path("studies", study_views.StudyList.as_view(), name="api-studies"),
    path("studies/<uuid:study_id>", study_views.StudyDetail.as_view(), name="api-study"),
    path("studies/<uuid:study_id>/trials", study_views.StudyTrials.as_view(), name="api-study-trials"),
    path("studies/<uuid:study_id>/pause", study_views.StudyPause.as_view(), name="api-study-pause"),
    path("studies/<uuid:study_id>/resume", study_views.StudyResume.as_view(), name="api-study-resume"),
    path("studies/<uuid:study_id>/cancel", study_views.StudyCancel.as_view(), name="api-study-cancel"),
]
