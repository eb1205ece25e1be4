"""Book, trades, statistics, venues and arbitrage: on the pages and over the API, known and unknown; the list sorted."""

import json
from decimal import Decimal
from typing import Any

import pytest

from apps.core.clock import now, to_ms
from apps.core.live.publishing import client
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data.gateways import live_cache
from tests.apps.trading.market_data.test_market_faces import put_quote
from tests.factories.candles import make_bars, store

pytestmark = pytest.mark.django_db
SYMBOL = "BTCUSDT"


@pytest.fixture(autouse=True)
def _instruments() -> None:
    seed_instruments()


def put_venues(**tops: tuple[str, str]) -> None:
    for venue, (bid, ask) in tops.items():
        data = {"bid": bid, "ask": ask, "bid_size": "0.5", "ask_size": "0.4", "last": bid, "volume": "100"}
        text = json.dumps({**data, "at": str(to_ms(now()))})
        client().hset(live_cache.venue_quotes_key(SYMBOL), venue, text)


def put_live() -> None:
    at = str(to_ms(now()))
    book = {"bids": [["67000.10", "1.5"], ["66999.00", "2"]], "asks": [["67000.20", "0.5"], ["67001.00", "3"]]}
    prints = [
        {"id": "1", "p": "67000.10", "q": "0.1", "ts": "1717423200000", "side": "sell"},
        {"id": "2", "p": "67000.20", "q": "0.2", "ts": "1717423201000", "side": "buy"},
    ]
    client().set(live_cache.book_key(SYMBOL, "sandbox"), json.dumps({**book, "sequence": "7", "at": at}))
    client().set(live_cache.trades_key(SYMBOL, "sandbox"), json.dumps({"prints": prints}))
    client().set(live_cache.statistics_key(SYMBOL), json.dumps({"imbalance": "0.25", "vwap": "67000.15"}))


def test_a_market_shows_what_the_feed_knows(customer: Any, web: Any) -> None:
    browser = web(customer)
    silent = browser.get(f"/markets/{SYMBOL}/").content.decode()
    assert "No book: the feed is silent" in silent
    assert "No trade was heard of yet." in silent
    put_live()
    put_venues(binance=("67000.1", "67000.3"), kraken=("67200.5", "67201.0"))
    page = browser.get(f"/markets/{SYMBOL}/").content.decode()
    for part in (
        'data-book="book.BTCUSDT"', 'data-tape="trades.BTCUSDT"', 'data-live-topic="stats.BTCUSDT"', "67,001.00",
        "14:00:01", "67,000.15", "Kraken", "+0.25", 'value="1000"',
    ):  # fmt: skip
        assert part in page
    asks = page.partition('data-side="asks"')[2].partition("</tbody>")[0]
    assert asks.index("67,001.00") < asks.index("67,000.20")  # the best ask lies at the spread


def test_venues_are_compared_after_fees(customer: Any, web: Any, api: Any) -> None:
    browser = web(customer)
    assert "Nothing to compare yet" in browser.get("/arbitrage/").content.decode()
    put_venues(binance=("67000.1", "67000.3"), kraken=("67200.5", "67201.0"))
    page = browser.get("/arbitrage/", {"symbol": SYMBOL}).content.decode()
    assert "1 of 2 pairs pay" in page
    assert browser.get("/arbitrage/", {"symbol": "NOPE\x00"}).status_code == 404
    rows = api(customer).get(f"/api/v1/markets/{SYMBOL}/arbitrage").json()["results"]
    best = rows[0]
    assert (best["buy_venue"], best["sell_venue"], best["size"]) == ("binance", "kraken", "0.4")
    worth = Decimal("67200.5") * Decimal("0.999") / (Decimal("67000.3") * Decimal("1.001")) - 1
    assert abs(Decimal(best["net_percent"]) - worth * 100) < Decimal("0.001")
    found = api(customer).get(f"/api/v1/markets/{SYMBOL}/venues").json()
    assert (found["consolidated"]["bid_venue"], found["consolidated"]["ask_venue"]) == ("kraken", "binance")
    assert [row["venue"] for row in found["results"]] == ["binance", "kraken"]


def test_the_api_gives_texts_and_says_what_is_unknown(customer: Any, api: Any) -> None:
    caller = api(customer)
    base = f"/api/v1/markets/{SYMBOL}"
    assert caller.get(f"{base}/book").status_code == 404
    assert caller.get(f"{base}/trades").json() == {"results": []}
    assert caller.get(f"{base}/statistics").json()["figures"] == {}
    assert caller.get(f"{base}/venues").json() == {"symbol": SYMBOL, "consolidated": None, "results": []}
    put_live()
    book = caller.get(f"{base}/book").json()
    assert (book["bids"][0], book["sequence"], book["is_stale"]) == (["67000.10", "1.5"], "7", False)
    trades = caller.get(f"{base}/trades").json()["results"]
    assert [(row["id"], row["price"], row["side"]) for row in trades] == [
        ("2", "67000.20", "buy"),
        ("1", "67000.10", "sell"),
    ]
    assert caller.get(f"{base}/statistics").json()["figures"]["imbalance"] == "0.25"
    assert caller.get(f"{base}/book", {"venue": "../x"}).status_code == 422
    for part in ("book", "trades", "statistics", "venues", "arbitrage"):
        assert caller.get(f"/api/v1/markets/NOPE/{part}").status_code == 404


def test_the_list_sorts_by_every_column(customer: Any, web: Any) -> None:
    store(make_bars(300), symbol="ETHUSDT")
    put_quote(now())
    browser = web(customer)

    def order(**asked: str) -> list[str]:
        page = browser.get("/markets/", asked).content.decode()
        return sorted(("BTC/USDT", "ETH/USDT", "SOL/USDT"), key=lambda pair: page.index(f">{pair}<"))

    assert order(sort="market", order="desc") == ["SOL/USDT", "ETH/USDT", "BTC/USDT"]
    assert order(sort="price", order="desc")[-1] == "SOL/USDT"  # no price: last, whatever the order
    assert order(sort="price")[-1] == "SOL/USDT"
    assert order(sort="volume")[0] == "ETH/USDT"
    assert order(sort="nonsense", order="x") == ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
    page = browser.get("/markets/", {"sort": "change", "order": "desc"}).content.decode()
    assert 'aria-sort="descending"' in page
    assert "No markets yet" in browser.get("/markets/", {"class": "stock"}).content.decode()
    assert browser.get("/markets/", {"q": "bitcion"}).content.decode().count(">BTC/USDT<") == 1
