"""/risk: where the caller stands, limits, kill switches, measures, stress, sizes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import actor_of, caller, owner_of
from apps.core.api.writes import IDEMPOTENCY_KEY, key_of, write_once
from apps.core.idempotency import has_answered
from apps.platform.security.operations import Summary, require_recent_2fa
from apps.trading.instruments.queries import get_spec
from apps.trading.risk import operations, queries
from apps.trading.risk.api import serializers as shapes
from apps.trading.risk.choices import Scope
from apps.trading.risk.measuring import figures_of
from apps.trading.risk.models import RiskMeasure
from apps.trading.risk.sizes import size_order


def is_live(request: Request) -> bool:
    """Return which trading is asked about."""
    given = shapes.ModeFilter(data=request.query_params.dict())
    given.is_valid(raise_exception=True)
    return bool(given.validated_data["mode"] == "live")


class RiskOverview(APIView):
    """Where the caller stands."""

    @extend_schema(
        operation_id="get_risk",
        tags=["risk"],
        parameters=[shapes.ModeFilter],
        responses={200: shapes.OverviewSerializer},
    )
    def get(self, request: Request) -> Response:
        """Return state, exposure, result and the use of each limit, as they are now."""
        found = queries.get_overview(owner_of(request), is_live=is_live(request))
        return Response(shapes.OverviewSerializer(found).data)


class RiskLimits(APIView):
    """The caller's own limits."""

    @extend_schema(operation_id="list_risk_limits", tags=["risk"], responses={200: shapes.LimitsSerializer})
    def get(self, request: Request) -> Response:
        """Return the limits of the account and its bots."""
        return Response(shapes.LimitsSerializer({"results": queries.list_own_limits(owner_of(request))}).data)

    @extend_schema(
        operation_id="set_risk_limit", tags=["risk"], parameters=[IDEMPOTENCY_KEY], request=shapes.NewLimitSerializer,
        responses={200: shapes.RiskLimitSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        """Set a limit: tighter holds at once, looser after 24 hours."""
        given = shapes.NewLimitSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actor = actor_of(request)

        def run() -> Mapping[str, Any]:
            return dict(shapes.RiskLimitSerializer(operations.set_own_limit(actor=actor, **given.validated_data)).data)

        return write_once(request, actor=actor, operation="risk.set_own_limit", run=run, status=200)


class RiskProfile(APIView):
    """Ready sets of limits."""

    @extend_schema(
        operation_id="apply_risk_profile", tags=["risk"], parameters=[IDEMPOTENCY_KEY],
        request=shapes.ProfileSerializer, responses={200: shapes.LimitsSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        """Take over a profile; what it loosens waits 24 hours."""
        given = shapes.ProfileSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            operations.apply_profile(actor=actor, profile=given.validated_data["profile"])
            return dict(shapes.LimitsSerializer({"results": queries.list_own_limits(owner_id)}).data)

        return write_once(request, actor=actor, operation="risk.apply_profile", run=run, status=200)


class RiskSwitches(APIView):
    """Kill switches over the caller."""

    @extend_schema(operation_id="list_kill_switches", tags=["risk"], responses={200: shapes.SwitchesSerializer})
    def get(self, request: Request) -> Response:
        """Return the switches that were ever engaged."""
        return Response(shapes.SwitchesSerializer({"results": queries.list_own_switches(owner_of(request))}).data)

    @extend_schema(
        operation_id="engage_kill_switch", tags=["risk"], parameters=[IDEMPOTENCY_KEY], request=shapes.EngageSerializer,
        responses={200: shapes.SwitchSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        """Engage the switch of the account or of a bot: open orders are cancelled, positions closed if wished."""
        given = shapes.EngageSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actor = actor_of(request)

        def run() -> Mapping[str, Any]:
            return dict(shapes.SwitchSerializer(operations.engage_own_switch(actor=actor, **given.validated_data)).data)

        return write_once(request, actor=actor, operation="risk.engage_own_switch", run=run, status=200)


class RiskSwitchLift(APIView):
    """Lifting a switch."""

    @extend_schema(
        operation_id="lift_kill_switch", tags=["risk"], parameters=[IDEMPOTENCY_KEY], request=None,
        responses={200: shapes.SwitchSerializer},
    )  # fmt: skip
    def post(self, request: Request, switch_id: UUID) -> HttpResponse:
        """Lift a switch that the caller engaged; takes the second factor."""
        actor, owner_id = caller(request)
        row = queries.get_own_switch(switch_id, owner_id)
        if not has_answered(actor, "risk.lift_own_switch", key_of(request)):
            words = "bot" if row.scope == Scope.BOT else "account"
            payload = {"switch": str(switch_id), "times": row.times}
            summary = Summary(
                f"Lift the kill switch of your {words}", [("Engaged", f"{row.engaged_at:%Y-%m-%d %H:%M} UTC")]
            )
            require_recent_2fa(request._request, "risk.lift_own_switch", payload, summary=summary)

        def run() -> Mapping[str, Any]:
            return dict(shapes.SwitchSerializer(operations.lift_own_switch(actor=actor, switch_id=switch_id)).data)

        return write_once(request, actor=actor, operation="risk.lift_own_switch", run=run, status=200)


class RiskResume(APIView):
    """Trading again."""

    @extend_schema(
        operation_id="resume_trading", tags=["risk"], parameters=[IDEMPOTENCY_KEY], request=shapes.ModeFilter,
        responses={200: shapes.OverviewSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        """Trade again after a drawdown; takes the second factor."""
        given = shapes.ModeFilter(data=request.data)
        given.is_valid(raise_exception=True)
        actor, owner_id = caller(request)
        live = given.validated_data["mode"] == "live"
        if not has_answered(actor, "risk.resume_own", key_of(request)):
            payload = {"live": live}
            summary = Summary("Trade again", [("Trading", "Live" if live else "Paper")])
            require_recent_2fa(request._request, "risk.resume_own", payload, summary=summary)

        def run() -> Mapping[str, Any]:
            operations.resume_own(actor=actor, is_live=live)
            return dict(shapes.OverviewSerializer(queries.get_overview(owner_id, is_live=live)).data)

        return write_once(request, actor=actor, operation="risk.resume_own", run=run, status=200)


class RiskMeasures(APIView):
    """Figures of the caller's portfolio."""

    @extend_schema(
        operation_id="get_risk_measures", tags=["risk"], parameters=[shapes.ModeFilter],
        responses={200: shapes.RiskMeasuresSerializer},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return VaR and CVaR by four definitions, volatility, beta, drawdown, correlations and stress, as of now."""
        found = queries.measure_portfolio(owner_of(request), is_live=is_live(request))
        body = {
            "at": found.portfolio.at,
            "is_live": found.portfolio.is_live,
            "worth": found.portfolio.gross,
            "definition": found.definition,
            "source": found.source,
            "figures": figures_of(found),
        }
        return Response(shapes.RiskMeasuresSerializer(body).data)


class RiskMeasureHistory(GenericAPIView[RiskMeasure]):
    """Figures that the monitor kept."""

    serializer_class = shapes.KeptMeasuresSerializer

    @extend_schema(
        operation_id="list_risk_measures", tags=["risk"], parameters=[shapes.ModeFilter],
        responses={200: shapes.KeptMeasuresSerializer(many=True)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return kept figures, newest first: one row an hour while something is held."""
        page = self.paginate_queryset(queries.list_measures(owner_of(request), is_live=is_live(request)))
        return self.get_paginated_response(shapes.KeptMeasuresSerializer(page, many=True).data)


class RiskStress(APIView):
    """A scenario of the caller's own."""

    @extend_schema(
        operation_id="stress_portfolio", tags=["risk"], request=shapes.ShocksSerializer,
        responses={200: shapes.StressedSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Return what shocks in percent would do to what the books hold now. Stores nothing."""
        given = shapes.ShocksSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        found = queries.stress_portfolio(owner_of(request), wanted["shocks"], is_live=wanted["mode"] == "live")
        return Response(shapes.StressedSerializer(found).data)


class RiskSize(APIView):
    """Sizes of orders."""

    @extend_schema(
        operation_id="size_order", tags=["risk"], request=shapes.SizeSerializer, responses={200: shapes.SizedSerializer}
    )
    def post(self, request: Request) -> Response:
        """Return how large an order should be by a method, in whole lots. Stores nothing."""
        given = shapes.SizeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = dict(given.validated_data)
        method, symbol = wanted.pop("method"), wanted.pop("symbol")
        quantity = size_order(method, symbol, wanted)
        body = {"method": method, "symbol": symbol, "quantity": quantity, "lot": get_spec(symbol).lot}
        return Response(shapes.SizedSerializer(body).data)
