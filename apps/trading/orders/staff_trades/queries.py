"""Reads of trades that staff booked."""

from django.db.models import QuerySet

from apps.trading.orders.models import StaffTrade


def list_staff_trades() -> QuerySet[StaffTrade]:
    """Return the booked trades of the tenant, newest first."""
    return StaffTrade.objects.select_related("connection__venue").order_by("-id")
