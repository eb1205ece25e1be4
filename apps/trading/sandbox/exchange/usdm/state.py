"""What is remembered of contracts: wallets, positions, orders, trades, income. A function of the journal, as all state.

Amounts are units of 10^-8, prices ticks, quantities lots of 10^-3, times Unix ms (wall unless said otherwise).
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from apps.trading.sandbox.exchange.ladder import Ladder
from apps.trading.sandbox.exchange.usdm.contracts import CONTRACTS, DEFAULT_LEVERAGE, TICK_LOT
from kernel.matching import Market

Json = dict[str, Any]
BOTH, LONG, SHORT = "BOTH", "LONG", "SHORT"


@dataclass(slots=True)
class Holding:
    """One position. `cost` is signed like the lots: Σ price × lots × TICK_LOT of what is open, at average cost."""

    lots: int = 0
    cost: int = 0
    isolated: int = 0  # part of the wallet that backs it alone
    updated: int = 0
    is_called: bool = False  # its pool's margin call was told

    def value(self, price: int) -> int:
        """Units of the position at a price, signed."""
        return self.lots * price * TICK_LOT

    def profit(self, price: int) -> int:
        """Unrealised profit at a price."""
        return self.value(price) - self.cost


@dataclass(slots=True)
class Setting:
    """What an account chose for a symbol."""

    leverage: int = DEFAULT_LEVERAGE
    is_isolated: bool = False


@dataclass(slots=True)
class FuturesOrder:
    """An order in the book or done."""

    id: int
    account_id: int
    symbol: str
    side: str
    position_side: str
    type: str  # LIMIT or MARKET; of a triggered order what it became
    original_type: str
    tif: str
    price: int
    lots: int
    is_reducing: bool
    client_id: str
    time: int
    updated: int
    status: str = "NEW"
    executed: int = 0
    quote: int = 0  # units traded
    is_closing_all: bool = False
    trigger: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it may still trade."""
        return self.status in ("NEW", "PARTIALLY_FILLED")

    @property
    def remaining(self) -> int:
        """Lots that may still trade."""
        return self.lots - self.executed


@dataclass(slots=True)
class AlgoOrder:
    """A conditional order: waits for its trigger, then places an order of its own."""

    id: int
    account_id: int
    symbol: str
    side: str
    position_side: str
    type: str
    tif: str
    price: int
    lots: int
    trigger: int  # ticks; of a trailing order where it stands now, 0 before it is active
    activation: int  # ticks; trailing only, 0 = at once
    callback: int  # basis points; trailing only
    best: int  # ticks; trailing only: the best price since its activation
    working_type: str
    is_reducing: bool
    is_closing_all: bool
    client_id: str
    time: int
    updated: int
    status: str = "NEW"
    order_id: int = 0  # what it placed

    @property
    def is_open(self) -> bool:
        """Whether it still waits."""
        return self.status == "NEW"


@dataclass(slots=True)
class FuturesTrade:
    """One account's part in a trade."""

    id: int
    order_id: int
    symbol: str
    side: str
    position_side: str
    price: int
    lots: int
    quote: int
    fee: int
    realised: int
    is_maker: bool
    time: int


@dataclass(slots=True)
class Income:
    """A change of the wallet: REALIZED_PNL, FUNDING_FEE, COMMISSION, TRANSFER or INSURANCE_CLEAR."""

    id: int
    kind: str
    symbol: str
    amount: int
    info: str
    time: int
    market_time: int


@dataclass(slots=True)
class FuturesAccount:
    """One account's contracts. `wallet` includes what is isolated."""

    id: int
    wallet: int = 0
    is_hedged: bool = False
    is_called: bool = False  # the cross pool's margin call was told
    updated: int = 0
    settings: dict[str, Setting] = field(default_factory=dict)
    holdings: dict[tuple[str, str], Holding] = field(default_factory=dict)
    orders: dict[int, FuturesOrder] = field(default_factory=dict)
    open_orders: dict[int, FuturesOrder] = field(default_factory=dict)
    algos: dict[int, AlgoOrder] = field(default_factory=dict)
    waiting: dict[int, AlgoOrder] = field(default_factory=dict)
    trades: list[FuturesTrade] = field(default_factory=list)
    income: list[Income] = field(default_factory=list)

    def setting(self, symbol: str) -> Setting:
        """The account's choice for a symbol, the defaults before it chose."""
        return self.settings.setdefault(symbol, Setting())

    def holding(self, symbol: str, position_side: str) -> Holding:
        """A position, made flat when it is not there."""
        return self.holdings.setdefault((symbol, position_side), Holding())

    def sides(self) -> tuple[str, ...]:
        """Position sides in the present mode."""
        return (LONG, SHORT) if self.is_hedged else (BOTH,)

    def open_holdings(self) -> list[tuple[str, str, Holding]]:
        """Positions that are not flat, in a fixed order."""
        return [(*key, held) for key, held in sorted(self.holdings.items()) if held.lots]

    def open_algos(self) -> list[AlgoOrder]:
        """Conditional orders that wait, oldest first."""
        return list(self.waiting.values())


@dataclass(slots=True)
class FuturesMarket:
    """One contract's book and counters."""

    symbol: str
    book: Market
    ladder: Ladder
    orders: dict[int, FuturesOrder] = field(default_factory=dict)  # open ones, all accounts


@dataclass(slots=True)
class UsdmState:
    """The whole. Identity: Σ (wallet − cost of positions) + street + fees + insurance + funding = transferred."""

    markets: dict[str, FuturesMarket] = field(default_factory=dict)
    accounts: dict[int, FuturesAccount] = field(default_factory=dict)
    last_order_id: int = 0
    last_algo_id: int = 0
    last_trade_id: int = 0
    last_income_id: int = 0
    slot: int = 0  # funding slot settled last
    transferred: int = 0
    fees: int = 0
    insurance: int = 0
    funding: int = 0
    street: int = 0


_COUNTERS = tuple(each.name for each in fields(UsdmState) if each.name not in ("accounts", "markets"))


def dump(state: UsdmState) -> Json:
    """The state as JSON values."""
    return {name: getattr(state, name) for name in _COUNTERS} | {
        "accounts": [_dump_account(account) for account in state.accounts.values()]
    }


def _dump_account(account: FuturesAccount) -> Json:
    plain = {name: getattr(account, name) for name in ("id", "wallet", "is_hedged", "is_called", "updated")}
    return plain | {
        "settings": {name: asdict(each) for name, each in account.settings.items()},
        "holdings": [[*key, asdict(each)] for key, each in account.holdings.items()],
        "orders": [asdict(each) for each in account.orders.values()],
        "algos": [asdict(each) for each in account.algos.values()],
        "trades": [asdict(each) for each in account.trades],
        "income": [asdict(each) for each in account.income],
    }


def load(state: UsdmState, data: Json) -> None:
    """Fill a new state with what `dump` wrote; empty data leaves it without futures accounts."""
    for name in _COUNTERS:
        setattr(state, name, data.get(name, 0))
    for row in data.get("accounts", ()):
        account = FuturesAccount(row["id"], row["wallet"], row["is_hedged"], row["is_called"], row["updated"])
        account.settings = {name: Setting(**each) for name, each in row["settings"].items()}
        account.holdings = {(symbol, side): Holding(**each) for symbol, side, each in row["holdings"]}
        account.orders = {each["id"]: FuturesOrder(**each) for each in row["orders"]}
        account.open_orders = {each.id: each for each in account.orders.values() if each.is_open}
        account.algos = {each["id"]: AlgoOrder(**each) for each in row["algos"]}
        account.waiting = {each.id: each for each in account.algos.values() if each.is_open}
        account.trades = [FuturesTrade(**each) for each in row["trades"]]
        account.income = [Income(**each) for each in row["income"]]
        state.accounts[account.id] = account


def open_markets(seed: int, symbols: list[str]) -> dict[str, FuturesMarket]:
    """Empty books of the contracts whose prices are recorded."""
    return {name: FuturesMarket(name, Market(), Ladder(CONTRACTS[name], seed)) for name in symbols if name in CONTRACTS}
