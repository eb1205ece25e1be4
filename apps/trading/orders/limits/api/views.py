"""/orders/limits: what live orders are held to."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import caller, given, owner_of
from apps.core.api.writes import IDEMPOTENCY_KEY, key_of, write_once
from apps.core.idempotency import has_answered
from apps.trading.orders.limits.api.serializers import OrderLimitsSerializer, OwnOrderLimitsSerializer
from apps.trading.orders.limits.confirming import ACTION, confirm_limits
from apps.trading.orders.limits.queries import get_limits_in_force
from apps.trading.orders.operations import set_limits


class OrderLimits(APIView):
    """The caller's limits of real money."""

    @extend_schema(operation_id="get_order_limits", tags=["orders"], responses={200: OrderLimitsSerializer})
    def get(self, request: Request) -> Response:
        """Return each limit in force with whose it is, and how much of today's amount is used."""
        return Response(OrderLimitsSerializer(get_limits_in_force(owner_of(request))).data)

    @extend_schema(
        operation_id="set_order_limits", tags=["orders"], parameters=[IDEMPOTENCY_KEY],
        request=OwnOrderLimitsSerializer, responses={200: OrderLimitsSerializer},
    )  # fmt: skip
    def put(self, request: Request) -> HttpResponse:
        """Set own limits: tighter at once; what lets more through takes the second factor. Nobody raises a limit above
        the platform's."""
        key = key_of(request)
        limits = given(OwnOrderLimitsSerializer, request.data)
        actor, owner_id = caller(request)
        known = has_answered(actor, ACTION, key)
        confirmed = known or confirm_limits(request._request, owner_id, limits)

        def run() -> dict[str, Any]:
            set_limits(actor=actor, owner_id=owner_id, limits=limits, confirmed=confirmed)
            return dict(OrderLimitsSerializer(get_limits_in_force(owner_id)).data)

        return write_once(request, actor=actor, operation=ACTION, run=run, status=200)
