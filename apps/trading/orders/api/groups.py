"""/orders: groups, batches, changing orders, taking all back."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from apps.core.api.amounts import PositiveDecimalField
from apps.core.api.callers import actor_of, caller, owner_of
from apps.core.api.problems import problem
from apps.core.api.writes import IDEMPOTENCY_KEY, key_of, write_once
from apps.core.errors import DomainError
from apps.core.idempotency import Reply, execute_once, has_answered
from apps.trading.orders import operations, queries
from apps.trading.orders.api.serializers import (
    NewOrderSerializer,
    OrderDetailSerializer,
    OrderSerializer,
    amount,
    given_amount,
    new_order,
)
from apps.trading.orders.api.views import confirm_live
from apps.trading.orders.choices import HeldBy
from apps.trading.orders.models import OrderGroup
from apps.trading.positions.choices import PositionSide
from kernel.instruments import Side

MOST = 20
ANSWERED = "orders.place_orders.answer"


class ExitSerializer(serializers.Serializer[dict[str, Any]]):
    """One way out: a trigger or a trail, with a limit or at market; a take profit with only `price` is a limit."""

    stop_price = given_amount()
    price = given_amount()
    trail_percent = PositiveDecimalField(max_digits=4, decimal_places=2, required=False, allow_null=True, default=None)


class EntrySerializer(NewOrderSerializer):
    """The order that opens, on the connection of its group."""

    connection_id = None  # type: ignore[assignment]  # how the framework leaves a field out


class NewGroupSerializer(serializers.Serializer[dict[str, Any]]):
    """A bracket (`entry` with two exits) or, without `entry`, two exits of `quantity`: one cancels the other.

    `position_side` is for exits without an entry on accounts in hedge mode.
    """

    connection_id = serializers.UUIDField()
    entry = EntrySerializer(required=False, allow_null=True, default=None)
    symbol = serializers.RegexField(r"^[A-Z0-9]{2,32}\Z", required=False, default="")
    side = serializers.ChoiceField(choices=[side.value for side in Side], required=False, default="sell")
    quantity = PositiveDecimalField(max_digits=38, decimal_places=18, required=False, default=Decimal(0))
    take_profit = ExitSerializer()
    stop = ExitSerializer()
    held_by = serializers.ChoiceField(choices=HeldBy.choices, required=False, allow_blank=True, default="")
    position_side = serializers.ChoiceField(choices=PositionSide.choices, required=False, default="")


class GroupSerializer(serializers.ModelSerializer[OrderGroup]):
    """A group with its orders; `covered` is what its exits may close now."""

    quantity = amount()
    covered = amount()
    orders = OrderSerializer(many=True)

    class Meta:
        model = OrderGroup
        fields: ClassVar = [
            "id", "connection_id", "symbol", "side", "kind", "quantity", "covered", "state", "is_native", "created_at",
            "done_at", "orders",
        ]  # fmt: skip


class BatchSerializer(serializers.Serializer[dict[str, Any]]):
    """Up to 20 orders."""

    orders = NewOrderSerializer(many=True, allow_empty=False, max_length=MOST)  # type: ignore[call-arg]  # of the list


class BatchResultSerializer(serializers.Serializer[dict[str, Any]]):
    """What became of one order of a batch: its status, and the order or why there is none."""

    index = serializers.IntegerField()
    status = serializers.IntegerField()
    order = OrderDetailSerializer(required=False)
    problem = serializers.DictField(required=False)


class BatchAnswerSerializer(serializers.Serializer[dict[str, Any]]):
    """What became of a batch, in the order of the request."""

    results = BatchResultSerializer(many=True)


class TermsSerializer(serializers.Serializer[dict[str, Any]]):
    """What an order is to have from now on; what is left out stays."""

    quantity = given_amount()
    price = given_amount()
    stop_price = given_amount()
    trail_percent = PositiveDecimalField(max_digits=4, decimal_places=2, required=False, allow_null=True, default=None)


class CancelAllSerializer(serializers.Serializer[dict[str, Any]]):
    """Which orders are taken back: all, or those of a connection or symbol."""

    connection_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    symbol = serializers.RegexField(r"^[A-Z0-9]{2,32}\Z", required=False, default="")


class CancelledSerializer(serializers.Serializer[dict[str, Any]]):
    """The orders that were asked back."""

    order_ids = serializers.ListField(child=serializers.UUIDField())


class GroupList(GenericAPIView[OrderGroup]):
    """The caller's groups."""

    serializer_class = GroupSerializer

    @extend_schema(operation_id="list_order_groups", tags=["orders"], responses={200: GroupSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Return groups, newest first."""
        page = self.paginate_queryset(queries.list_groups(owner_of(request)))
        return self.get_paginated_response(GroupSerializer(page, many=True).data)

    @extend_schema(
        operation_id="place_order_group",
        tags=["orders"],
        parameters=[IDEMPOTENCY_KEY],
        request=NewGroupSerializer,
        responses={201: GroupSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Store a bracket, or a pair of exits, and have it sent."""
        given = NewGroupSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted: Mapping[str, Any] = given.validated_data
        actor, owner_id = caller(request)
        group = operations.NewGroup(
            take_profit=operations.Exit(**wanted["take_profit"]),
            stop=operations.Exit(**wanted["stop"]),
            entry=None if wanted["entry"] is None else new_order(wanted["entry"]),
            symbol=wanted["symbol"],
            side=Side(wanted["side"]),
            quantity=wanted["quantity"],
            held_by=wanted["held_by"],
            position_side=wanted["position_side"],
        )
        confirmed = group.entry is not None and confirm_live(
            request, "orders.place_group", wanted["connection_id"], group.entry
        )

        def run() -> Mapping[str, Any]:
            made = operations.place_group(
                actor=actor,
                owner_id=owner_id,
                connection_id=wanted["connection_id"],
                group=group,
                confirmed=confirmed,
            )
            return GroupSerializer(queries.get_group(made.pk)).data

        return write_once(request, actor=actor, operation="orders.place_group", run=run)


class GroupDetail(APIView):
    """One group of the caller."""

    @extend_schema(operation_id="get_order_group", tags=["orders"], responses={200: GroupSerializer})
    def get(self, request: Request, group_id: UUID) -> Response:
        """Return a group with its orders."""
        return Response(GroupSerializer(queries.get_group(group_id, owner_id=owner_of(request))).data)


class GroupCancel(APIView):
    """Taking a group back."""

    @extend_schema(
        operation_id="cancel_order_group",
        tags=["orders"],
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: GroupSerializer},
    )
    def post(self, request: Request, group_id: UUID) -> HttpResponse:
        """Have every order of a group taken back; what is filled stays filled."""
        actor, owner_id = caller(request)
        queries.get_group(group_id, owner_id=owner_id)

        def run() -> Mapping[str, Any]:
            operations.cancel_group(actor=actor, group_id=group_id, reason="by its owner")
            return GroupSerializer(queries.get_group(group_id)).data

        return write_once(request, actor=actor, operation="orders.cancel_group", run=run, status=202)


class OrderBatch(APIView):
    """Several orders at once, each for itself."""

    @extend_schema(
        operation_id="place_orders",
        tags=["orders"],
        parameters=[IDEMPOTENCY_KEY],
        request=BatchSerializer,
        responses={200: BatchAnswerSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Store up to 20 orders. Each is stored or refused for itself; the same key again gives the same answer.

        The key is bound to its body first; each order has a key of its own, so a batch that broke off goes on where
        it was; the answer is kept last.
        """
        given = BatchSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        key, actor = key_of(request), actor_of(request)
        write_once(request, actor=actor, operation="orders.place_orders", run=dict)
        results: list[dict[str, Any]] = []
        if not has_answered(actor, ANSWERED, key):
            orders = given.validated_data["orders"]
            results = [self._one(request, key, index, wanted) for index, wanted in enumerate(orders)]
        return write_once(request, actor=actor, operation=ANSWERED, run=lambda: {"results": results}, status=200)

    def _one(self, request: Request, key: str, index: int, wanted: Mapping[str, Any]) -> dict[str, Any]:
        actor, owner_id = caller(request)

        def run() -> Reply:
            made = operations.place_order(
                actor=actor, owner_id=owner_id, connection_id=wanted["connection_id"], order=new_order(wanted)
            )
            return Reply(201, json.dumps(OrderDetailSerializer(queries.get_order(made.pk)).data, cls=JSONEncoder))

        try:
            reply = execute_once(
                actor=actor,
                operation="orders.place_order",
                key=f"{key[:240]}:{index}",
                request={"path": request.path, "body": _given(request)[index]},
                run=run,
            )
        except DomainError as refusal:
            found = problem(refusal.http_status, refusal.code, refusal.text)
            return {"index": index, "status": refusal.http_status, "problem": found}
        return {"index": index, "status": reply.status, "order": json.loads(reply.body)}


def _given(request: Request) -> Any:
    data: Any = request.data
    return data["orders"]


class OrderAmend(APIView):
    """Changing an open order."""

    @extend_schema(
        operation_id="amend_order",
        tags=["orders"],
        parameters=[IDEMPOTENCY_KEY],
        request=TermsSerializer,
        responses={202: OrderDetailSerializer},
    )
    def post(self, request: Request, order_id: UUID) -> HttpResponse:
        """Return the order that carries the new terms: the same one, or another that waits until this one is over."""
        given = TermsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actor, owner_id = caller(request)
        queries.get_order(order_id, owner_id=owner_id)

        def run() -> Mapping[str, Any]:
            terms = operations.NewTerms(**given.validated_data)
            made = operations.amend_order(actor=actor, order_id=order_id, terms=terms)
            return OrderDetailSerializer(queries.get_order(made.pk)).data

        return write_once(request, actor=actor, operation="orders.amend_order", run=run, status=202)


class CancelAll(APIView):
    """Taking back everything that is open."""

    @extend_schema(
        operation_id="cancel_all_orders",
        tags=["orders"],
        parameters=[IDEMPOTENCY_KEY],
        request=CancelAllSerializer,
        responses={202: CancelledSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Have all open orders taken back, of one connection or symbol if given; the answer says which."""
        given = CancelAllSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actor, owner_id = caller(request)
        wanted: Mapping[str, Any] = given.validated_data

        def run() -> Mapping[str, Any]:
            return {"order_ids": [str(one) for one in operations.cancel_all(actor=actor, owner_id=owner_id, **wanted)]}

        return write_once(request, actor=actor, operation="orders.cancel_all", run=run, status=202)
