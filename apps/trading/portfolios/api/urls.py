"""Addresses under /api/v1/."""

from django.urls import path

from apps.trading.portfolios.api.views import (
    PortfolioBookDetail,
    PortfolioDetail,
    PortfolioFlows,
    PortfolioList,
    PortfolioPerformance,
)

ONE = "portfolios/<uuid:portfolio_id>"
urlpatterns = [
    path("portfolios", PortfolioList.as_view(), name="api-portfolios"),
    path(ONE, PortfolioDetail.as_view(), name="api-portfolio"),
    path(f"{ONE}/books/<uuid:book_id>", PortfolioBookDetail.as_view(), name="api-portfolio-book"),
    path(f"{ONE}/flows", PortfolioFlows.as_view(), name="api-portfolio-flows"),
    path(f"{ONE}/performance", PortfolioPerformance.as_view(), name="api-portfolio-performance"),
]
