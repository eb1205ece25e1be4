"""The candles a back-test runs over, and the refusals when there are not enough."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apps.core.clock import from_ms, to_ms
from apps.trading.backtests.errors import EmptySpan, NoCandles, SpanTooLong, TooFewCandles
from apps.trading.instruments.queries import get_instrument, spec_of
from apps.trading.market_data.queries import get_adjustment, list_series, load_adjusted_bars, load_bars
from kernel.instruments import HOURS, Bars, InstrumentSpec, TradingHours
from kernel.simulation import data_hash
from kernel.strategy import CompiledStrategy, StrategyDocument, compile_strategy

MOST_BARS: Final = 1_500_000
BITCOIN: Final = "BTC"


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """All a simulation needs: bars with history before the span, where the span starts, rules, instrument."""

    bars: Bars
    start_index: int
    compiled: CompiledStrategy
    spec: InstrumentSpec
    bitcoin: NDArray[np.int64] | None = None
    """Bitcoin's last price (ticks of its own) at the close of each bar; None where it is not recorded."""
    hours: TradingHours = HOURS["24x7"]

    @property
    def span(self) -> Bars:
        """The candles of the span itself."""
        return self.bars[self.start_index :]

    def missing(self) -> int:
        """Return how many candles are missing inside the span."""
        ts = self.span.ts
        return (int(ts[-1]) - int(ts[0])) // self.compiled.document.interval_ms + 1 - len(ts)

    def data_hash(self) -> str:
        """Return the SHA-256 of all candles used, history included."""
        return data_hash(self.bars)


def check_span(document: StrategyDocument, start: datetime, end: datetime) -> None:
    """Raise EmptySpan or SpanTooLong when the span cannot be back-tested, whatever is recorded."""
    if start >= end:
        raise EmptySpan(field="end")
    bars = (to_ms(end) - to_ms(start)) // document.interval_ms
    if bars > MOST_BARS:
        raise SpanTooLong(field="start", bars=bars, interval=document.timeframe, most=MOST_BARS)


def load_material(
    document: StrategyDocument, symbol: str, start: datetime, end: datetime, adjustment: int | None = None
) -> Material:
    """Return candles and compiled rules for a span of open times [start, end).

    With `adjustment` prices and volumes are those after splits and dividends, by that version of the factors (0: there
    are none); without it they are as they were traded.

    As many candles before the start are read as the indicators remember, so that the first decisions of the span do not
    depend on where it begins. Raises UnknownSymbol, UnknownInterval, EmptySpan, SpanTooLong, NoCandles, TooFewCandles.
    """
    instrument = get_instrument(symbol)
    spec = spec_of(instrument)
    check_span(document, start, end)
    compiled = compile_strategy(document, spec)
    start_ms, end_ms = to_ms(start), to_ms(end)
    history_ms = compiled.memory * document.interval_ms
    first_ms = max(0, start_ms - history_ms)
    if adjustment:
        bars = load_adjusted_bars(symbol, document.timeframe, first_ms, end_ms, version=adjustment)
    else:
        bars = load_bars(symbol, document.timeframe, start_ms=first_ms, end_ms=end_ms)
    start_index = int(np.searchsorted(bars.ts, start_ms))
    material = Material(
        bars=bars,
        start_index=start_index,
        compiled=compiled,
        spec=spec,
        bitcoin=_bitcoin(bars, spec, document.timeframe, end_ms),
        hours=HOURS[instrument.hours],
    )
    if not len(material.span):
        raise NoCandles(field="start", symbol=symbol, available=available_words(symbol))
    if len(bars) - max(start_index, compiled.warm_up) < 2:
        raise TooFewCandles(field="end", needed=compiled.warm_up, given=len(bars))
    return material


def _bitcoin(bars: Bars, spec: InstrumentSpec, interval: str, end_ms: int) -> NDArray[np.int64] | None:
    if spec.base == BITCOIN or not len(bars):
        return bars.close
    other = load_bars(f"{BITCOIN}{spec.quote}", interval, start_ms=int(bars.ts[0]), end_ms=end_ms)
    places = np.searchsorted(other.ts, bars.ts, side="right") - 1
    if not len(other) or int(places[0]) < 0 or int(other.ts[-1]) < int(bars.ts[-1]):
        return None
    return other.close[places]


def newest_adjustment(symbol: str) -> int:
    """Return the version of a symbol's newest factors, 0 when it never had a split or dividend."""
    found = get_adjustment(symbol)
    return 0 if found is None else found.version


def recorded_span(symbol: str) -> tuple[datetime, datetime] | None:
    """Return the first and newest open time that is recorded of a symbol, or None."""
    series = list_series(symbol)
    if not series:
        return None
    return from_ms(min(item.first_ts for item in series)), from_ms(max(item.last_ts for item in series))


def available_words(symbol: str) -> str:
    """Return which span is recorded of a symbol, as a sentence."""
    span = recorded_span(symbol)
    if span is None:
        return "Nothing is recorded of it."
    return f"Recorded: {span[0]:%Y-%m-%d} to {span[1]:%Y-%m-%d}."
