"""Endpoints of studies."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import actor_of, given, owner_of, whose
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.trading.backtests import operations, study_queries
from apps.trading.backtests.api.study_serializers import (
    StudyDetailSerializer,
    StudyFilterSerializer,
    StudySerializer,
    StudyTrialListSerializer,
    StudyTrialSerializer,
    StudyWriteSerializer,
    TrialFilterSerializer,
)
from apps.trading.backtests.choices import StudyKind, StudyMethod
from apps.trading.backtests.models import Study
from apps.trading.backtests.study_plan import Axis, Search
from kernel.lab import Objective

TAGS = ["studies"]
RUN_FIELDS = ("symbol", "start", "end", "cash", "taker_fee", "slippage_bps", "adjusted")


def request_of(asked: dict[str, Any]) -> operations.StudyRequest:
    """Return the request of a body that was found valid."""
    run = {name: asked.pop(name) for name in RUN_FIELDS}
    wanted = operations.BacktestRequest(version_id=asked.pop("version"), **run)
    kind = StudyKind(asked.pop("kind"))
    axes = tuple(Axis(**{**item, "paths": tuple(item["paths"])}) for item in asked.pop("axes", ()))
    method, objective = StudyMethod(asked.pop("method")), Objective(asked.pop("objective"))
    return operations.StudyRequest(wanted, kind, Search(axes=axes, method=method, objective=objective, **asked))


class StudyList(ListAPIView[Study]):
    """A person's studies."""

    serializer_class = StudySerializer

    def get_queryset(self) -> Any:
        """Return the studies of the person who asks, filtered."""
        if getattr(self, "swagger_fake_view", False):
            return Study.objects.none()
        asked = given(StudyFilterSerializer, self.request.query_params)
        names = {"state": "state", "kind": "kind", "strategy": "version__strategy_id"}
        found = study_queries.list_studies(owner_of(self.request))
        return found.filter(**{names[key]: value for key, value in asked.items()})

    @extend_schema(operation_id="list_studies", tags=TAGS, parameters=[StudyFilterSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List studies, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="start_study",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=StudyWriteSerializer,
        responses={201: StudySerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Optimise, walk forward or try by Monte Carlo; the work is done in parts in the background."""
        wanted = request_of(given(StudyWriteSerializer, request.data))

        def run() -> Mapping[str, Any]:
            return StudySerializer(operations.start_study(**whose(request), request=wanted)).data

        return write_once(request, actor=actor_of(request), operation="backtests.start_study", run=run)


class StudyDetail(APIView):
    """One study."""

    @extend_schema(operation_id="get_study", tags=TAGS, responses={200: StudyDetailSerializer})
    def get(self, request: Request, study_id: UUID) -> Response:
        """Return a study with its outcome."""
        return Response(StudyDetailSerializer(study_queries.get_study(study_id, owner_of(request))).data)


class StudyTrials(APIView):
    """The trials of a study."""

    @extend_schema(
        operation_id="list_study_trials",
        tags=TAGS,
        parameters=[TrialFilterSerializer],
        responses={200: StudyTrialListSerializer},
    )
    def get(self, request: Request, study_id: UUID) -> Response:
        """List trials in their order, also while others are still being done."""
        asked = given(TrialFilterSerializer, request.query_params)
        study = study_queries.get_study(study_id, owner_of(request))
        found = study_queries.list_trials(study, asked["fold"]).defer("sums")
        shown = found[asked["offset"] : asked["offset"] + asked["limit"]]
        return Response({"count": found.count(), "results": StudyTrialSerializer(shown, many=True).data})


class _StudyVerb(APIView):
    """A change of a study's state."""

    def changed(self, request: Request, study_id: UUID, verb: Callable[..., Study], name: str) -> HttpResponse:
        """Do `verb` once per key."""

        def run() -> Mapping[str, Any]:
            return StudySerializer(verb(**whose(request), study_id=study_id)).data

        return write_once(request, actor=actor_of(request), operation=name, run=run, status=200)


class StudyPause(_StudyVerb):
    """Pausing."""

    @extend_schema(
        operation_id="pause_study", tags=TAGS, parameters=[IDEMPOTENCY_KEY], request=None,
        responses={200: StudySerializer},
    )  # fmt: skip
    def post(self, request: Request, study_id: UUID) -> HttpResponse:
        """Pause a study; what is done is kept."""
        return self.changed(request, study_id, operations.pause_study, "backtests.pause_study")


class StudyResume(_StudyVerb):
    """Going on."""

    @extend_schema(
        operation_id="resume_study", tags=TAGS, parameters=[IDEMPOTENCY_KEY], request=None,
        responses={200: StudySerializer},
    )  # fmt: skip
    def post(self, request: Request, study_id: UUID) -> HttpResponse:
        """Go on with a paused study."""
        return self.changed(request, study_id, operations.resume_study, "backtests.resume_study")


class StudyCancel(_StudyVerb):
    """Calling off."""

    @extend_schema(
        operation_id="cancel_study", tags=TAGS, parameters=[IDEMPOTENCY_KEY], request=None,
        responses={200: StudySerializer},
    )  # fmt: skip
    def post(self, request: Request, study_id: UUID) -> HttpResponse:
        """Call a study off for good."""
        return self.changed(request, study_id, operations.cancel_study, "backtests.cancel_study")
