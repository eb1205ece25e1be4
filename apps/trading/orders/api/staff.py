"""Who may use the API of the desks: members of staff who logged in with a second factor."""

from rest_framework.request import Request

from apps.core.actors import Actor
from apps.core.api.callers import staff_of
from apps.core.permissions import require
from apps.trading.orders.staff_trades.errors import OnlyStaffBooks


def staff_who_may(request: Request, permission: str) -> Actor:
    """Return the member of staff who asks and whose role includes the permission. Raises OnlyStaffBooks, NotAllowed."""
    actor = staff_of(request, OnlyStaffBooks)
    require(actor, permission)
    return actor
