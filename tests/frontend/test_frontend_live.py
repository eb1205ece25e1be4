"""The page's live side against a scripted socket: patching, order, resuming, age, rows, keys, the rule builder."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


class Server:
    """The server's end of every socket a page opens."""

    def __init__(self) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.heard: list[dict[str, Any]] = []

    def attach(self, page: Page) -> None:
        page.route_web_socket("**/ws/live", self._opened)

    def _opened(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda text: self.heard.append(json.loads(text)))

    def send(self, kind: str, topic: str = "", seq: int = 0, data: dict[str, Any] | None = None) -> None:
        frame = {"type": kind, "topic": topic, "seq": seq, "data": data}
        self.sockets[-1].send(json.dumps(frame))

    def asked(self, topic: str) -> list[dict[str, Any]]:
        return [frame for frame in self.heard if frame.get("topic") == topic]

    def wait(self, page: Page, topic: str, times: int = 1) -> None:
        """Until the page has asked for the topic so many times."""
        for _ in range(200):
            if len(self.asked(topic)) >= times:
                return
            page.wait_for_timeout(25)
        raise AssertionError(self.heard)


@pytest.fixture
def server() -> Server:
    return Server()


def test_prices_are_patched_exactly_and_old_frames_are_dropped(open_page: Open, server: Server) -> None:
    page = open_page("markets", before=server.attach)
    server.wait(page, "quotes.BTCUSDT")
    row = page.locator('[data-live-topic="quotes.BTCUSDT"]')
    server.send("snapshot", "quotes.BTCUSDT", 7, {"last": "12345678901234567.89", "change_percent": "-0.005"})
    expect(row.locator('[data-live-field="last"]')).to_have_text("12,345,678,901,234,567.9")
    server.send("delta", "quotes.BTCUSDT", 8, {"change_percent": "-1.5"})
    change = row.locator('[data-live-field="change_percent"]')
    expect(change).to_have_text("\u22121.50")
    expect(change).to_have_class("fig fig-down")
    server.send("delta", "quotes.BTCUSDT", 8, {"last": "1"})
    server.send("delta", "quotes.BTCUSDT", 9, {"change_percent": "0.25"})
    expect(change).to_have_text("+0.25")
    expect(change).to_have_class("fig fig-up")
    expect(row.locator('[data-live-field="last"]')).to_have_text("12,345,678,901,234,567.9")


def test_a_lost_socket_comes_back_and_resumes_from_its_sequence(open_page: Open, server: Server) -> None:
    page = open_page("markets", before=server.attach)
    server.wait(page, "quotes.BTCUSDT")
    assert server.asked("quotes.BTCUSDT") == [{"type": "subscribe", "topic": "quotes.BTCUSDT"}]
    server.send("snapshot", "quotes.BTCUSDT", 41, {"last": "100"})
    expect(page.locator('[data-live-topic="quotes.BTCUSDT"] .live-value')).to_have_text("100.0")
    server.sockets[-1].close()
    server.wait(page, "quotes.BTCUSDT", times=2)
    assert server.asked("quotes.BTCUSDT")[-1] == {"type": "subscribe", "topic": "quotes.BTCUSDT", "since": 41}
    assert len(server.sockets) == 2


def test_an_ended_session_is_told_and_not_retried(open_page: Open, server: Server) -> None:
    page = open_page("markets", before=server.attach)
    server.wait(page, "quotes.BTCUSDT")
    server.send("revoked")
    expect(page.locator("[data-live-offline]")).to_contain_text("Signed out")
    page.wait_for_timeout(1000)
    assert len(server.sockets) == 1


def test_a_silent_price_turns_grey_and_says_its_age(open_page: Open, server: Server) -> None:
    def prepare(page: Page) -> None:
        page.clock.install()
        server.attach(page)

    page = open_page("markets", before=prepare)
    server.wait(page, "quotes.BTCUSDT")
    cell = page.locator('[data-live-topic="quotes.BTCUSDT"] [data-stale-after]')
    page.clock.run_for(20_000)
    expect(cell).to_have_class("end stale")
    expect(cell.locator(".age")).to_contain_text("s old")
    server.send("snapshot", "quotes.BTCUSDT", 1, {"last": "100"})
    page.clock.run_for(1_500)
    expect(cell).to_have_class("end")
    expect(cell.locator(".age")).to_have_text("")


def test_a_bot_page_follows_state_and_own_orders_only(open_page: Open, server: Server) -> None:
    page = open_page("bot", before=server.attach)
    server.wait(page, "orders")
    server.wait(page, "bot.0190-2")
    before = page.locator("tbody[data-live-list] tr").count()
    state = {"state_sentence": "Bought 0.98 ETH", "state_tone": "danger", "desired": "paused", "unrealised": "-3.1"}
    server.send("snapshot", "bot.0190-2", 1, state)
    expect(page.locator('h2[data-live-field="state_sentence"]')).to_have_text("Bought 0.98 ETH")
    expect(page.locator(".state-strip .dot")).to_have_class("dot dot-danger")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    expect(page.locator('[data-live-field="unrealised"]')).to_have_text("\u22123.10")
    other = {"id": "n1", "bot_id": "another", "time": "14:05:01", "side": "Buy"}
    server.send("delta", "orders", 1, other)
    server.send("delta", "orders", 2, {**other, "id": "n2", "bot_id": "0190-2", "result": None, "wanted": "2,500.00"})
    row = page.locator('tr[data-row="n2"]')
    expect(row.locator("a")).to_have_attribute("href", "/orders/n2/")
    expect(row.locator('[data-live-field="result"]')).to_have_text("\u2013")
    assert page.locator("tbody[data-live-list] tr").count() == before + 1
    server.send("delta", "orders", 3, {"id": "n2", "bot_id": "0190-2", "state_sentence": "Filled"})
    expect(row.locator('[data-live-field="state_sentence"]')).to_have_text("Filled")
    expect(row.locator('[data-live-field="wanted"]')).to_have_text("2,500.00")


def test_the_page_of_an_order_follows_it_and_keeps_what_is_typed(open_page: Open, server: Server) -> None:
    page = open_page("order", before=server.attach)
    server.wait(page, "orders")
    fetched: list[str] = []

    def answer(route: Route) -> None:
        fetched.append(route.request.url)
        seen = "filled|0.101" if len(fetched) == 1 else "filled|0.102"
        text = route.fetch().text().replace("sent|0.04", seen).replace("Sent, no answer yet", "Filled")
        text = text.replace("0.0400 of 0.1010", "0.1010 of 0.1010").replace("T-88213", "T-99999")
        route.fulfill(body=text.replace("The exchange has not answered", "It was heard"), content_type="text/html")

    page.route("**/sample/order*", answer)
    state = page.locator('[data-live-part="state"] .state')
    row = {"id": "0190d2c4-7c1e-7a33-9a57-1f0e6b2f9a10", "seen": "sent|0.04"}
    server.send("snapshot", "orders", 1, {"rows": [{"id": "another", "seen": "filled"}, row]})
    page.get_by_label("Quantity").fill("0.2")
    server.send("delta", "orders", 2, {**row, "seen": "filled|0.101"})
    expect(state).to_have_text("Filled")
    expect(page.locator('[data-live-part="fills"]')).to_contain_text("0.1010 of 0.1010")
    expect(page.locator('[data-live-part="fills"]')).to_contain_text("T-99999")
    expect(page.get_by_text("It was heard for 40 s")).to_be_visible()
    expect(page.get_by_label("Quantity")).to_have_value("0.2")
    server.send("delta", "orders", 3, {**row, "seen": "filled|0.101"})
    server.send("delta", "orders", 4, {"id": "another", "seen": "cancelled"})
    server.send("delta", "orders", 5, {**row, "seen": "filled|0.102"})
    expect(page.locator("body")).to_have_attribute("data-live-seen", "filled|0.102")
    assert len(fetched) == 2  # what it had seen, and what is of another, asked nothing


def test_the_chart_takes_the_forming_candle(open_page: Open, server: Server) -> None:
    page = open_page("symbol", before=server.attach)
    server.wait(page, "candles.BTCUSDT.5m")
    expect(page.locator("[data-chart-message]")).to_be_hidden()
    candle = {"ts": "1748873100000", "o": "100.0", "h": "120.5", "l": "99.0", "c": "111.1", "v": "3", "closed": False}
    server.send("delta", "candles.BTCUSDT.5m", 5, candle)
    expect(page.locator("[data-chart-readout]")).to_have_text("O 100.0H 120.5L 99.0C 111.1")
    page.get_by_text("Table of this chart").click()
    expect(page.locator("[data-chart-table] tbody tr").first).to_contain_text("2025-06-02 14:05100.0")


def test_a_notification_shows_as_a_toast_and_raises_the_count(open_page: Open, server: Server) -> None:
    page = open_page("bots", before=server.attach)
    server.wait(page, "notifications")
    news = {"unread": "4", "title": "Filled: bought 0.1 BTC", "text": "at 103,600.0", "url": "//evil.example/"}
    server.send("delta", "notifications", 1, news)
    toast = page.locator(".toast")
    expect(toast).to_contain_text("Filled: bought 0.1 BTC")
    expect(toast.locator("a")).to_be_hidden()
    expect(page.locator(".bell-count")).to_have_text("4")
    toast.get_by_role("button", name="Dismiss").click()
    expect(toast).to_have_count(0)


def test_the_palette_filters_and_opens_by_keyboard(open_page: Open, site: str) -> None:
    page = open_page("home")
    page.keyboard.press("Control+k")
    page.keyboard.type("eth/")
    expect(page.locator("[data-palette-item]:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/markets/ETHUSDT/")


def test_single_keys_move_and_can_be_switched_off(open_page: Open, site: str) -> None:
    page = open_page("home")
    page.keyboard.press("?")
    page.get_by_label("Use single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    page.context.clear_cookies()
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url(f"{site}/bots/")


def test_the_theme_is_chosen_and_remembered(open_page: Open) -> None:
    page = open_page("home", theme="")
    page.get_by_role("button", name="account of Maya Keller").click()
    page.get_by_text("Light", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["theme"] == "light"
    page.get_by_text("Auto", exact=True).click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "light")


def test_the_builder_adds_checks_and_removes_rows(open_page: Open, site: str) -> None:
    page = open_page("strategy-form")
    entry = page.locator('[data-rows="entry"]')
    entry.get_by_role("button", name="Add a condition").click()
    expect(entry.locator("[data-rows-total]")).to_have_value("3")
    added = entry.locator("[data-rule-row]").nth(2)
    expect(added.locator("select").first).to_have_attribute("name", "entry-2-left")
    added.locator("[data-operand]").first.select_option("MACD")
    expect(added.locator("[data-params]").first).to_have_value("12, 26, 9")
    added.locator("[data-params]").first.fill("12, 26")
    page.get_by_role("button", name="Save version 8").click()
    expect(added.locator("[data-row-error]").first).to_have_text("Give 3 numbers, separated by commas.")
    assert page.url.startswith(f"{site}/sample/strategy-form")
    entry.get_by_role("button", name="Remove condition 1").click()
    expect(entry.locator("[data-rows-total]")).to_have_value("2")
    expect(added.locator("select").first).to_have_count(0)
    names = entry.locator("[data-rule-row] select[data-operand]").evaluate_all("all => all.map((one) => one.name)")
    assert names == ["entry-0-left", "entry-0-right", "entry-1-left", "entry-1-right"]
