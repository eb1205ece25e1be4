"""Writes of routed orders, and what one would come to."""

from apps.trading.orders.routing.operations.advancing import advance_route, step_route
from apps.trading.orders.routing.operations.placing import cancel_route, place_route
from apps.trading.orders.routing.operations.planning import PlannedPart, RoutePlan, RouteWish, Single, plan_route

__all__ = [
    "PlannedPart",
    "RoutePlan",
    "RouteWish",
    "Single",
    "advance_route",
    "cancel_route",
    "place_route",
    "plan_route",
    "step_route",
]
