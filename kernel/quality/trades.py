"""Trades: duplicates, order, impossible ones, and the candles they make."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernel.quality.candles import RawCandles
from kernel.quality.findings import Findings, Rule


@dataclass(frozen=True, slots=True)
class RawTrades:
    """Trades as recorded: `ts` in Unix ms, `number` the venue's rising trade number (None: it has none)."""

    ts: NDArray[np.int64]
    price: NDArray[np.float64]
    quantity: NDArray[np.float64]
    number: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.ts)


def check_trades(trades: RawTrades) -> Findings:
    """Return what is wrong: the same number twice, a time or number that goes back, numbers left out, no amount."""
    found = Findings(len(trades))
    if not len(trades):
        return found
    wrong = _impossible(trades)
    for place in np.flatnonzero(wrong).tolist():
        found.add(Rule.IMPOSSIBLE, place, int(trades.ts[place]), f"{trades.quantity[place]} at {trades.price[place]}")
    back = np.zeros(len(trades), bool)
    back[1:] = trades.ts[1:] < np.maximum.accumulate(trades.ts)[:-1]
    repeated = np.zeros(len(trades), bool)
    if trades.number is not None:
        repeated[:] = True
        repeated[np.unique(trades.number, return_index=True)[1]] = False
        highest = np.maximum.accumulate(trades.number)
        back[1:] |= trades.number[1:] < highest[:-1]
        numbers, places = np.unique(trades.number, return_index=True)
        for after in (np.flatnonzero(np.diff(numbers) > 1) + 1).tolist():
            place, left_out = int(places[after]), int(numbers[after] - numbers[after - 1] - 1)
            found.missing += left_out
            found.add(Rule.GAP, place, int(trades.ts[place]), f"{left_out} numbers left out")
    for place in np.flatnonzero(repeated).tolist():
        found.add(Rule.DUPLICATE, place, int(trades.ts[place]), "this trade was there before")
    for place in np.flatnonzero(back & ~repeated).tolist():
        found.add(Rule.OUT_OF_ORDER, place, int(trades.ts[place]), "earlier than the trade ahead of it")
    return found


def candles_of(trades: RawTrades, step_ms: int = 60_000) -> RawCandles:
    """Return the candles of the trades that are possible, each once, by time and then number; none without a trade."""
    usable = ~_impossible(trades)
    if trades.number is not None:
        first = np.zeros(len(trades), bool)
        first[np.unique(trades.number, return_index=True)[1]] = True
        usable &= first
    places = np.flatnonzero(usable)
    number = places if trades.number is None else trades.number[places]
    places = places[np.lexsort((number, trades.ts[places]))]
    slot = trades.ts[places] // step_ms
    starts = np.flatnonzero(np.concatenate(([True], slot[1:] != slot[:-1]))) if len(slot) else np.empty(0, np.int64)
    if not len(starts):
        return RawCandles(np.empty(0, np.int64), *(np.empty(0) for _ in range(5)))
    ends = np.concatenate((starts[1:], [len(slot)])) - 1
    price, quantity = trades.price[places], trades.quantity[places]
    return RawCandles(
        slot[starts] * step_ms,
        price[starts],
        np.maximum.reduceat(price, starts),
        np.minimum.reduceat(price, starts),
        price[ends],
        np.add.reduceat(quantity, starts),
    )


def _impossible(trades: RawTrades) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        amounts = (trades.price > 0) & (trades.quantity > 0)
    return np.asarray(~(amounts & np.isfinite(trades.price) & np.isfinite(trades.quantity)))
