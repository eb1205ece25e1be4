"""/orders/commission and /orders/commissions: what executions cost at the tenant."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.trading.orders.commissions import queries
from apps.trading.orders.commissions.api.serializers import (
    CommissionChargeSerializer,
    CommissionFilter,
    CommissionInForceSerializer,
)
from apps.trading.orders.commissions.models import CommissionCharge


def _owner(request: Request) -> UUID:
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # only people come in
    return owner_id


class CommissionInForce(APIView):
    """What the caller would be charged."""

    @extend_schema(
        operation_id="get_commission", tags=["orders"], parameters=[CommissionFilter],
        responses={200: CommissionInForceSerializer},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return the terms that an order placed now would have, and the table they follow from."""
        given = CommissionFilter(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        found = queries.get_in_force(_owner(request), given.validated_data["mode"], given.validated_data["symbol"])
        body: Any = {"terms": None, "rates": [], "promotions": []} if found is None else found
        return Response(CommissionInForceSerializer(body).data)


class CommissionList(GenericAPIView[CommissionCharge]):
    """What the caller's fills were charged."""

    serializer_class = CommissionChargeSerializer

    @extend_schema(
        operation_id="list_commissions", tags=["orders"], responses={200: CommissionChargeSerializer(many=True)}
    )
    def get(self, request: Request) -> Response:
        """Return charges, newest first."""
        page = self.paginate_queryset(queries.list_charges(_owner(request)))
        return self.get_paginated_response(CommissionChargeSerializer(page, many=True).data)
