"""/contracts, /books, /positions/results, /positions/corrections."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import actor_of, given, owner_of, whose
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.trading.positions import operations, queries
from apps.trading.positions.api import contract_serializers as shapes
from apps.trading.positions.choices import Correction
from apps.trading.positions.models import Book, ContractRequest, FundingPayment, MarginAccount

TAGS = ["positions"]


def shown(account: MarginAccount) -> dict[str, Any]:
    """Return what is answered of an account: itself, its positions and hedges."""
    found = {
        "account": account,
        "positions": queries.list_contract_positions(account.pk),
        "hedges": queries.list_rules(account.pk),
        "terms": queries.list_terms(account.pk),
    }
    return dict(shapes.ContractDetailSerializer(found).data)


class ContractList(APIView):
    """The caller's contract accounts."""

    @extend_schema(operation_id="list_contracts", tags=TAGS, responses={200: shapes.ContractListSerializer})
    def get(self, request: Request) -> Response:
        """List contract accounts, newest first."""
        rows = queries.list_contracts(owner_of(request))[:100]
        return Response({"results": shapes.MarginAccountSerializer(rows, many=True).data})

    @extend_schema(
        operation_id="open_contracts",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.NewContractsSerializer,
        responses={201: shapes.MarginAccountSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Begin to read a connection's wallet for contracts."""
        wanted = given(shapes.NewContractsSerializer, request.data)

        def run() -> dict[str, Any]:
            return dict(shapes.MarginAccountSerializer(operations.open_contracts(**whose(request), **wanted)).data)

        return write_once(request, actor=actor_of(request), operation="positions.open_contracts", run=run)


class ContractDetail(APIView):
    """One contract account."""

    @extend_schema(operation_id="get_contracts", tags=TAGS, responses={200: shapes.ContractDetailSerializer})
    def get(self, request: Request, account_id: UUID) -> Response:
        """Return margin, positions and hedges as they were read last."""
        return Response(shown(queries.get_own_contracts(account_id, owner_of(request))))

    @extend_schema(
        operation_id="protect_contracts",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.ProtectionSerializer,
        responses={200: shapes.ContractDetailSerializer},
    )
    def patch(self, request: Request, account_id: UUID) -> HttpResponse:
        """Switch the staged reduction before liquidation on or off."""
        wanted = given(shapes.ProtectionSerializer, request.data)

        def run() -> dict[str, Any]:
            return shown(operations.protect_contracts(**whose(request), account_id=account_id, **wanted))

        actor = actor_of(request)
        return write_once(request, actor=actor, operation="positions.protect_contracts", run=run, status=200)


class ContractRequests(GenericAPIView[ContractRequest]):
    """Reductions, hedges and transfers of a contract account."""

    serializer_class = shapes.ContractRequestSerializer

    @extend_schema(
        operation_id="list_contract_requests",
        tags=TAGS,
        responses={200: shapes.ContractRequestSerializer(many=True)},
    )
    def get(self, request: Request, account_id: UUID) -> Response:
        """List what was wanted and what became of it, newest first."""
        account = queries.get_own_contracts(account_id, owner_of(request))
        page = self.paginate_queryset(queries.list_requests(account.pk))
        return self.get_paginated_response(shapes.ContractRequestSerializer(page, many=True).data)


class ContractMoves(APIView):
    """Transfers between the spot wallet and the one of contracts."""

    @extend_schema(
        operation_id="move_to_contracts",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.MoveSerializer,
        responses={201: shapes.ContractRequestSerializer},
    )
    def post(self, request: Request, account_id: UUID) -> HttpResponse:
        """Have an amount moved; a trading worker sends it."""
        wanted = given(shapes.MoveSerializer, request.data)

        def run() -> dict[str, Any]:
            row = operations.request_move(**whose(request), account_id=account_id, **wanted)
            return dict(shapes.ContractRequestSerializer(row).data)

        return write_once(request, actor=actor_of(request), operation="positions.request_move", run=run)


class ContractHedges(APIView):
    """Hedge rules of a contract account."""

    @extend_schema(
        operation_id="set_hedge",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.BandSerializer,
        responses={200: shapes.HedgeRuleSerializer},
    )
    def put(self, request: Request, account_id: UUID) -> HttpResponse:
        """Set, change or switch off the band of a symbol."""
        wanted = given(shapes.BandSerializer, request.data)
        band = operations.Band(**{name: wanted[name] for name in ("low", "high", "target", "most")})

        def run() -> dict[str, Any]:
            row = operations.set_hedge(
                **whose(request), account_id=account_id, symbol=wanted["symbol"], band=band, is_on=wanted["is_on"]
            )
            return dict(shapes.HedgeRuleSerializer(row).data)

        return write_once(request, actor=actor_of(request), operation="positions.set_hedge", run=run, status=200)


class ContractChoices(APIView):
    """Leverage and margin mode of the contracts of an account."""

    @extend_schema(
        operation_id="choose_contract_terms",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.NewTermsSerializer,
        responses={200: shapes.ContractTermsSerializer},
    )
    def put(self, request: Request, account_id: UUID) -> HttpResponse:
        """Want a leverage and a margin mode; a trading worker asks the exchange for them."""
        wanted = given(shapes.NewTermsSerializer, request.data)

        def run() -> dict[str, Any]:
            row = operations.choose_terms(**whose(request), account_id=account_id, **wanted)
            return dict(shapes.ContractTermsSerializer(row).data)

        return write_once(request, actor=actor_of(request), operation="positions.choose_terms", run=run, status=200)


class ContractModes(APIView):
    """One-way or hedge mode of an account."""

    @extend_schema(
        operation_id="choose_contract_mode",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.NewModeSerializer,
        responses={200: shapes.MarginAccountSerializer},
    )
    def put(self, request: Request, account_id: UUID) -> HttpResponse:
        """Want hedge mode or one-way mode; a trading worker asks the exchange, and orders wait for its answer."""
        wanted = given(shapes.NewModeSerializer, request.data)

        def run() -> dict[str, Any]:
            row = operations.choose_mode(**whose(request), account_id=account_id, **wanted)
            return dict(shapes.MarginAccountSerializer(row).data)

        return write_once(request, actor=actor_of(request), operation="positions.choose_mode", run=run, status=200)


class ContractFunding(GenericAPIView[FundingPayment]):
    """Funding settlements of a contract account."""

    serializer_class = shapes.FundingPaymentSerializer

    @extend_schema(operation_id="list_funding", tags=TAGS, responses={200: shapes.FundingPaymentSerializer(many=True)})
    def get(self, request: Request, account_id: UUID) -> Response:
        """List settlements, newest first."""
        account = queries.get_own_contracts(account_id, owner_of(request))
        page = self.paginate_queryset(queries.list_funding(account.pk))
        return self.get_paginated_response(shapes.FundingPaymentSerializer(page, many=True).data)


class BookList(GenericAPIView[Book]):
    """The caller's books."""

    serializer_class = shapes.BookSerializer

    @extend_schema(operation_id="list_books", tags=TAGS, responses={200: shapes.BookSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """List books, newest first."""
        page = self.paginate_queryset(queries.list_books(owner_of(request)))
        return self.get_paginated_response(shapes.BookSerializer(page, many=True).data)


class ResultList(APIView):
    """Results of the caller's books, summed."""

    @extend_schema(
        operation_id="list_results",
        tags=TAGS,
        parameters=[shapes.GroupFilter],
        responses={200: shapes.ResultListSerializer},
    )
    def get(self, request: Request) -> Response:
        """Return results by group and quote asset."""
        wanted = given(shapes.GroupFilter, request.query_params.dict())
        rows: Any = queries.sum_results(owner_of(request), by=wanted["by"])
        return Response({"results": shapes.ResultSerializer(rows, many=True).data})


class Corrections(APIView):
    """Changes of positions without an order."""

    @extend_schema(
        operation_id="correct_position",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.NewCorrectionSerializer,
        responses={201: shapes.CorrectionSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Enter an opening balance, a movement from or to outside, or a correction, with its reason."""
        wanted = given(shapes.NewCorrectionSerializer, request.data)
        change = operations.Change(
            symbol=wanted["symbol"],
            kind=Correction(wanted["kind"]),
            quantity=wanted["quantity"],
            price=wanted["price"],
        )

        def run() -> dict[str, Any]:
            row = operations.correct_position(
                **whose(request), book_id=wanted["book_id"], change=change, key=wanted["key"], reason=wanted["reason"]
            )
            return dict(shapes.CorrectionSerializer(row).data)

        return write_once(request, actor=actor_of(request), operation="positions.correct_position", run=run)
