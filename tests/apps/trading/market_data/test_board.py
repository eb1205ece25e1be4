"""What the feed knows in memory: quotes and forming candles of all intervals."""

from decimal import Decimal
from typing import Any

import pytest

from apps.trading.market_data.feed.board import SymbolBoard
from apps.trading.market_data.feed.records import KlineRefused, row_of
from apps.trading.market_data.gateways.venue_stream import BookTop, Day, Kline
from kernel.instruments import InstrumentSpec
from tests.factories.candles import FIVE, make_bars

HOUR = 12 * FIVE
FIRST = 1_717_200_000_000
SPEC = InstrumentSpec(
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    tick=Decimal("0.01"),
    lot=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"),
    max_quantity=Decimal(9000),
    min_notional=Decimal(5),
)


@pytest.fixture
def board() -> SymbolBoard:
    return SymbolBoard(SPEC, FIVE)


def frames(board: SymbolBoard) -> dict[tuple[str, int], dict[str, Any]]:
    return {(interval, int(data["ts"])): data for interval, data in board.take_candles()}


def test_longer_candles_grow_and_close_with_their_last_part(board):
    bars = make_bars(12, start=FIRST)
    rows = list(bars.rows())
    for row in rows[:11]:
        board.close(row)
    board.form(rows[11])
    seen = frames(board)
    hour = bars.resample(HOUR)
    expected = next(hour.rows())
    assert seen["1h", FIRST] == {
        "ts": str(FIRST),
        "o": f"{SPEC.price(expected[1]):f}",
        "h": f"{SPEC.price(expected[2]):f}",
        "l": f"{SPEC.price(expected[3]):f}",
        "c": f"{SPEC.price(expected[4]):f}",
        "v": seen["1h", FIRST]["v"],
        "closed": False,
    }
    assert Decimal(seen["1h", FIRST]["v"]) == Decimal(expected[5]) / 10**8
    assert seen["5m", rows[10][0]]["closed"] is True
    assert seen["5m", rows[11][0]]["closed"] is False
    board.close(rows[11])
    assert frames(board)["1h", FIRST]["closed"] is True
    assert frames(board) == {}


def test_a_closed_candle_is_not_hidden_by_the_first_frame_of_the_next(board):
    rows = list(make_bars(3, start=FIRST).rows())
    board.close(rows[2])
    board.form((FIRST + 3 * FIVE, *rows[2][1:]))
    seen = frames(board)
    assert seen["5m", FIRST + 2 * FIVE]["closed"] is True
    assert seen["5m", FIRST + 3 * FIVE]["closed"] is False


def test_a_longer_candle_with_a_hole_is_never_called_closed(board):
    rows = list(make_bars(3, start=FIRST).rows())
    board.close(rows[0])
    board.close(rows[2])
    assert frames(board)["15m", FIRST]["closed"] is False


def test_recalled_candles_are_part_of_the_next_and_not_announced(board):
    bars = make_bars(2, start=FIRST)
    board.recall(bars)
    assert frames(board) == {}
    low = int(bars.low.min())
    board.form((FIRST + 2 * FIVE, low + 5, low + 5, low + 5, low + 5, 0))
    assert frames(board)["15m", FIRST]["l"] == f"{SPEC.price(low):f}"


def test_a_quote_needs_all_its_parts_and_is_exact(board):
    board.book(BookTop("BTCUSDT", "60000.01000000", "60000.02000000"))
    assert board.quote(7) is None
    board.day(Day("BTCUSDT", "60000.02000000", "60600.00000000"))
    assert board.quote(7) == {
        "bid": "60000.01",
        "ask": "60000.02",
        "last": "60000.02",
        "at": "7",
        "change_percent": "-0.990",
    }


@pytest.mark.parametrize(
    "change", [{"open": "1.001"}, {"volume": "0.000000001"}, {"close": "NaN"}, {"high": "words"}, {"low": ""}]
)
def test_what_is_not_on_the_grid_is_refused(change):
    fields = {"open": "1.00", "high": "2.00", "low": "1.00", "close": "1.50", "volume": "1.00000000"} | change
    with pytest.raises(KlineRefused):
        row_of(Kline("BTCUSDT", FIRST, closed=True, **fields), SPEC)
