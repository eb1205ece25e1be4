"""A person's alerts."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import actor_of, given, owner_of
from apps.trading.instruments import operations, queries
from apps.trading.instruments.api.serializers import AlertQuerySerializer, AlertSerializer, AlertWriteSerializer
from apps.trading.instruments.errors import ConditionInvalid
from apps.trading.instruments.models import Alert

TAGS = ["alerts"]


class AlertList(ListAPIView[Alert]):
    """A person's alerts."""

    serializer_class = AlertSerializer

    def get_queryset(self) -> Any:
        """Return the alerts of the person who asks."""
        if getattr(self, "swagger_fake_view", False):
            return Alert.objects.none()
        asked = given(AlertQuerySerializer, self.request.query_params)
        rows = queries.list_alerts(owner_of(self.request), symbol=asked.get("symbol", ""))
        return rows.filter(state=asked["state"]) if "state" in asked else rows

    @extend_schema(operation_id="list_alerts", tags=TAGS, parameters=[AlertQuerySerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List alerts, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="create_alert", tags=TAGS, request=AlertWriteSerializer, responses={201: AlertSerializer}
    )
    def post(self, request: Request) -> Response:
        """Make an alert that watches at once."""
        wish = operations.AlertWish(**given(AlertWriteSerializer, request.data))
        try:
            made = operations.create_alert(actor=actor_of(request), owner_id=owner_of(request), wish=wish)
        except ConditionInvalid as refusal:
            raise _faults(refusal) from None
        return Response(AlertSerializer(made).data, status=201)


class AlertDetail(APIView):
    """One alert."""

    @extend_schema(operation_id="get_alert", tags=TAGS, responses={200: AlertSerializer})
    def get(self, request: Request, alert_id: UUID) -> Response:
        """Return an alert."""
        return Response(AlertSerializer(queries.get_alert(alert_id, owner_of(request))).data)

    @extend_schema(operation_id="remove_alert", tags=TAGS, responses={204: None})
    def delete(self, request: Request, alert_id: UUID) -> Response:
        """Remove an alert."""
        operations.remove_alert(actor=actor_of(request), owner_id=owner_of(request), alert_id=alert_id)
        return Response(status=204)


class AlertArm(APIView):
    """Let an alert watch again."""

    @extend_schema(operation_id="arm_alert", tags=TAGS, request=None, responses={200: AlertSerializer})
    def post(self, request: Request, alert_id: UUID) -> Response:
        """Arm an alert from now on and return it."""
        row = operations.arm_alert(actor=actor_of(request), owner_id=owner_of(request), alert_id=alert_id)
        return Response(AlertSerializer(row).data)


class AlertPause(APIView):
    """Put an alert aside."""

    @extend_schema(operation_id="pause_alert", tags=TAGS, request=None, responses={200: AlertSerializer})
    def post(self, request: Request, alert_id: UUID) -> Response:
        """Pause an alert and return it."""
        row = operations.pause_alert(actor=actor_of(request), owner_id=owner_of(request), alert_id=alert_id)
        return Response(AlertSerializer(row).data)


def _faults(refusal: ConditionInvalid) -> serializers.ValidationError:
    """Return the refusal with every fault at its JSON path."""
    faults: dict[str, list[str]] = {}
    for problem in refusal.problems:
        path = "".join(sign if sign.isprintable() else "�" for sign in problem.path)[:200]
        faults.setdefault(f"condition.{path}" if path else "condition", []).append(problem.message[:300])
    return serializers.ValidationError(faults)
