"""/orders/limits: what live orders are held to."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.actors import Actor
from apps.core.api.writes import key_of, write_once
from apps.core.idempotency import has_answered
from apps.trading.orders.limits.api.serializers import OrderLimitsSerializer, OwnOrderLimitsSerializer
from apps.trading.orders.limits.confirming import ACTION, confirm_limits
from apps.trading.orders.limits.queries import get_limits_in_force
from apps.trading.orders.operations import set_limits

IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True)


class OrderLimits(APIView):
    """The caller's limits of real money."""

    @extend_schema(operation_id="get_order_limits", tags=["orders"], responses={200: OrderLimitsSerializer})
    def get(self, request: Request) -> Response:
        """Return each limit in force with whose it is, and how much of today's amount is used."""
        owner_id: UUID = request.user.pk  # type: ignore[assignment]  # only people come in
        return Response(OrderLimitsSerializer(get_limits_in_force(owner_id)).data)

    @extend_schema(
        operation_id="set_order_limits", tags=["orders"], parameters=[IDEMPOTENCY_KEY],
        request=OwnOrderLimitsSerializer, responses={200: OrderLimitsSerializer},
    )  # fmt: skip
    def put(self, request: Request) -> HttpResponse:
        """Set own limits: tighter at once; what lets more through takes the second factor. Nobody raises a limit above
        the platform's."""
        key = key_of(request)
        given = OwnOrderLimitsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        owner_id: UUID = request.user.pk  # type: ignore[assignment]  # only people come in
        actor, limits = getattr(request, "actor", None) or Actor.of(request.user), dict(given.validated_data)
        known = has_answered(actor, ACTION, key)
        confirmed = known or confirm_limits(request._request, owner_id, limits)

        def run() -> dict[str, Any]:
            set_limits(actor=actor, owner_id=owner_id, limits=limits, confirmed=confirmed)
            return dict(OrderLimitsSerializer(get_limits_in_force(owner_id)).data)

        return write_once(request, actor=actor, operation=ACTION, run=run, status=200)
