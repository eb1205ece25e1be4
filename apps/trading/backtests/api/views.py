"""Endpoints of back-tests."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import actor_of, given, owner_of, whose
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.trading.backtests import operations, queries
from apps.trading.backtests.api.serializers import (
    BacktestDetailSerializer,
    BacktestFillSerializer,
    BacktestFilterSerializer,
    BacktestReportSerializer,
    BacktestSerializer,
    BacktestWriteSerializer,
    CurvesSerializer,
    FillListSerializer,
    PointsSerializer,
    SliceSerializer,
    TradeListSerializer,
    TradeSerializer,
)
from apps.trading.backtests.choices import RunState
from apps.trading.backtests.curves import sample
from apps.trading.backtests.models import BacktestRun
from apps.trading.backtests.outcome import StoredOutcome
from apps.trading.backtests.report import file_name, html_of

TAGS = ["back-tests"]


class BacktestList(ListAPIView[BacktestRun]):
    """A person's back-tests."""

    serializer_class = BacktestSerializer

    def get_queryset(self) -> Any:
        """Return the back-tests of the person who asks, filtered."""
        if getattr(self, "swagger_fake_view", False):
            return BacktestRun.objects.none()
        asked = given(BacktestFilterSerializer, self.request.query_params)
        names = {"state": "state", "symbol": "symbol", "strategy": "version__strategy_id"}
        found = queries.list_runs(owner_of(self.request))
        return found.filter(**{names[key]: value for key, value in asked.items()})

    @extend_schema(operation_id="list_backtests", tags=TAGS, parameters=[BacktestFilterSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List back-tests, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="start_backtest",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=BacktestWriteSerializer,
        responses={201: BacktestSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Start a back-test of a strategy's version; it runs in the background."""
        asked = given(BacktestWriteSerializer, request.data)
        wanted = operations.BacktestRequest(version_id=asked.pop("version"), **asked)

        def run() -> Mapping[str, Any]:
            made = operations.start_backtest(**whose(request), request=wanted)
            return BacktestSerializer(made).data

        return write_once(request, actor=actor_of(request), operation="backtests.start_backtest", run=run)


class BacktestDetail(APIView):
    """One back-test."""

    @extend_schema(operation_id="get_backtest", tags=TAGS, responses={200: BacktestDetailSerializer})
    def get(self, request: Request, run_id: UUID) -> Response:
        """Return a back-test with its result."""
        run = queries.get_run(run_id, owner_of(request))
        facts = dict(BacktestSerializer(run).data)
        return Response({**facts, "result": _result(run)})


def _result(run: BacktestRun) -> dict[str, Any] | None:
    if run.state != RunState.DONE:
        return None
    row = queries.get_outcome(run).row
    names = ("data_hash", "result_hash", "facts", "statistics", "months")
    return {name: getattr(row, name) for name in names}


class BacktestCancel(APIView):
    """Calling off."""

    @extend_schema(
        operation_id="cancel_backtest",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: BacktestSerializer},
    )
    def post(self, request: Request, run_id: UUID) -> HttpResponse:
        """Call a back-test off: at once while it waits, at the next chunk while it runs."""

        def run() -> Mapping[str, Any]:
            cancelled = operations.cancel_backtest(**whose(request), run_id=run_id)
            return BacktestSerializer(cancelled).data

        return write_once(request, actor=actor_of(request), operation="backtests.cancel_backtest", run=run, status=200)


class _OfResult(APIView):
    """A part of a result."""

    def outcome(self, run_id: UUID) -> StoredOutcome:
        """Return the result of the person's back-test, or raise BacktestMissing or BacktestNotDone."""
        return queries.get_outcome(queries.get_run(run_id, owner_of(self.request)))


class BacktestTrades(_OfResult):
    """Round trips."""

    @extend_schema(
        operation_id="list_backtest_trades",
        tags=TAGS,
        parameters=[SliceSerializer],
        responses={200: TradeListSerializer},
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        """List round trips, oldest first."""
        asked = given(SliceSerializer, request.query_params)
        trades = self.outcome(run_id).trades
        places = range(asked["offset"], min(asked["offset"] + asked["limit"], len(trades)))
        results = [TradeSerializer(trades[place]).data for place in places]
        return Response({"count": len(trades), "results": results})


class BacktestFills(_OfResult):
    """Executions."""

    @extend_schema(
        operation_id="list_backtest_fills", tags=TAGS, parameters=[SliceSerializer], responses={200: FillListSerializer}
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        """List executions, oldest first."""
        asked = given(SliceSerializer, request.query_params)
        fills = self.outcome(run_id).fills
        places = range(asked["offset"], min(asked["offset"] + asked["limit"], len(fills)))
        results = [BacktestFillSerializer(fills[place]).data for place in places]
        return Response({"count": len(fills), "results": results})


class BacktestCurves(_OfResult):
    """Curves."""

    @extend_schema(
        operation_id="get_backtest_curves", tags=TAGS, parameters=[PointsSerializer], responses={200: CurvesSerializer}
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        """Return equity, holding and drawdown; extremes survive the thinning out."""
        asked = given(PointsSerializer, request.query_params)
        series = self.outcome(run_id).series
        drawn = sample(series, asked["points"])
        columns = ("equity", "holding", "drawdown", "holding_drawdown")
        texts = {name: [format(value, "f") for value in getattr(drawn, name)] for name in columns}
        return Response({"bars": len(series["ts"]), "ts": drawn.ts, **texts})


class BacktestReport(APIView):
    """The report."""

    @extend_schema(operation_id="get_backtest_report", tags=TAGS, responses={200: BacktestReportSerializer})
    def get(self, request: Request, run_id: UUID) -> Response:
        """Return the report of a finished back-test: one HTML page that needs nothing else."""
        run = queries.get_run(run_id, owner_of(request))
        content = html_of(run, queries.get_outcome(run))
        return Response(
            {"name": file_name(run, "html"), "content_type": "text/html; charset=utf-8", "content": content}
        )
