"""GET instruments."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.trading.instruments import queries
from apps.trading.instruments.api.serializers import (
    InstrumentListSerializer,
    InstrumentQuerySerializer,
    InstrumentSerializer,
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
        """Return active instruments by symbol (a few hundred at most, so in one page)."""
        given = InstrumentQuerySerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        found = queries.list_instruments(given.validated_data["search"])[:500]
        return Response({"results": InstrumentSerializer(found, many=True).data})


class InstrumentDetail(APIView):
    """One market."""

    @extend_schema(operation_id="get_instrument", tags=["markets"], responses={200: InstrumentSerializer})
    def get(self, request: Request, symbol: str) -> Response:
        """Return grid and limits of a symbol."""
        return Response(InstrumentSerializer(queries.get_instrument(symbol)).data)
