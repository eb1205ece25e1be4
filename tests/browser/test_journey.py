"""A new user's way, in a real browser on the real product: log in, look, back-test, run a bot on paper, stop it."""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.market_stream import follow_a_market
from tests.browser.product import CHROMIUM, FLAGS, ROOT, Product, running
from tests.browser.terminal_journey import trade_from_the_terminal

pytestmark = [pytest.mark.browser, pytest.mark.product]
SPEED = 300
PICTURES = ROOT / "docs" / "pictures"
TAKE_PICTURES = "OUTCRY_TAKE_PICTURES" in os.environ


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with running(speed=SPEED) as found:
        yield found


@pytest.fixture
def page(product: Product) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark")
        opened = context.new_page()
        trouble: list[str] = []
        opened.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
        opened.on("request", lambda request: trouble.append(request.url) if _is_foreign(request.url) else None)
        yield opened
        browser.close()
        assert trouble == []


def _is_foreign(url: str) -> bool:
    return not url.startswith(("data:", "blob:")) and ".localhost:" not in url


def log_in(page: Page, product: Product, name: str) -> None:
    facts = product.login(f"Harbor Markets: {name}")
    page.goto(product.url("harbor", "/login/"))
    page.fill("input[name=login]", facts["email"])
    page.fill("input[name=password]", facts["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(product.url("harbor", "/"))


def ask(page: Page, path: str) -> Any:
    """Return what the API says to the signed-in person."""
    return page.evaluate("async (path) => (await fetch(path)).json()", f"/api/v1{path}")


def picture(page: Page, name: str) -> None:
    if TAKE_PICTURES:
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=str(PICTURES / name))


def test_from_log_in_to_a_bot_that_trades(page: Page, product: Product) -> None:
    log_in(page, product, "maya")
    the_chart_moves(page, product)
    run = back_test(page, product)
    bot = start_bot(page)
    the_first_fill_appears_by_itself(page)
    picture(page, "bot.png")
    stop_bot(page)
    result_agrees_with_the_fills(page, bot)
    assert run != bot


def the_chart_moves(page: Page, product: Product) -> None:
    page.goto(product.url("harbor", "/markets/BTCUSDT/"))
    page.wait_for_selector("[data-chart] canvas")
    price = page.locator("[data-live-field=last]").first
    before = price.inner_text()
    expect(price).not_to_have_text(before, timeout=20_000)


def back_test(page: Page, product: Product) -> str:
    page.goto(product.url("harbor", "/strategies/"))
    page.locator("main").get_by_role("link", name="Quick cross, 5 minutes").first.click()
    page.locator("main").get_by_role("link", name="Back-test").first.click()
    page.locator("main form .btn-primary").first.click()
    page.wait_for_selector("text=How far to trust this", timeout=60_000)
    run = page.url.rstrip("/").rpartition("/")[2]
    told = ask(page, f"/backtests/{run}")
    assert told["state"] == "done"
    page.wait_for_selector("[data-chart] canvas")
    page.wait_for_load_state("networkidle")
    picture(page, "backtest.png")
    return run


def start_bot(page: Page) -> str:
    page.get_by_role("link", name="Run on paper").first.click()
    page.fill("input[name=name]", "First bot")
    page.get_by_role("button", name="Start on paper").first.click()
    page.wait_for_url("**/bots/*-*/")
    return page.url.rstrip("/").rpartition("/")[2]


def the_first_fill_appears_by_itself(page: Page) -> None:
    page.evaluate("window.sameDocument = true")
    row = page.locator("tbody[data-live-list=orders] tr[data-row]").first
    expect(row).to_contain_text("Filled", timeout=120_000)
    assert page.evaluate("window.sameDocument") is True


def stop_bot(page: Page) -> None:
    page.locator("button[commandfor=stop-bot]").click()
    page.locator("#stop-bot button[value=stop]").click()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible(timeout=30_000)


def result_agrees_with_the_fills(page: Page, bot: str) -> None:
    """Money in and out of the fills plus the position at the shown price is the result, to the last digit."""
    worth = ask(page, f"/bots/{bot}")["worth"]
    orders = ask(page, f"/orders?bot_id={bot}")["results"]
    assert orders
    cash = Decimal(0)
    held = Decimal(0)
    for order in orders:
        for fill in ask(page, f"/orders/{order['id']}")["fills"]:
            value = Decimal(fill["quantity"]) * Decimal(fill["price"])
            sign = 1 if order["side"] == "sell" else -1
            cash += sign * value
            held -= sign * Decimal(fill["quantity"])
            fee = Decimal(fill["fee"])
            if fill["fee_asset"] == "USDT":
                cash -= fee
            else:
                held -= fee
    assert held == Decimal(worth["position"])
    marked = held * Decimal(worth["price"]) if held else Decimal(0)
    assert cash + marked == Decimal(worth["result"])


def test_a_market_page_is_told_in_sequence_and_shows_what_is_stored(product: Product) -> None:
    follow_a_market(product, log_in)


def test_a_bracket_is_traded_from_the_terminal(product: Product) -> None:
    trade_from_the_terminal(product, log_in)


def test_pages_are_fit_to_show_in_both_themes_and_widths(product: Product) -> None:
    axe = (Path(ROOT) / "tests" / "frontend" / "vendor" / "axe.min.js").read_text()
    found: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for theme, width in (("dark", 1440), ("light", 390)):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=cast(Any, theme))
            found += walk(context.new_page(), product, axe, f"{theme} {width}")
            context.close()
        browser.close()
    assert found == []


def walk(page: Page, product: Product, axe: str, where: str) -> list[str]:
    """Open every page and return what is wrong with any."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    log_in(page, product, "noah")
    for path in PAGES:
        page.goto(product.url("harbor", path))
        found += examine(page, axe, f"{path} {where}")
    return found


PAGES = (
    "/", "/markets/", "/markets/ETHUSDT/", "/strategies/", "/strategies/gallery/", "/strategies/new/", "/backtests/",
    "/bots/", "/bots/new/", "/orders/", "/exchanges/", "/inbox/", "/account/security/", "/account/api-keys/",
    "/wallet/", "/wallet/activity/", "/wallet/deposit/", "/wallet/withdraw/", "/wallet/addresses/", "/wallet/send/",
    "/wallet/goals/", "/wallet/goals/new/", "/wallet/earn/", "/wallet/stake/",
)  # fmt: skip


def examine(page: Page, axe: str, where: str) -> list[str]:
    """Return serious findings of axe and any horizontal overflow."""
    page.evaluate(axe)
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [item for item in result["violations"] if item["impact"] in ("serious", "critical")]
    found = [f"{where}: {item['id']} {item['nodes'][0]['target']}" for item in serious]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append(f"{where}: wider than the window")
    return found
