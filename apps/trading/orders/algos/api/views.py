"""/algo-orders: list, start, read, pause, resume, cancel."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import caller, owner_of
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.trading.orders.algos import operations, queries
from apps.trading.orders.algos.api.serializers import (
    AlgoOrderSerializer,
    AlgoTrialFilter,
    AlgoTrialSerializer,
    NewAlgoSerializer,
    wish_of,
)
from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.algos.trying import try_algo
from kernel.simulation import Costs


class AlgoOrderList(GenericAPIView[AlgoOrder]):
    """The caller's large orders."""

    serializer_class = AlgoOrderSerializer

    @extend_schema(operation_id="list_algo_orders", tags=["orders"], responses={200: AlgoOrderSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Return large orders, newest first."""
        page = self.paginate_queryset(queries.list_algos(owner_of(request)))
        return self.get_paginated_response(AlgoOrderSerializer(page, many=True).data)

    @extend_schema(
        operation_id="start_algo_order",
        tags=["orders"],
        parameters=[IDEMPOTENCY_KEY],
        request=NewAlgoSerializer,
        responses={201: AlgoOrderSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Store a large order; its parts are ordinary orders of origin `algo` with its id as `origin_id`."""
        given = NewAlgoSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted: dict[str, Any] = given.validated_data
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            made = operations.start_algo(
                actor=actor, owner_id=owner_id, connection_id=wanted["connection_id"], wish=wish_of(wanted)
            )
            return AlgoOrderSerializer(queries.get_algo(made.pk, owner_id=owner_id)).data

        return write_once(request, actor=actor, operation="orders.start_algo", run=run)


class AlgoOrderTrial(APIView):
    """A large order on recorded candles."""

    @extend_schema(
        operation_id="try_algo_order", tags=["orders"], parameters=[AlgoTrialFilter],
        responses={200: AlgoTrialSerializer},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return what the same algorithm would have done over at most 7 days of candles. Nothing is stored or sent."""
        given = AlgoTrialFilter(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        wanted: dict[str, Any] = given.validated_data
        costs = Costs(maker_fee=wanted["fee"], taker_fee=wanted["fee"], slippage_bps=wanted["slippage_bps"])
        return Response(AlgoTrialSerializer(try_algo(wish=wish_of(wanted), start=wanted["start"], costs=costs)).data)


class AlgoOrderDetail(APIView):
    """One large order of the caller."""

    @extend_schema(operation_id="get_algo_order", tags=["orders"], responses={200: AlgoOrderSerializer})
    def get(self, request: Request, algo_id: UUID) -> Response:
        """Return a large order with its progress."""
        return Response(AlgoOrderSerializer(queries.get_algo(algo_id, owner_id=owner_of(request))).data)


class AlgoOrderAction(APIView):
    """What is done to a large order; each action has a view of its own."""

    action = ""
    run: Callable[..., AlgoOrder]

    def answer(self, request: Request, algo_id: UUID) -> HttpResponse:
        """Do it once for the request's key."""
        actor, owner_id = caller(request)
        queries.get_algo(algo_id, owner_id=owner_id)
        act = type(self).run

        def run() -> Mapping[str, Any]:
            act(actor=actor, algo_id=algo_id)
            return AlgoOrderSerializer(queries.get_algo(algo_id, owner_id=owner_id)).data

        return write_once(request, actor=actor, operation=f"orders.{self.action}_algo", run=run, status=202)


class AlgoOrderPause(AlgoOrderAction):
    """Standing still."""

    action = "pause"
    run = staticmethod(operations.pause_algo)

    @extend_schema(
        operation_id="pause_algo_order", tags=["orders"], parameters=[IDEMPOTENCY_KEY], request=None,
        responses={202: AlgoOrderSerializer},
    )  # fmt: skip
    def post(self, request: Request, algo_id: UUID) -> HttpResponse:
        """Send no more parts until it is resumed; what rests is taken back."""
        return self.answer(request, algo_id)


class AlgoOrderResume(AlgoOrderAction):
    """Going on."""

    action = "resume"
    run = staticmethod(operations.resume_algo)

    @extend_schema(
        operation_id="resume_algo_order", tags=["orders"], parameters=[IDEMPOTENCY_KEY], request=None,
        responses={202: AlgoOrderSerializer},
    )  # fmt: skip
    def post(self, request: Request, algo_id: UUID) -> HttpResponse:
        """Go on; what was missed is caught up by its rule."""
        return self.answer(request, algo_id)


class AlgoOrderCancel(AlgoOrderAction):
    """Ending it."""

    action = "cancel"
    run = staticmethod(operations.cancel_algo)

    @extend_schema(
        operation_id="cancel_algo_order", tags=["orders"], parameters=[IDEMPOTENCY_KEY], request=None,
        responses={202: AlgoOrderSerializer},
    )  # fmt: skip
    def post(self, request: Request, algo_id: UUID) -> HttpResponse:
        """End it; what rests is taken back, what is filled stays filled."""
        return self.answer(request, algo_id)
