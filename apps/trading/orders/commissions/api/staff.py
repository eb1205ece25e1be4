"""/orders/commission-schedules: what staff write of commissions. A second person puts it in force."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.core.desk import PERMISSIONS, Desk
from apps.core.models import Approval
from apps.trading.orders.api.staff import staff_who_may
from apps.trading.orders.commissions import operations, queries
from apps.trading.orders.commissions.api import serializers as shapes
from apps.trading.orders.commissions.models import CommissionSchedule
from apps.trading.orders.commissions.operations import PROPOSE, PromotionLine, RateLine

TAGS = ["orders, staff"]
READ = PERMISSIONS[Desk.FINANCE]


class CommissionScheduleList(GenericAPIView[CommissionSchedule]):
    """Schedules of the tenant."""

    serializer_class = shapes.CommissionScheduleSerializer

    @extend_schema(
        operation_id="list_commission_schedules", tags=TAGS,
        responses={200: shapes.CommissionScheduleSerializer(many=True)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return schedules with their rates and promotions, newest first. Staff with a second factor only."""
        staff_who_may(request, READ)
        page = self.paginate_queryset(queries.list_schedules())
        return self.get_paginated_response(shapes.CommissionScheduleSerializer(page, many=True).data)

    @extend_schema(
        operation_id="draft_commission_schedule", tags=TAGS, parameters=[IDEMPOTENCY_KEY],
        request=shapes.CommissionScheduleInput, responses={201: shapes.CommissionScheduleSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        """Write a draft; a schedule is never changed afterwards. Staff with a second factor only."""
        actor = staff_who_may(request, PROPOSE)
        given = shapes.CommissionScheduleInput(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = dict(given.validated_data)
        rates = [RateLine(**line) for line in wanted.pop("rates")]
        promotions = [PromotionLine(**line) for line in wanted.pop("promotions")]

        def run() -> Mapping[str, Any]:
            made = operations.draft_schedule(actor=actor, rates=rates, promotions=promotions, **wanted)
            return shapes.CommissionScheduleSerializer(queries.get_schedule(made.pk)).data

        return write_once(request, actor=actor, operation="orders.draft_commissions", run=run)


class CommissionScheduleDetail(APIView):
    """One schedule."""

    @extend_schema(
        operation_id="get_commission_schedule", tags=TAGS, responses={200: shapes.CommissionScheduleSerializer}
    )
    def get(self, request: Request, schedule_id: UUID) -> Response:
        """Return a schedule. Staff with a second factor only."""
        staff_who_may(request, READ)
        return Response(shapes.CommissionScheduleSerializer(queries.get_schedule(schedule_id)).data)


class CommissionScheduleAction(APIView):
    """What is done to a schedule with a reason; each action has a view of its own."""

    act: Callable[..., object]
    operation = ""
    status = 202

    def answer(self, request: Request, schedule_id: UUID) -> HttpResponse:
        """Do it once for the request's key."""
        actor = staff_who_may(request, PROPOSE)
        given = shapes.CommissionReasonInput(data=request.data)
        given.is_valid(raise_exception=True)
        act, reason = type(self).act, given.validated_data["reason"]

        def run() -> Mapping[str, Any]:
            done = act(actor=actor, schedule_id=schedule_id, reason=reason)
            if isinstance(done, Approval):
                return shapes.CommissionProposalSerializer(done).data
            return shapes.CommissionScheduleSerializer(queries.get_schedule(schedule_id)).data

        return write_once(request, actor=actor, operation=self.operation, run=run, status=self.status)


class CommissionScheduleProposal(CommissionScheduleAction):
    """Putting a draft in force."""

    act = staticmethod(operations.propose_schedule)
    operation = "orders.propose_commissions"

    @extend_schema(
        operation_id="propose_commission_schedule", tags=TAGS, parameters=[IDEMPOTENCY_KEY],
        request=shapes.CommissionReasonInput, responses={202: shapes.CommissionProposalSerializer},
    )  # fmt: skip
    def post(self, request: Request, schedule_id: UUID) -> HttpResponse:
        """Ask a second person to put a draft in force, in place of the one of the same money."""
        return self.answer(request, schedule_id)


class CommissionScheduleEnd(CommissionScheduleAction):
    """Ending a schedule without another one."""

    act = staticmethod(operations.propose_end)
    operation = "orders.propose_end_of_commissions"

    @extend_schema(
        operation_id="propose_end_of_commission_schedule", tags=TAGS, parameters=[IDEMPOTENCY_KEY],
        request=shapes.CommissionReasonInput, responses={202: shapes.CommissionProposalSerializer},
    )  # fmt: skip
    def post(self, request: Request, schedule_id: UUID) -> HttpResponse:
        """Ask a second person to end what is in force: new orders are then charged nothing."""
        return self.answer(request, schedule_id)


class CommissionScheduleDiscard(CommissionScheduleAction):
    """Putting a draft away."""

    act = staticmethod(operations.discard_schedule)
    operation = "orders.discard_commissions"
    status = 200

    @extend_schema(
        operation_id="discard_commission_schedule", tags=TAGS, parameters=[IDEMPOTENCY_KEY],
        request=shapes.CommissionReasonInput, responses={200: shapes.CommissionScheduleSerializer},
    )  # fmt: skip
    def post(self, request: Request, schedule_id: UUID) -> HttpResponse:
        """Put a draft away for good."""
        return self.answer(request, schedule_id)
