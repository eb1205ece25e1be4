"""Reading contract accounts: what the venue showed last, what is wanted, what funding brought."""

from uuid import UUID

from django.db.models import QuerySet

from apps.trading.exchanges.choices import ConnectionState
from apps.trading.positions.errors import ContractsMissing
from apps.trading.positions.models import (
    ContractPosition,
    ContractRequest,
    FundingPayment,
    HedgeRule,
    MarginAccount,
)


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


def list_requests(account_id: UUID, *, is_open: bool | None = None) -> QuerySet[ContractRequest]:
    """Return orders that the product wanted of itself, newest first; open ones: not answered yet."""
    found = ContractRequest.objects.filter(account_id=account_id).order_by("-id")
    if is_open is None:
        return found
    return found.filter(state__in=("wanted", "sent")) if is_open else found.exclude(state__in=("wanted", "sent"))


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
