"""Serves the rendered samples, the static files and seeded candles on loopback, under the product's content policy."""

import json
import mimetypes
import random
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from tests.frontend.rendering import NONCE, STATIC, render
from tests.frontend.samples import PAGES

FIVE_MINUTES = 300_000
LAST_OPEN = 1_748_872_800_000
POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src 'self' 'nonce-{NONCE}'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def candles(count: int) -> list[list[str]]:
    """Seeded five-minute candles, oldest first, as the chart API sends them."""
    source = random.Random(5)
    close, rows = 105_150.0, []
    for at in range(count):
        start = close
        close = start * (1 + source.gauss(0, 0.0011))
        high = max(start, close) * (1 + abs(source.gauss(0, 0.0005)))
        low = min(start, close) * (1 - abs(source.gauss(0, 0.0005)))
        opened = LAST_OPEN - (count - 1 - at) * FIVE_MINUTES
        rows.append(
            [str(opened), *(f"{price:.1f}" for price in (start, high, low, close)), f"{source.uniform(2, 60):.3f}"]
        )
    return rows


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # one connection for all that a page asks for

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if url.path.startswith("/static/"):
            self._send_static(url.path.removeprefix("/static/"))
        elif url.path == "/api/v1/candles":
            self._send("application/json", json.dumps({"candles": candles(int(query["limit"][0]))}).encode())
        elif url.path.endswith("/progress/"):
            _, context = PAGES["backtest-running"]
            self._send("text/html; charset=utf-8", render("trading/backtests/_progress.html", context).encode())
        elif url.path.removeprefix("/sample/") in PAGES:
            template, context = PAGES[url.path.removeprefix("/sample/")]
            self._send(
                "text/html; charset=utf-8", render(template, context, theme=query.get("theme", [""])[0]).encode()
            )
        else:
            self.send_error(404)

    def _send_static(self, name: str) -> None:
        path = (STATIC / name).resolve()
        if not path.is_relative_to(STATIC) or not path.is_file():
            self.send_error(404)
            return
        kind = "text/javascript" if path.suffix == ".mjs" else mimetypes.guess_type(path.name)[0]
        # Kept by the browser, as it keeps the product's: the pages share their styles, scripts and fonts.
        self._send(kind or "application/octet-stream", path.read_bytes(), keep="max-age=3600")

    def _send(self, kind: str, body: bytes, *, keep: str = "no-store") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", keep)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet: the test reports what went wrong."""


@contextmanager
def sample_server() -> Iterator[str]:
    """Runs the server for the block; yields its address without a trailing slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
