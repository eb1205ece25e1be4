"""/routed-orders: what one would come to, list, place, read, cancel."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import caller, owner_of
from apps.core.api.writes import IDEMPOTENCY_KEY, key_of, write_once
from apps.core.idempotency import has_answered
from apps.trading.orders.routing import operations, queries
from apps.trading.orders.routing.api.serializers import (
    NewRouteSerializer,
    RoutedOrderSerializer,
    RoutePreviewSerializer,
    preview_of,
    wish_of,
)
from apps.trading.orders.routing.confirming import confirm_route
from apps.trading.orders.routing.models import RoutedOrder

PLACE = "orders.place_route"


class RoutedOrderPreview(APIView):
    """What a routed order would come to."""

    @extend_schema(
        operation_id="preview_routed_order",
        tags=["orders"],
        parameters=[NewRouteSerializer],
        responses={200: RoutePreviewSerializer},
    )
    def get(self, request: Request) -> Response:
        """Return what each account would get now, and what all on one would cost; nothing is stored."""
        asked: dict[str, Any] = request.query_params.dict()
        given = NewRouteSerializer(data={**asked, "connection_ids": request.query_params.getlist("connection_ids")})
        given.is_valid(raise_exception=True)
        plan = operations.plan_route(owner_id=owner_of(request), wish=wish_of(given.validated_data))
        return Response(preview_of(plan))


class RoutedOrderList(GenericAPIView[RoutedOrder]):
    """The caller's routed orders."""

    serializer_class = RoutedOrderSerializer

    @extend_schema(
        operation_id="list_routed_orders", tags=["orders"], responses={200: RoutedOrderSerializer(many=True)}
    )
    def get(self, request: Request) -> Response:
        """Return routed orders, newest first."""
        page = self.paginate_queryset(queries.list_routes(owner_of(request)))
        return self.get_paginated_response(RoutedOrderSerializer(page, many=True).data)

    @extend_schema(
        operation_id="place_routed_order",
        tags=["orders"],
        parameters=[IDEMPOTENCY_KEY],
        request=NewRouteSerializer,
        responses={201: RoutedOrderSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Store an order over several accounts; its parts are placed at once, each at its worst price or better."""
        given = NewRouteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wish, (actor, owner_id) = wish_of(given.validated_data), caller(request)
        known = has_answered(actor, PLACE, key_of(request))
        confirmed = known or confirm_route(request._request, owner_id, wish)

        def run() -> Mapping[str, Any]:
            made = operations.place_route(actor=actor, owner_id=owner_id, wish=wish, confirmed=confirmed)
            return RoutedOrderSerializer(queries.get_route(made.pk, owner_id=owner_id)).data

        return write_once(request, actor=actor, operation=PLACE, run=run)


class RoutedOrderDetail(APIView):
    """One routed order of the caller."""

    @extend_schema(operation_id="get_routed_order", tags=["orders"], responses={200: RoutedOrderSerializer})
    def get(self, request: Request, route_id: UUID) -> Response:
        """Return a routed order with its parts and progress."""
        return Response(RoutedOrderSerializer(queries.get_route(route_id, owner_id=owner_of(request))).data)


class RoutedOrderCancel(APIView):
    """Ending it."""

    @extend_schema(
        operation_id="cancel_routed_order",
        tags=["orders"],
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: RoutedOrderSerializer},
    )
    def post(self, request: Request, route_id: UUID) -> HttpResponse:
        """Send no more parts; what is filled stays filled."""
        actor, owner_id = caller(request)
        queries.get_route(route_id, owner_id=owner_id)

        def run() -> Mapping[str, Any]:
            operations.cancel_route(actor=actor, route_id=route_id)
            return RoutedOrderSerializer(queries.get_route(route_id, owner_id=owner_id)).data

        return write_once(request, actor=actor, operation="orders.cancel_route", run=run, status=202)
