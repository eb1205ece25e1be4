"""Compiled strategies and the candles a bot has not seen yet."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import latest_bars, load_bars
from apps.trading.strategies.queries import get_version
from kernel.instruments import INTERVALS, Bars, InstrumentSpec
from kernel.strategy import CompiledStrategy, compile_strategy

BATCH = 1_000
"""Candles that one round reads at most; catching up longer takes several."""


@dataclass(frozen=True, slots=True)
class NewBars:
    """Candles after the consumed one, as far as they follow each other; `newest_ts` is the newest of all."""

    bars: Bars
    newest_ts: int | None
    is_cut: bool
    """More candles are there: after a gap, or beyond the batch."""


@lru_cache(maxsize=256)
def _compiled(version_id: UUID, spec: InstrumentSpec) -> CompiledStrategy:
    # A version never changes, so its key and the instrument's grid are the whole key.
    return compile_strategy(get_version(version_id), spec)


def strategy_of(version_id: UUID, symbol: str) -> tuple[CompiledStrategy, InstrumentSpec]:
    """Return a version compiled for an instrument, and the instrument's grid."""
    spec = get_spec(symbol)
    return _compiled(version_id, spec), spec


def new_bars(symbol: str, interval: str, consumed_ts: int, *, over_gap: bool) -> NewBars:
    """Return the candles after `consumed_ts` up to the first gap; `over_gap` crosses a gap right at the start."""
    step = INTERVALS[interval]
    bars = load_bars(symbol, interval, consumed_ts + step)
    if not len(bars):
        return NewBars(bars, None, is_cut=False)
    newest = int(bars.ts[-1])
    times = bars.ts[:BATCH].tolist()
    expected = times[0] if over_gap else consumed_ts + step
    end = 0
    while end < len(times) and times[end] == expected:
        end, expected = end + 1, expected + step
    return NewBars(bars[:end], newest, is_cut=end < len(bars))


def first_bars(symbol: str, interval: str, compiled: CompiledStrategy) -> Bars:
    """Return the history a strategy must have seen before its first decision: enough for its longest memory."""
    return latest_bars(symbol, interval, max(compiled.memory, compiled.warm_up, 1))
