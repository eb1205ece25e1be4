"""The simulator of back-tests behind the words of a venue's port: whether and how an order fills is the kernel's alone.

A market order is the pending order of the compiled loop (`kernel.simulation`); a limit order is a plan with one child
that `kernel.execution.replay` works off over the candles since. This driver adds what a back-test adds: it names
orders, and keeps the account's cash and base from the fills it is told. `CAPABILITIES` is what is the simulator's own;
it keeps no locks, no venue's filters and no ids of a venue.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from apps.trading.exchanges.errors import VenueRefused
from apps.trading.exchanges.operations import (
    Balance,
    Confirmed,
    OrderKind,
    OrderRequest,
    Outcome,
    Rejected,
    TimeInForce,
    VenueFill,
    VenueOrder,
    VenueStatus,
)
from kernel.execution import Algo, Plan, Status, replay
from kernel.instruments import Bars, InstrumentSpec, Side
from kernel.simulation import Costs, loop
from kernel.strategy import EXAMPLES, QUOTE_SCALE, decision_parameters
from kernel.strategy.decision import REASONS, Reason

CAPABILITIES = frozenset({"market", "limit", "listing", "booking", "covers_purchases"})
STEP_MS = 300_000
D0 = Decimal(0)
CANNOT = Rejected("local", "the simulator has no such order")


@dataclass
class Placed:
    """A limit order: the plan that stands for it, and from which candle on it works."""

    request: OrderRequest
    plan: Plan
    first: int
    view: VenueOrder
    is_taken_back: bool = False


@dataclass
class SimulatorPort:
    """One account in a back-test over flat candles at `price`, which `move` goes on by one candle."""

    spec: InstrumentSpec
    costs: Costs
    price: Decimal
    cash: Decimal
    base: Decimal
    limits: dict[str, Placed] = field(default_factory=dict)
    done: dict[str, VenueOrder] = field(default_factory=dict)
    executed: list[VenueFill] = field(default_factory=list)
    candles: int = 1

    def move(self, low: Decimal | None = None, high: Decimal | None = None) -> None:
        """Close the candle with these extremes, and open the next one at the same price."""
        self._extremes[self.candles - 1] = (low or self.price, high or self.price)
        self.candles += 1
        for placed in self.limits.values():
            if placed.view.status is VenueStatus.OPEN:
                self._work(placed)

    def __post_init__(self) -> None:
        self._extremes: dict[int, tuple[Decimal, Decimal]] = {}

    def submit(self, request: OrderRequest) -> Outcome:
        """Have the simulator do an order now."""
        if request.symbol != self.spec.symbol:
            raise VenueRefused(reason=f"it does not list {request.symbol}")
        if request.kind is OrderKind.MARKET:
            return self._at_market(request)
        if request.kind is not OrderKind.LIMIT or request.price is None:
            return CANNOT
        rests = request.time_in_force is TimeInForce.GTC
        lots, now = self.spec.lots(request.quantity), (self.candles - 1) * STEP_MS
        plan = Plan(
            algo=Algo.ICEBERG if rests else Algo.TWAP,
            side=request.side,
            lots=lots,
            start_ms=now,
            end_ms=0 if rests else now + STEP_MS,
            weights=() if rests else (1,),
            display_lots=lots if rests else 0,
            limit_ticks=self.spec.ticks(request.price),
        )
        placed = Placed(request, plan, self.candles - 1, self._view(request, VenueStatus.OPEN, D0, None))
        before = len(self.executed)
        self._work(placed)
        if not rests and placed.view.status is VenueStatus.OPEN:
            placed.view = self._view(request, VenueStatus.CANCELLED, D0, None)
        self.limits[request.client_id] = placed
        return Confirmed(placed.view, tuple(self.executed[before:]))

    def cancel(self, symbol: str, client_id: str) -> Outcome:
        """Forget a resting order; a back-test has nobody who could take one back."""
        placed = self.limits[client_id]
        placed.view = self._view(placed.request, VenueStatus.CANCELLED, D0, None)
        return Confirmed(placed.view)

    def contract_orders(self) -> list[VenueOrder]:
        """Return nothing: contracts are not simulated."""
        return []

    def cancel_all(self, symbol: str) -> Mapping[str, VenueOrder]:
        """Nothing: see `cancel`."""
        return {}

    def submit_pair(self, take_profit: OrderRequest, stop: OrderRequest, list_id: str) -> tuple[Outcome, Outcome]:
        """Nothing: the simulator has no lists."""
        return CANNOT, CANNOT

    def amend(self, symbol: str, client_id: str, quantity: Decimal) -> Outcome:
        """Nothing: orders of the simulator stay as they are."""
        return CANNOT

    def close(self) -> None:
        """Nothing is open."""

    def query(self, symbol: str, client_id: str) -> VenueOrder | None:
        """Return an order."""
        placed = self.limits.get(client_id)
        return self.done.get(client_id) if placed is None else placed.view

    def open_orders(self, symbol: str | None = None) -> list[VenueOrder]:
        """Return what rests."""
        return [placed.view for placed in self.limits.values() if placed.view.status is VenueStatus.OPEN]

    def fills(self, symbol: str, since_id: str | None = None) -> list[VenueFill]:
        """Return all executions."""
        return list(self.executed)

    def balances(self) -> list[Balance]:
        """Return cash and base."""
        return [Balance(self.spec.base, self.base, D0), Balance(self.spec.quote, self.cash, D0)]

    def _at_market(self, request: OrderRequest) -> Outcome:
        """Run one candle of the compiled loop with the order pending. It closes only what the account holds."""
        is_buy, lots = request.side is Side.BUY, self.spec.lots(request.quantity)
        parameters = decision_parameters(EXAMPLES[0].document, self.spec)
        rules = loop.Rules(parameters, self.costs.rates(), loop.Limits(2**40, 2**62))
        state = loop.initial_state(int(self.cash * QUOTE_SCALE))
        state[loop.PENDING_REASON] = REASONS.index(Reason.ENTRY if is_buy else Reason.EXIT)
        state[loop.PENDING_LOTS], state[loop.LOTS] = lots, 0 if is_buy else lots
        opens, none = np.array([self.spec.ticks(self.price)]), np.zeros(1, np.bool_)
        columns = loop.empty_columns(1)
        count = loop.run_chunk(
            loop.Span(0, 1, 1), loop.Market(opens, opens, none, none), rules, state, np.empty(1, np.int64), columns
        )
        if count != 1:
            return Rejected("local", "the cash does not pay it")
        fee = Decimal(int(columns.fee[0])) / QUOTE_SCALE
        fill = self._book(request, int(columns.lots[0]), int(columns.ticks[0]), fee)
        assert self.cash == Decimal(int(state[loop.CASH])) / QUOTE_SCALE
        self.done[request.client_id] = view = self._view(request, VenueStatus.FILLED, fill.quantity, fill.price)
        return Confirmed(view, (fill,))

    def _work(self, placed: Placed) -> None:
        """Replay a limit order over its candles; what it filled now is booked."""
        found = replay(self._bars(placed.first), placed.plan, self.spec, self.costs)
        if found.fills:
            assert found.state.status in (Status.DONE, Status.WORKING)
            (fill,) = found.fills
            booked = self._book(placed.request, fill.lots, fill.ticks, fill.fee, is_maker=fill.is_maker)
            placed.view = self._view(placed.request, VenueStatus.FILLED, booked.quantity, booked.price)

    def _bars(self, first: int) -> Bars:
        rows = range(first, self.candles)
        flat = np.full(len(rows), self.spec.ticks(self.price))
        low, high = (
            np.array([self.spec.ticks(self._extremes.get(row, (self.price, self.price))[side]) for row in rows])
            for side in (0, 1)
        )
        return Bars(np.array([row * STEP_MS for row in rows]), flat, high, low, flat, np.ones(len(rows), np.int64))

    def _book(self, request: OrderRequest, lots: int, ticks: int, fee: Decimal, *, is_maker: bool = False) -> VenueFill:
        quantity, price = self.spec.quantity(lots), self.spec.price(ticks)
        sign = 1 if request.side is Side.BUY else -1
        self.base += sign * quantity
        self.cash -= sign * quantity * price + fee
        fill = VenueFill(
            trade_id=str(len(self.executed) + 1), client_id=request.client_id, venue_order_id=request.client_id,
            symbol=request.symbol, side=request.side, quantity=quantity, price=price, fee=fee,
            fee_asset=self.spec.quote, at_ms=0, is_maker=is_maker,
        )  # fmt: skip
        self.executed.append(fill)
        return fill

    def _view(self, request: OrderRequest, status: VenueStatus, filled: Decimal, price: Decimal | None) -> VenueOrder:
        return VenueOrder(
            client_id=request.client_id, venue_order_id=request.client_id, symbol=request.symbol, side=request.side,
            kind=request.kind, status=status, quantity=request.quantity, filled=filled, price=request.price,
            average_price=price, at_ms=0,
        )  # fmt: skip
