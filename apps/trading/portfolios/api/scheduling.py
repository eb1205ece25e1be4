"""Rebalancing by schedule over the API."""

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
from apps.trading.portfolios import operations, queries, scheduling
from apps.trading.portfolios.choices import Every
from apps.trading.portfolios.confirming import confirm_schedule
from apps.trading.portfolios.errors import ScheduleMissing
from apps.trading.portfolios.models import RebalanceSchedule
from apps.trading.portfolios.operations import Rhythm

TAGS = ["portfolios"]
AMOUNTS: dict[str, Any] = {"normalize_output": True}


class RhythmSerializer(serializers.Serializer[dict[str, Any]]):
    """When, by the caller's own clock, and from how many points off a target; `most_worth` is a must for real money."""

    every = serializers.ChoiceField(choices=Every.choices)
    day = serializers.IntegerField(min_value=1, max_value=31, required=False, allow_null=True, default=None)
    hour = serializers.IntegerField(min_value=0, max_value=23)
    band = StrictDecimalField(max_digits=6, decimal_places=4, min_value=Decimal("0.0001"), max_value=Decimal(50))
    most_worth = StrictDecimalField(
        max_digits=20, decimal_places=2, min_value=Decimal("0.01"), required=False, allow_null=True, default=None
    )


class RebalanceScheduleSerializer(serializers.ModelSerializer[RebalanceSchedule]):
    """A schedule; `next_at` is null while it is paused, `weights` are those that were confirmed."""

    weights = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = RebalanceSchedule
        extra_kwargs: ClassVar = dict.fromkeys(("band", "most_worth"), AMOUNTS)
        fields: ClassVar = [
            "portfolio_id", "every", "day", "hour", "zone", "band", "most_worth", "weights", "next_at", "last_at",
            "last_words", "last_plan_id",
        ]  # fmt: skip


class ScheduleDetail(APIView):
    """The schedule of a portfolio."""

    @extend_schema(operation_id="get_rebalance_schedule", tags=TAGS, responses=RebalanceScheduleSerializer)
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Return the schedule with its next and last run."""
        found = scheduling.get_schedule(queries.get_portfolio(portfolio_id, owner_of(request)))
        if found is None:
            raise ScheduleMissing
        return Response(RebalanceScheduleSerializer(found).data)

    @extend_schema(
        operation_id="set_rebalance_schedule", tags=TAGS, request=RhythmSerializer,
        responses=RebalanceScheduleSerializer,
    )  # fmt: skip
    def put(self, request: Request, portfolio_id: UUID) -> Response:
        """Rebalance by schedule with the present weights. Real money takes the second factor."""
        wanted = given(RhythmSerializer, request.data)
        rhythm = Rhythm(**{**wanted, "every": Every(wanted["every"])})
        confirmed = confirm_schedule(request._request, owner_of(request), portfolio_id, rhythm)
        row = operations.set_schedule(
            **whose(request), portfolio_id=portfolio_id, rhythm=rhythm, confirmed=confirmed
        )  # fmt: skip
        return Response(RebalanceScheduleSerializer(row).data)

    @extend_schema(operation_id="remove_rebalance_schedule", tags=TAGS, request=None, responses={204: None})
    def delete(self, request: Request, portfolio_id: UUID) -> Response:
        """Take the schedule away; orders under way go on."""
        operations.remove_schedule(**whose(request), portfolio_id=portfolio_id)
        return Response(status=204)


class SchedulePause(APIView):
    """Pausing a schedule."""

    @extend_schema(
        operation_id="pause_rebalance_schedule", tags=TAGS, request=None, responses=RebalanceScheduleSerializer
    )
    def post(self, request: Request, portfolio_id: UUID) -> Response:
        """Order nothing by schedule until it is resumed."""
        row = operations.pause_schedule(**whose(request), portfolio_id=portfolio_id)
        return Response(RebalanceScheduleSerializer(row).data)


class ScheduleResume(APIView):
    """Resuming a schedule."""

    @extend_schema(
        operation_id="resume_rebalance_schedule", tags=TAGS, request=None, responses=RebalanceScheduleSerializer
    )
    def post(self, request: Request, portfolio_id: UUID) -> Response:
        """Go on at the next due moment."""
        row = operations.resume_schedule(**whose(request), portfolio_id=portfolio_id)
        return Response(RebalanceScheduleSerializer(row).data)
