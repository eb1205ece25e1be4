"""Addresses of the limits of real money under /api/v1/."""

from django.urls import path

from apps.trading.orders.limits.api.views import OrderLimits

urlpatterns = [path("orders/limits", OrderLimits.as_view(), name="api-orders-limits")]
