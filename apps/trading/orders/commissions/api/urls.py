"""Addresses of commissions under /api/v1/."""

from django.urls import path

from apps.trading.orders.commissions.api.views import CommissionInForce, CommissionList

urlpatterns = [
    path("orders/commission", CommissionInForce.as_view(), name="api-orders-commission"),
    path("orders/commissions", CommissionList.as_view(), name="api-orders-commissions"),
]
