"""Unmodified ccxt.pro, set up by the page: every stream that it declares for spot, and its requests over the socket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

import ccxt
import ccxt.pro
import pytest

from tests.apps.trading.sandbox.exchange_process import ExchangeProcess
from tests.clients.conftest import Places
from tests.clients.scripts import pages

pytestmark = pytest.mark.clients
BTC, ETH = "BTC/USDT", "ETH/USDT"
PATIENCE = 15
DERIVATIVES = {
    "watchPositions", "watchLiquidations", "watchLiquidationsForSymbols", "watchMyLiquidations",
    "watchMyLiquidationsForSymbols", "watchMarkPrice", "watchMarkPrices", "unWatchMarkPrice", "unWatchMarkPrices",
    "fetchPositionWs", "fetchPositionsWs", "fetchPositionForSymbolWs",
}  # fmt: skip
"""Declared by ccxt for its futures half of the same class."""
REFUSED_BY_CCXT = {"watchOrdersForSymbols", "fetchOrderBookWs", "fetchTickerWs", "fetchCurrenciesWs"}
"""Declared, but ccxt itself refuses them for spot without asking anybody, or has no such method at all."""
Call = Callable[[Any], Awaitable[Any]]


async def soon(awaitable: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(awaitable, PATIENCE)


async def until(watch: Callable[[], Awaitable[Any]], fits: Callable[[Any], bool]) -> Any:
    """Watch until what came fits."""

    async def repeat() -> Any:
        while not fits(found := await watch()):
            pass
        return found

    return await soon(repeat())


@pytest.fixture
async def venue(exchange: ExchangeProcess, places: Places) -> AsyncIterator[Any]:
    """A client with a new account of the page, in front of a market that stands."""
    exchange.control.pause()
    exchange.control.step()
    client = ccxt.pro.binance(pages.follow(places, "ccxt")["SANDBOX"])
    await client.load_markets()
    yield client
    await client.close()


async def watch_ticker(venue: Any, price: float) -> None:
    found = await until(lambda: venue.watch_ticker(BTC), lambda ticker: ticker["last"] == price)
    assert found["symbol"] == BTC


async def watch_tickers(venue: Any, price: float) -> None:
    found = await until(lambda: venue.watch_tickers([BTC]), lambda tickers: tickers[BTC]["last"] == price)
    assert list(found) == [BTC]


async def watch_all_tickers(venue: Any, price: float) -> None:
    await until(venue.watch_tickers, lambda tickers: BTC in tickers and tickers[BTC]["last"] == price)


async def watch_bids_asks(venue: Any, price: float) -> None:
    found = await until(lambda: venue.watch_bids_asks([BTC]), lambda quotes: quotes[BTC]["bid"] == price)
    assert found[BTC]["ask"] == price


async def watch_order_book(venue: Any, price: float) -> None:
    book = await until(lambda: venue.watch_order_book(BTC), lambda book: book["bids"][0][0] == price)
    assert book["asks"][0][0] == price


async def watch_order_book_for_symbols(venue: Any, price: float) -> None:
    def fits(book: Any) -> bool:
        return bool(book["symbol"] == BTC and book["bids"][0][0] == price)

    await until(lambda: venue.watch_order_book_for_symbols([BTC, ETH]), fits)


async def watch_ohlcv(venue: Any, price: float) -> None:
    bars = await until(lambda: venue.watch_ohlcv(BTC, "5m"), lambda bars: bars[-1][4] == price)
    assert bars[-1][1:5] == [price] * 4


async def watch_ohlcv_for_symbols(venue: Any, price: float) -> None:
    def fits(found: Any) -> bool:
        return bool(BTC in found and found[BTC]["5m"][-1][4] == price)

    await until(lambda: venue.watch_ohlcv_for_symbols([[BTC, "5m"], [ETH, "5m"]]), fits)


MARKET_WATCHES: dict[str, tuple[Callable[[Any, float], Awaitable[None]], Callable[[Any], Awaitable[Any]]]] = {
    "Ticker": (watch_ticker, lambda venue: venue.un_watch_ticker(BTC)),
    "Tickers": (watch_tickers, lambda venue: venue.un_watch_tickers([BTC])),
    "BidsAsks": (watch_bids_asks, lambda venue: venue.un_watch_bids_asks([BTC])),
    "OrderBook": (watch_order_book, lambda venue: venue.un_watch_order_book(BTC)),
    "OrderBookForSymbols": (
        watch_order_book_for_symbols, lambda venue: venue.un_watch_order_book_for_symbols([BTC, ETH]),
    ),
    "OHLCV": (watch_ohlcv, lambda venue: venue.un_watch_ohlcv(BTC, "5m")),
    "OHLCVForSymbols": (
        watch_ohlcv_for_symbols, lambda venue: venue.un_watch_ohlcv_for_symbols([[BTC, "5m"], [ETH, "5m"]]),
    ),
}  # fmt: skip
TRADE_WATCHES: dict[str, tuple[Callable[[Any], Awaitable[Any]], Callable[[Any], Awaitable[Any]]]] = {
    "Trades": (lambda venue: venue.watch_trades(BTC), lambda venue: venue.un_watch_trades(BTC)),
    "TradesForSymbols": (
        lambda venue: venue.watch_trades_for_symbols([BTC, ETH]),
        lambda venue: venue.un_watch_trades_for_symbols([BTC, ETH]),
    ),
}
ACCOUNT_WATCHES = {"Orders", "MyTrades", "Balance"}
REQUESTS = {
    "cancelAllOrdersWs", "cancelOrderWs", "createLimitOrderWs", "createMarketOrderWs", "createOrderWs", "editOrderWs",
    "fetchBalanceWs", "fetchMyTradesWs", "fetchOHLCVWs", "fetchOpenOrdersWs", "fetchOrdersWs",
    "fetchOrderWs", "fetchTradesWs",
}  # fmt: skip


def test_everything_that_ccxt_declares_is_tested_here() -> None:
    declared = {
        name for name, there in ccxt.pro.binance().has.items()
        if there and (name.startswith(("watch", "unWatch")) or name.endswith("Ws"))
    }  # fmt: skip
    tested = {f"{verb}{name}" for name in (*MARKET_WATCHES, *TRADE_WATCHES) for verb in ("watch", "unWatch")}
    tested |= {f"watch{name}" for name in ACCOUNT_WATCHES} | REQUESTS
    assert declared - DERIVATIVES - REFUSED_BY_CCXT == tested


async def test_what_ccxt_itself_refuses_for_spot(venue: Any) -> None:
    with pytest.raises(ccxt.NotSupported):
        await venue.watch_orders_for_symbols([BTC, ETH])
    with pytest.raises(ccxt.BadRequest, match="only supports swap"):
        await venue.fetch_order_book_ws(BTC)
    with pytest.raises(ccxt.BadRequest, match="only supports swap"):
        await venue.fetch_ticker_ws(BTC)
    assert not hasattr(venue, "fetch_currencies_ws")


@pytest.mark.parametrize("name", MARKET_WATCHES)
async def test_a_market_stream_arrives_and_ends(name: str, venue: Any, exchange: ExchangeProcess) -> None:
    watch, end = MARKET_WATCHES[name]
    await soon(watch(venue, float(exchange.control.pause().prices["BTCUSDT"])))
    moved = exchange.control.step()
    await watch(venue, float(moved.prices["BTCUSDT"]))
    before = exchange.control.status()["subscriptions"]["streams"]
    await soon(end(venue))
    assert exchange.control.status()["subscriptions"]["streams"] < before


async def test_all_tickers_at_once(venue: Any, exchange: ExchangeProcess) -> None:
    await watch_all_tickers(venue, float(exchange.control.step().prices["BTCUSDT"]))


@pytest.mark.parametrize("name", TRADE_WATCHES)
async def test_a_trade_is_seen_by_everybody(name: str, venue: Any, exchange: ExchangeProcess) -> None:
    watch, end = TRADE_WATCHES[name]
    watching = asyncio.ensure_future(soon(watch(venue)))
    await subscribed(exchange, "streams")
    order = await venue.create_order(BTC, "market", "buy", 0.02)
    (mine,) = await venue.fetch_my_trades(BTC)
    seen = await watching
    while mine["id"] not in [trade["id"] for trade in seen]:
        seen = await soon(watch(venue))
    (trade,) = [trade for trade in seen if trade["id"] == mine["id"]]
    assert (trade["price"], trade["amount"], trade["side"]) == (order["average"], 0.02, "buy")
    await soon(end(venue))


async def subscribed(exchange: ExchangeProcess, kind: str) -> None:
    """Return when the exchange has a listener of the kind."""

    async def ask() -> None:
        while not exchange.control.status()["subscriptions"][kind]:
            await asyncio.sleep(0)

    await soon(ask())


async def test_the_account_s_streams(venue: Any, exchange: ExchangeProcess) -> None:
    kinds: tuple[Awaitable[Any], ...] = (
        venue.watch_orders(BTC), venue.watch_my_trades(BTC), venue.watch_balance()
    )  # fmt: skip
    watching = [asyncio.ensure_future(soon(kind)) for kind in kinds]
    await subscribed(exchange, "users")
    order = await venue.create_order(BTC, "market", "buy", 0.1)
    orders, trades, balance = await asyncio.gather(*watching)
    assert {row["id"] for row in orders} == {order["id"]}
    assert [(row["order"], row["amount"]) for row in trades] == [(order["id"], 0.1)]
    balance = await until_balance(venue, balance)
    assert balance["BTC"] == {"free": 0.5999, "used": 0.0, "total": 0.5999}
    spent = Decimal(10_000) - Decimal(str(order["average"])) * Decimal("0.1")
    assert Decimal(str(balance["USDT"]["free"])) == spent


async def until_balance(venue: Any, balance: Any) -> Any:
    """Return the balance after the fill: the first one may still show the lock."""
    while balance["BTC"]["total"] != 0.5999:
        balance = await soon(venue.watch_balance())
    return balance


async def test_requests_over_the_socket(venue: Any) -> None:
    order = await soon(venue.create_limit_order_ws(BTC, "buy", 0.1, 20_000))
    assert (await soon(venue.fetch_order_ws(order["id"], BTC)))["status"] == "open"
    assert [row["id"] for row in await soon(venue.fetch_open_orders_ws(BTC))] == [order["id"]]
    edited = await soon(venue.edit_order_ws(order["id"], BTC, "limit", "buy", 0.1, 21_000))
    rows = {row["asset"]: row for row in (await soon(venue.fetch_balance_ws()))["info"]["balances"]}
    assert rows["USDT"] == {"asset": "USDT", "free": "7900.00000000", "locked": "2100.00000000"}
    assert (await soon(venue.cancel_order_ws(edited["id"], BTC)))["status"] == "canceled"
    await soon(venue.create_order_ws(BTC, "limit", "buy", 0.1, 20_000))
    assert [row["status"] for row in await soon(venue.cancel_all_orders_ws(BTC))] == ["canceled"]
    bought = await soon(venue.create_market_order_ws(BTC, "buy", 0.01))
    assert [row["order"] for row in await soon(venue.fetch_my_trades_ws(BTC))] == [bought["id"]]
    assert len(await soon(venue.fetch_orders_ws(BTC))) == 4


async def test_market_requests_over_the_socket(venue: Any, exchange: ExchangeProcess) -> None:
    price = float(exchange.control.pause().prices["BTCUSDT"])
    assert (await soon(venue.fetch_ohlcv_ws(BTC, "5m", limit=2)))[-1][4] == price
    order = await venue.create_order(BTC, "market", "buy", 0.01)
    (mine,) = await venue.fetch_my_trades(BTC)
    assert mine["order"] == order["id"]
    assert mine["id"] in [trade["id"] for trade in await soon(venue.fetch_trades_ws(BTC, limit=5))]
