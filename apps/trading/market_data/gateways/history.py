"""Candles of the past from any venue, by ccxt's unified REST call. No Django inside; numbers stay texts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from apps.trading.market_data.errors import HistoryRefused, HistoryUnavailable

PAGE: Final = 1_000
TIMEOUT_MS: Final = 10_000
OWN_BOUNDS: Final = {"okx": 300, "coinbase": 300, "kraken": 720, "bitget": 200, "gate": 999}
"""How many candles a page may ask for where it is not a thousand."""


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A candle as the venue tells it: open time in Unix ms and texts."""

    ts: int
    open: str
    high: str
    low: str
    close: str
    volume: str


class HistoryPort(Protocol):
    """Where candles of the past come from."""

    def candles(self, symbol: str, interval: str, start_ms: int, count: int) -> Sequence[HistoryRow]:
        """Return up to `count` candles that open at `start_ms` or later, rising; the newest may still be forming.

        Raises HistoryUnavailable (try again) and HistoryRefused (it will not).
        """
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...


class CcxtHistory:
    """One venue through ccxt's synchronous client; nothing is sent before the first call, and never a key.

    `meter` makes the client's requests wait for the venue's shared budget; `not_sent` are its refusals.
    """

    def __init__(
        self,
        ccxt_id: str,
        settings: Mapping[str, Any],
        *,
        meter: Callable[[Any], object] | None = None,
        not_sent: tuple[type[Exception], ...] = (),
    ) -> None:
        import ccxt  # imported on use: 0.7 s that web processes never need

        self._refused, self._failed = ccxt.BaseError, (ccxt.OperationFailed, *not_sent)
        self._venue = ccxt_id
        wanted = {**settings, "number": str, "enableRateLimit": True, "timeout": TIMEOUT_MS}
        self._client: Any = getattr(ccxt, ccxt_id)(wanted)
        if meter is not None:
            meter(self._client)
        self._names: dict[str, str] = {}

    def candles(self, symbol: str, interval: str, start_ms: int, count: int) -> Sequence[HistoryRow]:
        """Return candles. See HistoryPort."""
        try:
            if not self._names:
                markets = self._client.load_markets()
                self._names = {_plain(market): name for name, market in markets.items() if market.get("spot")}
            if symbol not in self._names:
                raise HistoryRefused(venue=self._venue, reason=f"it does not list {symbol}")
            if interval not in (self._client.timeframes or {interval: interval}):
                raise HistoryRefused(venue=self._venue, reason=f"it has no candles of {interval}")
            limit = min(count, OWN_BOUNDS.get(self._venue, PAGE))
            rows = self._client.fetch_ohlcv(self._names[symbol], interval, start_ms, limit)
        except self._failed as error:
            raise HistoryUnavailable(venue=self._venue, reason=_words(error)) from error
        except self._refused as error:
            raise HistoryRefused(venue=self._venue, reason=_words(error)) from error
        found = {int(row[0]): HistoryRow(int(row[0]), *(str(number) for number in row[1:6])) for row in rows}
        return [found[ts] for ts in sorted(found) if ts >= start_ms]

    def close(self) -> None:
        """Give the connections back."""
        self._client.session.close()


def _plain(market: Mapping[str, Any]) -> str:
    """Return our name of a market: base and quote without anything between them."""
    return f"{market['base']}{market['quote']}"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
