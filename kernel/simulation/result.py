"""What a simulation leaves behind."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernel.instruments import Bars, InstrumentSpec, Side
from kernel.money import exact_multiple
from kernel.simulation.costs import Costs
from kernel.strategy.decision import REASONS, Reason

_UNIT = Decimal("0.00000001")
ENGINE: Final = "2"
"""The version of the simulator and of its figures; it rises when equal inputs may come to other results."""


def quote(units: int) -> Decimal:
    """Whole 10^-8 quote as an exact Decimal with 8 decimals."""
    return exact_multiple(_UNIT, units)


def data_hash(bars: Bars) -> str:
    """SHA-256 of candles in hexadecimal: of the bytes of ts, open, high, low, close and volume, one after the other."""
    digest = hashlib.sha256()
    for name in ("ts", "open", "high", "low", "close", "volume"):
        digest.update(getattr(bars, name).tobytes())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution: `price` and `fee` in quote, `quantity` in base, `ts` the open of the bar in Unix milliseconds."""

    bar: int
    ts: int
    side: Side
    lots: int
    ticks: int
    quantity: Decimal
    price: Decimal
    fee: Decimal
    reason: Reason


@dataclass(frozen=True, slots=True, eq=False)
class Fills:
    """Executions as int64 arrays.

    Bar index, open time, `buys` (bool), lots, price in ticks, fee in 10^-8 quote, and the reason's index in
    kernel.strategy.decision.REASONS.
    """

    spec: InstrumentSpec
    bar: NDArray[np.int64]
    ts: NDArray[np.int64]
    buys: NDArray[np.bool_]
    lots: NDArray[np.int64]
    ticks: NDArray[np.int64]
    fee: NDArray[np.int64]
    reason: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.bar)

    def __iter__(self) -> Iterator[Fill]:
        for index in range(len(self)):
            yield self[index]

    def __getitem__(self, index: int) -> Fill:
        lots, ticks = int(self.lots[index]), int(self.ticks[index])
        reason = REASONS[int(self.reason[index])]
        assert reason is not None
        return Fill(
            bar=int(self.bar[index]),
            ts=int(self.ts[index]),
            side=Side.BUY if self.buys[index] else Side.SELL,
            lots=lots,
            ticks=ticks,
            quantity=self.spec.quantity(lots),
            price=self.spec.price(ticks),
            fee=quote(int(self.fee[index])),
            reason=reason,
        )


@dataclass(frozen=True, slots=True)
class Trade:
    """A round trip. `profit` (quote) is after both fees; `profit_percent` is it over the entry's cost with its fee."""

    entry_bar: int
    exit_bar: int
    entry_ts: int
    exit_ts: int
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    fees: Decimal
    profit: Decimal
    profit_percent: Decimal
    bars_held: int
    reason: Reason


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """Round trips as arrays; money in 10^-8 quote. A row joins a sale and the purchases since the one before."""

    spec: InstrumentSpec
    entry_bar: NDArray[np.int64]
    exit_bar: NDArray[np.int64]
    entry_ts: NDArray[np.int64]
    exit_ts: NDArray[np.int64]
    lots: NDArray[np.int64]
    entry_ticks: NDArray[np.int64]
    exit_ticks: NDArray[np.int64]
    fees: NDArray[np.int64]
    invested: NDArray[np.int64]
    profit: NDArray[np.int64]
    reason: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.profit)

    def __iter__(self) -> Iterator[Trade]:
        for index in range(len(self)):
            yield self[index]

    def __getitem__(self, index: int) -> Trade:
        reason = REASONS[int(self.reason[index])]
        assert reason is not None
        profit = quote(int(self.profit[index]))
        entry_bar, exit_bar = int(self.entry_bar[index]), int(self.exit_bar[index])
        return Trade(
            entry_bar=entry_bar,
            exit_bar=exit_bar,
            entry_ts=int(self.entry_ts[index]),
            exit_ts=int(self.exit_ts[index]),
            quantity=self.spec.quantity(int(self.lots[index])),
            entry_price=self.spec.price(int(self.entry_ticks[index])),
            exit_price=self.spec.price(int(self.exit_ticks[index])),
            fees=quote(int(self.fees[index])),
            profit=profit,
            profit_percent=(profit / quote(int(self.invested[index])) * 100).quantize(Decimal("0.0001")),
            bars_held=exit_bar - entry_bar,
            reason=reason,
        )


@dataclass(frozen=True, slots=True, eq=False)
class SimulationResult:
    """The outcome of `simulate`; money is whole 10^-8 quote.

    `equity[t]` is cash plus the position marked at the close of bar t (rounded down). `holding[t]` is the same money
    put into the instrument, whole, at the first open the strategy could have traded on, with the same costs, and held.
    `first_bar` is the first bar with a decision. An open position at the end is marked, not sold. `unpaid` counts
    entries whose cost at the fill exceeded the cash; `refused` counts, by filter, signals that became no order (a
    signal that lasts counts once a bar).
    """

    spec: InstrumentSpec
    costs: Costs
    ts: NDArray[np.int64]
    first_bar: int
    initial_cash: int
    cash: int
    position_lots: int
    average_entry_ticks: int
    fills: Fills
    trades: Trades
    equity: NDArray[np.int64]
    holding: NDArray[np.int64]
    unpaid: int
    refused: dict[str, int]

    @property
    def final_equity(self) -> Decimal:
        """Equity at the last close in quote; the initial cash when there are no bars."""
        return quote(int(self.equity[-1]) if len(self.equity) else self.initial_cash)
