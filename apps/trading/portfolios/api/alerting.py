"""Alerts on the result of a day over the API."""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.amounts import StrictDecimalField
from apps.core.api.callers import given, owner_of, whose
from apps.trading.portfolios import alerting, operations
from apps.trading.portfolios.models import ResultAlert

TAGS = ["portfolios"]


class NewResultAlertSerializer(serializers.Serializer[dict[str, Any]]):
    """Of a portfolio, or of the book of a bot; `bound` counts both ways."""

    portfolio_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    book_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    bound = StrictDecimalField(max_digits=17, decimal_places=2, min_value=Decimal("0.01"))


class ResultAlertSerializer(serializers.ModelSerializer[ResultAlert]):
    """An alert, with the newest days on which a gain and a loss were told."""

    name = serializers.SerializerMethodField()

    class Meta:
        model = ResultAlert
        extra_kwargs: ClassVar = {"bound": {"normalize_output": True}}
        fields: ClassVar = ["id", "portfolio_id", "book_id", "name", "bound", "gain_told_on", "loss_told_on"]

    def get_name(self, row: ResultAlert) -> str:
        """Return the portfolio's or the bot's name."""
        return alerting.name_of(row)


class ResultAlertList(APIView):
    """The caller's alerts on results."""

    @extend_schema(operation_id="list_result_alerts", tags=TAGS, responses=ResultAlertSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Return the alerts, newest first."""
        return Response(ResultAlertSerializer(alerting.list_alerts(owner_of(request)), many=True).data)

    @extend_schema(
        operation_id="set_result_alert", tags=TAGS, request=NewResultAlertSerializer,
        responses={201: ResultAlertSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Be told when the day's result passes plus or minus the bound: once a day for each of the two."""
        row = operations.set_result_alert(**whose(request), **given(NewResultAlertSerializer, request.data))
        return Response(ResultAlertSerializer(row).data, status=201)


class ResultAlertDetail(APIView):
    """One alert on results."""

    @extend_schema(operation_id="remove_result_alert", tags=TAGS, request=None, responses={204: None})
    def delete(self, request: Request, alert_id: UUID) -> Response:
        """Take an alert away."""
        operations.remove_result_alert(**whose(request), alert_id=alert_id)
        return Response(status=204)
