"""Endpoints of strategies."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import given, owner_of, whose
from apps.trading.strategies import operations, queries
from apps.trading.strategies.api.serializers import (
    CatalogueSerializer,
    DiffQuerySerializer,
    DiffSerializer,
    ExampleListSerializer,
    RevisionSerializer,
    StrategyFilterSerializer,
    StrategySerializer,
    StrategyWriteSerializer,
    VerdictSerializer,
    VersionSerializer,
    document_json,
    indicator_facts,
)
from apps.trading.strategies.errors import InvalidDocument
from apps.trading.strategies.models import Strategy, StrategyVersion
from apps.trading.strategies.wording import changes, sentence
from kernel.indicators import INDICATORS
from kernel.rules import meaning
from kernel.strategy import MARKET

TAGS = ["strategies"]


def _faults(refusal: InvalidDocument) -> serializers.ValidationError:
    """The refusal with every fault at its JSON path."""
    faults: dict[str, list[str]] = {}
    for problem in refusal.problems:
        path = f"document.{problem.path}" if problem.path else "document"
        faults.setdefault(path, []).append(problem.message)
    return serializers.ValidationError(faults)


class StrategyList(ListAPIView[Strategy]):
    """A person's strategies."""

    serializer_class = StrategySerializer

    def get_queryset(self) -> Any:
        """Return the strategies of the person who asks, those of one state if asked."""
        if getattr(self, "swagger_fake_view", False):
            return Strategy.objects.none()
        asked = given(StrategyFilterSerializer, self.request.query_params)
        return queries.list_strategies(owner_of(self.request), asked.get("state"))

    @extend_schema(operation_id="list_strategies", tags=TAGS, parameters=[StrategyFilterSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List strategies, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="create_strategy", tags=TAGS, request=StrategyWriteSerializer, responses={201: StrategySerializer}
    )
    def post(self, request: Request) -> Response:
        """Make a strategy with a document as version 1."""
        asked = given(StrategyWriteSerializer, request.data)
        try:
            made = operations.create_strategy(**whose(request), document=asked["document"])
        except InvalidDocument as refusal:
            raise _faults(refusal) from None
        return Response(StrategySerializer(made).data, status=201)


class StrategyDetail(APIView):
    """One strategy."""

    @extend_schema(operation_id="get_strategy", tags=TAGS, responses={200: StrategySerializer})
    def get(self, request: Request, strategy_id: UUID) -> Response:
        """Return a strategy."""
        return Response(StrategySerializer(queries.get_strategy(strategy_id, owner_of(request))).data)


class StrategyArchive(APIView):
    """Put a strategy away; what runs goes on."""

    @extend_schema(operation_id="archive_strategy", tags=TAGS, request=None, responses={200: StrategySerializer})
    def post(self, request: Request, strategy_id: UUID) -> Response:
        """Archive a strategy and return it."""
        moved = operations.archive_strategy(**whose(request), strategy_id=strategy_id)
        return Response(StrategySerializer(moved).data)


class StrategyRestore(APIView):
    """Take a strategy back into use."""

    @extend_schema(operation_id="restore_strategy", tags=TAGS, request=None, responses={200: StrategySerializer})
    def post(self, request: Request, strategy_id: UUID) -> Response:
        """Restore a strategy and return it."""
        moved = operations.restore_strategy(**whose(request), strategy_id=strategy_id)
        return Response(StrategySerializer(moved).data)


class VersionList(ListAPIView[StrategyVersion]):
    """The versions of a strategy."""

    serializer_class = VersionSerializer

    def get_queryset(self) -> Any:
        """Return the versions of a strategy of the person who asks."""
        if getattr(self, "swagger_fake_view", False):
            return StrategyVersion.objects.none()
        strategy = queries.get_strategy(self.kwargs["strategy_id"], owner_of(self.request))
        return queries.list_versions(strategy.pk, owner_of(self.request))

    @extend_schema(operation_id="list_strategy_versions", tags=TAGS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List versions, newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="revise_strategy", tags=TAGS, request=RevisionSerializer, responses={201: VersionSerializer}
    )
    def post(self, request: Request, strategy_id: UUID) -> Response:
        """Add the version after `expected`; 409 when somebody else was first or nothing differs."""
        asked = given(RevisionSerializer, request.data)
        try:
            made = operations.revise_strategy(**whose(request), strategy_id=strategy_id, **asked)
        except InvalidDocument as refusal:
            raise _faults(refusal) from None
        return Response(VersionSerializer(made).data, status=201)


class VersionDetail(APIView):
    """One version."""

    @extend_schema(operation_id="get_strategy_version", tags=TAGS, responses={200: VersionSerializer})
    def get(self, request: Request, strategy_id: UUID, number: int) -> Response:
        """Return a version with its rules."""
        return Response(VersionSerializer(queries.get_numbered_version(strategy_id, owner_of(request), number)).data)


class VersionDiff(APIView):
    """What two versions differ in."""

    @extend_schema(
        operation_id="diff_strategy_versions",
        tags=TAGS,
        parameters=[DiffQuerySerializer],
        responses={200: DiffSerializer},
    )
    def get(self, request: Request, strategy_id: UUID) -> Response:
        """Return the differences from version `before` to version `after` in words."""
        asked = given(DiffQuerySerializer, request.query_params)
        old, new = (
            queries.get_numbered_version(strategy_id, owner_of(request), asked[name]).parsed()
            for name in ("before", "after")
        )
        return Response(DiffSerializer({"changes": changes(old, new)}).data)


class StrategyValidation(APIView):
    """Judging rules without saving them."""

    @extend_schema(
        operation_id="validate_strategy", tags=TAGS, request=StrategyWriteSerializer, responses={200: VerdictSerializer}
    )
    def post(self, request: Request) -> Response:
        """Say whether a document is a strategy, with every fault by its JSON path."""
        asked = given(StrategyWriteSerializer, request.data)
        return Response(VerdictSerializer(verdict_on(asked["document"])).data)


def verdict_on(data: object) -> dict[str, Any]:
    """Return what is to be said about decoded JSON that may be a strategy."""
    try:
        document = operations.read_document(data)
    except InvalidDocument as refusal:
        nothing = {"description": "", "document_hash": "", "warm_up_bars": None}
        return {"valid": False, "problems": refusal.problems, **nothing}
    return {
        "valid": True,
        "problems": [],
        "description": sentence(document),
        "document_hash": document.digest(),
        "warm_up_bars": max(meaning(node, MARKET).lookback for node in (document.entry, document.exit)),
    }


class ExampleList(APIView):
    """The gallery."""

    @extend_schema(operation_id="list_strategy_examples", tags=TAGS, responses={200: ExampleListSerializer})
    def get(self, request: Request) -> Response:
        """Return the ready strategies, simplest first."""
        results = [
            {
                "key": item.key,
                "title": item.title,
                "idea": item.idea,
                "works": item.works,
                "fails": item.fails,
                "origin": item.source,
                "document": document_json(item.document),
            }
            for item in queries.list_examples()
        ]
        return Response({"results": results})


class IndicatorCatalogue(APIView):
    """What rules may say."""

    @extend_schema(operation_id="list_indicators", tags=TAGS, responses={200: CatalogueSerializer})
    def get(self, request: Request) -> Response:
        """Return the fields of a bar and every indicator with its parameters, bounds and outputs."""
        indicators = [indicator_facts(item) for item in INDICATORS.values()]
        return Response({"fields_of_bar": list(MARKET.fields), "indicators": indicators})
