"""Injected faults: what the client sees, and what the exchange did."""

import time
from typing import Any

import ccxt
import pytest

from apps.trading.sandbox.client import AccountKey
from tests.apps.trading.sandbox.exchange_process import ExchangeProcess

BTC = "BTC/USDT"
ORDER: dict[str, Any] = {"method": "POST", "path": "/api/v3/order"}


@pytest.fixture
def key(exchange: ExchangeProcess) -> AccountKey:
    return exchange.new_key()


@pytest.fixture
def venue(exchange: ExchangeProcess, key: AccountKey) -> Any:
    client = ccxt.binance(exchange.settings(key, timeout=400))
    client.load_markets()
    return client


def place(venue: Any, client_id: str = "first") -> Any:
    return venue.create_order(BTC, "limit", "buy", 0.01, 20_000, {"clientOrderId": client_id})


def orders(exchange: ExchangeProcess, key: AccountKey) -> list[str]:
    return [row["clientOrderId"] for row in ccxt.binance(exchange.settings(key)).fetch_open_orders(BTC)]


def test_accept_then_timeout_accepts_exactly_one_order(exchange: ExchangeProcess, key: AccountKey, venue: Any) -> None:
    exchange.control.inject_fault("accept_then_timeout", delay_ms=2_000, api_key=key.api_key, **ORDER)
    with pytest.raises(ccxt.RequestTimeout):
        place(venue)
    assert orders(exchange, key) == ["first"]
    assert venue.fetch_order(None, BTC, {"origClientOrderId": "first"})["status"] == "open"
    place(venue, "second")
    assert orders(exchange, key) == ["first", "second"]


def test_a_withheld_answer_ends_with_a_closed_connection(
    exchange: ExchangeProcess, key: AccountKey, venue: Any
) -> None:
    exchange.control.inject_fault("accept_then_timeout", delay_ms=50, api_key=key.api_key, **ORDER)
    with pytest.raises(ccxt.NetworkError):
        place(venue)
    assert orders(exchange, key) == ["first"]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("drop", ccxt.NetworkError),
        ("error_5xx", ccxt.OperationFailed),
        ("http_429", ccxt.DDoSProtection),
    ],
)
def test_refusing_faults_place_nothing(
    exchange: ExchangeProcess, key: AccountKey, venue: Any, kind: str, error: type[Exception]
) -> None:
    rule = exchange.control.inject_fault(kind, count=2, api_key=key.api_key, **ORDER)
    for number in range(2):
        with pytest.raises(error):
            place(venue, f"lost-{number}")
    assert orders(exchange, key) == []
    assert rule["id"] not in [left["id"] for left in exchange.control.faults()]
    place(venue)
    assert orders(exchange, key) == ["first"]


def test_a_late_answer_is_still_the_answer(exchange: ExchangeProcess, key: AccountKey, venue: Any) -> None:
    exchange.control.inject_fault("late_answer", delay_ms=150, api_key=key.api_key, **ORDER)
    started = time.monotonic()
    assert place(venue)["status"] == "open"
    assert time.monotonic() - started >= 0.15


def test_a_request_that_arrives_after_its_window_is_refused(
    exchange: ExchangeProcess, key: AccountKey, venue: Any
) -> None:
    exchange.control.inject_fault("delay_ms", delay_ms=200, api_key=key.api_key, **ORDER)
    with pytest.raises(ccxt.InvalidNonce):
        venue.create_order(BTC, "limit", "buy", 0.01, 20_000, {"recvWindow": 100})
    assert orders(exchange, key) == []


def test_faults_of_one_key_and_path_leave_others_alone(exchange: ExchangeProcess, key: AccountKey, venue: Any) -> None:
    exchange.control.inject_fault("drop", count=5, api_key=key.api_key, method="DELETE", path="/api/v3/order")
    other = ccxt.binance(exchange.settings(exchange.new_key()))
    theirs, mine = place(other), place(venue)
    assert other.cancel_order(theirs["id"], BTC)["status"] == "canceled"
    with pytest.raises(ccxt.NetworkError):
        venue.cancel_order(mine["id"], BTC)
    exchange.control.clear_faults()
    assert exchange.control.faults() == []
    assert venue.cancel_order(mine["id"], BTC)["status"] == "canceled"
