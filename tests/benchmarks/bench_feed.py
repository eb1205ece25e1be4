"""The feed: book updates a second on one core, from the text of the frame to the book and its figures."""

import json
import random
from collections.abc import Iterator

from apps.core.benchmarks import Row, benchmark, cpu_seconds
from apps.trading.market_data.feed.board import SymbolBoard
from apps.trading.market_data.feed.lines import SHOWN_LEVELS, Line
from apps.trading.market_data.gateways.dialects import read
from apps.trading.market_data.gateways.messages import BookUpdate
from kernel.instruments import INTERVALS, InstrumentSpec
from kernel.money import parse_decimal
from kernel.order_book import Rule, Update

UPDATES, LEVELS, CHANGES = 10_000, 1_000, 20
NEEDED = 5_000
MIDDLE = 6_000_000


@benchmark("feed")
def run() -> Iterator[Row]:
    """Follow a book of LEVELS levels a side through UPDATES frames of CHANGES changes each."""
    frames, truth = _frames()
    _follow(frames, truth)
    spent = cpu_seconds(lambda: _follow(frames, truth), rounds=3)
    case = f"{UPDATES} frames of {CHANGES} changes, {LEVELS} levels a side"
    yield Row("feed", case, UPDATES / spent, "1/s CPU", "needed on one core", NEEDED)


def _follow(frames: list[str], truth: dict[str, dict[int, int]]) -> None:
    """Take every frame as the socket gives it; the book must end as the truth."""
    spec = InstrumentSpec("BTCUSDT", "BTC", "USDT", *map(parse_decimal, ("0.01", "0.00001", "0.00001", "9000", "5")))
    line = Line(SymbolBoard(spec, INTERVALS["5m"]), None, Rule.RANGE)
    assert line.book is not None
    bids = [(_price(MIDDLE - level), "1") for level in range(1, LEVELS + 1)]
    asks = [(_price(MIDDLE + level), "1") for level in range(1, LEVELS + 1)]
    line.book.take(Update(0, 0, bids, asks, is_snapshot=True))
    for number, frame in enumerate(frames):
        for message in read("binance", json.loads(frame)):
            if isinstance(message, BookUpdate) and line.take_book(message):
                raise AssertionError("a hole in a stream without holes")
        if number % 10 == 0:
            line.statistics.texts()
            line.book.book.bids.top(SHOWN_LEVELS)
    assert line.book.book.sequence == UPDATES
    assert len(line.book.book.bids) == len(truth["b"])
    assert len(line.book.book.asks) == len(truth["a"])


def _frames() -> tuple[list[str], dict[str, dict[int, int]]]:
    rng = random.Random(1)
    truth = {side: dict.fromkeys(range(1, LEVELS + 1), 1) for side in "ba"}
    frames = []
    for number in range(1, UPDATES + 1):
        event = {"e": "depthUpdate", "E": number * 100, "s": "BTCUSDT", "U": number, "u": number, "b": [], "a": []}
        for _ in range(CHANGES):
            side, away, lots = rng.choice("ba"), min(int(rng.expovariate(0.02)) + 1, LEVELS), rng.randint(0, 5)
            event[side].append([_price(MIDDLE + (away if side == "a" else -away)), f"{lots}.00000000"])  # type: ignore[attr-defined]
            if lots:
                truth[side][away] = lots
            else:
                truth[side].pop(away, None)
        frames.append(json.dumps(event))
    return frames, truth


def _price(ticks: int) -> str:
    return f"{ticks // 100}.{ticks % 100:02d}000000"
