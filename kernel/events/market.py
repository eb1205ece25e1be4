"""What the feed tells the engine: facts derived from stored candles, so dispatchers carry them, not the outbox."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleClosed:
    """A candle is final and stored. `ts` is its open time in Unix ms (UTC), prices are ticks, volume is 10^-8 base."""

    symbol: str
    interval: str
    ts: int
    open: int
    high: int
    low: int
    close: int
    volume: int

    @property
    def stream(self) -> str:
        """The name of the stream the candle belongs to, such as "BTCUSDT.5m"."""
        return f"{self.symbol}.{self.interval}"
