"""/orders/quality and its bounds."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import caller, given, owner_of
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.trading.orders.quality.api.serializers import BoundsSerializer, QualityFilter, QualitySerializer
from apps.trading.orders.quality.models import QualityAlert
from apps.trading.orders.quality.operations import set_quality_alert
from apps.trading.orders.quality.queries import By, get_quality_alert, report_quality


class QualityReport(APIView):
    """How the caller's orders were executed."""

    @extend_schema(
        operation_id="report_execution_quality",
        tags=["orders"],
        parameters=[QualityFilter],
        responses={200: QualitySerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Return slippage, shortfall and latency by exchange, market, origin or algorithm: of 30 days if not given."""
        wanted = given(QualityFilter, request.query_params.dict())
        rows = report_quality(owner_of(request), by=By(wanted["by"]), start=wanted["start"], end=wanted["end"])
        return Response(QualitySerializer(rows, many=True).data)


class QualityBounds(APIView):
    """When the caller is told of an execution."""

    @extend_schema(operation_id="get_quality_bounds", tags=["orders"], responses={200: BoundsSerializer})
    def get(self, request: Request) -> Response:
        """Return the caller's bounds."""
        return Response(BoundsSerializer(get_quality_alert(owner_of(request)) or QualityAlert()).data)

    @extend_schema(
        operation_id="set_quality_bounds",
        tags=["orders"],
        parameters=[IDEMPOTENCY_KEY],
        request=BoundsSerializer,
        responses={200: BoundsSerializer},
    )
    def put(self, request: Request) -> HttpResponse:
        """Set the caller's bounds."""
        wanted = given(BoundsSerializer, request.data)
        actor, owner_id = caller(request)

        def run() -> dict[str, int | None]:
            return dict(
                BoundsSerializer(
                    set_quality_alert(
                        actor=actor,
                        owner_id=owner_id,
                        worst_slippage_bps=wanted["worst_slippage_bps"],
                        slowest_answer_ms=wanted["slowest_answer_ms"],
                    )
                ).data
            )

        return write_once(request, actor=actor, operation="orders.set_quality_alert", run=run, status=200)
