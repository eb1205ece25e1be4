"""A small HTTP server that answers as one exchange does, for the unmodified adapter library to talk to.

It keeps orders as the exchange would and lets each exchange's `Voice` say them in its own words (venue_voices.py). The
descriptions of markets are those that the product keeps.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apps.trading.exchanges.gateways.offline import KEPT

PRICE = "20000"
Reply = tuple[int, Any]


@dataclass
class Order:
    """An order as the exchange keeps it; amounts are texts."""

    id: str
    cid: str
    side: str
    kind: str
    amount: str
    price: str
    filled: str = "0"
    status: str = "open"
    at_ms: int = field(default_factory=lambda: int(time.time() * 1_000))


@dataclass
class Trade:
    """An execution as the exchange keeps it."""

    id: str
    order: Order
    amount: str
    price: str
    fee: str
    at_ms: int


class Voice:
    """One exchange's words. Routes are "METHOD /path": the longest beginning of the path counts."""

    name = ""
    symbol = "BTCUSDT"
    routes: dict[str, str] = {}
    envelope: dict[str, Any] = {}
    """What every answer carries besides; the descriptions of markets are kept without it."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.trades: list[Trade] = []
        self.requests: list[tuple[str, str, Any, dict[str, str]]] = []
        self.is_poor = False
        self.fault = ""
        self.skew_ms = 0
        self.refuse_key: Reply | None = None
        self.rights: Any = None

    @property
    def now(self) -> int:
        """The exchange's clock in ms."""
        return int(time.time() * 1_000) + self.skew_ms

    def answer(self, method: str, path: str, given: Any, headers: dict[str, str]) -> Reply | None:
        """Return (status, body), or None: no answer comes, although what was asked was done."""
        self.requests.append((method, path, given, headers))
        bare = path.partition("?")[0]
        fitting = [route for route in self.routes if f"{method} {bare}".startswith(route)]
        if not fitting:
            return self._markets(method, path)
        route = self.routes[max(fitting, key=len)]
        if route in ("balance", "told_rights") and self.refuse_key is not None:
            return self.refuse_key
        if route == "create" and self.fault == "bad_gateway":
            return 502, None
        last = bare.rsplit("/", 1)[-1]
        body = getattr(self, route)(given if isinstance(given, dict) else {"rows": given}, last)
        if route == "create" and self.fault == "drop":
            return None
        return body if isinstance(body, tuple) else (200, body)

    def _markets(self, method: str, path: str) -> Reply:
        for kept in _kept(self.name):
            if method == "GET" and kept["match"] in path:
                return 200, {**self.envelope, **kept["body"]} if self.envelope else kept["body"]
        return 404, {"error": "no such path"}

    def take(self, cid: str, side: str, kind: str, amount: str, price: str = "", *, at_once: bool = False) -> Order:
        """Keep an order; one at market, or that stays for no time, is filled."""
        order = Order(f"{len(self.orders) + 1}001", cid, side.lower(), kind.lower(), amount, price or PRICE)
        self.orders.append(order)
        if kind.lower() == "market" or at_once:
            self.fill(order, amount)
        return order

    def fill(self, order: Order, amount: str, trade_id: str = "", at_ms: int = 0) -> Trade:
        """Execute (a part of) an order."""
        from decimal import Decimal

        order.filled = f"{Decimal(order.filled) + Decimal(amount):f}"
        order.status = "filled" if Decimal(order.filled) >= Decimal(order.amount) else "open"
        made = Trade(trade_id or f"{len(self.trades) + 1}", order, amount, PRICE, "0.0005", at_ms or self.now)
        self.trades.append(made)
        return made

    def find(self, wanted: Any) -> Order | None:
        """Return the order of an id, the exchange's or ours."""
        return next((row for row in self.orders if wanted and str(wanted) in (row.id, row.cid)), None)

    def cancel(self, wanted: Any) -> Order | None:
        """Take an open order back; None when there is none."""
        found = self.find(wanted)
        if found is None or found.status != "open":
            return None
        found.status = "cancelled"
        return found

    def open(self) -> list[Order]:
        """Return the open orders."""
        return [row for row in self.orders if row.status == "open"]

    def page(self, until: Any, size: int) -> list[Trade]:
        """Return the newest executions up to a time, newest first."""
        rows = [row for row in self.trades if not until or row.at_ms <= int(until)]
        return sorted(rows, key=lambda row: (row.at_ms, row.id), reverse=True)[:size]


def _kept(name: str) -> list[dict[str, Any]]:
    if name not in _files:
        _files[name] = json.loads((KEPT / f"{name}.json").read_text())
    return _files[name]


_files: dict[str, list[dict[str, Any]]] = {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    voice: Voice

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        given: Any = dict(parse_qsl(urlsplit(self.path).query))
        if body.startswith("["):
            given = json.loads(body)
        elif body.startswith("{"):
            given |= json.loads(body)
        elif body:
            given |= dict(parse_qsl(body))
        reply = self.voice.answer(self.command, self.path, given, dict(self.headers))
        if reply is None:
            self.close_connection = True
            self.connection.close()
            return
        status, found = reply
        text = (json.dumps(found) if found is not None else "<html>Bad gateway</html>").encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if found is not None else "text/html")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = do_PUT = _serve  # noqa: N815 - the names http.server asks for

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def open_desk(voice: Voice) -> Iterator[dict[str, Any]]:
    """Serve an exchange while the block lasts; yields constructor settings that lead the library there."""
    import ccxt

    handler = type("Handler", (_Handler,), {"voice": voice})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    here = f"127.0.0.1:{server.server_address[1]}"
    try:
        described: Any = getattr(ccxt, voice.name)()
        api = described.urls["api"]
        yield {"urls": {"api": _led(api, here)}, "hostname": here}
    finally:
        server.shutdown()
        server.server_close()


def _led(addresses: Any, here: str) -> Any:
    if isinstance(addresses, dict):
        return {name: _led(value, here) for name, value in addresses.items()}
    path = str(addresses).partition("://")[2].partition("/")[2]
    return f"http://{here}/{path}".rstrip("/")
