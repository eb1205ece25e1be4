"""Reads of trades that staff booked."""

from uuid import UUID

from django.db.models import QuerySet

from apps.trading.exchanges.queries import get_connection
from apps.trading.orders.models import StaffTrade


def list_staff_trades() -> QuerySet[StaffTrade]:
    """Return the booked trades of the tenant, newest first."""
    return StaffTrade.objects.select_related("connection__venue").order_by("-id")


def owner_of_connection(connection_id: UUID) -> UUID:
    """Return whose a connection is, for staff who name a connection only. Raises ConnectionMissing."""
    found: UUID = get_connection(connection_id).owner_id
    return found
