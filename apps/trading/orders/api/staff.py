"""Who may use the API of the desks: members of staff who logged in with a second factor."""

from typing import Any

from rest_framework.request import Request

from apps.core.actors import Actor
from apps.core.permissions import require
from apps.trading.orders.staff_trades.errors import OnlyStaffBooks


def staff_of(request: Request, permission: str) -> Actor:
    """Return the member of staff who asks. Raises OnlyStaffBooks, NotAllowed; programs prove no second factor."""
    user: Any = request.user
    if not (user.is_active and user.is_staff and user.is_verified()):
        raise OnlyStaffBooks
    actor: Actor = getattr(request, "actor", None) or Actor.of(user)
    require(actor, permission)
    return actor
