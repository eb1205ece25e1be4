"""Lock-step: fills at the next open, the same answers every time, and the market clock's other controls."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import ccxt
import numpy as np
import pytest

from apps.trading.sandbox.client import SandboxRefusedError
from apps.trading.sandbox.exchange.__main__ import BUNDLED_CANDLES
from tests.apps.trading.sandbox.exchange_process import ExchangeProcess

BTC = "BTC/USDT"
BAR = 300_000
Start = Callable[..., ExchangeProcess]


def recorded_bars() -> dict[int, tuple[int, int, int, int]]:
    with np.load(BUNDLED_CANDLES / "BTCUSDT_5m_2024.npz") as packed:
        columns = [packed[name][:3_000].tolist() for name in ("ts", "open", "high", "low", "close")]
    return {row[0]: row[1:] for row in zip(*columns, strict=True)}


def zero_fee_venue(exchange: ExchangeProcess) -> Any:
    key = exchange.new_key(maker_fee=Decimal(0), taker_fee=Decimal(0))
    return ccxt.binance(exchange.settings(key))


def test_market_orders_fill_at_the_next_open_exactly(new_exchange: Start) -> None:
    exchange, bars = new_exchange(), recorded_bars()
    venue, control = zero_fee_venue(exchange), exchange.control
    for number in range(20):
        position = control.step()
        opened = position.last_closed_bar + BAR
        assert position.market_time == opened
        assert position.prices["BTCUSDT"] * 100 == bars[opened][0]
        closed, forming = venue.fetch_ohlcv(BTC, "5m", limit=2)
        assert [round(value * 100) for value in closed[1:5]] == list(bars[opened - BAR])
        assert (forming[0], forming[1:5]) == (opened, [bars[opened][0] / 100] * 4)
        order = venue.create_order(BTC, "market", "buy" if number % 2 else "sell", 0.5)
        assert [trade["price"] * 100 for trade in order["trades"]] == [pytest.approx(bars[opened][0])]
        assert Decimal(order["info"]["cummulativeQuoteQty"]) == Decimal(bars[opened][0]) / 100 / 2


def test_the_market_stands_between_steps(new_exchange: Start) -> None:
    exchange = new_exchange()
    venue = zero_fee_venue(exchange)
    standing = exchange.control.step(3)
    book = venue.fetch_order_book(BTC)
    (bid, ask) = book["bids"][0], book["asks"][0]
    assert bid[0] == ask[0] == float(standing.prices["BTCUSDT"])
    assert min(bid[1], ask[1]) > 1_000_000
    first = venue.create_order(BTC, "market", "buy", 2)
    second = venue.create_order(BTC, "market", "sell", 1)
    assert first["average"] == second["average"] == bid[0]
    assert exchange.control.status()["market_time"] == standing.market_time


def test_resting_orders_fill_at_their_price_when_the_path_reaches_it(new_exchange: Start) -> None:
    exchange, bars = new_exchange(), recorded_bars()
    venue, control = zero_fee_venue(exchange), exchange.control
    opened = control.step().market_time
    low, high = bars[opened][2] / 100, bars[opened][1] / 100
    touched = [venue.create_order(BTC, "limit", "buy", 0.1, low), venue.create_order(BTC, "limit", "sell", 0.1, high)]
    missed = [
        venue.create_order(BTC, "limit", "buy", 0.1, round(low - 0.01, 2)),
        venue.create_order(BTC, "limit", "sell", 0.1, round(high + 0.01, 2)),
    ]
    control.step()
    for order, price in zip(touched, (low, high), strict=True):
        found = venue.fetch_order(order["id"], BTC)
        assert (found["status"], found["average"]) == ("closed", price)
    assert {row["id"] for row in venue.fetch_open_orders(BTC)} == {order["id"] for order in missed}
    assert all(trade["takerOrMaker"] == "maker" for trade in venue.fetch_my_trades(BTC))


def play(exchange: ExchangeProcess) -> str:
    """A fixed script of orders and steps; returns everything a client can see of it, without wall times."""
    venue, control = ccxt.binance(exchange.settings(exchange.new_key())), exchange.control
    control.pause()
    for number in range(12):
        price = float(venue.fetch_ticker(BTC)["last"])
        venue.create_order(BTC, "limit", "buy", 0.3, round(price * 0.999, 2), {"clientOrderId": f"b{number}"})
        venue.create_order(BTC, "limit", "sell", 0.2, round(price * 1.001, 2), {"clientOrderId": f"s{number}"})
        venue.create_order(BTC, "market", "buy", 1, None, {"clientOrderId": f"m{number}"})
        control.step()
        if number == 6:
            venue.cancel_all_orders(BTC)
    wall = ("time", "updateTime", "workingTime", "transactTime")
    rows = venue.privateGetMyTrades({"symbol": "BTCUSDT"}) + venue.privateGetAllOrders({"symbol": "BTCUSDT"})
    facts = [{name: value for name, value in row.items() if name not in wall} for row in rows]
    return json.dumps([facts, venue.privateGetAccount()["balances"], exchange.control.digest()])


def test_the_same_inputs_give_the_same_trades_ids_and_balances_twice(new_exchange: Start) -> None:
    start = ("--start", "1706745600000")
    played = [play(new_exchange(name, *start, "--speed", "0.001")) for name in ("first", "second")]
    assert played[0] == played[1]
    assert played[0].count('"isMaker": true') > 3


def test_jump_pause_speed_and_their_refusals(new_exchange: Start) -> None:
    exchange = new_exchange()
    control = exchange.control
    control.pause()
    jumped = control.jump(1709251200000 + 12_345)
    assert (jumped.market_time, jumped.running) == (1709251200000, False)
    refused: list[tuple[Callable[[Any], Any], float]] = [(control.jump, 0), (control.step, 0), (control.step, 10_001)]
    refused += [(control.set_speed, 0), (control.set_speed, -1)]
    for call, value in refused:
        with pytest.raises(SandboxRefusedError):
            call(value)
    assert control.status()["market_time"] == jumped.market_time
    assert control.set_speed(600).speed == 600
    assert control.resume().running


def test_now_mode_ends_its_last_closed_bar_in_the_present(new_exchange: Start) -> None:
    exchange = new_exchange("now", "--mode", "now")
    venue = zero_fee_venue(exchange)
    server = venue.fetch_time()
    *_, closed, forming = venue.fetch_ohlcv(BTC, "5m", limit=1000)
    assert forming[0] <= server + 1_000 < forming[0] + BAR + 2_000
    assert closed[0] == forming[0] - BAR
    with pytest.raises(SandboxRefusedError, match="wall clock"):
        exchange.control.step()
    with pytest.raises(SandboxRefusedError, match="wall clock"):
        exchange.control.jump(1709251200000)


def test_the_recording_s_end_stops_the_market_or_loops_forward(new_exchange: Start) -> None:
    with np.load(BUNDLED_CANDLES / "BTCUSDT_5m_2024.npz") as packed:
        last = int(packed["ts"][-1])
    for name, arguments in (("ends", ("--no-loop",)), ("loops", ())):
        exchange = new_exchange(name, "--start", str(last), *arguments)
        control = exchange.control
        if arguments:
            with pytest.raises(SandboxRefusedError, match="ended"):
                control.step()
        else:
            assert control.step(2).market_time == last + 2 * BAR
            assert len(zero_fee_venue(exchange).fetch_ohlcv(BTC, "5m", limit=4)) == 4
