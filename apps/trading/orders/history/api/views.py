"""/orders/history, /trades, /orders/statistics."""

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import owner_of
from apps.trading.orders.api.serializers import OrderSerializer
from apps.trading.orders.history import queries
from apps.trading.orders.history.api.serializers import (
    HistoryFilter,
    OrderStatisticsSerializer,
    OrderTradeSerializer,
    wanted_of,
)
from apps.trading.orders.models import Fill, Order


class HistoryList(GenericAPIView[Order]):
    """The caller's orders of any time."""

    serializer_class = OrderSerializer

    @extend_schema(
        operation_id="list_order_history",
        tags=["orders"],
        parameters=[HistoryFilter],
        responses={200: OrderSerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Return orders, newest first, narrowed by market, side, outcome, origin, account and period."""
        page = self.paginate_queryset(queries.list_history(owner_of(request), wanted_of(request.query_params.dict())))
        return self.get_paginated_response(OrderSerializer(page, many=True).data)


class TradeList(GenericAPIView[Fill]):
    """The caller's executions of any time."""

    serializer_class = OrderTradeSerializer

    @extend_schema(
        operation_id="list_trades",
        tags=["orders"],
        parameters=[HistoryFilter],
        responses={200: OrderTradeSerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Return executions, newest first."""
        page = self.paginate_queryset(queries.list_trades(owner_of(request), wanted_of(request.query_params.dict())))
        return self.get_paginated_response(OrderTradeSerializer(page, many=True).data)


class OrderStatistics(APIView):
    """Counts and sums of the caller's orders."""

    @extend_schema(
        operation_id="get_order_statistics",
        tags=["orders"],
        parameters=[HistoryFilter],
        responses={200: OrderStatisticsSerializer},
    )
    def get(self, request: Request) -> Response:
        """Return counts, rates, volume, fees and results: of 30 days without a period, of a year at most."""
        wanted = queries.bounded(wanted_of(request.query_params.dict()))
        return Response(OrderStatisticsSerializer(queries.sum_history(owner_of(request), wanted)).data)
