"""Recorded trades and recorded books as the market: exact prints, real quantities, the same twice, any position."""

import asyncio
import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt
import pytest
import websockets

from apps.trading.sandbox.client import SandboxRefusedError
from apps.trading.sandbox.exchange.candles import QUANTA, CandlesUnusableError, Recording, load_recording
from apps.trading.sandbox.exchange.snapshot import dump_state, load_state
from tests.apps.trading.sandbox.engine_bench import Bench, check_books
from tests.apps.trading.sandbox.exchange_process import ExchangeProcess

START = 1_704_067_200_000
MINUTE = 60_000
QUANTUM = MINUTE // QUANTA
BTC = "BTC/USDT"
Start = Callable[..., ExchangeProcess]

TRADES = [  # minute, ms in it, price, quantity, side that took
    (0, 100, "40000.00", "0.50000", "BUY"),
    (0, 30_000, "40010.50", "0.20000", "BUY"),
    (0, 59_999, "39990.00", "1.00000", "SELL"),
    (2, 0, "39950.00", "0.10000", "SELL"),  # nothing in minute 1
    (2, 5, "39940.00", "0.30000", "SELL"),
    (2, 10, "39960.00", "0.00001", "BUY"),
    (3, 40_000, "40100.00", "2.00000", "BUY"),
]
BOOKS: list[tuple[int, str, list[list[str]], list[list[str]]]] = [
    (
        61_000,
        "snapshot",
        [["39980.00", "1.5"], ["39970.00", "2"]],
        [["39990.01", "0.25"], ["40000.00", "3"]],
    ),
    (121_000, "delta", [["39980.00", "0"]], [["39985.00", "0.75"], ["40000.00", "4"]]),
]


def write(folder: Path, *, books: bool = False, packed: bool = False, symbol: str = "BTCUSDT") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"{START + minute * MINUTE + at},{price},{lots},{side}" for minute, at, price, lots, side in TRADES]
    text = "\n".join(["ts,price,quantity,side", *rows]) + "\n"
    if packed:
        (folder / f"{symbol}_trades.csv.gz").write_bytes(gzip.compress(text.encode()))
    else:
        (folder / f"{symbol}_trades.csv").write_text(text)
    if books:
        lines = [{"ts": START + at, "type": kind, "bids": bids, "asks": asks} for at, kind, bids, asks in BOOKS]
        (folder / f"{symbol}_book.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    return folder


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return load_recording(write(tmp_path / "trades", books=True))


def test_trades_make_one_minute_bars(recording: Recording) -> None:
    bars = recording.symbols["BTCUSDT"]
    assert (recording.start_ms, recording.bar_ms, recording.bars) == (START, MINUTE, 4)
    assert [bars.bar(index) for index in range(4)] == [
        (4_000_000, 4_001_050, 3_999_000, 3_999_000),
        (3_999_000, 3_999_000, 3_999_000, 3_999_000),
        (3_995_000, 3_996_000, 3_994_000, 3_996_000),
        (4_010_000, 4_010_000, 4_010_000, 4_010_000),
    ]
    assert bars.volume.tolist() == [170_000_000, 0, 40_001_000, 200_000_000]
    assert bars.quote_cents.tolist()[0] == 2_000_000 + 800_210 + 3_999_000


def test_packed_and_plain_files_are_the_same_market(tmp_path: Path) -> None:
    plain, packed = write(tmp_path / "plain"), write(tmp_path / "packed", packed=True)
    assert load_recording(plain).symbols["BTCUSDT"].volume.tolist() == (
        load_recording(packed).symbols["BTCUSDT"].volume.tolist()
    )


def test_every_recorded_trade_is_printed_once_with_its_own_time(recording: Recording) -> None:
    bench = Bench(recording)
    market = bench.engine.state.markets["BTCUSDT"]
    bench.apply({"k": "move", "q": 4 * QUANTA - 1})
    expected = [
        (round(float(price) * 100), round(float(lots) * 10**5), START + minute * MINUTE + at, side == "SELL")
        for minute, at, price, lots, side in TRADES
    ]
    # The clock begins at quantum 0, whose trade (the first) has been printed before anybody could look.
    assert [(each.price, each.lots, each.time, each.buyer_is_maker) for each in market.tape] == expected[1:]
    bench.apply({"k": "move", "q": 8 * QUANTA - 1})
    assert [each.time - 4 * MINUTE for each in market.tape][-7:] == [row[2] for row in expected], "it loops"


def test_a_resting_order_is_filled_by_recorded_quantities_only(recording: Recording) -> None:
    bench = Bench(recording, accounts=1)
    order = bench.limit(1, "BUY", "1", "39945.00")
    stays = bench.limit(1, "BUY", "1", "39939.99")
    bench.apply({"k": "move", "q": 2 * QUANTA - 1})
    assert order.executed == 0
    bench.apply({"k": "move", "q": 2 * QUANTA + 5})
    assert (order.executed, order.status.value) == (30_000, "PARTIALLY_FILLED"), "only the 0.3 that traded lower"
    assert stays.executed == 0
    [trade] = bench.account(1).trades["BTCUSDT"]
    assert (trade.price, trade.lots, trade.is_maker) == (3_994_500, 30_000, True)
    bench.apply({"k": "move", "q": 4 * QUANTA + 2})
    bench.apply({"k": "move", "q": 6 * QUANTA + 2})  # the loop: 0.3 again
    assert order.executed == 60_000
    assert bench.engine.imbalance() == {}
    check_books(bench.engine)


def test_the_recorded_book_is_what_is_quoted_and_taken(recording: Recording) -> None:
    bench = Bench(recording, accounts=1)
    bench.apply({"k": "move", "q": MINUTE // QUANTUM + 5})
    market = bench.engine.quote("BTCUSDT")
    assert [market.book.best_bid(), market.book.best_ask()] == [3_998_000, 3_999_001]
    taken = bench.order(1, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="1")
    assert [(each.price, each.lots) for each in bench.account(1).trades["BTCUSDT"]] == [
        (3_999_001, 25_000),
        (4_000_000, 75_000),
    ]
    assert taken.status.value == "FILLED"
    bench.apply({"k": "move", "q": 2 * MINUTE // QUANTUM + 5})
    market = bench.engine.quote("BTCUSDT")
    assert [market.book.best_bid(), market.book.best_ask()] == [3_997_000, 3_998_500]
    bench.apply({"k": "jump", "q": 0})
    assert len(bench.engine.quote("BTCUSDT").book) > 10, "before the first book the made one stands in"


def test_recorded_lots_ahead_trade_first(tmp_path: Path) -> None:
    folder = write(tmp_path / "queue")
    book = {"ts": START, "type": "snapshot", "bids": [["39950.00", "0.35"]], "asks": [["40000.00", "0.5"]]}
    (folder / "BTCUSDT_book.jsonl").write_text(json.dumps(book))
    rows = [(1, "39950.00", "0.3"), (2, "39950.00", "0.25"), (3, "39949.00", "0.1"), (4, "39948.00", "0.5")]
    text = [f"{START + at * 2_000},{price},{lots},SELL" for at, price, lots in rows]
    (folder / "BTCUSDT_trades.csv").write_text("\n".join(["ts,price,quantity,side", *text]))
    bench = Bench(load_recording(folder), accounts=2)
    first = bench.limit(1, "BUY", "0.4", "39950.00")
    second = bench.limit(2, "BUY", "0.4", "39950.00")
    lower = bench.limit(2, "BUY", "0.4", "39949.00")
    seen = []
    for at in range(1, 5):
        bench.apply({"k": "move", "q": at * 2_000 // QUANTUM})
        seen.append([first.executed, second.executed, lower.executed])
    # 0.35 stand ahead: the first trade (0.3) and a part of the second (0.05) are theirs. What trades lower takes ours.
    assert seen[:3] == [[0, 0, 0], [20_000, 0, 0], [30_000, 0, 0]]
    assert seen[3] == [40_000, 40_000, 0], "best price first, oldest first, 0.5 in all"
    loaded = load_state(dump_state(bench.engine.state), bench.engine.view.recording, 1)
    assert loaded.markets["BTCUSDT"].ahead == bench.engine.state.markets["BTCUSDT"].ahead
    third = bench.limit(1, "BUY", "0.1", "39950.00")
    assert bench.engine.state.markets["BTCUSDT"].ahead["BUY@3995000"] == 35_000, "a new order queues again"
    assert third.is_open
    assert bench.engine.imbalance() == {}


def play(recording: Recording, steps: list[int]) -> tuple[str, Any]:
    """The same orders at the same quanta, the moves between them cut in different ways."""
    bench, quantum = Bench(recording, accounts=2), 0
    plan = {3: ("BUY", "39990.00"), QUANTA + 7: ("SELL", "40050.00"), 2 * QUANTA - 1: ("BUY", "39955.00")}
    for target in range(1, 4 * QUANTA):
        if target in steps or target in plan:
            bench.apply({"k": "move", "q": target})
            quantum = target
        if target in plan:
            side, price = plan[target]
            bench.records.clear()  # wall times of orders are not what is compared
            bench.limit(1, side, "0.4", price)
    assert quantum
    return bench.engine.digest(), [trade[:8] for trade in bench.account(1).trades["BTCUSDT"]]


def test_the_way_moves_are_cut_does_not_matter(recording: Recording) -> None:
    end = 4 * QUANTA - 1
    first = play(recording, [end])
    assert len(first[1]) >= 3
    assert play(recording, list(range(end + 1))) == first
    assert play(recording, [*range(0, end, 7), end]) == first


def test_an_exchange_of_recorded_trades_serves_clients_and_survives_a_kill(tmp_path: Path, new_exchange: Start) -> None:
    candles = write(tmp_path / "trades", books=True)
    arguments = ("--candles-dir", str(candles), "--start", str(START), "--speed", "0.001")
    exchange = new_exchange("trades", *arguments)
    account = exchange.control.open_account(label="trades", funds={"USDT": Decimal(100_000)})
    key = exchange.control.create_key(account["account_id"])
    venue = ccxt.binance(exchange.settings(key))
    assert [row["id"] for row in venue.load_markets().values() if row["spot"]] == ["BTCUSDT"]
    exchange.control.pause()
    exchange.control.jump(START)
    order = venue.create_order(BTC, "limit", "buy", 1, 39_945)
    exchange.control.step(3)
    assert venue.fetch_order(order["id"], BTC)["filled"] == 0.3
    closed = venue.fetch_ohlcv(BTC, "1m", since=START + 2 * MINUTE, limit=1)[0]
    assert closed == [START + 2 * MINUTE, 39_950, 39_960, 39_940, 39_960, 0.40001]
    assert [trade["price"] for trade in venue.fetch_trades(BTC)][-4:] == [39_950, 39_945, 39_940, 39_960]
    digest = exchange.control.digest()
    exchange.kill()
    exchange.start()
    assert exchange.control.digest() == digest
    with pytest.raises(SandboxRefusedError, match="outside the recording"):
        exchange.control.jump(START + 4 * MINUTE)
    exchange.control.jump(START + MINUTE)
    exchange.control.set_speed(600)
    assert asyncio.run(streamed(exchange)) == [39_950, 39_940, 39_960, 40_100]


async def streamed(exchange: ExchangeProcess) -> list[float]:
    """Prices of the next recorded trades as the trade stream shows them while the market runs."""
    async with websockets.connect(exchange.base_url.replace("http", "ws") + "/ws/btcusdt@trade") as socket:
        exchange.control.resume()
        prices: list[float] = []
        while len(prices) < 4:
            event = json.loads(await asyncio.wait_for(socket.recv(), 10))
            if float(event["p"]) != 39_945:  # the customer's own fill is a trade too
                prices.append(float(event["p"]))
        return prices


BAD_TRADES = [
    ("ts,price\n1,2\n", "first row"),
    ("ts,price,quantity,side\n", "no trades"),
    ("ts,price,quantity,side\n1,2.5,1,BUY\n0,2.5,1,BUY\n", "row 3: earlier"),
    ("ts,price,quantity,side\n1,2.555,1,BUY\n", "row 2"),
    ("ts,price,quantity,side\n1,2.5,0,BUY\n", "row 2"),
    ("ts,price,quantity,side\n1,2.5,1,HOLD\n", "row 2"),
    ("ts,price,quantity,side\n1,abc,1,BUY\n", "row 2"),
    ("ts,price,quantity,side\n1,2.5\n", "row 2"),
]


@pytest.mark.parametrize(("text", "message"), BAD_TRADES)
def test_bad_trades_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "BTCUSDT_trades.csv").write_text(text)
    with pytest.raises(CandlesUnusableError, match=message):
        load_recording(tmp_path)


BAD_BOOKS = [
    ("", "no books"),
    ("{", "line 1: not JSON"),
    ('{"ts": 1, "type": "delta", "bids": [], "asks": []}', "line 1"),
    ('{"ts": 1, "type": "snapshot", "bids": [["1", "x"]], "asks": []}', "line 1"),
    ('{"ts": 1, "type": "snapshot", "bids": [["2", "1"]], "asks": [["2", "1"]]}', "not below"),
    (
        '{"ts": 2, "type": "snapshot", "bids": [], "asks": []}\n{"ts": 1, "type": "delta", "bids": [], "asks": []}',
        "line 2: earlier",
    ),
]


@pytest.mark.parametrize(("text", "message"), BAD_BOOKS)
def test_bad_books_are_named(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path)
    (tmp_path / "BTCUSDT_book.jsonl").write_text(text)
    with pytest.raises(CandlesUnusableError, match=message):
        load_recording(tmp_path)


def test_sources_are_not_mixed_and_books_need_trades(tmp_path: Path) -> None:
    write(tmp_path / "mixed")
    (tmp_path / "mixed" / "ETHUSDT_5m.npz").write_bytes(b"")
    with pytest.raises(CandlesUnusableError, match="either candles or trades"):
        load_recording(tmp_path / "mixed")
    write(tmp_path / "lonely")
    (tmp_path / "lonely" / "ETHUSDT_book.jsonl").write_text("{}")
    with pytest.raises(CandlesUnusableError, match="need the symbol's trades"):
        load_recording(tmp_path / "lonely")
    write(tmp_path / "strange", symbol="XRPUSDT")
    with pytest.raises(CandlesUnusableError, match="unknown symbol"):
        load_recording(tmp_path / "strange")
