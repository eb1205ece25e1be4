"""Candles and quotes over the API, on the pages, and on the live topics."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import redis

from apps.core.clock import freeze, now, to_ms
from apps.core.live import Identity
from apps.core.live.publishing import client as hub_client
from apps.core.live.topics import find_topic
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data import queries
from apps.trading.market_data.gateways.quote_cache import key_of, to_text
from tests.factories.candles import FIVE, START, make_bars, quote_of, store

pytestmark = pytest.mark.django_db
QUOTE = {"bid": "67000.10", "ask": "67000.20", "last": "67000.15", "change_percent": "1.250"}


@pytest.fixture(autouse=True)
def _instruments():
    seed_instruments()
    hub_client().delete(*map(key_of, ("BTCUSDT", "ETHUSDT", "SOLUSDT")))
    yield
    hub_client().delete(key_of("BTCUSDT"))


def put_quote(at: datetime) -> None:
    hub_client().set(key_of("BTCUSDT"), to_text({**QUOTE, "at": str(to_ms(at))}), ex=5)


def test_candles_are_exact_texts_oldest_first(customer, api):
    bars = make_bars(1_010)
    store(bars)
    answer = api(customer).get("/api/v1/candles", {"symbol": "BTCUSDT", "interval": "5m", "limit": 3})
    body = answer.json()
    assert (body["symbol"], body["interval"], body["source"]) == ("BTCUSDT", "5m", "sandbox")
    assert [row[0] for row in body["candles"]] == bars.ts[-3:].tolist()
    _, opened, high, low, close, volume = list(bars.rows())[-1]
    hundredths = [f"{price // 100}.{price % 100:02d}" for price in (opened, high, low, close)]
    assert body["candles"][-1][1:5] == hundredths
    assert int(body["candles"][-1][5].replace(".", "")) == volume or volume % 10 == 0
    assert body["as_of"] == datetime.fromtimestamp((bars.ts[-1] + FIVE) / 1000, UTC).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ({"start": START + 10 * FIVE, "limit": 5}, 10, 14),
        ({"start": START + 10 * FIVE, "end": START + 12 * FIVE}, 10, 12),
        ({"end": START + 12 * FIVE, "limit": 2}, 11, 12),
        ({"start": START + 95 * FIVE}, 95, 99),
    ],
)
def test_ranges_include_both_ends(customer, api, asked, first, last):
    store(make_bars(100))
    answer = api(customer).get("/api/v1/candles", {"symbol": "BTCUSDT", "interval": "5m", **asked})
    times = [row[0] for row in answer.json()["candles"]]
    assert times == [START + index * FIVE for index in range(first, last + 1)]


def test_an_unchanged_answer_is_304(customer, api):
    store(make_bars(10))
    asked = {"symbol": "BTCUSDT", "interval": "5m"}
    browser = api(customer)
    tag = browser.get("/api/v1/candles", asked).headers["ETag"]
    assert browser.get("/api/v1/candles", asked, headers={"If-None-Match": tag}).status_code == 304
    store(make_bars(11))
    assert browser.get("/api/v1/candles", asked, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"symbol": "NOPE", "interval": "5m"}, 404),
        ({"symbol": "btcusdt", "interval": "5m"}, 422),
        ({"symbol": "BTCUSDT", "interval": "7m"}, 422),
        ({"symbol": "BTCUSDT\x00", "interval": "5m"}, 422),
        ({"symbol": "BTCUSDT", "interval": "5m", "start": "x"}, 422),
        ({"symbol": "BTCUSDT", "interval": "5m", "start": "9" * 400}, 422),
        ({"symbol": "BTCUSDT", "interval": "5m", "start": 10, "end": 5}, 422),
        ({"symbol": "BTCUSDT", "interval": "5m", "limit": 100_000}, 422),
        ({"symbol": "BTCUSDT", "interval": "1m"}, 422),
        ({}, 422),
    ],
)
def test_wrong_questions_are_problems(customer, api, asked, status):
    store(make_bars(3))
    answer = api(customer).get("/api/v1/candles", asked)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_strangers_see_nothing(api, web):
    assert api().get("/api/v1/candles", {"symbol": "BTCUSDT", "interval": "5m"}).status_code in (401, 403)
    assert web().get("/markets/").status_code == 302


def test_quotes_tell_their_age(customer, api):
    moment = now()
    put_quote(moment)
    (shown,) = api(customer).get("/api/v1/quotes").json()["results"]
    assert (shown["symbol"], shown["last"], shown["change_percent"], shown["is_stale"]) == (
        "BTCUSDT", "67000.15", "1.250", False,
    )  # fmt: skip
    with freeze(moment.replace(year=moment.year + 1)):
        assert quote_of("BTCUSDT").is_stale
    asked = api(customer).get("/api/v1/quotes", {"symbols": "ETHUSDT,BTCUSDT"}).json()["results"]
    assert [row["symbol"] for row in asked] == ["BTCUSDT"]
    assert api(customer).get("/api/v1/quotes", {"symbols": "NOPE"}).status_code == 404
    assert api(customer).get("/api/v1/quotes", {"symbols": "a b"}).status_code == 422


def test_without_redis_there_is_no_quote(monkeypatch):
    def away(_keys):
        raise redis.ConnectionError

    monkeypatch.setattr(hub_client(), "mget", away)
    assert queries.get_quote("BTCUSDT") is None


def test_the_pages_show_prices_charts_and_search(customer, web):
    bars = make_bars(400)
    store(bars)
    put_quote(now())
    browser = web(customer)
    listed = browser.get("/markets/").content.decode()
    assert "67,000.15" in listed
    assert "ETH/USDT" in listed
    found = browser.get("/markets/", {"q": "eth"}).content.decode()
    assert "ETH/USDT" in found
    assert "BTC/USDT" not in found
    assert "No market matches" in browser.get("/markets/", {"q": "zzz\x00"}).content.decode()
    page = browser.get("/markets/BTCUSDT/", {"interval": "1h"}).content.decode()
    assert 'data-symbol="BTCUSDT"' in page
    assert 'data-interval="1h"' in page
    assert "Sandbox, live" in page
    assert 'data-interval="5m"' in browser.get("/markets/BTCUSDT/", {"interval": "<b>"}).content.decode()
    assert browser.get("/markets/NOPE/").status_code == 404


def test_a_market_without_candles_or_quote_still_has_its_page(customer, web):
    page = web(customer).get("/markets/SOLUSDT/").content.decode()
    assert "No live price" in page


def test_topics_greet_with_the_present_and_refuse_the_unknown():
    who = Identity(schema="public", user_id=uuid4(), session_hash="")
    store(make_bars(5))
    put_quote(now())
    quotes, candles = find_topic("quotes.BTCUSDT"), find_topic("candles.BTCUSDT.5m")
    assert quotes.snapshot(who, "quotes.BTCUSDT")["last"] == "67000.15"
    assert quotes.snapshot(who, "quotes.ETHUSDT") == {}
    newest = candles.snapshot(who, "candles.BTCUSDT.5m")
    assert (newest["ts"], newest["closed"]) == (str(START + 4 * FIVE), True)
    assert json.loads(json.dumps(newest)) == newest
    assert quotes.authorise(who, "quotes.BTCUSDT")
    assert candles.authorise(who, "candles.BTCUSDT.1h")
    for unknown in ("quotes.NOPE", "quotes.BTCUSDT.x", "candles.BTCUSDT.7m", "candles.BTCUSDT", "quotes."):
        assert not find_topic(unknown).authorise(who, unknown)
