"""/savings-goals: make, read, change, fill, empty, pause, resume, close."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.actors import Actor
from apps.core.api.callers import caller
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.core.ids import uuid7
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import operations, queries_earning
from apps.finance.wallets.api.earning_caller import body_of, filter_of, mode_of
from apps.finance.wallets.api.earning_fields import (
    ContributionFields,
    GoalFields,
    ModeFilter,
    MovementFields,
    NewGoalFields,
    PlanFields,
)
from apps.finance.wallets.choices_earning import Every

TAGS = ["savings"]


class GoalList(APIView):
    """The caller's goals."""

    @extend_schema(
        operation_id="list_savings_goals", tags=TAGS, parameters=[ModeFilter], responses={200: GoalFields(many=True)}
    )
    def get(self, request: Request) -> Response:
        """Return goals with what is in them, open ones first."""
        wanted = filter_of(request, ModeFilter)
        found = queries_earning.list_goals(caller(request)[1], mode=mode_of(wanted))
        return Response(GoalFields(found, many=True).data)

    @extend_schema(
        operation_id="create_savings_goal",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=NewGoalFields,
        responses={201: GoalFields},
    )
    def post(self, request: Request) -> HttpResponse:
        """Make a goal; a schedule is first due on the first due day after today (UTC)."""
        wanted = body_of(request, NewGoalFields)
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            made = operations.create_goal(
                actor=actor, asset=wanted["asset"], plan=_plan(wanted), mode=Mode(wanted["mode"])
            )
            return _shown(made.pk, owner_id)

        return write_once(request, actor=actor, operation="wallets.create_goal", run=run)


class GoalDetail(APIView):
    """One goal of the caller."""

    @extend_schema(operation_id="get_savings_goal", tags=TAGS, responses={200: GoalFields})
    def get(self, request: Request, goal_id: UUID) -> Response:
        """Return a goal."""
        return Response(_shown(goal_id, caller(request)[1]))

    @extend_schema(
        operation_id="change_savings_goal",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=PlanFields,
        responses={200: GoalFields},
    )
    def put(self, request: Request, goal_id: UUID) -> HttpResponse:
        """Give a goal another plan."""
        wanted = body_of(request, PlanFields)

        def act(actor: Actor) -> None:
            operations.change_goal(actor=actor, goal_id=goal_id, plan=_plan(wanted))

        return _write(request, goal_id, "wallets.change_goal", act)


class GoalContributions(APIView):
    """What became of the due days of a goal."""

    @extend_schema(operation_id="list_savings_contributions", tags=TAGS, responses={200: ContributionFields(many=True)})
    def get(self, request: Request, goal_id: UUID) -> Response:
        """Return the newest hundred, newest first."""
        found = queries_earning.list_contributions(goal_id, owner_id=caller(request)[1])
        return Response(ContributionFields(found, many=True).data)


class GoalDeposit(APIView):
    """Money into a goal by hand."""

    @extend_schema(
        operation_id="deposit_to_savings_goal",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=MovementFields,
        responses={200: GoalFields},
    )
    def post(self, request: Request, goal_id: UUID) -> HttpResponse:
        """Put money in."""
        amount = body_of(request, MovementFields)["amount"]

        def act(actor: Actor) -> None:
            operations.deposit_to_goal(actor=actor, goal_id=goal_id, amount=amount, movement_id=uuid7())

        return _write(request, goal_id, "wallets.deposit_to_goal", act)


class GoalWithdrawal(APIView):
    """Money out of a goal by hand."""

    @extend_schema(
        operation_id="withdraw_from_savings_goal",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=MovementFields,
        responses={200: GoalFields},
    )
    def post(self, request: Request, goal_id: UUID) -> HttpResponse:
        """Take money out."""
        amount = body_of(request, MovementFields)["amount"]

        def act(actor: Actor) -> None:
            operations.withdraw_from_goal(actor=actor, goal_id=goal_id, amount=amount, movement_id=uuid7())

        return _write(request, goal_id, "wallets.withdraw_from_goal", act)


class GoalPause(APIView):
    """Letting a schedule rest."""

    @extend_schema(
        operation_id="pause_savings_goal",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: GoalFields},
    )
    def post(self, request: Request, goal_id: UUID) -> HttpResponse:
        """Pause a goal."""
        return _write(
            request, goal_id, "wallets.pause_goal", lambda actor: operations.pause_goal(actor=actor, goal_id=goal_id)
        )


class GoalResume(APIView):
    """Letting a schedule go on."""

    @extend_schema(
        operation_id="resume_savings_goal",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: GoalFields},
    )
    def post(self, request: Request, goal_id: UUID) -> HttpResponse:
        """Resume a goal; what would have been due meanwhile is not made up."""
        return _write(
            request, goal_id, "wallets.resume_goal", lambda actor: operations.resume_goal(actor=actor, goal_id=goal_id)
        )


class GoalClose(APIView):
    """Ending a goal."""

    @extend_schema(
        operation_id="close_savings_goal",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: GoalFields},
    )
    def post(self, request: Request, goal_id: UUID) -> HttpResponse:
        """Close a goal; the money goes back to the wallet."""
        return _write(
            request, goal_id, "wallets.close_goal", lambda actor: operations.close_goal(actor=actor, goal_id=goal_id)
        )


def _write(request: Request, goal_id: UUID, name: str, act: Callable[[Actor], object]) -> HttpResponse:
    actor, owner_id = caller(request)
    queries_earning.get_goal(goal_id, owner_id=owner_id)

    def run() -> Mapping[str, Any]:
        act(actor)
        return _shown(goal_id, owner_id)

    return write_once(request, actor=actor, operation=name, run=run, status=200)


def _shown(goal_id: UUID, owner_id: UUID) -> Mapping[str, Any]:
    return GoalFields(queries_earning.get_goal(goal_id, owner_id=owner_id)).data


def _plan(wanted: Mapping[str, Any]) -> operations.GoalPlan:
    given = wanted["schedule"]
    schedule = None
    if given is not None:
        schedule = operations.Schedule(given["amount"], Every(given["every"]), given["anchor_day"])
    return operations.GoalPlan(
        name=wanted["name"], target=wanted["target"], deadline=wanted["deadline"], schedule=schedule
    )
