"""The guard itself: without it, "no client reached a real host" would say nothing."""

import socket
from typing import Any

import ccxt
import pytest

from tests.apps.trading.sandbox.exchange_process import ExchangeProcess
from tests.clients.conftest import Places
from tests.clients.scripts import loopback, pages

pytestmark = pytest.mark.clients


def test_connections_and_look_ups_are_refused_and_remembered() -> None:
    with pytest.raises(loopback.LeftTheMachineError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(loopback.LeftTheMachineError):
        socket.getaddrinfo("exchange.example.test", 443)
    assert loopback.unwatch() == ["192.0.2.1", "exchange.example.test"]
    loopback.watch()


def test_a_partial_override_is_caught(exchange: ExchangeProcess, places: Places) -> None:
    settings: dict[str, Any] = pages.follow(places, "ccxt")["SANDBOX"]
    api = settings["urls"]["api"]
    settings["urls"] = {"api": {name: api[name] for name in ("public", "private")}}
    with pytest.raises(ccxt.BaseError):
        ccxt.binance(settings).load_markets()
    assert loopback.unwatch() == ["api.binance.com"]
    loopback.watch()
