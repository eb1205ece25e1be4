"""What can be refused about routed orders."""

from apps.core.errors import Conflict, Invalid, NotFound


class RouteMissing(NotFound):
    """No such routed order of this customer."""

    code = "orders.route_missing"
    message = "You have no such routed order."


class RouteOver(Conflict):
    """The routed order is over or ends."""

    code = "orders.route_over"
    message = "This routed order is over already."


class RouteDoesNotFit(Invalid):
    """What is wanted cannot be routed at all."""

    code = "orders.route_does_not_fit"
    message = "{reason}"


class NothingToRoute(Conflict):
    """No account could take a part now."""

    code = "orders.nothing_to_route"
    message = "Nothing can be bought or sold this way now. {reason}"
