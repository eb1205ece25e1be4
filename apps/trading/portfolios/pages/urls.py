"""Addresses of the pages."""

from django.urls import path

from apps.trading.portfolios.pages import alerting, calendar, journal, rebalancing, scheduling, views, webhooks

urlpatterns = [
    path("portfolios/", views.overview, name="portfolios"),
    path("portfolios/alerts/", alerting.alerts, name="portfolio-alerts"),
    path("portfolios/webhook/", webhooks.webhook, name="portfolio-webhook"),
    path("portfolios/<uuid:portfolio_id>/", views.portfolio, name="portfolio"),
    path("portfolios/<uuid:portfolio_id>/rebalance/", rebalancing.rebalance, name="portfolio-rebalance"),
    path("portfolios/<uuid:portfolio_id>/schedule/", scheduling.schedule, name="portfolio-schedule"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("journal/", journal.overview, name="journal"),
    path("journal/<uuid:entry_id>/", journal.entry, name="journal-entry"),
    path("journal/images/<uuid:image_id>/", journal.image, name="journal-image"),
]
