"""Reading contract accounts: what the venue showed last, what is wanted, what funding brought."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from apps.core.clock import now
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.positions.errors import ContractsMissing, ContractUnknown, PositionMissing
from apps.trading.positions.models import (
    ContractPosition,
    ContractRequest,
    ContractTerms,
    FundingPayment,
    HedgeRule,
    MarginAccount,
)
from apps.trading.positions.queries.base import MARK_FRESH, Mark
from kernel.instruments import market_of


def get_contracts(account_id: UUID) -> MarginAccount:
    """Return a contract account of the tenant, or raise ContractsMissing."""
    found = MarginAccount.objects.select_related("connection__venue").filter(pk=account_id).first()
    if found is None:
        raise ContractsMissing
    return found


def get_own_contracts(account_id: UUID, owner_id: UUID) -> MarginAccount:
    """Return a customer's contract account, or raise ContractsMissing."""
    found = get_contracts(account_id)
    if found.owner_id != owner_id:
        raise ContractsMissing
    return found


def list_contracts(owner_id: UUID) -> QuerySet[MarginAccount]:
    """Return a customer's contract accounts, newest first."""
    return MarginAccount.objects.filter(owner_id=owner_id).select_related("connection__venue").order_by("-id")


def list_contract_positions(account_id: UUID) -> list[ContractPosition]:
    """Return what the venue showed last, by symbol and side."""
    return list(ContractPosition.objects.filter(account_id=account_id).order_by("symbol", "position_side"))


def find_contracts(connection_id: UUID) -> MarginAccount | None:
    """Return the contract account of a connection, or None where it was not opened."""
    return MarginAccount.objects.filter(connection_id=connection_id).first()


def get_own_contract(position_id: UUID, owner_id: UUID) -> ContractPosition:
    """Return a contract of a customer as the exchange showed it last, or raise PositionMissing."""
    found = ContractPosition.objects.select_related("account").filter(pk=position_id, account__owner_id=owner_id)
    row = found.first()
    if row is None:
        raise PositionMissing
    return row


def get_contract_mark(connection_id: UUID, symbol: str) -> Mark | None:
    """Return the mark price that the exchange showed of a contract ("BTCUSDTPERP") that a connection holds, or None."""
    rows = ContractPosition.objects.filter(account__connection_id=connection_id, symbol=market_of(symbol))
    row = rows.order_by("-read_at").first()
    return None if row is None else Mark(row.mark, row.read_at, is_stale=row.read_at < now() - MARK_FRESH)


def list_terms(account_id: UUID) -> list[ContractTerms]:
    """Return what was chosen for each contract, by symbol."""
    return list(ContractTerms.objects.filter(account_id=account_id).order_by("symbol"))


def list_leverages(connection_ids: Collection[UUID]) -> dict[tuple[UUID, str], int]:
    """Return the leverage by connection and the venue's name of a contract ("BTCUSDT")."""
    rows = ContractTerms.objects.filter(account__connection_id__in=connection_ids)
    found = rows.values_list("account__connection_id", "symbol", "leverage")
    return {(connection_id, symbol): leverage for connection_id, symbol, leverage in found}


def get_terms(account_id: UUID, symbol: str) -> ContractTerms:
    """Return what was chosen for a contract ("BTCUSDTPERP"), or raise ContractUnknown."""
    found = ContractTerms.objects.filter(account_id=account_id, symbol=market_of(symbol)).first()
    if found is None or market_of(symbol) == symbol:
        raise ContractUnknown(field="symbol", symbol=symbol)
    return found


def list_requests(account_id: UUID, *, is_open: bool | None = None) -> QuerySet[ContractRequest]:
    """Return orders that the product wanted of itself, newest first; open ones: not answered yet."""
    found = ContractRequest.objects.filter(account_id=account_id).order_by("-id")
    if is_open is None:
        return found
    return found.filter(state__in=("wanted", "sent")) if is_open else found.exclude(state__in=("wanted", "sent"))


def find_request(request_id: UUID) -> ContractRequest | None:
    """Return what the product wanted of a contract account of this tenant, or None."""
    return ContractRequest.objects.select_related("account").filter(pk=request_id).first()


def list_funding(account_id: UUID) -> QuerySet[FundingPayment]:
    """Return funding settlements, newest first."""
    return FundingPayment.objects.filter(account_id=account_id).order_by("-at", "-id")


def list_rules(account_id: UUID) -> list[HedgeRule]:
    """Return the hedge rules of a contract account."""
    return list(HedgeRule.objects.filter(account_id=account_id).order_by("symbol"))


def list_readable_contracts() -> list[UUID]:
    """Return the contract accounts of this tenant whose connection is active."""
    found = MarginAccount.objects.filter(connection__state=ConnectionState.ACTIVE.value)
    return list(found.order_by("id").values_list("id", flat=True))


def exists_contracts() -> bool:
    """Whether this tenant has contract accounts to read."""
    return MarginAccount.objects.filter(connection__state=ConnectionState.ACTIVE.value).exists()
