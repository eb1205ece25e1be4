"""/exchanges: the list, one exchange with its capabilities and health; keys of connections."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import caller, owner_of
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.platform.rate_limiting.errors import LimitsUnavailable
from apps.trading.exchanges import operations, queries
from apps.trading.exchanges.api.serializers import ConnectionIdSerializer
from apps.trading.exchanges.api.serializers_exchanges import (
    ExchangeDetailSerializer,
    ExchangeSerializer,
    KeyActivitySerializer,
    NewKeySerializer,
)
from apps.trading.exchanges.catalogue.venues import Exchange, capability_of, get_exchange, list_exchange_ids
from apps.trading.exchanges.choices import Capability, VenueCondition


class ExchangeList(APIView):
    """The exchanges there are."""

    @extend_schema(
        operation_id="list_exchanges",
        tags=["exchanges"],
        parameters=[OpenApiParameter("can", str, description="Only those that declare this capability")],
        responses={200: ExchangeSerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Return all exchanges, the tested ones first."""
        health = queries.list_health()
        found = [get_exchange(name) for name in list_exchange_ids()]
        wanted = request.query_params.get("can", "")
        if wanted:
            found = [item for item in found if item.how(capability_of(wanted))]
        rows = [_row(item, health[item.id].condition if item.id in health else "") for item in found]
        return Response(ExchangeSerializer(rows, many=True).data)


class ExchangeDetail(APIView):
    """One exchange."""

    @extend_schema(operation_id="get_exchange", tags=["exchanges"], responses={200: ExchangeDetailSerializer})
    def get(self, request: Request, ccxt_id: str) -> Response:
        """Return what an exchange declares and how it is."""
        exchange = get_exchange(ccxt_id)
        health = queries.get_health(ccxt_id)
        clock = operations.read_clock(ccxt_id)
        measured = {name: getattr(health, name, None) for name in ("since", "checked_at", "p50_ms", "p95_ms")}
        row = {
            **_row(exchange, health.condition if health else ""),
            "home": exchange.home,
            "capabilities": {item.value: exchange.how(item) for item in Capability},
            "health": {
                **measured,
                "condition": health.condition if health else VenueCondition.UNKNOWN.value,
                "reason": health.reason if health else "",
                "error_percent": health.error_percent if health else 0,
                "stream_lag_ms": health.stream_lag_ms if health else None,
                "clock_offset_ms": clock.offset_ms if clock else None,
                "budget": _budget(ccxt_id),
            },
        }
        return Response(ExchangeDetailSerializer(row).data)


class ConnectionKey(APIView):
    """The key of a connection."""

    @extend_schema(
        operation_id="replace_connection_key",
        tags=["exchanges"],
        parameters=[IDEMPOTENCY_KEY],
        request=NewKeySerializer,
        responses={202: ConnectionIdSerializer},
    )
    def post(self, request: Request, connection_id: UUID) -> HttpResponse:
        """Enter a newer key: it is tried, and takes over when the exchange accepts it."""
        given = NewKeySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actor, owner_id = caller(request)
        found, facts = queries.get_connection(connection_id, owner_id=owner_id), given.validated_data
        key = operations.NewKey(facts["api_key"], facts["secret"], facts["passphrase"])

        def run() -> dict[str, Any]:
            row = operations.replace_key(actor=actor, connection_id=found.pk, key=key)
            return {"id": str(row.pk), "state": row.state}

        return write_once(request, actor=actor, operation="exchanges.replace_key", run=run, status=202)


class ConnectionActivity(APIView):
    """What happened to a key."""

    @extend_schema(
        operation_id="list_connection_activity",
        tags=["exchanges"],
        responses={200: KeyActivitySerializer(many=True)},
    )
    def get(self, request: Request, connection_id: UUID) -> Response:
        """Return the newest fifty lines, newest first."""
        found = queries.get_connection(connection_id, owner_id=owner_of(request))
        return Response(KeyActivitySerializer(queries.list_activity(found.pk), many=True).data)


def _row(exchange: Exchange, condition: str) -> dict[str, Any]:
    return {
        "id": exchange.id,
        "name": exchange.name,
        "tested": exchange.tested.metadata if exchange.tested else "",
        "needs": [{"password": "passphrase"}.get(name, name) for name in exchange.needs],
        "condition": condition or VenueCondition.UNKNOWN.value,
    }


def _budget(code: str) -> dict[str, int] | None:
    try:
        gauge = operations.read_gauge(code)
    except LimitsUnavailable:
        return None
    return {"used": gauge.used, "limit": gauge.limit, "frozen_ms": gauge.frozen_ms}
