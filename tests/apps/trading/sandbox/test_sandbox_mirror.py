"""Mirror mode: one exchange follows another through unmodified ccxt.pro, and paper orders fill by its market."""

import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import ccxt
import pytest

from apps.trading.sandbox.client import ccxt_urls
from apps.trading.sandbox.exchange.candles import QUANTA
from apps.trading.sandbox.exchange.engine import Engine
from apps.trading.sandbox.exchange.journal import Record
from apps.trading.sandbox.exchange.live_view import BAR_MS, LiveView, mirrored_recording
from apps.trading.sandbox.exchange.mirror import levels_of, trade_of
from apps.trading.sandbox.exchange.snapshot import new_state
from apps.trading.sandbox.exchange.state import MarketClock
from apps.trading.sandbox.exchange.symbols import KNOWN_SYMBOLS
from tests.apps.trading.sandbox.exchange_process import ExchangeProcess

BTC = "BTC/USDT"
SECONDS = 60
STALE_SECONDS = 6
LATENCY_MS = 80
START = 1_717_200_000_000
UNIT = 10**8


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Pair:
    """The followed exchange, the mirror, and a trader on each."""

    def __init__(self, folder: Path) -> None:
        self.real = ExchangeProcess(folder / "real", ("--port", str(free_port()), "--speed", "0.001")).start()
        settings = folder / "settings.json"
        settings.write_text(
            json.dumps(ccxt_urls(self.real.base_url) | {"options": {"fetchMarkets": {"types": ["spot"]}}})
        )
        flags = (
            "--latency-ms",
            str(LATENCY_MS),
            "--mode",
            "mirror",
            "--mirror",
            "binance",
            "--mirror-settings",
            str(settings),
        )
        self.mirror = ExchangeProcess(folder / "mirror", (*flags, "--stale-seconds", str(STALE_SECONDS)))
        try:
            self.mirror.start()
        except AssertionError:
            self.mirror.kill()
            self.real.kill()
            raise
        self.theirs = ccxt.binance(self.real.settings(self.real.new_key()))
        self.ours = ccxt.binance(self.mirror.settings(self.mirror.new_key()))

    def wait(self, holds: Callable[[], Any]) -> Any:
        """Stir the real book, which is silent otherwise, until a condition holds."""
        deadline = time.monotonic() + SECONDS
        while not (found := holds()):
            assert time.monotonic() < deadline, self.page()
            if self.real.process is not None:
                order = self.theirs.create_order(BTC, "limit", "buy", 0.01, self.price() * 0.5)
                self.theirs.cancel_order(order["id"], BTC)
            time.sleep(0.1)
        return found

    def price(self) -> float:
        return float(self.real.control.status()["prices"]["BTCUSDT"])

    def page(self) -> str:
        text: str = urlopen(f"{self.mirror.base_url}/status").read().decode()
        return text

    def is_following(self) -> bool:
        return "<td>BTCUSDT</td><td>following</td>" in self.page()

    def best(self, venue: Any) -> list[list[float]]:
        book = venue.fetch_order_book(BTC, 5)
        return [[price, amount] for price, amount in book["bids"][:5] + book["asks"][:5]]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    both = Pair(tmp_path_factory.mktemp("mirror"))
    yield both
    both.mirror.kill()
    both.real.kill()


def test_it_shows_the_followed_book_and_candles(pair: Pair) -> None:
    pair.wait(pair.is_following)
    pair.wait(lambda: pair.best(pair.ours) == pair.best(pair.theirs))
    newest = pair.ours.fetch_ohlcv(BTC, "1m", limit=3)[-1]
    assert newest[4] == pytest.approx(pair.price(), rel=0.01)


def test_paper_orders_wait_their_turn_behind_the_real_queue(pair: Pair) -> None:
    pair.wait(pair.is_following)
    bid = pair.theirs.fetch_order_book(BTC, 5)["bids"][0][0] + 1
    pair.theirs.create_order(BTC, "limit", "buy", 1.0, bid)
    pair.wait(lambda: pair.best(pair.ours)[0] == [bid, 1.0])
    paper = pair.ours.create_order(BTC, "limit", "buy", 0.5, bid)
    pair.theirs.create_order(BTC, "limit", "buy", 1.0, bid)  # this one stands behind the paper order
    pair.theirs.create_order(BTC, "limit", "sell", 0.6, bid)
    pair.wait(lambda: pair.ours.fetch_trades(BTC)[-1:] and pair.ours.fetch_trades(BTC)[-1]["amount"] == 0.6)
    assert pair.ours.fetch_order(paper["id"], BTC)["filled"] == 0  # 0.4 are still ahead
    pair.theirs.create_order(BTC, "limit", "sell", 0.7, bid)
    pair.wait(lambda: pair.ours.fetch_order(paper["id"], BTC)["filled"] > 0)
    filled = pair.ours.fetch_order(paper["id"], BTC)
    assert (filled["filled"], filled["average"]) == (0.3, bid)
    assert filled["trades"] == [] or filled["trades"][0]["takerOrMaker"] == "maker"
    pair.ours.cancel_order(paper["id"], BTC)


def test_a_taking_paper_order_pays_the_followed_book(pair: Pair) -> None:
    pair.wait(pair.is_following)
    ask = pair.wait(lambda: pair.best(pair.ours) == pair.best(pair.theirs) and pair.best(pair.theirs)[5])
    begun = time.monotonic()
    bought = pair.ours.create_order(BTC, "market", "buy", 0.01)
    assert time.monotonic() - begun >= LATENCY_MS / 1_000
    assert (bought["filled"], bought["average"]) == (0.01, ask[0])


def test_a_silent_feed_fills_nothing_until_it_speaks_again(pair: Pair) -> None:
    pair.wait(pair.is_following)
    resting = pair.ours.create_order(BTC, "limit", "buy", 0.01, round(pair.price() * 0.9, 2))
    process, pair.real.process = pair.real.process, None
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    try:
        pair.wait(lambda: not pair.is_following())
        with pytest.raises(ccxt.ExchangeError, match="Market is closed"):
            pair.ours.create_order(BTC, "market", "buy", 0.01)
        assert pair.ours.cancel_order(resting["id"], BTC)["status"] == "canceled"
    finally:
        process.send_signal(signal.SIGCONT)
        pair.real.process = process
    pair.wait(pair.is_following)


def test_after_the_followed_exchange_was_gone_it_follows_again(pair: Pair) -> None:
    pair.wait(pair.is_following)
    pair.real.kill()
    pair.wait(lambda: not pair.is_following())
    pair.real.start()
    pair.wait(pair.is_following)
    pair.wait(lambda: pair.best(pair.ours) == pair.best(pair.theirs))


def test_a_killed_mirror_comes_back_with_its_orders_and_the_same_state(pair: Pair) -> None:
    pair.wait(pair.is_following)
    standing = pair.ours.create_order(BTC, "limit", "buy", 0.01, round(pair.price() * 0.9, 2))
    pair.mirror.kill()
    pair.mirror.start()
    pair.ours = ccxt.binance({**pair.mirror.settings(), "apiKey": pair.ours.apiKey, "secret": pair.ours.secret})
    pair.wait(pair.is_following)
    assert [order["id"] for order in pair.ours.fetch_open_orders(BTC)] == [standing["id"]]


# ---- without sockets


def engine_of(records: list[Record]) -> Engine:
    recording, clock = mirrored_recording("test"), MarketClock(0, 0, 1.0, "mirror", running=False)
    engine = Engine(new_state(recording, clock, 1), LiveView(recording, clock))
    for record in records:
        engine.apply(record)
    return engine


def news(seconds: int, **facts: Any) -> Record:
    return {"k": "mirror", "t": START + seconds * 1_000, "s": "BTCUSDT"} | facts


def story() -> list[Record]:
    funds = {"USDT": 10**6 * UNIT, "BTC": 10 * UNIT}
    account = {"k": "account", "t": START, "label": "", "ref": "", "funds": funds, "maker": 0, "taker": 0}
    order = {"k": "order", "t": START + 3_000, "account": 1, "s": "BTCUSDT", "side": "BUY", "type": "LIMIT"}
    return [
        account,
        news(1, bars=[[START - BAR_MS, 100, 120, 90, 110, UNIT, 110]]),
        news(2, bids=[[109, 50]], asks=[[111, 50]]),
        order | {"tif": "GTC", "price": 109, "lots": 30, "quote": 0, "cid": ""},
        news(4, bids=[[109, 40]], asks=[[111, 50]], trades=[[109, 60, START + 4_000, True]]),
        news(70, trades=[[112, 5, START + 70_000, False], [113, 5, START + 70_500, False]]),
    ]


def test_bars_are_made_from_the_followed_trades() -> None:
    view = engine_of(story()).view
    rows = [
        (candle.open, candle.high, candle.low, candle.close) for candle in view.candles("BTCUSDT", "1m", None, None, 9)
    ]
    assert rows == [(100, 120, 90, 110), (109, 109, 109, 109), (112, 113, 112, 113)]
    assert view.price("BTCUSDT") == 113


def test_the_queue_is_served_first_and_a_book_beyond_an_order_fills_it() -> None:
    records = story()
    engine = engine_of(records)
    order = engine.state.markets["BTCUSDT"].orders[1]
    assert (order.executed, order.price) == (10, 109)  # 60 traded, 50 stood ahead
    engine.apply(news(80, bids=[[104, 5]], asks=[[105, 7]]))
    assert order.executed == 17  # what is offered at 105 would have met the order's 109
    assert engine.imbalance() == {}


def test_the_same_news_give_the_same_state_and_a_dump_goes_on_like_it() -> None:
    first, second = engine_of(story()), engine_of(story())
    assert first.digest() == second.digest()
    assert isinstance(first.view, LiveView)
    recording, clock = mirrored_recording("test"), first.state.clock
    loaded = LiveView(recording, clock)
    loaded.load(json.loads(json.dumps(first.view.dump())))
    assert loaded.dump() == first.view.dump()
    assert loaded.candles("BTCUSDT", "1m", None, None, 9) == first.view.candles("BTCUSDT", "1m", None, None, 9)
    assert clock.quantum // QUANTA == 2


def test_prices_are_rounded_away_from_the_middle_and_dust_is_left_out() -> None:
    spec = KNOWN_SYMBOLS["BTCUSDT"]
    assert levels_of(spec, "bids", [[100.019, 1.5], [100.011, 0.5], [99.0, 0.000001]]) == [[10_001, 200_000]]
    assert levels_of(spec, "asks", [[100.011, 1.0]]) == [[10_002, 100_000]]
    trade = {"price": 100.01, "amount": 0.25, "timestamp": START, "side": "sell"}
    assert trade_of(spec, trade) == [10_001, 25_000, START, True]
