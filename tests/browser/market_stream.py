"""From the exchange to the screen: what the page of a market was told over its socket, and what it shows at last."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page, WebSocket, sync_playwright

from tests.browser.product import CHROMIUM, FLAGS, Product

CANDLES, QUOTES = "candles.BTCUSDT.5m", "quotes.BTCUSDT"
PATIENCE = 90.0
KEEP_THE_SOCKET = """
    const Plain = window.WebSocket;
    window.WebSocket = class extends Plain { constructor(...given) { super(...given); window.openSocket = this; } };
"""
"""The page's own socket, within reach of the test that cuts it."""


@dataclass
class Heard:
    """Frames of the pages' sockets, one list a socket: those it sent and those it received."""

    opened: list[dict[str, list[dict[str, Any]]]] = field(default_factory=list)

    @property
    def sockets(self) -> list[dict[str, list[dict[str, Any]]]]:
        """The sockets that asked for the candles, in the order of their opening: the page before had one too."""
        return [frames for frames in self.opened if any(row.get("topic") == CANDLES for row in frames["sent"])]

    def listen(self, socket: WebSocket) -> None:
        """Take down what goes over a socket."""
        frames: dict[str, list[dict[str, Any]]] = {"sent": [], "received": []}
        self.opened.append(frames)
        socket.on("framesent", lambda text: frames["sent"].append(json.loads(text)))
        socket.on("framereceived", lambda text: frames["received"].append(json.loads(text)))

    def numbers(self, topic: str, socket: int) -> list[int]:
        """Return the sequence numbers of a topic, in the order of the page."""
        frames = self.sockets[socket]["received"]
        return [row["seq"] for row in frames if row.get("topic") == topic and row["type"] in ("snapshot", "delta")]

    def candles(self, socket: int) -> int:
        """Return how many candles were told of, closed or forming."""
        rows = [row for row in self.sockets[socket]["received"] if row.get("topic") == CANDLES and row.get("data")]
        return len({row["data"]["ts"] for row in rows})


def follow_a_market(product: Product, log_in: Callable[[Page, Product, str], None]) -> None:
    """Look at a market, cut its socket, and compare what the page heard and shows with what is stored."""
    heard = Heard()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.add_init_script(KEEP_THE_SOCKET)
        log_in(page, product, "maya")
        page.on("websocket", heard.listen)
        page.goto(product.url("harbor", "/markets/BTCUSDT/"))
        page.wait_for_selector("[data-chart] canvas")
        page.evaluate("window.sameDocument = true")
        before = shown_price(page)
        wait_until(page, lambda: len(heard.sockets) == 1)
        wait_until(page, lambda: heard.candles(0) >= 4 and len(heard.numbers(QUOTES, 0)) >= 20)
        assert shown_price(page) != before
        assert_shows_the_stored_candles(page)

        page.evaluate("window.openSocket.close()")
        wait_until(page, lambda: len(heard.sockets) == 2 and heard.candles(1) >= 4)
        wait_until(page, lambda: len(heard.numbers(QUOTES, 1)) >= 20)
        assert_shows_the_stored_candles(page)
        assert page.evaluate("window.sameDocument") is True
        browser.close()
    for topic in (CANDLES, QUOTES):
        (asked,) = [row for row in heard.sockets[1]["sent"] if row.get("topic") == topic]
        told, resumed = heard.numbers(topic, 0), heard.numbers(topic, 1)
        assert_in_sequence(told)
        assert asked["since"] in told
        assert resumed[0] == asked["since"] + 1, "what was said while the socket was cut was left out"
        assert_in_sequence(resumed)


def assert_in_sequence(numbers: list[int]) -> None:
    """Every number is larger than the one before. Left out are only frames that a newer one replaced on the way."""
    assert all(left < right for left, right in pairwise(numbers))


def assert_shows_the_stored_candles(page: Page) -> None:
    """Wait until every closed candle in the table of the chart is, digit by digit, the stored one; none is missing."""
    known: list[list[Decimal]] = []

    def agrees() -> bool:
        rows = table_of(page)
        stored = {int(row[0]): [Decimal(text) for text in row[1:]] for row in ask(page)}
        known[:] = [figures for _, figures in rows[1:]]
        times = [ts for ts, _ in rows]
        assert times == list(range(times[0], times[0] - len(times) * 300_000, -300_000))
        return len(rows) >= 40 and all(stored.get(ts) == figures for ts, figures in rows[1:])

    wait_until(page, agrees)
    assert known


def table_of(page: Page) -> list[tuple[int, list[Decimal]]]:
    """Return the chart's candles as its table tells them, newest first; the first may still form."""
    page.evaluate("document.querySelector('[data-chart-table]').open = false")
    page.evaluate("document.querySelector('[data-chart-table]').open = true")
    page.wait_for_selector("[data-chart-table] tbody tr")
    rows: list[list[str]] = page.locator("[data-chart-table] tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    times: list[int] = page.evaluate("(texts) => texts.map((text) => Date.parse(text + 'Z'))", [row[0] for row in rows])
    figures = [[Decimal(text.replace(",", "")) for text in row[1:]] for row in rows]
    return list(zip(times, figures, strict=True))


def ask(page: Page) -> list[list[str]]:
    """Return the newest stored candles."""
    found: list[list[str]] = page.evaluate(
        "async () => (await (await fetch('/api/v1/candles?symbol=BTCUSDT&interval=5m&limit=300')).json()).candles"
    )
    return found


def shown_price(page: Page) -> str:
    return page.locator("[data-live-field=last]").first.inner_text()


def wait_until(page: Page, condition: Any) -> None:
    """Let the page go on until a condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        page.wait_for_timeout(100)  # the page's frames are heard while it waits
