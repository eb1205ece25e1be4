"""Twelve Data: REST history and quotes, and its stream of prices. Every call goes through core.outbound.

The key travels in a header; the stream takes it in the address, so that address is in no message and no log.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote as quoted
from urllib.parse import urlencode

from apps.core.clock import from_ms
from apps.core.outbound import STREAM, Reply, Rules, fetch, open_stream
from apps.trading.instruments.choices import AssetClass
from apps.trading.instruments.queries import Instrument, find_alias
from apps.trading.market_data.providers.errors import ProviderFailed, ProviderRefused
from apps.trading.market_data.providers.port import Limits, ProviderBar, ProviderQuote
from apps.trading.market_data.providers.quota import close_span, take_credits

NAME = "twelve_data"
TITLE = "Twelve Data"
INTERVAL_NAMES = {
    "1m": "1min", "5m": "5min", "15m": "15min", "30m": "30min", "1h": "1h", "2h": "2h", "4h": "4h", "1d": "1day",
}  # fmt: skip
MOST_BARS = 5_000
SPENT, DENIED, GONE = 429, frozenset({401, 403}), frozenset({400, 404, 414})
REST_RULES = Rules(max_bytes=4_000_000, seconds=20.0)


class TwelveData:
    """The adapter. `base` and `stream_base` are other than the real ones only in tests and behind a proxy."""

    name = NAME

    def __init__(
        self,
        key: str,
        *,
        limits: Limits,
        base: str = "https://api.twelvedata.com",
        stream_base: str = "wss://ws.twelvedata.com",
    ) -> None:
        self._key, self.limits = key, limits
        self._base, self._stream_base = base, stream_base

    def history(self, instrument: Instrument, interval: str, start_ms: int, end_ms: int) -> list[ProviderBar]:
        """Return the candles that open in [start, end), oldest first: at most 5,000, one credit."""
        if interval not in INTERVAL_NAMES:
            raise ProviderRefused(provider=TITLE, why=f"it has no candles of {interval}")
        found = self._ask(
            "time_series",
            symbol=self._theirs(instrument),
            interval=INTERVAL_NAMES[interval],
            start_date=_moment(start_ms),
            end_date=_moment(end_ms - 1),
            outputsize=str(MOST_BARS),
            timezone="UTC",
            order="ASC",
        )
        try:
            bars = [_bar(row) for row in found.get("values", [])]
        except (KeyError, TypeError, ValueError, InvalidOperation):
            raise ProviderFailed(provider=TITLE, why="a candle of it cannot be read") from None
        return sorted((bar for bar in bars if start_ms <= bar.ts < end_ms), key=lambda bar: bar.ts)

    def quote(self, instrument: Instrument) -> ProviderQuote:
        """Return the present price: one credit."""
        found = self._ask("quote", symbol=self._theirs(instrument))
        try:
            change = found.get("percent_change")
            return ProviderQuote(
                symbol=instrument.symbol,
                last=_amount(found["close"]),
                at=int(found.get("last_quote_at") or found["timestamp"]) * 1000,
                change_percent=None if change is None else Decimal(str(change)),
            )
        except (KeyError, TypeError, ValueError, InvalidOperation):
            raise ProviderFailed(provider=TITLE, why="its quote cannot be read") from None

    def stream(self, instruments: Sequence[Instrument]) -> Iterator[ProviderQuote]:
        """Yield prices as they come; other messages are read over. Silence beyond 15 s ends it with an error."""
        theirs = {self._theirs(row): row.symbol for row in instruments}
        url = f"{self._stream_base}/v1/quotes/price?apikey={quoted(self._key, safe='')}"
        with open_stream(url, rules=STREAM) as stream:
            stream.send(json.dumps({"action": "subscribe", "params": {"symbols": ",".join(theirs)}}))
            while True:
                found = self._message(stream.receive())
                if found.get("event") == "subscribe-status" and not found.get("success"):
                    raise ProviderRefused(provider=TITLE, why="none of the symbols is streamed on this plan")
                symbol = theirs.get(str(found.get("symbol")))
                if found.get("event") == "price" and symbol is not None:
                    yield self._tick(symbol, found)

    def _tick(self, symbol: str, found: dict[str, Any]) -> ProviderQuote:
        try:
            bid, ask = (None if found.get(name) is None else _amount(found[name]) for name in ("bid", "ask"))
            return ProviderQuote(symbol, _amount(found["price"]), int(found["timestamp"]) * 1000, bid, ask)
        except (KeyError, TypeError, ValueError, InvalidOperation):
            raise ProviderFailed(provider=TITLE, why="a price of its stream cannot be read") from None

    def _message(self, text: str) -> dict[str, Any]:
        try:
            found = json.loads(text, parse_float=str)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise ProviderFailed(provider=TITLE, why="a message of its stream is no JSON object")
        return found

    def _ask(self, what: str, **asked: str) -> dict[str, Any]:
        take_credits(NAME, self.limits)
        url = f"{self._base}/{what}?{urlencode(asked)}"
        reply = fetch("GET", url, headers={"Authorization": f"apikey {self._key}"}, rules=REST_RULES)
        return self._judged(reply)

    def _judged(self, reply: Reply) -> dict[str, Any]:
        found = reply.json()
        if not isinstance(found, dict):
            raise ProviderFailed(provider=TITLE, why="it is no JSON object")
        code = int(found["code"]) if str(found.get("code", "")).isdigit() else reply.status
        said = "".join(sign for sign in str(found.get("message", "")) if sign.isprintable())[:200]
        said = said.replace(self._key, "…") if self._key else said
        if code == SPENT:
            span = "day" if "day" in said.lower() or "daily" in said.lower() else "minute"
            close_span(NAME, self.limits, span)
            take_credits(NAME, self.limits)  # raises: the span is closed now
        if code in DENIED:
            raise ProviderRefused(provider=TITLE, why="it does not accept the key, or the plan lacks this symbol")
        if code in GONE:
            raise ProviderRefused(provider=TITLE, why=said or "it does not know this symbol")
        if reply.status != 200 or found.get("status") == "error":
            raise ProviderFailed(provider=TITLE, why=f"status {code}")
        return found

    def _theirs(self, instrument: Instrument) -> str:
        """Return the provider's name of an instrument: its alias there, EUR/USD for pairs, else the symbol."""
        alias = find_alias(instrument, NAME)
        if alias:
            return alias
        is_pair = instrument.asset_class != AssetClass.STOCK
        return f"{instrument.base}/{instrument.quote}" if is_pair else instrument.symbol


def _moment(ms: int) -> str:
    return f"{from_ms(ms):%Y-%m-%d %H:%M:%S}"


def _bar(row: dict[str, Any]) -> ProviderBar:
    at = datetime.fromisoformat(row["datetime"]).replace(tzinfo=UTC)
    ts = int((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1000
    volume = Decimal(str(row.get("volume") or 0))
    if not volume.is_finite() or volume < 0:
        raise ValueError(volume)
    opened, high, low, close = (_amount(row[name]) for name in ("open", "high", "low", "close"))
    return ProviderBar(ts, opened, high, low, close, volume)


def _amount(value: Any) -> Decimal:
    found = Decimal(str(value))
    if not found.is_finite() or found <= 0:
        raise ValueError(value)
    return found
