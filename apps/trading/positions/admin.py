"""Positions and contract accounts at the trading desk."""

from typing import ClassVar

from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, desk_admin
from apps.trading.positions.models import (
    ContractPosition,
    ContractRequest,
    ContractTerms,
    FundingPayment,
    HedgeRule,
    MarginAccount,
    Position,
    PositionCorrection,
    PositionEntry,
)


@desk_admin(Position)
class PositionAdmin(DeskAdmin):
    """What stands in the books of the tenant's customers."""

    desk = Desk.TRADING
    list_display: ClassVar = [
        "symbol",
        "position_side",
        "book",
        "quantity",
        "cost",
        "realised_average",
        "fees",
        "funding",
        "version",
        "last_fill_at",
    ]
    list_filter: ClassVar = ["is_contract", "symbol"]
    list_select_related: ClassVar = ["book"]


@desk_admin(PositionEntry)
class PositionEntryAdmin(LedgerAdmin):
    """What each fill did."""

    desk = Desk.TRADING
    list_display: ClassVar = ["position", "version", "side", "quantity", "price", "fee_quote", "realised_fifo", "at"]
    list_select_related: ClassVar = ["position"]


@desk_admin(PositionCorrection)
class PositionCorrectionAdmin(LedgerAdmin):
    """Changes without an order, with their reasons."""

    desk = Desk.TRADING
    list_display: ClassVar = ["created_at", "kind", "symbol", "quantity", "price", "reason", "actor"]
    list_filter: ClassVar = ["kind"]


@desk_admin(MarginAccount)
class MarginAccountAdmin(DeskAdmin):
    """Contract accounts, the nearest to liquidation first."""

    desk = Desk.TRADING
    list_display: ClassVar = [
        "connection", "state", "ratio", "balance", "maintenance", "available", "asset", "protects", "read_at", "error",
    ]  # fmt: skip
    list_filter: ClassVar = ["state", "protects"]
    list_select_related: ClassVar = ["connection"]
    ordering: ClassVar = ["-ratio"]


@desk_admin(ContractPosition)
class ContractPositionAdmin(DeskAdmin):
    """Contracts as the exchanges show them."""

    desk = Desk.TRADING
    list_display: ClassVar = [
        "symbol", "position_side", "account", "quantity", "entry", "mark", "liquidation", "leverage", "ratio",
        "read_at",
    ]  # fmt: skip
    list_filter: ClassVar = ["symbol", "is_isolated"]
    list_select_related: ClassVar = ["account"]


@desk_admin(ContractTerms)
class ContractTermsAdmin(DeskAdmin):
    """Leverage and margin mode of contracts, and what is on its way to the exchange."""

    desk = Desk.TRADING
    list_display: ClassVar = [
        "symbol", "account", "leverage", "is_isolated", "wanted_leverage", "wanted_isolated", "words",
    ]  # fmt: skip
    list_filter: ClassVar = ["symbol", "is_isolated"]
    list_select_related: ClassVar = ["account"]


@desk_admin(ContractRequest)
class ContractRequestAdmin(DeskAdmin):
    """Reductions before liquidation, hedges and transfers, and what became of them."""

    desk = Desk.TRADING
    list_display: ClassVar = [
        "created_at", "kind", "stage", "side", "symbol", "quantity", "filled", "state", "reason", "words",
    ]  # fmt: skip
    list_filter: ClassVar = ["kind", "state"]


@desk_admin(FundingPayment)
class FundingPaymentAdmin(LedgerAdmin):
    """Funding that contract accounts paid and received."""

    desk = Desk.TRADING
    list_display: ClassVar = ["at", "symbol", "amount", "account", "reference"]
    list_select_related: ClassVar = ["account"]


@desk_admin(HedgeRule)
class HedgeRuleAdmin(DeskAdmin):
    """Hedge bands and what was held when they were looked at."""

    desk = Desk.TRADING
    list_display: ClassVar = ["symbol", "account", "low", "high", "target", "most", "is_on", "delta", "decided_at"]
    list_select_related: ClassVar = ["account"]
