"""The candles of a leader: taken in sequence, filled by REST, stored, dispatched."""

import logging
from dataclasses import dataclass

from apps.trading.market_data.feed import records
from apps.trading.market_data.feed.lines import Line
from apps.trading.market_data.feed.records import KlineRefused, row_of
from apps.trading.market_data.feed.threads import hop
from apps.trading.market_data.gateways.messages import Kline
from apps.trading.market_data.gateways.venue_stream import VenueStream
from apps.trading.market_data.operations.dispatch import dispatch_closed
from apps.trading.market_data.topics import Row
from kernel.instruments import INTERVALS

logger = logging.getLogger("outcry.market_data")
FIRST_BARS = 1_000


@dataclass
class CandleKeeper:
    """Keeps the candles of all lines of one venue. A candle that does not follow the newest stored one shows a gap."""

    stream: VenueStream
    interval: str
    lines: dict[str, Line]

    @property
    def step(self) -> int:
        """The base interval in ms."""
        return INTERVALS[self.interval]

    async def fill(self, symbol: str) -> None:
        """Store every closed candle after the newest stored one, by REST, and have all of them dispatched."""
        line = self.lines[symbol]
        last = line.last_ts
        start = await self._first_start(symbol) if last is None else last + self.step
        filled = 0
        while klines := await self.stream.closed_klines(symbol, self.interval, start):
            await self._store(symbol, [row_of(kline, line.board.spec) for kline in klines], "REST")
            filled += len(klines)
            start = klines[-1].ts + self.step
        if filled:
            logger.info("gap filled", extra={"symbol": symbol, "candles": filled})
        await self.dispatch(symbol)

    async def take(self, kline: Kline) -> None:
        """Take a candle of the stream, forming or closed; what came already is dropped."""
        line = self.lines[kline.symbol]
        try:
            row = row_of(kline, line.board.spec)
        except KlineRefused as refusal:
            logger.warning("candle refused", extra={"reason": str(refusal)})
            return
        if self._is_candle_missing(line, kline):
            await self.fill(kline.symbol)
        if line.last_ts is not None and kline.ts <= line.last_ts:
            return
        if line.forming is not None and kline.ts < line.forming.ts and not kline.closed:
            return
        line.forming = kline
        if not kline.closed:
            line.board.form(row)
            return
        await self._store(kline.symbol, [row], "stream")
        await self.dispatch(kline.symbol)

    def _is_candle_missing(self, line: Line, kline: Kline) -> bool:
        """Return whether a candle closed that the stream did not call closed; some venues never do, and REST tells."""
        if line.last_ts is not None:
            return kline.ts > line.last_ts + self.step
        return line.forming is not None and kline.ts > line.forming.ts

    async def dispatch(self, symbol: str) -> None:
        """Tell the engine of what is stored and was not told."""
        while await hop(dispatch_closed)(symbol, self.interval):
            pass

    async def _first_start(self, symbol: str) -> int:
        """Without any stored candle the feed begins with the venue's last thousand."""
        newest = await self.stream.newest_candle(symbol, self.interval)
        return max(0, newest.ts - FIRST_BARS * self.step)

    async def _store(self, symbol: str, rows: list[Row], source: str) -> None:
        await hop(records.store_rows)(symbol, self.interval, rows, source)
        line = self.lines[symbol]
        for row in rows:
            line.board.close(row)
        line.last_ts = rows[-1][0]
