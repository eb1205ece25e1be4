"""A Yahoo-type source: the public chart address of a finance site. Candles and quotes, no stream, no key, no promise.

It is off until the operator switches it on: the site publishes no terms for programs and changes without notice.
Every call goes through core.outbound and is counted as with any provider.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote as quoted
from urllib.parse import urlencode

from apps.core.outbound import Reply, Rules, fetch
from apps.trading.instruments.choices import AssetClass
from apps.trading.instruments.queries import Instrument, find_alias
from apps.trading.market_data.providers.errors import ProviderFailed, ProviderRefused
from apps.trading.market_data.providers.port import Limits, ProviderBar, ProviderQuote
from apps.trading.market_data.providers.quota import close_span, take_credits
from kernel.instruments import INTERVALS

NAME = "yahoo"
TITLE = "Yahoo-type source"
INTERVAL_NAMES = {"1m": "1m", "5m": "5m", "15m": "15m", "30m": "30m", "1h": "60m", "1d": "1d"}
DAY = INTERVALS["1d"]
FIELDS = ("open", "high", "low", "close")
SPENT, GONE = 429, frozenset({400, 404, 422})
REST_RULES = Rules(max_bytes=4_000_000, seconds=20.0)


class Yahoo:
    """The adapter. `base` is another than the real one only in tests and behind a proxy."""

    name = NAME

    def __init__(self, *, limits: Limits, base: str = "https://query1.finance.yahoo.com") -> None:
        self.limits, self._base = limits, base

    def history(self, instrument: Instrument, interval: str, start_ms: int, end_ms: int) -> list[ProviderBar]:
        """Return the candles that open in [start, end), oldest first; one request.

        Daily candles bear the date of their exchange. Rows without prices (the source leaves holes) are left out, and
        so is a row after the last full step: that candle is not closed. Prices are not adjusted for splits to come.
        """
        if interval not in INTERVAL_NAMES:
            raise ProviderRefused(provider=TITLE, why=f"it has no candles of {interval}")
        margin = DAY if interval == "1d" else 0  # the exchange's day may begin before ours
        found = self._ask(
            instrument,
            interval=INTERVAL_NAMES[interval],
            period1=str((start_ms - margin) // 1000),
            period2=str((end_ms + margin) // 1000),
        )
        try:
            bars = _bars(found, INTERVALS[interval])
        except (KeyError, IndexError, TypeError, ValueError, InvalidOperation):
            raise ProviderFailed(provider=TITLE, why="a candle of it cannot be read") from None
        return sorted((bar for bar in bars if start_ms <= bar.ts < end_ms), key=lambda bar: bar.ts)

    def quote(self, instrument: Instrument) -> ProviderQuote:
        """Return the last trade and its change since the close before; one request."""
        found = self._ask(instrument, interval="1d", range="1d")
        try:
            meta = found["meta"]
            last, before = _amount(meta["regularMarketPrice"]), meta.get("chartPreviousClose")
            change = None if before is None else (last / _amount(before) - 1) * 100
            shown = None if change is None else change.quantize(Decimal("0.01"))
            return ProviderQuote(instrument.symbol, last, int(meta["regularMarketTime"]) * 1000, change_percent=shown)
        except (KeyError, TypeError, ValueError, InvalidOperation):
            raise ProviderFailed(provider=TITLE, why="its quote cannot be read") from None

    def stream(self, instruments: Sequence[Instrument]) -> Iterator[ProviderQuote]:
        """Refuse: prices of this source can only be asked for."""
        symbols = ", ".join(row.symbol for row in instruments)
        raise ProviderRefused(provider=TITLE, why=f"it has no stream; ask for quotes of {symbols}, or use another")

    def _ask(self, instrument: Instrument, **asked: str) -> dict[str, Any]:
        take_credits(NAME, self.limits)
        url = f"{self._base}/v8/finance/chart/{quoted(_theirs(instrument), safe='')}?{urlencode(asked)}"
        return self._judged(fetch("GET", url, headers={"Accept": "application/json"}, rules=REST_RULES))

    def _judged(self, reply: Reply) -> dict[str, Any]:
        if reply.status == SPENT:
            close_span(NAME, self.limits, "minute")
            take_credits(NAME, self.limits)  # raises: the minute is closed now
        if reply.status in (401, 403):
            raise ProviderRefused(provider=TITLE, why="it does not serve programs at this address now")
        found = reply.json()
        chart = found.get("chart") if isinstance(found, dict) else None
        if not isinstance(chart, dict):
            raise ProviderFailed(provider=TITLE, why=f"status {reply.status} and no chart")
        error, results = chart.get("error"), chart.get("result")
        if reply.status in GONE or (reply.status == 200 and isinstance(error, dict)):
            said = str(error.get("description", "")) if isinstance(error, dict) else ""
            said = "".join(sign for sign in said if sign.isprintable())[:200]
            raise ProviderRefused(provider=TITLE, why=said or "it does not know this symbol")
        if reply.status != 200 or not isinstance(results, list) or not results or not isinstance(results[0], dict):
            raise ProviderFailed(provider=TITLE, why=f"status {reply.status} without a result")
        return dict(results[0])


def _theirs(instrument: Instrument) -> str:
    """Return the source's name of an instrument: its alias there, else by its kind EURUSD=X, BTC-USD or AAPL."""
    alias = find_alias(instrument, NAME)
    if alias:
        return alias
    if instrument.asset_class == AssetClass.FOREX:
        return f"{instrument.base}{instrument.quote}=X"
    if instrument.asset_class == AssetClass.CRYPTO:
        return f"{instrument.base}-{instrument.quote}"
    return instrument.symbol


def _bars(found: dict[str, Any], step: int) -> list[ProviderBar]:
    offset = int(found["meta"].get("gmtoffset", 0)) * 1000
    times = [int(second) * 1000 for second in found.get("timestamp") or []]
    if not times:
        return []
    columns = found["indicators"]["quote"][0]
    bars = []
    for place, at in enumerate(times):
        ts = (at + offset) // DAY * DAY if step == DAY else at
        if ts % step and place == len(times) - 1:
            continue  # the running candle bears the time of its last trade
        prices = [columns[name][place] for name in FIELDS]
        if None in prices:
            continue
        opened, high, low, close = map(_amount, prices)
        bars.append(ProviderBar(ts, opened, high, low, close, _volume(columns, place)))
    return bars


def _volume(columns: dict[str, Any], place: int) -> Decimal:
    volume = Decimal(str((columns.get("volume") or {place: 0})[place] or 0))
    if not volume.is_finite() or volume < 0:
        raise ValueError(volume)
    return volume


def _amount(value: Any) -> Decimal:
    found = Decimal(str(value))
    if not found.is_finite() or found <= 0:
        raise ValueError(value)
    return found
