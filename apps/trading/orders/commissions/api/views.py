"""/orders/commission and /orders/commissions: what executions cost at the tenant."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import owner_of
from apps.trading.orders.commissions import queries
from apps.trading.orders.commissions.api.serializers import (
    CommissionChargeSerializer,
    CommissionFilter,
    CommissionInForceSerializer,
)
from apps.trading.orders.commissions.models import CommissionCharge


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
        found = queries.get_in_force(owner_of(request), given.validated_data["mode"], given.validated_data["symbol"])
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
        page = self.paginate_queryset(queries.list_charges(owner_of(request)))
        return self.get_paginated_response(CommissionChargeSerializer(page, many=True).data)
