"""Reading routed orders."""

from uuid import UUID

from django.db.models import QuerySet

from apps.trading.orders.choices import Origin
from apps.trading.orders.models.orders import Order
from apps.trading.orders.routing.choices import OVER
from apps.trading.orders.routing.errors import RouteMissing
from apps.trading.orders.routing.models import RoutedOrder


def get_route(route_id: UUID, *, owner_id: UUID) -> RoutedOrder:
    """Return a routed order of a customer, or raise RouteMissing."""
    found = RoutedOrder.objects.select_related("single_connection").filter(pk=route_id, owner_id=owner_id).first()
    if found is None:
        raise RouteMissing
    return found


def list_routes(owner_id: UUID) -> QuerySet[RoutedOrder]:
    """Return a customer's routed orders, newest first."""
    return RoutedOrder.objects.filter(owner_id=owner_id).order_by("-id")


def list_children(route_id: UUID) -> list[Order]:
    """Return the orders that a routed order placed, oldest first."""
    found = Order.objects.filter(origin_kind=Origin.ROUTE, origin_id=route_id).order_by("sequence")
    return list(found.select_related("connection__venue"))


def list_going_on() -> list[UUID]:
    """Return the routed orders of this tenant that are not over."""
    return list(RoutedOrder.objects.exclude(status__in=OVER).order_by("id").values_list("pk", flat=True))


def exists_going_on() -> bool:
    """Return whether a routed order of this tenant is not over."""
    return RoutedOrder.objects.exclude(status__in=OVER).exists()
