"""/contracts, /books, /positions/results, /positions/corrections."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.trading.positions import operations, queries
from apps.trading.positions.api import contract_serializers as shapes
from apps.trading.positions.api.caller import given, owner_of, whose
from apps.trading.positions.choices import Correction
from apps.trading.positions.models import Book, ContractRequest, FundingPayment, MarginAccount

TAGS = ["positions"]


def shown(account: MarginAccount) -> Response:
    """Answer with an account, its positions and hedges."""
    found = {
        "account": account,
        "positions": queries.list_contract_positions(account.pk),
        "hedges": queries.list_rules(account.pk),
        "terms": queries.list_terms(account.pk),
    }
    return Response(shapes.ContractDetailSerializer(found).data)


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
        request=shapes.NewContractsSerializer,
        responses={201: shapes.MarginAccountSerializer},
    )
    def post(self, request: Request) -> Response:
        """Begin to read a connection's wallet for contracts."""
        row = operations.open_contracts(**whose(request), **given(shapes.NewContractsSerializer, request.data))
        return Response(shapes.MarginAccountSerializer(row).data, status=201)


class ContractDetail(APIView):
    """One contract account."""

    @extend_schema(operation_id="get_contracts", tags=TAGS, responses={200: shapes.ContractDetailSerializer})
    def get(self, request: Request, account_id: UUID) -> Response:
        """Return margin, positions and hedges as they were read last."""
        return shown(queries.get_own_contracts(account_id, owner_of(request)))

    @extend_schema(
        operation_id="protect_contracts",
        tags=TAGS,
        request=shapes.ProtectionSerializer,
        responses={200: shapes.ContractDetailSerializer},
    )
    def patch(self, request: Request, account_id: UUID) -> Response:
        """Switch the staged reduction before liquidation on or off."""
        wanted = given(shapes.ProtectionSerializer, request.data)
        operations.protect_contracts(**whose(request), account_id=account_id, **wanted)
        return shown(queries.get_own_contracts(account_id, owner_of(request)))


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
        request=shapes.MoveSerializer,
        responses={201: shapes.ContractRequestSerializer},
    )
    def post(self, request: Request, account_id: UUID) -> Response:
        """Have an amount moved; a trading worker sends it."""
        wanted = given(shapes.MoveSerializer, request.data)
        row = operations.request_move(**whose(request), account_id=account_id, **wanted)
        return Response(shapes.ContractRequestSerializer(row).data, status=201)


class ContractHedges(APIView):
    """Hedge rules of a contract account."""

    @extend_schema(
        operation_id="set_hedge", tags=TAGS, request=shapes.BandSerializer, responses={200: shapes.HedgeRuleSerializer}
    )
    def put(self, request: Request, account_id: UUID) -> Response:
        """Set, change or switch off the band of a symbol."""
        wanted = given(shapes.BandSerializer, request.data)
        band = operations.Band(**{name: wanted[name] for name in ("low", "high", "target", "most")})
        row = operations.set_hedge(
            **whose(request), account_id=account_id, symbol=wanted["symbol"], band=band, is_on=wanted["is_on"]
        )
        return Response(shapes.HedgeRuleSerializer(row).data)


class ContractChoices(APIView):
    """Leverage and margin mode of the contracts of an account."""

    @extend_schema(
        operation_id="choose_contract_terms",
        tags=TAGS,
        request=shapes.NewTermsSerializer,
        responses={200: shapes.ContractTermsSerializer},
    )
    def put(self, request: Request, account_id: UUID) -> Response:
        """Want a leverage and a margin mode; a trading worker asks the exchange for them."""
        wanted = given(shapes.NewTermsSerializer, request.data)
        row = operations.choose_terms(**whose(request), account_id=account_id, **wanted)
        return Response(shapes.ContractTermsSerializer(row).data)


class ContractModes(APIView):
    """One-way or hedge mode of an account."""

    @extend_schema(
        operation_id="choose_contract_mode",
        tags=TAGS,
        request=shapes.NewModeSerializer,
        responses={200: shapes.MarginAccountSerializer},
    )
    def put(self, request: Request, account_id: UUID) -> Response:
        """Want hedge mode or one-way mode; a trading worker asks the exchange, and orders wait for its answer."""
        wanted = given(shapes.NewModeSerializer, request.data)
        row = operations.choose_mode(**whose(request), account_id=account_id, **wanted)
        return Response(shapes.MarginAccountSerializer(row).data)


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
        request=shapes.NewCorrectionSerializer,
        responses={201: shapes.CorrectionSerializer},
    )
    def post(self, request: Request) -> Response:
        """Enter an opening balance, a movement from or to outside, or a correction, with its reason."""
        wanted = given(shapes.NewCorrectionSerializer, request.data)
        change = operations.Change(
            symbol=wanted["symbol"],
            kind=Correction(wanted["kind"]),
            quantity=wanted["quantity"],
            price=wanted["price"],
        )
        row = operations.correct_position(
            **whose(request), book_id=wanted["book_id"], change=change, key=wanted["key"], reason=wanted["reason"]
        )
        return Response(shapes.CorrectionSerializer(row).data, status=201)
