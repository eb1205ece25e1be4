"""/ledger/accounts: the caller's own accounts, their entries, balances at any moment, statements."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import given, owner_of
from apps.finance.ledger import queries
from apps.finance.ledger.api.serializers import (
    MOST_ROWS,
    AccountFilter,
    AccountSerializer,
    EntryFilter,
    EntryPageSerializer,
    LedgerBalanceSerializer,
    MomentFilter,
    PeriodFilter,
    StatementSerializer,
)
from apps.finance.ledger.models import Account
from apps.finance.ledger.queries import EntryRow
from apps.finance.ledger.statements import get_statement, list_lines, own_accounts, page_of_entries

TAGS = ["ledger"]


class AccountList(GenericAPIView[Account]):
    """The caller's accounts."""

    serializer_class = AccountSerializer

    @extend_schema(
        operation_id="list_ledger_accounts",
        tags=TAGS,
        parameters=[AccountFilter],
        responses={200: AccountSerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Return accounts, newest first."""
        wanted = given(AccountFilter, request.query_params.dict())
        found = own_accounts(owner_of(request), mode=wanted.get("mode", ""), book=wanted.get("book", ""))
        page = self.paginate_queryset(found)
        return self.get_paginated_response(AccountSerializer(page, many=True).data)


class AccountDetail(APIView):
    """One account of the caller."""

    @extend_schema(operation_id="get_ledger_account", tags=TAGS, responses={200: AccountSerializer})
    def get(self, request: Request, account_id: UUID) -> Response:
        """Return how it stands now."""
        return Response(AccountSerializer(_own(request, account_id)).data)


class AccountEntries(APIView):
    """Entries of an account of the caller."""

    @extend_schema(
        operation_id="list_ledger_entries",
        tags=TAGS,
        parameters=[EntryFilter],
        responses={200: EntryPageSerializer},
    )
    def get(self, request: Request, account_id: UUID) -> Response:
        """Return entries, newest first. The cursor is a version: pages stay as they are while entries are added."""
        account, wanted = _own(request, account_id), given(EntryFilter, request.query_params.dict())
        limit = min(wanted["limit"], MOST_ROWS)
        rows = page_of_entries(
            account,
            effective=wanted.get("as_of"),
            booked=wanted.get("booked_as_of"),
            below=wanted.get("cursor"),
            limit=limit + 1,
        )
        shown, next_cursor = _cut(rows, limit)
        return Response(EntryPageSerializer({"results": shown, "next_cursor": next_cursor}).data)


class AccountBalance(APIView):
    """The balance of an account of the caller in both times."""

    @extend_schema(
        operation_id="get_ledger_balance",
        tags=TAGS,
        parameters=[MomentFilter],
        responses={200: LedgerBalanceSerializer},
    )
    def get(self, request: Request, account_id: UUID) -> Response:
        """Return what counted at `effective` by what was known at `booked`."""
        account, wanted = _own(request, account_id), given(MomentFilter, request.query_params.dict())
        effective, booked = wanted.get("effective"), wanted.get("booked")
        found = {
            "account": account.pk,
            "asset": account.asset_id,
            "balance": queries.balance_at(account.pk, effective=effective, booked=booked),
            "effective": effective,
            "booked": booked,
        }
        return Response(LedgerBalanceSerializer(found).data)


class AccountStatement(APIView):
    """A statement of an account of the caller."""

    @extend_schema(
        operation_id="get_ledger_statement", tags=TAGS, parameters=[PeriodFilter], responses={200: StatementSerializer}
    )
    def get(self, request: Request, account_id: UUID) -> Response:
        """Return the sums of the period and its entries, newest first."""
        account, wanted = _own(request, account_id), given(PeriodFilter, request.query_params.dict())
        statement = get_statement(account, since=wanted["since"], until=wanted["until"])
        limit = min(wanted["limit"], MOST_ROWS)
        entries, next_cursor = _cut(list_lines(account, statement, below=wanted.get("cursor"), limit=limit + 1), limit)
        names = ("account_id", "asset", "since", "until", "opening", "incoming", "outgoing", "closing", "lines")
        found = {name: getattr(statement, name) for name in names}
        return Response(StatementSerializer({**found, "entries": entries, "next_cursor": next_cursor}).data)


def _own(request: Request, account_id: UUID) -> Account:
    return queries.get_account(account_id, holder_id=owner_of(request))


def _cut(rows: list[EntryRow], limit: int) -> tuple[list[EntryRow], int | None]:
    shown = rows[:limit]
    return shown, shown[-1].version if len(rows) > limit else None
