"""The deterministic core without sockets: funds, replay, snapshots, the market's path, the journal file."""

import dataclasses
import json
import random
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.trading.sandbox.exchange.amounts import TooPreciseError, fee_of, format_units, parse_units
from apps.trading.sandbox.exchange.candles import (
    QUANTA,
    CandlesUnusableError,
    Recording,
    interval_end,
    interval_open,
    load_recording,
    path_prices,
)
from apps.trading.sandbox.exchange.engine import Engine, draft_order
from apps.trading.sandbox.exchange.market import MarketView
from apps.trading.sandbox.exchange.snapshot import dump_state, load_state, new_state
from apps.trading.sandbox.exchange.state import MarketClock, MarketState, OrderFacts
from tests.apps.trading.sandbox.engine_bench import START, UNIT, Bench, check_books, write_recording

ORDER_FIELDS = [field.name for field in dataclasses.fields(OrderFacts)]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    folder = tmp_path_factory.mktemp("candles")
    for symbol in ("BTCUSDT", "ETHUSDT"):
        write_recording(folder, symbol)
    return load_recording(folder)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_funds_add_up_and_replay_and_snapshot_give_the_same_state(recording: Recording, seed: int) -> None:
    played = Bench(recording, accounts=3)
    played.play(seed, 60)
    check_books(played.engine)
    replayed = Bench(recording)
    for record in played.records:
        replayed.engine.apply(record)
    assert replayed.engine.digest() == played.engine.digest()
    played.engine.withdraw_quotes()
    dumped = json.loads(json.dumps(dump_state(played.engine.state)))
    loaded = load_state(dumped, recording, 1)
    restored = Engine(loaded, MarketView(recording, loaded.clock))
    assert restored.digest() == played.engine.digest()
    assert dump_state(loaded) == dump_state(played.engine.state)
    for engine in (played.engine, restored):
        engine.apply({"k": "move", "t": START, "q": engine.state.clock.quantum + 500})
    assert restored.digest() == played.engine.digest()


def test_a_plain_order_has_every_field_that_the_constructor_sets(recording: Recording) -> None:
    bench = Bench(recording, accounts=1)
    price = bench.engine.view.price("BTCUSDT") // 2
    facts = {"k": "order", "account": 1, "s": "BTCUSDT", "side": "BUY", "type": "LIMIT", "tif": "GTC"}
    order = bench.apply(facts | {"price": price, "lots": 3, "quote": 0, "cid": ""})
    market = bench.engine.state.markets["BTCUSDT"]
    drafted = draft_order(bench.account(), market, bench.records[-1], order.id, bench.records[-1]["t"])
    assert drafted.locked == 0
    drafted.locked = price * 3 * market.tick_lot_units
    assert {name: getattr(order, name) for name in ORDER_FIELDS} == {
        name: getattr(drafted, name) for name in ORDER_FIELDS
    }


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(1, 400), min_size=1, max_size=20))
def test_a_move_in_pieces_equals_one_move(recording: Recording, seed: int, cuts: list[int]) -> None:
    pieces, whole = Bench(recording, accounts=2), Bench(recording, accounts=2)
    for bench in (pieces, whole):
        bench.play(seed, 15)
    start = whole.engine.state.clock.quantum
    at = start
    for cut in cuts:
        at += cut
        pieces.engine.apply({"k": "move", "t": START, "q": at})
    whole.engine.apply({"k": "move", "t": START, "q": at})
    assert pieces.engine.digest() == whole.engine.digest()
    tapes = [[market.tape for market in bench.engine.state.markets.values()] for bench in (pieces, whole)]
    assert tapes[0] == tapes[1]


def test_a_better_price_taken_frees_the_difference_at_once(recording: Recording) -> None:
    bench = Bench(recording, accounts=1)
    account = bench.engine.state.accounts[1]
    best = bench.engine.quote("BTCUSDT").book.best_ask() or 0
    limit = Decimal(best + 900) / 100
    order = bench.order(
        1, symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="15", price=f"{limit}"
    )
    assert 0 < order.executed < order.lots
    assert order.quote_executed < order.price * order.executed * 10
    assert account.locked["USDT"] == order.locked == order.price * order.remaining * 10
    assert account.free["USDT"] == 10**6 * UNIT - order.quote_executed - order.locked
    check_books(bench.engine)


class EveryQuantum(Engine):
    """Visits each quantum of each bar: the plain rule without the short cut for bars that touch no order."""

    def _touches(self, symbol: str, market: MarketState, bar: int) -> bool:
        return True


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), side=st.sampled_from(["BUY", "SELL"]))
def test_skipping_quiet_bars_changes_nothing(recording: Recording, seed: int, side: str) -> None:
    choices = random.Random(seed)
    bench = Bench(recording, accounts=1)
    clock = MarketClock(recording.start_ms, 0, 60.0, "replay")
    plain = EveryQuantum(new_state(recording, clock, 1), MarketView(recording, clock))
    price = Decimal(bench.engine.view.price("BTCUSDT")) / 100
    far = price + (-1 if side == "BUY" else 1) * Decimal(choices.randint(5_000, 60_000)) / 100
    bench.order(1, symbol="BTCUSDT", side=side, type="LIMIT", timeInForce="GTC", quantity="0.5", price=f"{far}")
    for _ in range(8):
        bench.apply({"k": "move", "q": bench.engine.state.clock.quantum + choices.randint(1, 400)})
    for record in bench.records:
        plain.apply(record)
    assert plain.digest() == bench.engine.digest()
    assert [list(market.tape) for market in plain.state.markets.values()] == [
        list(market.tape) for market in bench.engine.state.markets.values()
    ]


def test_fee_is_taken_from_what_is_received_and_truncated(recording: Recording) -> None:
    bench = Bench(recording, accounts=1)
    account = bench.engine.state.accounts[1]
    bought = bench.order(1, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.00123")
    (trade,) = account.trades["BTCUSDT"]
    assert (trade.fee, trade.fee_asset) == (123, "BTC")  # 0.00123 x 0.1 %
    assert account.free["BTC"] == 20 * UNIT + 123_000 - 123
    assert account.free["USDT"] == 10**6 * UNIT - bought.quote_executed
    assert fee_of(999, 100_000) == 0


@given(
    bar=st.lists(st.integers(1, 10**9), min_size=4, max_size=4).map(sorted),
    swap=st.booleans(),
)
def test_the_path_opens_closes_and_touches_both_extremes(bar: list[int], swap: bool) -> None:
    low, first, second, high = bar
    opened, close = (second, first) if swap else (first, second)
    path = path_prices(opened, high, low, close)
    assert (path[0], path[-1], max(path), min(path), len(path)) == (opened, close, high, low, QUANTA)
    assert (path.index(high) <= path.index(low)) == (close >= opened) or high == low or opened in (high, low)


def test_intervals_begin_where_the_venue_s_do() -> None:
    at = 1_709_212_345_678  # Thursday 2024-02-29 13:12:25 UTC
    opens = {name: interval_open(name, at) for name in ("5m", "1h", "1d", "1w", "1M")}
    assert opens == {
        "5m": 1_709_212_200_000,
        "1h": 1_709_211_600_000,
        "1d": 1_709_164_800_000,
        "1w": 1_708_905_600_000,  # Monday 2024-02-26
        "1M": 1_706_745_600_000,  # 2024-02-01
    }
    assert interval_end("1M", opens["1M"]) == 1_709_251_200_000  # 2024-03-01


def test_candles_never_show_the_future(recording: Recording) -> None:
    bench = Bench(recording)
    bench.apply({"k": "move", "q": 10 * QUANTA + 7})
    view = bench.engine.view
    for interval in ("5m", "15m", "1h"):
        (*_, forming) = view.candles("BTCUSDT", interval, START, None, 1_000)
        assert forming.close == view.price("BTCUSDT")
        assert not forming.closed
        walked = [view.price("BTCUSDT", q) for q in range((forming.open_time - START) // 6_000, 10 * QUANTA + 8)]
        assert (forming.high, forming.low) == (max(walked), min(walked))
    assert view.candles("BTCUSDT", "5m", START + 11 * 300_000, None, 10) == []
    assert view.candles("BTCUSDT", "5m", None, START - 1, 10) == []
    for interval in ("5m", "1w", "1M"):
        assert view.candles("BTCUSDT", interval, 10**20, None, 10) == []
        assert view.candles("BTCUSDT", interval, 0, 10**20, 10)[-1].close == view.price("BTCUSDT") or interval == "5m"


def test_candles_with_gaps_unknown_symbols_or_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CandlesUnusableError, match="no candles"):
        load_recording(tmp_path)
    write_recording(tmp_path, "BTCUSDT", gap_at=30)
    with pytest.raises(CandlesUnusableError, match="not 300000 ms apart"):
        load_recording(tmp_path)
    write_recording(tmp_path, "XRPEUR")
    with pytest.raises(CandlesUnusableError, match="unknown symbol"):
        load_recording(tmp_path)


@given(st.integers(0, 10**25))
def test_amounts_survive_their_text_form(units: int) -> None:
    assert parse_units(format_units(units)) == units


@pytest.mark.parametrize("text", ["", ".5", "1.", "1e5", "+1", "-1", "0x1", " 1", "1 ", "١", "nan", "1.2.3"])
def test_malformed_amounts_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_units(text)


def test_trailing_zeros_are_not_precision() -> None:
    assert parse_units("1.1234567800000") == 112_345_678
    with pytest.raises(TooPreciseError):
        parse_units("0.000000001")
