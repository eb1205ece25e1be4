"""Addresses of the back-test pages."""

from django.urls import path

from apps.trading.backtests.pages import study_views, views

urlpatterns = [
    path("backtests/", views.backtests, name="backtests-list"),
    path("backtests/new/", views.new, name="backtests-new"),
    path("backtests/compare/", views.compare, name="backtests-compare"),
    path("backtests/<uuid:run_id>/", views.backtest, name="backtests-detail"),
    path("backtests/<uuid:run_id>/progress/", views.progress, name="backtests-progress"),
    path("backtests/<uuid:run_id>/cancel/", views.cancel, name="backtests-cancel"),
    path("backtests/<uuid:run_id>/trades/", views.trades, name="backtests-trades"),
    path("backtests/<uuid:run_id>/report.html", views.report, name="backtests-report"),
    path("studies/", study_views.studies, name="studies-list"),
    path("studies/new/", study_views.new, name="studies-new"),
    path("studies/<uuid:study_id>/", study_views.study, name="studies-detail"),
    path("studies/<uuid:study_id>/progress/", study_views.progress, name="studies-progress"),
    path("studies/<uuid:study_id>/pause/", study_views.pause, name="studies-pause"),
    path("studies/<uuid:study_id>/resume/", study_views.resume, name="studies-resume"),
    path("studies/<uuid:study_id>/cancel/", study_views.cancel, name="studies-cancel"),
]
