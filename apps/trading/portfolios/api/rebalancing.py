"""Target weights, and rebalancing with its preview, over the API."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.amounts import StrictDecimalField
from apps.core.api.callers import actor_of, given, owner_of, whose
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.trading.portfolios import operations, queries, rebalancing
from apps.trading.portfolios.models import RebalanceLine, RebalancePlan

TAGS = ["portfolios"]
AMOUNTS: dict[str, Any] = {"normalize_output": True}


class TargetSerializer(serializers.Serializer[dict[str, Any]]):
    """An asset and its weight in percent."""

    asset = serializers.RegexField(r"\A[A-Z0-9]{2,16}\Z")
    percent = StrictDecimalField(max_digits=7, decimal_places=4, min_value=0, max_value=99, normalize_output=True)


class TargetsSerializer(serializers.Serializer[dict[str, Any]]):
    """All target weights; the rest, at least 1 %, stays in the portfolio's currency."""

    targets = TargetSerializer(many=True)


class LineSerializer(serializers.ModelSerializer[RebalanceLine]):
    """One order of a rebalancing, or why there is none."""

    class Meta:
        model = RebalanceLine
        extra_kwargs: ClassVar = dict.fromkeys(("quantity", "price", "worth", "fee", "drift"), AMOUNTS)
        fields: ClassVar = [
            "number", "asset", "symbol", "side", "quantity", "price", "worth", "fee", "drift", "state", "reason",
            "order_id",
        ]  # fmt: skip


class PlanSerializer(serializers.ModelSerializer[RebalancePlan]):
    """A rebalancing with its lines; `fees` is what they probably cost."""

    lines = LineSerializer(many=True, read_only=True)

    class Meta:
        model = RebalancePlan
        extra_kwargs: ClassVar = dict.fromkeys(("value", "fees"), AMOUNTS)
        fields: ClassVar = [
            "id", "portfolio_id", "state", "value", "fees", "lines", "created_at", "started_at", "ended_at",
        ]  # fmt: skip


class Targets(APIView):
    """Target weights of a portfolio."""

    @extend_schema(operation_id="get_portfolio_targets", tags=TAGS, responses=TargetsSerializer)
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Return the target weights."""
        row = queries.get_portfolio(portfolio_id, owner_of(request))
        return Response(_shown(rebalancing.list_targets(row)))

    @extend_schema(
        operation_id="set_portfolio_targets", tags=TAGS, parameters=[IDEMPOTENCY_KEY], request=TargetsSerializer,
        responses=TargetsSerializer,
    )  # fmt: skip
    def put(self, request: Request, portfolio_id: UUID) -> HttpResponse:
        """Replace the target weights."""
        wanted = {row["asset"]: row["percent"] for row in given(TargetsSerializer, request.data)["targets"]}

        def run() -> dict[str, Any]:
            return _shown(operations.set_targets(**whose(request), portfolio_id=portfolio_id, targets=wanted))

        return write_once(request, actor=actor_of(request), operation="portfolios.set_targets", run=run, status=200)


class PlanPreview(APIView):
    """Work out a rebalancing."""

    @extend_schema(
        operation_id="preview_rebalance", tags=TAGS, parameters=[IDEMPOTENCY_KEY], request=None,
        responses={201: PlanSerializer},
    )  # fmt: skip
    def post(self, request: Request, portfolio_id: UUID) -> HttpResponse:
        """Return the orders that would bring a portfolio to its weights; nothing is ordered."""

        def run() -> dict[str, Any]:
            plan = operations.preview_rebalance(**whose(request), portfolio_id=portfolio_id)
            return dict(PlanSerializer(plan).data)

        return write_once(request, actor=actor_of(request), operation="portfolios.preview_rebalance", run=run)


class PlanDetail(APIView):
    """One rebalancing."""

    @extend_schema(operation_id="get_rebalance", tags=TAGS, responses=PlanSerializer)
    def get(self, request: Request, plan_id: UUID) -> Response:
        """Return a rebalancing with its progress."""
        return Response(PlanSerializer(rebalancing.get_plan(plan_id, owner_of(request))).data)


class PlanStart(APIView):
    """Order what a preview says."""

    @extend_schema(
        operation_id="start_rebalance", tags=TAGS, parameters=[IDEMPOTENCY_KEY], request=None, responses=PlanSerializer
    )
    def post(self, request: Request, plan_id: UUID) -> HttpResponse:
        """Start a rebalancing; one that runs stays."""

        def run() -> dict[str, Any]:
            return dict(PlanSerializer(operations.start_rebalance(**whose(request), plan_id=plan_id)).data)

        actor = actor_of(request)
        return write_once(request, actor=actor, operation="portfolios.start_rebalance", run=run, status=200)


class PlanCancel(APIView):
    """Call a rebalancing off."""

    @extend_schema(
        operation_id="cancel_rebalance", tags=TAGS, parameters=[IDEMPOTENCY_KEY], request=None, responses=PlanSerializer
    )
    def post(self, request: Request, plan_id: UUID) -> HttpResponse:
        """Order nothing more and take open orders back."""

        def run() -> dict[str, Any]:
            return dict(PlanSerializer(operations.cancel_rebalance(**whose(request), plan_id=plan_id)).data)

        actor = actor_of(request)
        return write_once(request, actor=actor, operation="portfolios.cancel_rebalance", run=run, status=200)


def _shown(targets: dict[str, Any]) -> dict[str, Any]:
    rows = [{"asset": asset, "percent": percent} for asset, percent in targets.items()]
    return dict(TargetsSerializer({"targets": rows}).data)
