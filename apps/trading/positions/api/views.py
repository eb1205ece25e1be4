"""/positions: what the caller's books hold."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import owner_of
from apps.trading.positions import queries
from apps.trading.positions.api.serializers import PositionFilter, PositionSerializer
from apps.trading.positions.models import Position


class PositionList(GenericAPIView[Position]):
    """The caller's positions."""

    serializer_class = PositionSerializer  # type: ignore[assignment]  # rows are valued before they are shown

    @extend_schema(
        operation_id="list_positions",
        tags=["positions"],
        parameters=[PositionFilter],
        responses={200: PositionSerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Return positions, newest first, each valued at the present price."""
        given = PositionFilter(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        wanted: dict[str, Any] = given.validated_data
        found = queries.list_positions(owner_of(request), symbol=wanted.get("symbol", ""), is_open=wanted.get("open"))
        page = self.paginate_queryset(found)
        rows: Any = [queries.value_position(row) for row in (page or [])]
        return self.get_paginated_response(PositionSerializer(rows, many=True).data)


class PositionDetail(APIView):
    """One position of the caller."""

    @extend_schema(operation_id="get_position", tags=["positions"], responses={200: PositionSerializer})
    def get(self, request: Request, position_id: UUID) -> Response:
        """Return a position."""
        found = queries.get_own_position(position_id, owner_of(request))
        return Response(PositionSerializer(queries.value_position(found)).data)
