"""Addresses of commissions under /api/v1/."""

from django.urls import path

from apps.trading.orders.commissions.api import staff
from apps.trading.orders.commissions.api.views import CommissionInForce, CommissionList

urlpatterns = [
    path("orders/commission", CommissionInForce.as_view(), name="api-orders-commission"),
    path("orders/commissions", CommissionList.as_view(), name="api-orders-commissions"),
    path("orders/commission-schedules", staff.CommissionScheduleList.as_view(), name="api-commission-schedules"),
    path(
        "orders/commission-schedules/<uuid:schedule_id>",
        staff.CommissionScheduleDetail.as_view(),
        name="api-commission-schedule",
    ),
    path(
        "orders/commission-schedules/<uuid:schedule_id>/proposals",
        staff.CommissionScheduleProposal.as_view(),
        name="api-commission-schedule-proposals",
    ),
    path(
        "orders/commission-schedules/<uuid:schedule_id>/end-proposals",
        staff.CommissionScheduleEnd.as_view(),
        name="api-commission-schedule-end",
    ),
    path(
        "orders/commission-schedules/<uuid:schedule_id>/discard",
        staff.CommissionScheduleDiscard.as_view(),
        name="api-commission-schedule-discard",
    ),
]
