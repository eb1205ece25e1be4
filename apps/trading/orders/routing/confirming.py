"""Asking for a fresh second factor before a large routed order of real money, for pages and the API alike."""

from dataclasses import asdict
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from apps.platform.security.operations import Summary, require_recent_2fa
from apps.trading.orders.operations.safety import confirmation_limit, worth_of
from apps.trading.orders.routing.operations.placing import whole_order
from apps.trading.orders.routing.operations.planning import RouteWish, plan_route, require_parts

ACTION = "orders.route_live"


def confirm_route(request: HttpRequest, owner_id: UUID, wish: RouteWish) -> bool:
    """Return whether a routed order is confirmed: True after its code was used up, False where none is needed.

    Raises what `require_recent_2fa` raises when the code has yet to be given, and what `place_route` refuses. The code
    is for exactly these words.
    """
    if wish.mode != "live":
        return False
    plan = plan_route(owner_id=owner_id, wish=wish)
    worst = require_parts(plan)
    worth = worth_of(whole_order(plan), None)
    if confirmation_limit(owner_id, wish.mode, worth) is None:
        return False
    names = ", ".join(row.account.connection.label for row in plan.parts if row.part.quantity)
    summary = Summary(
        "Route a live order over your accounts",
        [
            ("Order", f"{wish.side.value.capitalize()} {wish.quantity.normalize():f} {plan.spec.base}"),
            ("Accounts", names),
            ("Worst price", f"{worst.normalize():f} {plan.spec.quote}"),
            ("Worth at most about", f"{worth:,.2f} {plan.spec.quote}"),
        ],
        return_url=reverse("orders-routes-new"),
    )
    payload = {name: str(value) for name, value in asdict(wish).items()}
    require_recent_2fa(request, ACTION, payload, summary=summary)
    return True
