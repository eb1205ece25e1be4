"""Instruments, and a person's watchlists."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import actor_of, given, owner_of
from apps.trading.instruments import operations, queries
from apps.trading.instruments.api.serializers import (
    InstrumentListSerializer,
    InstrumentQuerySerializer,
    InstrumentSerializer,
    NameSerializer,
    WatchlistSerializer,
    WatchlistsSerializer,
)


class InstrumentList(APIView):
    """The markets."""

    @extend_schema(
        operation_id="list_instruments",
        tags=["markets"],
        parameters=[InstrumentQuerySerializer],
        responses={200: InstrumentListSerializer},
    )
    def get(self, request: Request) -> Response:
        """Return active instruments by symbol, or those that match a search, best first; at most 500."""
        asked = given(InstrumentQuerySerializer, request.query_params)
        kind, limit = asked.get("asset_class", ""), asked["limit"]
        if asked["search"]:
            found = queries.search_instruments(asked["search"], asset_class=kind, limit=limit)
        else:
            found = list(queries.list_instruments(asset_class=kind)[:limit])
        return Response({"results": InstrumentSerializer(found, many=True).data})


class InstrumentDetail(APIView):
    """One market."""

    @extend_schema(operation_id="get_instrument", tags=["markets"], responses={200: InstrumentSerializer})
    def get(self, request: Request, symbol: str) -> Response:
        """Return grid, limits and hours of a symbol."""
        return Response(InstrumentSerializer(queries.get_instrument(symbol)).data)


class WatchlistList(APIView):
    """A person's watchlists."""

    @extend_schema(operation_id="list_watchlists", tags=["watchlists"], responses={200: WatchlistsSerializer})
    def get(self, request: Request) -> Response:
        """Return all lists with their symbols."""
        rows = queries.list_watchlists(owner_of(request))
        return Response({"results": WatchlistSerializer(rows, many=True).data})

    @extend_schema(
        operation_id="create_watchlist",
        tags=["watchlists"],
        request=NameSerializer,
        responses={201: WatchlistSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make an empty list."""
        asked = given(NameSerializer, request.data)
        made = operations.create_watchlist(actor=actor_of(request), owner_id=owner_of(request), name=asked["name"])
        return Response(WatchlistSerializer(made).data, status=201)


class WatchlistDetail(APIView):
    """One watchlist."""

    @extend_schema(operation_id="get_watchlist", tags=["watchlists"], responses={200: WatchlistSerializer})
    def get(self, request: Request, watchlist_id: UUID) -> Response:
        """Return a list."""
        return Response(WatchlistSerializer(queries.get_watchlist(watchlist_id, owner_of(request))).data)

    @extend_schema(
        operation_id="rename_watchlist",
        tags=["watchlists"],
        request=NameSerializer,
        responses={200: WatchlistSerializer},
    )
    def patch(self, request: Request, watchlist_id: UUID) -> Response:
        """Give a list another name."""
        asked = given(NameSerializer, request.data)
        row = operations.rename_watchlist(
            actor=actor_of(request), owner_id=owner_of(request), watchlist_id=watchlist_id, name=asked["name"]
        )
        return Response(WatchlistSerializer(row).data)

    @extend_schema(operation_id="remove_watchlist", tags=["watchlists"], responses={204: None})
    def delete(self, request: Request, watchlist_id: UUID) -> Response:
        """Remove a list."""
        operations.remove_watchlist(actor=actor_of(request), owner_id=owner_of(request), watchlist_id=watchlist_id)
        return Response(status=204)


class WatchlistSymbol(APIView):
    """A symbol of a watchlist."""

    @extend_schema(
        operation_id="add_watchlist_symbol", tags=["watchlists"], request=None, responses={200: WatchlistSerializer}
    )
    def put(self, request: Request, watchlist_id: UUID, symbol: str) -> Response:
        """Put a symbol at the end of a list; one that is on it stays where it is."""
        owner_id = owner_of(request)
        operations.add_symbol(actor=actor_of(request), owner_id=owner_id, watchlist_id=watchlist_id, symbol=symbol)
        return Response(WatchlistSerializer(queries.get_watchlist(watchlist_id, owner_id)).data)

    @extend_schema(operation_id="remove_watchlist_symbol", tags=["watchlists"], responses={204: None})
    def delete(self, request: Request, watchlist_id: UUID, symbol: str) -> Response:
        """Take a symbol off a list."""
        operations.remove_symbol(
            actor=actor_of(request), owner_id=owner_of(request), watchlist_id=watchlist_id, symbol=symbol
        )
        return Response(status=204)
