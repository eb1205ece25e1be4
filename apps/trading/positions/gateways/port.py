"""What we ask of a contract account at an exchange, as values. Amounts in the account's asset, prices in quote."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownContract:
    """A position as the venue shows it; `position_side` "" nets, else "long" or "short"; `quantity` is signed."""

    symbol: str
    position_side: str
    quantity: Decimal
    entry: Decimal
    mark: Decimal
    liquidation: Decimal | None
    leverage: int
    is_isolated: bool
    isolated_wallet: Decimal
    unrealised: Decimal
    initial: Decimal
    maintenance: Decimal


@dataclass(frozen=True, slots=True)
class ShownTerms:
    """What the account chose for a contract, and its tiers: (cap or "", most leverage, maintenance rate), rising."""

    leverage: int
    is_isolated: bool
    tiers: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAccount:
    """A contract account as the venue shows it, the lot step of each contract, and what was chosen for it."""

    asset: str
    is_hedged: bool
    wallet: Decimal
    cross_wallet: Decimal
    balance: Decimal
    unrealised: Decimal
    initial: Decimal
    maintenance: Decimal
    available: Decimal
    positions: tuple[ShownContract, ...]
    steps: Mapping[str, Decimal]
    terms: Mapping[str, ShownTerms]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeRow:
    """A change of the wallet; `kind` in the venue's words (FUNDING_FEE, COMMISSION, REALIZED_PNL, TRANSFER, …)."""

    reference: str
    kind: str
    symbol: str
    amount: Decimal
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFill:
    """One execution of a contract order."""

    id: int
    symbol: str
    base: str
    quote: str
    position_side: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """The venue did it, and how much of it."""

    filled: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Refused:
    """Proven: the venue did not take it."""

    words: str


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """It may or may not be there."""

    words: str


Outcome = Executed | Refused | NoAnswer


class ContractPort(Protocol):
    """One contract account. Reading raises ContractsAway; what changes something sends once, and never raises it."""

    def show(self) -> ShownAccount:
        """Return wallet, margin and positions."""

    def income(self, since_ms: int) -> list[IncomeRow]:
        """Return changes of the wallet from a time on, oldest first."""

    def fills(self, symbol: str, since_ms: int) -> list[ContractFill]:
        """Return executions of a contract from a time on, oldest first."""

    def set_mode(self, symbol: str, is_isolated: bool) -> Outcome:
        """Choose isolated or cross margin of a contract; choosing what holds already is done."""

    def set_hedged(self, is_hedged: bool) -> Outcome:
        """Choose hedge mode or one-way mode of the account; choosing what holds already is done."""

    def set_leverage(self, symbol: str, leverage: int) -> Outcome:
        """Choose the leverage of a contract."""

    def transfer(self, amount: Decimal) -> Outcome:
        """Move an amount in from the spot wallet (negative: back to it), once."""
