"""Files of candles, the map of gaps, and historical syncs."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import actor_of
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.core.clock import to_ms
from apps.core.permissions import require
from apps.trading.instruments.queries import get_instrument
from apps.trading.market_data import exports, operations, queries
from apps.trading.market_data.api.serializers import (
    ExportQuerySerializer,
    GapQuerySerializer,
    GapsSerializer,
    SyncSerializer,
    SyncWriteSerializer,
)
from apps.trading.market_data.models import HistorySync

TAGS = ["markets"]
MOST_GAPS = 1_000


class AsAsked(BaseContentNegotiation):
    """A file has the form that the address names, whatever the client says it accepts."""

    def select_renderer(self, _request: Request, renderers: Any, _format_suffix: Any = None) -> Any:
        """Return the first renderer: refusals are problem+json as everywhere."""
        return renderers[0], renderers[0].media_type

    def select_parser(self, _request: Request, parsers: Any) -> Any:
        """Return the first parser."""
        return parsers[0]


class CandleExport(APIView):
    """Candles as a file."""

    content_negotiation_class = AsAsked

    @extend_schema(
        operation_id="export_candles",
        tags=TAGS,
        parameters=[ExportQuerySerializer],
        responses={
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/vnd.apache.arrow.stream"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Stream closed candles, oldest first: CSV with exact decimals (it can be imported again) or an Arrow stream.

        At most a million candles a file. CSV has the open time in Unix ms, Arrow as a moment in UTC; both have prices
        in quote and volume in base as decimals.
        """
        given = ExportQuerySerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        wanted = exports.plan_export(**given.validated_data)
        headers = {"Content-Disposition": f'attachment; filename="{wanted.name}"', "Cache-Control": "private, no-store"}
        return StreamingHttpResponse(exports.stream(wanted), content_type=exports.TYPES[wanted.form], headers=headers)


class GapList(APIView):
    """Where candles are missing."""

    @extend_schema(
        operation_id="list_candle_gaps", tags=TAGS, parameters=[GapQuerySerializer], responses={200: GapsSerializer}
    )
    def get(self, request: Request) -> Response:
        """Return the gaps of a stored series while its market was open."""
        given = GapQuerySerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        symbol = get_instrument(asked["symbol"]).symbol
        gaps = queries.map_gaps(symbol, asked["interval"], venue=asked.get("venue"))
        return Response({"total": len(gaps), "results": [asdict(gap) for gap in gaps[:MOST_GAPS]]})


class SyncList(ListAPIView[HistorySync]):
    """Historical syncs: what staff asked for."""

    serializer_class = SyncSerializer

    def get_queryset(self) -> Any:
        """Return all syncs."""
        return queries.list_syncs()

    @extend_schema(operation_id="list_history_syncs", tags=TAGS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List syncs, newest first. For staff who may start them."""
        require(actor_of(request), operations.SYNC)
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="start_history_sync",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=SyncWriteSerializer,
        responses={201: SyncSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Fetch a range of candles from a venue; it runs in the background and can be cancelled."""
        given = SyncWriteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        start, end = to_ms(facts["start"]), to_ms(facts["end"])
        wanted = operations.SyncRequest(facts["venue"], facts["symbol"], facts["interval"], start, end)

        def run() -> Mapping[str, Any]:
            made = operations.start_sync(actor=actor_of(request), request=wanted, reason=facts["reason"])
            return SyncSerializer(made).data

        return write_once(request, actor=actor_of(request), operation="market_data.start_sync", run=run)


class SyncDetail(APIView):
    """One historical sync."""

    @extend_schema(operation_id="get_history_sync", tags=TAGS, responses={200: SyncSerializer})
    def get(self, request: Request, sync_id: UUID) -> Response:
        """Return a sync with its progress."""
        require(actor_of(request), operations.SYNC)
        return Response(SyncSerializer(queries.get_sync(sync_id)).data)


class SyncCancel(APIView):
    """Calling a sync off."""

    @extend_schema(
        operation_id="cancel_history_sync",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={201: SyncSerializer},
    )
    def post(self, request: Request, sync_id: UUID) -> HttpResponse:
        """Cancel a sync; what was stored until now stays."""

        def run() -> Mapping[str, Any]:
            done = operations.cancel_sync(actor=actor_of(request), sync=queries.get_sync(sync_id), reason="API")
            return SyncSerializer(done).data

        return write_once(request, actor=actor_of(request), operation="market_data.cancel_sync", run=run)
