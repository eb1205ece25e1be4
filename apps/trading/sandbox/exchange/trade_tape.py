"""Recorded trades as a source of prices: each trade is printed at its own price, quantity and time.

A file `<SYMBOL>_trades.csv` or `.csv.gz` has the header `ts,price,quantity,side` and one trade a row, oldest first:
Unix milliseconds, decimals, and BUY or SELL for the side that took. Bars of one minute are made from them.
"""

import csv
import gzip
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from apps.trading.sandbox.exchange.symbols import TICKS_PER_UNIT, SymbolSpec

IntArray = npt.NDArray[np.int64]
TRADES_BAR_MS = 60_000
COLUMNS = ["ts", "price", "quantity", "side"]
_SIDES = {"BUY": 0, "SELL": 1}
_CENT_UNITS = 10**6


class TradesUnusableError(Exception):
    """A file of trades does not have the documented form."""


class Print(NamedTuple):
    """One trade of the recorded market; time in ms from the start of its bar."""

    price: int
    lots: int
    offset_ms: int
    seller_took: bool


@dataclass(frozen=True)
class Trades:
    """One symbol's trades, oldest first: times in ms, prices in ticks, quantities in lots, 1 where the seller took."""

    times: IntArray
    prices: IntArray
    lots: IntArray
    sellers: IntArray


@dataclass(frozen=True)
class TradeTape:
    """Trades by quantum: those of quantum q are `offsets[q]` up to `offsets[q + 1]`; `closes[q]` is the price then."""

    trades: Trades
    start_ms: int
    offsets: IntArray
    closes: IntArray
    quanta: int

    def price(self, quantum: int) -> int:
        """Price in ticks at the end of a recorded quantum."""
        return int(self.closes[quantum])

    def path(self, bar: int) -> tuple[int, ...]:
        """Prices at the end of each quantum of a recorded bar."""
        return tuple(self.closes[bar * self.quanta : (bar + 1) * self.quanta].tolist())

    def prints(self, quantum: int) -> list[Print]:
        """The trades of a recorded quantum."""
        opened = self.start_ms + quantum // self.quanta * TRADES_BAR_MS
        rows = self._rows(self.offsets[quantum], self.offsets[quantum + 1])
        return [Print(price, lots, time - opened, bool(seller)) for time, price, lots, seller in rows]

    def walked(self, bar: int, step: int) -> list[tuple[int, int]]:
        """(price, lots) of a recorded bar's trades up to and including a step."""
        first = bar * self.quanta
        rows = self._rows(self.offsets[first], self.offsets[first + step + 1])
        return [(price, lots) for _, price, lots, _ in rows]

    def _rows(self, first: int, last: int) -> list[tuple[int, int, int, int]]:
        columns = (self.trades.times, self.trades.prices, self.trades.lots, self.trades.sellers)
        return list(zip(*(column[first:last].tolist() for column in columns), strict=True))


def read_trades(path: Path, spec: SymbolSpec) -> Trades:
    """The trades of a file; raises TradesUnusableError naming the row."""
    rows: list[tuple[int, int, int, int]] = []
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        reader = csv.reader(file)
        if next(reader, None) != COLUMNS:
            raise TradesUnusableError(f"{path.name}: the first row must be {','.join(COLUMNS)}")
        for number, row in enumerate(reader, start=2):
            try:
                rows.append(_trade(row, spec))
            except (ValueError, KeyError, InvalidOperation) as error:
                raise TradesUnusableError(f"{path.name}, row {number}: {','.join(row)} is no trade") from error
            if len(rows) > 1 and rows[-1][0] < rows[-2][0]:
                raise TradesUnusableError(f"{path.name}, row {number}: earlier than the row before")
    if not rows:
        raise TradesUnusableError(f"{path.name}: no trades")
    times, prices, lots, sellers = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return Trades(times, prices, lots, sellers)


def _trade(row: list[str], spec: SymbolSpec) -> tuple[int, int, int, int]:
    time, price, quantity, side = row
    ticks = Decimal(price) * TICKS_PER_UNIT
    lots = Decimal(quantity) * 10**spec.lot_decimals
    if ticks != int(ticks) or ticks <= 0 or lots <= 0:
        raise ValueError
    return int(time), int(ticks), max(1, int(lots)), _SIDES[side]  # less than a lot prints as one


def build_tape(trades: Trades, start_ms: int, bars: int, quanta: int) -> TradeTape:
    """The trades of `bars` bars from `start_ms`, by quantum."""
    quantum_ms = TRADES_BAR_MS // quanta
    edges = start_ms + np.arange(bars * quanta + 1) * quantum_ms
    offsets = np.searchsorted(trades.times, edges)
    last = np.maximum(offsets[1:] - 1, 0)  # before the first trade: its price
    return TradeTape(trades, start_ms, offsets, trades.prices[last], quanta)


def build_bars(tape: TradeTape, spec: SymbolSpec) -> dict[str, IntArray]:
    """Open, high, low, close, volume (base units) and quote volume (10^-2) of each bar; flat where nothing traded."""
    bars = len(tape.closes) // tape.quanta
    rows = []
    before = int(tape.trades.prices[0])
    for bar in range(bars):
        walked = tape.walked(bar, tape.quanta - 1) or [(before, 0)]
        prices = [price for price, _ in walked]
        volume = sum(lots for _, lots in walked) * spec.lot_units
        cents = sum(price * lots for price, lots in walked) * spec.tick_lot_units // _CENT_UNITS
        rows.append((prices[0], max(prices), min(prices), prices[-1], volume, cents))
        before = prices[-1]
    names = ("open", "high", "low", "close", "volume", "quote_cents")
    return dict(zip(names, np.array(rows, dtype=np.int64).T, strict=True))
