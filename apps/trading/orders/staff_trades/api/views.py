"""/staff-trades: trades made elsewhere. Nothing here books; another person decides."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.actors import Actor
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.trading.orders.api.staff import staff_who_may
from apps.trading.orders.models import StaffTrade
from apps.trading.orders.staff_trades import operations
from apps.trading.orders.staff_trades.api import serializers as shapes
from apps.trading.orders.staff_trades.choices import InBalance
from apps.trading.orders.staff_trades.operations import BOOK, Traded
from apps.trading.orders.staff_trades.queries import list_staff_trades
from kernel.instruments import Side

TAGS = ["orders, staff"]


def _staff(request: Request) -> Actor:
    return staff_who_may(request, BOOK)


class StaffTradeList(GenericAPIView[StaffTrade]):
    """Trades made elsewhere."""

    serializer_class = shapes.StaffTradeSerializer

    @extend_schema(operation_id="list_staff_trades", tags=TAGS, responses={200: shapes.StaffTradeSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Return booked trades, newest first. Staff with a second factor only."""
        _staff(request)
        page = self.paginate_queryset(list_staff_trades())
        return self.get_paginated_response(shapes.StaffTradeSerializer(page, many=True).data)

    @extend_schema(
        operation_id="ask_to_book_trade", tags=TAGS, parameters=[IDEMPOTENCY_KEY], request=shapes.StaffTradeInput,
        responses={202: shapes.StaffTradeRequestSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        """Put a trade into the queue of approvals. Staff with a second factor only."""
        actor = _staff(request)
        given = shapes.StaffTradeInput(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = dict(given.validated_data)
        owner_id, reason = wanted.pop("customer_id"), wanted.pop("reason")
        wanted |= {"side": Side(wanted["side"]), "in_balance": InBalance(wanted["in_balance"])}
        traded = Traded(**{**wanted, "fee": wanted["fee"] or Decimal(0)})

        def run() -> Mapping[str, Any]:
            made = operations.ask_to_book(actor=actor, owner_id=owner_id, traded=traded, reason=reason)
            return shapes.StaffTradeRequestSerializer(made).data

        return write_once(request, actor=actor, operation="orders.ask_to_book_trade", run=run, status=202)


class StaffTradeCounter(APIView):
    """Taking a booked trade back."""

    @extend_schema(
        operation_id="ask_for_counter_trade", tags=TAGS, parameters=[IDEMPOTENCY_KEY],
        request=shapes.CounterTradeInput, responses={202: shapes.StaffTradeRequestSerializer},
    )  # fmt: skip
    def post(self, request: Request, trade_id: UUID) -> HttpResponse:
        """Put the exact opposite into the queue of approvals. Staff with a second factor only."""
        actor = _staff(request)
        given = shapes.CounterTradeInput(data=request.data)
        given.is_valid(raise_exception=True)
        reason = given.validated_data["reason"]

        def run() -> Mapping[str, Any]:
            made = operations.ask_for_counter_trade(actor=actor, trade_id=trade_id, reason=reason)
            return shapes.StaffTradeRequestSerializer(made).data

        return write_once(request, actor=actor, operation="orders.ask_for_counter_trade", run=run, status=202)
