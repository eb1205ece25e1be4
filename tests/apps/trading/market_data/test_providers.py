"""Providers of stocks and forex: the documented replies of Twelve Data from a real server on the loopback.

The replies have the shapes of the provider's public documentation; they were written for this test, not recorded.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from websockets.sync.server import ServerConnection, serve

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.trading.instruments.operations import NewInstrument, add_alias, add_instrument
from apps.trading.instruments.queries import get_instrument
from apps.trading.market_data.operations.providing import follow_prices, take_history
from apps.trading.market_data.providers import Limits, get_provider, list_providers, read_quota
from apps.trading.market_data.providers.errors import (
    ProviderFailed,
    ProviderOff,
    ProviderQuotaSpent,
    ProviderRefused,
    ProviderUnknown,
)
from apps.trading.market_data.providers.twelve_data import TwelveData
from apps.trading.market_data.queries import get_quote, load_bars
from tests.apps.core.trap_server import Trap, answer, trap

pytestmark = pytest.mark.django_db
SYSTEM, D = Actor.system("tests"), Decimal
KEY = "k-secret-1"
FEW = Limits(per_minute=5, per_day=6)
DAY = 86_400_000
START = 1_717_372_800_000  # 3 June 2024
VALUES = [
    {"datetime": f"2024-06-{day:02d}", "open": "194.63500", "high": f"{195 + day}.99000", "low": "192.52000",
     "close": "194.03000", "volume": "50080500"}
    for day in (3, 4, 5)
]  # fmt: skip
SERIES = {"meta": {"symbol": "AAPL", "interval": "1day", "currency": "USD"}, "values": VALUES, "status": "ok"}


@pytest.fixture(autouse=True)
def _instruments() -> None:
    for symbol, base, quote, kind, tick in (
        ("AAPL", "AAPL", "USD", "stock", "0.01"),
        ("EURUSD", "EUR", "USD", "forex", "0.00001"),
    ):
        hours = {"stock": "xnys", "forex": "forex"}[kind]
        wanted = NewInstrument(
            symbol=symbol, base=base, quote=quote, tick=D(tick), lot=D(1), asset_class=kind, hours=hours
        )
        add_instrument(actor=SYSTEM, instrument=wanted)


@contextmanager
def provider(
    settings: Any, body: Any, status: str = "200 OK", limits: Limits = FEW
) -> Iterator[tuple[TwelveData, Trap]]:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    with trap(answer(status, "Content-Type: application/json\r\n", text)) as found:
        settings.OUTBOUND_EXCEPTIONS = frozenset({f"127.0.0.1:{found.port}"})
        yield TwelveData(KEY, limits=limits, base=f"http://127.0.0.1:{found.port}"), found


def test_history_is_asked_for_exactly_and_stored_on_the_grid(settings: Any) -> None:
    with provider(settings, SERIES) as (source, server):
        asked: dict[str, Any] = {
            "provider": source,
            "symbol": "AAPL",
            "interval": "1d",
            "start_ms": START,
            "end_ms": START + 3 * DAY,
        }
        first = take_history(actor=SYSTEM, **asked)
        second = take_history(actor=SYSTEM, **asked)
    assert (first.candles, first.requests) == (3, 1)
    bars = load_bars("AAPL", "1d")
    assert bars.ts.tolist() == [START, START + DAY, START + 2 * DAY]
    assert next(iter(bars.rows())) == (START, 19464, 19899, 19252, 19403, 50_080_500 * 10**8)  # 194.635 → 194.64
    assert [report.stored.added for report in second.stored] == [0]
    line = server.heads[0].split("\r\n")[0]
    for part in ("symbol=AAPL", "interval=1day", "start_date=2024-06-03+00%3A00%3A00", "timezone=UTC", "order=ASC"):
        assert part in line
    assert f"Authorization: apikey {KEY}" in server.heads[0]
    assert KEY not in line
    assert read_quota(source.name, FEW).day_used == 2


def test_names_of_the_provider(settings: Any) -> None:
    quote = {"symbol": "EUR/USD", "close": "1.08451", "timestamp": 1_717_423_200, "percent_change": "-0.12"}
    with provider(settings, quote) as (source, server):
        found = source.quote(get_instrument("EURUSD"))
        add_alias(actor=SYSTEM, symbol="AAPL", alias="AAPL:NASDAQ", source="twelve_data")
        source.quote(get_instrument("AAPL"))
    assert (found.last, found.at, found.change_percent) == (D("1.08451"), 1_717_423_200_000, D("-0.12"))
    assert "symbol=EUR%2FUSD" in server.heads[0]
    assert "symbol=AAPL%3ANASDAQ" in server.heads[1]


def test_the_quota_stops_before_the_provider_does(settings: Any) -> None:
    quote = {"close": "1", "timestamp": 1}
    with provider(settings, quote) as (source, server):
        apple = get_instrument("AAPL")
        for _ in range(5):
            source.quote(apple)
        with pytest.raises(ProviderQuotaSpent) as spent:
            source.quote(apple)
        assert server.connections == 5
    assert spent.value.params["span"] == "minute"
    quota = read_quota("twelve_data", FEW)
    assert (quota.minute_used, quota.day_used, quota.percent) == (5, 5, 83)


@pytest.mark.parametrize(
    ("said", "span"),
    [
        ("You have run out of API credits for the current minute.", "minute"),
        ("You have run out of API credits for the day.", "day"),
    ],
)
def test_the_word_of_the_provider_counts(settings: Any, said: str, span: str) -> None:
    body = {"code": 429, "message": said, "status": "error"}
    with provider(settings, body, "429 Too Many Requests", Limits(100, 1_000)) as (source, server):
        for _ in range(3):
            with pytest.raises(ProviderQuotaSpent) as spent:
                source.quote(get_instrument("AAPL"))
            assert spent.value.params["span"] == span
        assert server.connections == 1  # nobody asks again before the span is over


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"code": 401, "message": f"key {KEY} is wrong", "status": "error"}, "401 Unauthorized", ProviderRefused),
        ({"code": 404, "message": f"no {KEY} symbol", "status": "error"}, "404 Not Found", ProviderRefused),
        ({"code": 500, "message": "x", "status": "error"}, "200 OK", ProviderFailed),
        ({}, "503 Service Unavailable", ProviderFailed),
        (b"<html>", "200 OK", DomainError),
        ([1], "200 OK", ProviderFailed),
        ({"close": "NaN", "timestamp": 1}, "200 OK", ProviderFailed),
        ({"close": "-1", "timestamp": 1}, "200 OK", ProviderFailed),
        ({"close": "1"}, "200 OK", ProviderFailed),
        (b"[" * 100_000, "200 OK", DomainError),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_without_the_key(settings: Any, body: Any, status: str, error: Any) -> None:
    with provider(settings, body, status) as (source, _), pytest.raises(error) as refused:
        source.quote(get_instrument("AAPL"))
    assert KEY not in refused.value.text


def test_broken_candles_store_nothing(settings: Any) -> None:
    broken = {**SERIES, "values": [VALUES[0], {**VALUES[1], "close": "none"}]}
    with provider(settings, broken) as (source, _), pytest.raises(ProviderFailed):
        take_history(
            actor=SYSTEM, provider=source, symbol="AAPL", interval="1d", start_ms=START, end_ms=START + 3 * DAY
        )
    assert not len(load_bars("AAPL", "1d"))


@contextmanager
def streaming(settings: Any, play: Callable[[ServerConnection], None]) -> Iterator[TwelveData]:
    with serve(play, "127.0.0.1", 0) as server:
        port = server.socket.getsockname()[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        settings.OUTBOUND_EXCEPTIONS = frozenset({f"127.0.0.1:{port}"})
        yield TwelveData(KEY, limits=FEW, stream_base=f"ws://127.0.0.1:{port}")
        server.shutdown()
    thread.join(5)


def test_streamed_prices_reach_the_quotes(settings: Any) -> None:
    asked: list[Any] = []

    def play(channel: ServerConnection) -> None:
        assert channel.request is not None
        asked.append((channel.request.path, json.loads(channel.recv())))
        for message in (
            {"event": "subscribe-status", "status": "ok", "success": [{"symbol": "AAPL"}], "fails": None},
            {"event": "heartbeat", "status": "ok"},
            {"event": "price", "symbol": "MSFT", "timestamp": 1_717_423_200, "price": 1},
            {"event": "price", "symbol": "AAPL", "timestamp": 1_717_423_200, "price": 194.035},
            {"event": "price", "symbol": "EUR/USD", "timestamp": 1_717_423_201, "price": 1.08451, "bid": 1.0845,
             "ask": 1.08452},
        ):  # fmt: skip
            channel.send(json.dumps(message))
        channel.recv()

    with streaming(settings, play) as source:
        assert follow_prices(provider=source, symbols=["AAPL", "EURUSD"], most=2) == 2
    assert asked == [(f"/v1/quotes/price?apikey={KEY}", {"action": "subscribe", "params": {"symbols": "AAPL,EUR/USD"}})]
    apple, euro = get_quote("AAPL"), get_quote("EURUSD")
    assert apple is not None
    assert (apple.last, apple.bid, apple.is_stale) == (D("194.04"), D("194.04"), False)
    assert euro is not None
    assert (euro.bid, euro.last, euro.ask) == (D("1.08450"), D("1.08451"), D("1.08452"))


@pytest.mark.parametrize("text", ["{", "[]", '{"event": "subscribe-status", "success": []}'])
def test_a_stream_that_says_nonsense_ends(settings: Any, text: str) -> None:
    def play(channel: ServerConnection) -> None:
        channel.recv()
        channel.send(text)
        channel.close()

    with streaming(settings, play) as source, pytest.raises((ProviderFailed, ProviderRefused)):
        follow_prices(provider=source, symbols=["AAPL"])


def test_each_provider_says_what_it_needs(settings: Any, capsys: Any) -> None:
    settings.TWELVE_DATA_KEY = ""
    with pytest.raises(ProviderOff, match="OUTCRY_TWELVE_DATA_KEY"):
        get_provider()
    with pytest.raises(ProviderOff, match="import_candles"):
        get_provider("file")
    with pytest.raises(ProviderUnknown):
        get_provider("bloomberg")
    assert [(row.name, row.is_ready) for row in list_providers()] == [
        ("file", True), ("twelve_data", False), ("yahoo", False),
    ]  # fmt: skip
    settings.TWELVE_DATA_KEY = KEY
    call_command("price_provider")
    shown = capsys.readouterr().out
    assert "* Twelve Data: ready  0 of 800 requests today" in shown
    assert KEY not in shown
    with pytest.raises(CommandError, match="no instrument"):
        call_command("price_provider", "--history", "NOPE")
