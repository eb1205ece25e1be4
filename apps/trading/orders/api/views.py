"""/orders: list, place, read, cancel."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import caller, owner_of
from apps.core.api.writes import IDEMPOTENCY_KEY, key_of, write_once
from apps.core.idempotency import has_answered
from apps.trading.exchanges.queries import get_connection
from apps.trading.orders import operations, queries
from apps.trading.orders.api.serializers import (
    ExternalOrderSerializer,
    NewOrderSerializer,
    OrderDetailSerializer,
    OrderFilter,
    OrderSerializer,
    ResetSerializer,
    new_order,
)
from apps.trading.orders.confirming import confirm_order
from apps.trading.orders.models import ExternalOrder, Order


def confirm_live(request: Request, operation: str, connection_id: UUID, order: operations.NewOrder) -> bool:
    """Return whether a live order was confirmed by a fresh code; a key that was answered needs none again."""
    actor, owner_id = caller(request)
    known = has_answered(actor, operation, key_of(request))
    return known or confirm_order(request._request, owner_id, connection_id, order)


class OrderList(GenericAPIView[Order]):
    """The caller's orders."""

    serializer_class = OrderSerializer

    @extend_schema(
        operation_id="list_orders",
        tags=["orders"],
        parameters=[OrderFilter],
        responses={200: OrderSerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Return orders, newest first."""
        given = OrderFilter(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        wanted: Mapping[str, Any] = given.validated_data
        found = queries.list_orders(
            owner_of(request),
            states=[wanted["state"]] if "state" in wanted else [],
            symbol=wanted.get("symbol", ""),
            origin_id=wanted.get("bot_id"),
        )
        page = self.paginate_queryset(found)
        return self.get_paginated_response(OrderSerializer(page, many=True).data)

    @extend_schema(
        operation_id="place_order",
        tags=["orders"],
        parameters=[IDEMPOTENCY_KEY],
        request=NewOrderSerializer,
        responses={201: OrderDetailSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Store an order and have it sent; it is `intent` until a worker has sent it."""
        given = NewOrderSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted: Mapping[str, Any] = given.validated_data
        actor, owner_id = caller(request)

        order = new_order(wanted)
        confirmed = confirm_live(request, "orders.place_order", wanted["connection_id"], order)

        def run() -> Mapping[str, Any]:
            made = operations.place_order(
                actor=actor,
                owner_id=owner_id,
                connection_id=wanted["connection_id"],
                order=order,
                confirmed=confirmed,
            )
            return OrderDetailSerializer(queries.get_order(made.pk)).data

        return write_once(request, actor=actor, operation="orders.place_order", run=run)


class OrderDetail(APIView):
    """One order of the caller."""

    @extend_schema(operation_id="get_order", tags=["orders"], responses={200: OrderDetailSerializer})
    def get(self, request: Request, order_id: UUID) -> Response:
        """Return an order with its executions."""
        found = queries.get_order(order_id, owner_id=owner_of(request))
        return Response(OrderDetailSerializer(found).data)


class OrderCancel(APIView):
    """Taking an order back."""

    @extend_schema(
        operation_id="cancel_order",
        tags=["orders"],
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: OrderDetailSerializer},
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponse:
        """Have an order taken back; what is filled stays filled."""
        actor, owner_id = caller(request)
        queries.get_order(order_id, owner_id=owner_id)

        def run() -> Mapping[str, Any]:
            operations.cancel_order(actor=actor, order_id=order_id, reason="by its owner")
            return OrderDetailSerializer(queries.get_order(order_id)).data

        return write_once(request, actor=actor, operation="orders.cancel_order", run=run, status=202)


class ExternalOrderList(ListAPIView[ExternalOrder]):
    """Open orders on the caller's accounts that were not placed here; they are never touched."""

    serializer_class = ExternalOrderSerializer

    def get_queryset(self) -> QuerySet[ExternalOrder]:
        """Return the caller's."""
        if getattr(self, "swagger_fake_view", False):
            return ExternalOrder.objects.none()
        return queries.list_external_orders(owner_of(self.request))

    @extend_schema(operation_id="list_external_orders", tags=["orders"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return foreign orders, newest first."""
        return super().get(request, *args, **kwargs)


class AccountReset(APIView):
    """Setting a paper account anew."""

    @extend_schema(
        operation_id="reset_paper_account",
        tags=["exchanges"],
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: ResetSerializer},
    )
    def post(self, request: Request, connection_id: UUID) -> HttpResponse:
        """Give a paper account its start funds again; it is `opening` until the exchange confirmed the new account.

        Positions are written off; orders and fills stay as history. Refused while bots run or orders are open.
        """
        actor, owner_id = caller(request)
        get_connection(connection_id, owner_id=owner_id)

        def run() -> Mapping[str, Any]:
            done = operations.reset_paper_account(actor=actor, connection_id=connection_id)
            return {"id": str(done.pk), "state": done.state}

        return write_once(request, actor=actor, operation="orders.reset_paper_account", run=run, status=202)
