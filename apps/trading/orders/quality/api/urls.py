"""Addresses of execution quality under /api/v1/."""

from django.urls import path

from apps.trading.orders.quality.api.views import QualityBounds, QualityReport

urlpatterns = [
    path("orders/quality", QualityReport.as_view(), name="api-orders-quality"),
    path("orders/quality/bounds", QualityBounds.as_view(), name="api-orders-quality-bounds"),
]
