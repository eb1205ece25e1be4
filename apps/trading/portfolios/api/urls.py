"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.portfolios.api.alerting import ResultAlertDetail, ResultAlertList
from apps.trading.portfolios.api.journal import (
    CalendarView,
    JournalDetail,
    JournalImageDetail,
    JournalImages,
    JournalList,
)
from apps.trading.portfolios.api.rebalancing import PlanCancel, PlanDetail, PlanPreview, PlanStart, Targets
from apps.trading.portfolios.api.scheduling import ScheduleDetail, SchedulePause, ScheduleResume
from apps.trading.portfolios.api.views import (
    PortfolioBookDetail,
    PortfolioDetail,
    PortfolioFlows,
    PortfolioList,
    PortfolioPerformance,
)
from apps.trading.portfolios.api.webhooks import WebhookDeliveries, WebhookDetail

ONE = "portfolios/<uuid:portfolio_id>"
urlpatterns = [
    path("portfolios", PortfolioList.as_view(), name="api-portfolios"),
    path(ONE, PortfolioDetail.as_view(), name="api-portfolio"),
    path(f"{ONE}/books/<uuid:book_id>", PortfolioBookDetail.as_view(), name="api-portfolio-book"),
    path(f"{ONE}/flows", PortfolioFlows.as_view(), name="api-portfolio-flows"),
    path(f"{ONE}/performance", PortfolioPerformance.as_view(), name="api-portfolio-performance"),
    path(f"{ONE}/targets", Targets.as_view(), name="api-portfolio-targets"),
    path(f"{ONE}/rebalances", PlanPreview.as_view(), name="api-portfolio-rebalances"),
    path(f"{ONE}/schedule", ScheduleDetail.as_view(), name="api-portfolio-schedule"),
    path(f"{ONE}/schedule/pause", SchedulePause.as_view(), name="api-portfolio-schedule-pause"),
    path(f"{ONE}/schedule/resume", ScheduleResume.as_view(), name="api-portfolio-schedule-resume"),
    path("portfolio-alerts", ResultAlertList.as_view(), name="api-portfolio-alerts"),
    path("portfolio-alerts/<uuid:alert_id>", ResultAlertDetail.as_view(), name="api-portfolio-alert"),
    path("portfolio-webhook", WebhookDetail.as_view(), name="api-portfolio-webhook"),
    path("portfolio-webhook/deliveries", WebhookDeliveries.as_view(), name="api-portfolio-webhook-deliveries"),
    path("rebalances/<uuid:plan_id>", PlanDetail.as_view(), name="api-rebalance"),
    path("rebalances/<uuid:plan_id>/start", PlanStart.as_view(), name="api-rebalance-start"),
    path("rebalances/<uuid:plan_id>/cancel", PlanCancel.as_view(), name="api-rebalance-cancel"),
    path("calendar", CalendarView.as_view(), name="api-calendar"),
    path("journal", JournalList.as_view(), name="api-journal"),
    path("journal/<uuid:entry_id>", JournalDetail.as_view(), name="api-journal-entry"),
    path("journal/<uuid:entry_id>/images", JournalImages.as_view(), name="api-journal-images"),
    path("journal-images/<uuid:image_id>", JournalImageDetail.as_view(), name="api-journal-image"),
]
