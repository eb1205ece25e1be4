"""The Yahoo-type source: replies of its public form from a real server on the loopback, written for this test."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.trading.instruments.operations import NewInstrument, add_alias, add_instrument
from apps.trading.instruments.queries import get_instrument
from apps.trading.market_data.operations.providing import follow_prices, take_history
from apps.trading.market_data.providers import Limits, get_provider, list_providers, read_quota
from apps.trading.market_data.providers.errors import ProviderFailed, ProviderOff, ProviderQuotaSpent, ProviderRefused
from apps.trading.market_data.providers.yahoo import Yahoo
from apps.trading.market_data.queries import load_bars
from tests.apps.core.trap_server import Trap, answer, trap

pytestmark = pytest.mark.django_db
SYSTEM, D = Actor.system("tests"), Decimal
DAY, HOUR = 86_400_000, 3_600_000
START = 1_717_372_800_000  # 3 June 2024
OPENING = 1_717_421_400  # 13:30 UTC, New York's half past nine
FEW = Limits(per_minute=5, per_day=6)


@pytest.fixture(autouse=True)
def _instruments() -> None:
    for symbol, base, quote, kind, tick, hours in (
        ("AAPL", "AAPL", "USD", "stock", "0.01", "xnys"),
        ("EURUSD", "EUR", "USD", "forex", "0.00001", "forex"),
        ("BTCUSD", "BTC", "USD", "crypto", "0.01", "24x7"),
    ):
        wanted = NewInstrument(
            symbol=symbol, base=base, quote=quote, tick=D(tick), lot=D("0.01"), asset_class=kind, hours=hours
        )
        add_instrument(actor=SYSTEM, instrument=wanted)


def chart(times: list[int], *, offset: int = -14_400, **columns: list[Any]) -> dict[str, Any]:
    """Return a reply with the given open times in seconds; columns not given are 100, 101, 99, 100.5 and 1000."""
    usual = {"open": 100.0, "high": 101.0, "low": 99.0, "close": 100.5, "volume": 1000}
    quote = {name: columns.get(name, [value] * len(times)) for name, value in usual.items()}
    meta = {"symbol": "X", "gmtoffset": offset, "regularMarketPrice": 194.03, "regularMarketTime": OPENING,
            "chartPreviousClose": 192.25}  # fmt: skip
    return {"chart": {"result": [{"meta": meta, "timestamp": times, "indicators": {"quote": [quote]}}], "error": None}}


@contextmanager
def source(settings: Any, body: Any, status: str = "200 OK", limits: Limits = FEW) -> Iterator[tuple[Yahoo, Trap]]:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    with trap(answer(status, "Content-Type: application/json\r\n", text)) as server:
        settings.OUTBOUND_EXCEPTIONS = frozenset({f"127.0.0.1:{server.port}"})
        yield Yahoo(limits=limits, base=f"http://127.0.0.1:{server.port}"), server


def taken(found: Yahoo, symbol: str, interval: str, end: int) -> Any:
    return take_history(
        actor=SYSTEM, provider=found, symbol=symbol, interval=interval, start_ms=START, end_ms=START + end
    )


def test_daily_candles_bear_the_day_of_their_exchange_and_holes_are_left_out(settings: Any) -> None:
    days = [OPENING, OPENING + 86_400, OPENING + 2 * 86_400]
    reply = chart(days, close=[194.63499450683594, None, 100.25])
    reply["chart"]["result"][0]["indicators"]["quote"][0]["high"] = [195.0, 101.0, 101.0]
    with source(settings, reply) as (found, server):
        report = taken(found, "AAPL", "1d", 3 * DAY)
    assert report.candles == 2
    rows = list(load_bars("AAPL", "1d").rows())
    assert rows[0] == (START, 10000, 19500, 9900, 19463, 1000 * 10**8)
    assert [row[0] for row in rows] == [START, START + 2 * DAY]
    assert server.heads[0].startswith("GET /v8/finance/chart/AAPL?interval=1d&period1=")
    assert read_quota("yahoo", FEW).day_used == 1


def test_a_day_that_begins_before_midnight_is_still_its_day(settings: Any) -> None:
    with source(settings, chart([START // 1000 - 3_600], offset=3_600)) as (found, server):  # London's summer
        taken(found, "EURUSD", "1d", DAY)
    assert load_bars("EURUSD", "1d").ts.tolist() == [START]
    assert "/chart/EURUSD%3DX?" in server.heads[0]


def test_the_running_candle_is_left_out_and_one_off_the_grid_is_refused_whole(settings: Any) -> None:
    begin = START // 1000
    with source(settings, chart([begin, begin + 3_600, begin + 7_235])) as (found, server):
        assert taken(found, "BTCUSD", "1h", 3 * HOUR).candles == 2
        assert "/chart/BTC-USD?interval=60m&" in server.heads[0]
    with (
        source(settings, chart([OPENING, OPENING + 3_600, OPENING + 7_200])) as (found, _),
        pytest.raises(ProviderRefused, match="begin off the full 1h"),
    ):
        taken(found, "AAPL", "1h", DAY)
    assert not len(load_bars("AAPL", "1h"))


def test_a_quote_with_its_change_and_an_alias(settings: Any) -> None:
    add_alias(actor=SYSTEM, symbol="AAPL", alias="AAPL.MX", source="yahoo")
    with source(settings, chart([OPENING])) as (found, server):
        quote = found.quote(get_instrument("AAPL"))
    assert (quote.last, quote.at, quote.change_percent) == (D("194.03"), OPENING * 1000, D("0.93"))
    assert "/chart/AAPL.MX?" in server.heads[0]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}}, "404 Not Found",
         ProviderRefused),
        ({"chart": {"result": None, "error": {"description": "bad"}}}, "200 OK", ProviderRefused),
        (b"Edge: Forbidden", "403 Forbidden", ProviderRefused),
        ({"finance": {}}, "200 OK", ProviderFailed),
        ({"chart": {"result": []}}, "200 OK", ProviderFailed),
        ({"chart": {"result": [1]}}, "500 Internal Server Error", ProviderFailed),
        ({"chart": {"result": [{"meta": {}, "timestamp": [OPENING]}]}}, "200 OK", ProviderFailed),
        (chart([OPENING], open=["NaN"]), "200 OK", ProviderFailed),
        (chart([OPENING], close=[-1]), "200 OK", ProviderFailed),
        (chart([OPENING, OPENING + 86_400], close=[1]), "200 OK", ProviderFailed),
        (b"<html>", "200 OK", DomainError),
    ],
)  # fmt: skip
def test_what_cannot_be_used_stores_nothing(settings: Any, body: Any, status: str, error: Any) -> None:
    with source(settings, body, status) as (found, _), pytest.raises(error):
        taken(found, "AAPL", "1d", DAY)
    assert not len(load_bars("AAPL", "1d"))


def test_told_to_wait_nobody_asks_again_within_the_minute(settings: Any) -> None:
    with source(settings, b"Too Many Requests", "429 Too Many Requests", Limits(100, 1_000)) as (found, server):
        for _ in range(3):
            with pytest.raises(ProviderQuotaSpent):
                found.quote(get_instrument("AAPL"))
        assert server.connections == 1


def test_it_is_off_until_switched_on_and_has_no_stream(settings: Any) -> None:
    with pytest.raises(ProviderOff, match="OUTCRY_YAHOO=on"):
        get_provider("yahoo")
    settings.YAHOO_ENABLED = True
    found = get_provider("yahoo")
    assert [(row.name, row.is_ready) for row in list_providers() if row.name == "yahoo"] == [("yahoo", True)]
    with pytest.raises(ProviderRefused, match="no candles of 4h"):
        taken(found, "AAPL", "4h", DAY)  # type: ignore[arg-type]  # the port's own type
    with pytest.raises(ProviderRefused, match="no stream"):
        follow_prices(provider=found, symbols=["AAPL"])
