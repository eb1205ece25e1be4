"""Depth snapshots and differences of one symbol, numbered without gaps."""

from typing import Any

from apps.trading.sandbox.exchange.engine import Engine
from apps.trading.sandbox.exchange.payloads import lots_text, price_text
from kernel.matching import Side

Json = dict[str, Any]
Levels = dict[int, int]  # price in ticks -> lots


class DepthFeed:
    """Numbers the states of a book. A snapshot carries the number of the last published state it equals."""

    def __init__(self, engine: Engine, symbol: str, first_update_id: int) -> None:
        self._engine = engine
        self._symbol = symbol
        self._sides: dict[Side, Levels] = self._read()
        self._slow: dict[Side, Levels] = self._sides
        self._slow_id = first_update_id
        self.update_id = first_update_id

    def update(self) -> Json | None:
        """The difference since the last call as a numbered event, or None when the book is the same."""
        sides = self._read()
        event = self._difference(self._sides, sides, self.update_id + 1, self.update_id + 1)
        if event is not None:
            self._sides = sides
            self.update_id += 1
        return event

    def slow_update(self) -> Json | None:
        """The difference between the states published at the last two calls; call `update` first."""
        event = self._difference(self._slow, self._sides, self._slow_id + 1, self.update_id)
        if event is None and self.update_id > self._slow_id:
            event = self._event(self._slow_id + 1, self.update_id, [], [])
        self._slow, self._slow_id = self._sides, self.update_id
        return event

    def snapshot(self, limit: int) -> Json:
        """Best `limit` levels a side as of the last update."""
        return {
            "lastUpdateId": self.update_id,
            "bids": self._rows(sorted(self._sides[Side.BUY].items(), reverse=True)[:limit]),
            "asks": self._rows(sorted(self._sides[Side.SELL].items())[:limit]),
        }

    def _read(self) -> dict[Side, Levels]:
        book = self._engine.quote(self._symbol).book
        return {side: dict(book.depth(side)) for side in Side}

    def _rows(self, levels: list[tuple[int, int]]) -> list[list[str]]:
        spec = self._engine.state.markets[self._symbol].spec
        return [[price_text(price), lots_text(spec, lots)] for price, lots in levels]

    def _difference(self, old: dict[Side, Levels], new: dict[Side, Levels], first: int, last: int) -> Json | None:
        rows = {side: self._rows(_changes(old[side], new[side])) for side in Side}
        if not any(rows.values()):
            return None
        return self._event(first, last, rows[Side.BUY], rows[Side.SELL])

    def _event(self, first: int, last: int, bids: list[list[str]], asks: list[list[str]]) -> Json:
        return {"e": "depthUpdate", "s": self._symbol, "U": first, "u": last, "b": bids, "a": asks}


def _changes(old: Levels, new: Levels) -> list[tuple[int, int]]:
    changed = [(price, lots) for price, lots in new.items() if old.get(price) != lots]
    return changed + [(price, 0) for price in old if price not in new]
