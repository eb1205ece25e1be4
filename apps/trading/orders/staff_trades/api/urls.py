"""Addresses of trades booked by staff under /api/v1/."""

from django.urls import path

from apps.trading.orders.staff_trades.api.views import StaffTradeCounter, StaffTradeList

urlpatterns = [
    path("staff-trades", StaffTradeList.as_view(), name="api-staff-trades"),
    path("staff-trades/<uuid:trade_id>/counter-requests", StaffTradeCounter.as_view(), name="api-staff-trade-counter"),
]
