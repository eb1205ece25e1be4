"""/portfolios: the caller's portfolios, their books, money, value and performance."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import given, owner_of, whose
from apps.trading.portfolios import operations, queries
from apps.trading.portfolios.api.serializers import (
    FlowSerializer,
    NewFlowSerializer,
    NewPortfolioSerializer,
    PerformanceSerializer,
    PortfolioChangeSerializer,
    PortfolioListSerializer,
    PortfolioSerializer,
    RangeSerializer,
    SummarySerializer,
)
from apps.trading.portfolios.models import CashFlow
from apps.trading.portfolios.performing import perform

TAGS = ["portfolios"]


class PortfolioList(APIView):
    """The caller's portfolios."""

    @extend_schema(operation_id="list_portfolios", tags=TAGS, responses={200: PortfolioListSerializer})
    def get(self, request: Request) -> Response:
        """List portfolios, those of everything first."""
        rows = queries.list_portfolios(owner_of(request))
        return Response({"results": PortfolioSerializer(rows, many=True).data})

    @extend_schema(
        operation_id="create_portfolio",
        tags=TAGS,
        request=NewPortfolioSerializer,
        responses={201: PortfolioSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make an empty portfolio."""
        row = operations.create_portfolio(**whose(request), **given(NewPortfolioSerializer, request.data))
        return Response(PortfolioSerializer(row).data, status=201)


class PortfolioDetail(APIView):
    """One portfolio."""

    @extend_schema(operation_id="get_portfolio", tags=TAGS, responses={200: SummarySerializer})
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Return what a portfolio is worth and has brought."""
        row = queries.get_portfolio(portfolio_id, owner_of(request))
        return Response(SummarySerializer(queries.summarise(row)).data)

    @extend_schema(
        operation_id="change_portfolio",
        tags=TAGS,
        request=PortfolioChangeSerializer,
        responses={200: PortfolioSerializer},
    )
    def patch(self, request: Request, portfolio_id: UUID) -> Response:
        """Rename a portfolio, or choose what it is compared with."""
        wanted = given(PortfolioChangeSerializer, request.data)
        row = queries.get_portfolio(portfolio_id, owner_of(request))
        if "name" in wanted:
            row = operations.rename_portfolio(**whose(request), portfolio_id=portfolio_id, name=wanted["name"])
        if "benchmark_symbol" in wanted or "benchmark_id" in wanted:
            row = operations.choose_benchmark(
                **whose(request),
                portfolio_id=portfolio_id,
                symbol=wanted.get("benchmark_symbol", ""),
                other_id=wanted.get("benchmark_id"),
            )
        return Response(PortfolioSerializer(row).data)

    @extend_schema(operation_id="archive_portfolio", tags=TAGS, responses={204: None})
    def delete(self, request: Request, portfolio_id: UUID) -> Response:
        """Put a portfolio away; books and history stay."""
        operations.archive_portfolio(**whose(request), portfolio_id=portfolio_id)
        return Response(status=204)


class PortfolioBookDetail(APIView):
    """A book in a portfolio."""

    @extend_schema(operation_id="add_portfolio_book", tags=TAGS, request=None, responses={200: PortfolioSerializer})
    def put(self, request: Request, portfolio_id: UUID, book_id: UUID) -> Response:
        """Put a book into a portfolio; one that is in it stays."""
        row = operations.add_book(**whose(request), portfolio_id=portfolio_id, book_id=book_id)
        return Response(PortfolioSerializer(row).data)

    @extend_schema(operation_id="remove_portfolio_book", tags=TAGS, responses={204: None})
    def delete(self, request: Request, portfolio_id: UUID, book_id: UUID) -> Response:
        """Take a book out of a portfolio."""
        operations.remove_book(**whose(request), portfolio_id=portfolio_id, book_id=book_id)
        return Response(status=204)


class PortfolioFlows(GenericAPIView[CashFlow]):
    """What came into a portfolio and left it."""

    serializer_class = FlowSerializer

    @extend_schema(operation_id="list_portfolio_flows", tags=TAGS, responses={200: FlowSerializer(many=True)})
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """List flows, newest first."""
        row = queries.get_portfolio(portfolio_id, owner_of(request))
        page = self.paginate_queryset(queries.list_flows(row))
        return self.get_paginated_response(FlowSerializer(page, many=True).data)

    @extend_schema(
        operation_id="record_portfolio_flow", tags=TAGS, request=NewFlowSerializer, responses={201: FlowSerializer}
    )
    def post(self, request: Request, portfolio_id: UUID) -> Response:
        """Assign money to a portfolio or take it out; nothing moves at an exchange."""
        wish = operations.FlowWish(**given(NewFlowSerializer, request.data))
        row = operations.record_flow(**whose(request), portfolio_id=portfolio_id, wish=wish)
        return Response(FlowSerializer(row).data, status=201)


class PortfolioPerformance(APIView):
    """How a portfolio did."""

    @extend_schema(
        operation_id="get_portfolio_performance",
        tags=TAGS,
        parameters=[RangeSerializer],
        responses={200: PerformanceSerializer},
    )
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """Return noted values and measures over a range."""
        wanted: dict[str, Any] = given(RangeSerializer, request.query_params.dict())
        row = queries.get_portfolio(portfolio_id, owner_of(request))
        return Response(PerformanceSerializer(perform(row, wanted["range"])).data)
