"""The status page on the protocol's port: what it shows, and what it does not."""

import http.client
import re
from collections.abc import Callable

import ccxt

from tests.apps.trading.sandbox.exchange_process import ExchangeProcess


def get(exchange: ExchangeProcess, method: str = "GET") -> tuple[int, str, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", exchange.facts["port"])
    connection.request(method, "/status")
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.headers


def test_it_shows_books_numbers_and_rates_and_no_secrets(new_exchange: Callable[..., ExchangeProcess]) -> None:
    exchange = new_exchange("page", "--speed", "0.001")
    key = exchange.new_key()
    ccxt.binance(exchange.settings(key)).create_order("BTC/USDT", "limit", "buy", 0.123, 20_000)
    exchange.control.halt_symbol("ETHUSDT")
    exchange.control.inject_fault("drop", path="/nowhere")
    status, page, headers = get(exchange)
    assert (status, headers["content-type"]) == (200, "text/html;charset=utf-8")
    rows = [re.findall(r">([^<]*)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", page)]
    cells = {row[0]: row[1:] for row in rows if row}
    price = f"{exchange.control.pause().prices['BTCUSDT']:f}"
    assert cells["BTCUSDT"][0] == "TRADING"
    assert cells["BTCUSDT"][3] == price
    assert cells["ETHUSDT"][:3] == ["BREAK", "–", "–"]
    assert (cells["Accounts"], cells["Keys"], cells["Open orders"]) == (["1"], ["1"], ["1"])
    assert cells["Active faults"] == ["1"]
    assert cells["Orders"][1] == "1"
    assert exchange.control.status()["rates"].keys() == {name.lower() for name in cells if len(cells[name]) == 2}
    for secret in (key.api_key, key.secret, "1000000", "0.123"):
        assert secret not in page


def test_it_needs_nothing_from_elsewhere(exchange: ExchangeProcess) -> None:
    _, page, headers = get(exchange)
    assert "default-src 'none'" in headers["content-security-policy"]
    assert not re.search(r"<script|<link|src=|href=|url\(|@import", page)
    assert get(exchange, "POST")[0] == 404
    exchange.control.inject_fault("maintenance")
    assert "In maintenance" in get(exchange)[1]
    exchange.control.clear_faults()
