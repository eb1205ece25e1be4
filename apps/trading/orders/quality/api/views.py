"""/orders/quality and its bounds."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.actors import Actor
from apps.core.api.writes import write_once
from apps.trading.orders.quality.api.serializers import BoundsSerializer, QualityFilter, QualitySerializer
from apps.trading.orders.quality.models import QualityAlert
from apps.trading.orders.quality.operations import set_quality_alert
from apps.trading.orders.quality.queries import By, get_quality_alert, report_quality

IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True)


def _owner(request: Request) -> UUID:
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # only people come in
    return owner_id


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
        given = QualityFilter(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        rows = report_quality(_owner(request), by=By(wanted["by"]), start=wanted["start"], end=wanted["end"])
        return Response(QualitySerializer(rows, many=True).data)


class QualityBounds(APIView):
    """When the caller is told of an execution."""

    @extend_schema(operation_id="get_quality_bounds", tags=["orders"], responses={200: BoundsSerializer})
    def get(self, request: Request) -> Response:
        """Return the caller's bounds."""
        return Response(BoundsSerializer(get_quality_alert(_owner(request)) or QualityAlert()).data)

    @extend_schema(
        operation_id="set_quality_bounds",
        tags=["orders"],
        parameters=[IDEMPOTENCY_KEY],
        request=BoundsSerializer,
        responses={200: BoundsSerializer},
    )
    def put(self, request: Request) -> HttpResponse:
        """Set the caller's bounds."""
        given = BoundsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        owner_id, wanted = _owner(request), given.validated_data
        actor = getattr(request, "actor", None) or Actor.of(request.user)

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
