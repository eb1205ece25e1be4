"""A bracket from the ticket to the journal: placed, partly filled, changed, its trailing stop fired, written down.

Wide and dark with the mouse only where a line is dragged; on a phone, in light, with nothing but the keyboard.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from playwright.sync_api import Browser, Page, expect, sync_playwright

from apps.trading.sandbox.client import SandboxControl
from tests.browser.product import CHROMIUM, FLAGS, Product

PATIENCE = 90.0
LogIn = Callable[[Page, Product, str], None]
TRAIL = "0.1"
MOST_TABS = 250


@dataclass(frozen=True)
class Level:
    """The best price somebody sells at, and how much of it there is."""

    price: Decimal
    size: Decimal


def trade_from_the_terminal(product: Product, log_in: LogIn) -> None:
    """Do the whole way twice: with a mouse on a wide dark screen, and by keyboard on a light phone."""
    control = control_of(product)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            for theme, width, name, change in (("dark", 1440, "maya", drag), ("light", 390, "noah", by_keyboard)):
                page = opened(browser, theme, width)
                log_in(page, product, name)
                one_bracket(page, product, control, change)
                page.context.close()
        finally:
            control.resume()
            browser.close()


def control_of(product: Product) -> SandboxControl:
    """Return the control port of the product's exchange, as its operator has it."""
    port = json.loads((product.state / "ports.json").read_text())["OUTCRY_SANDBOX_CONTROL_URL"]
    return SandboxControl("127.0.0.1", int(port), (product.state / "sandbox_token").read_text().strip())


def opened(browser: Browser, theme: str, width: int) -> Page:
    """Return a page of a screen of its own."""
    scheme = cast(Any, theme)
    return browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()


def one_bracket(page: Page, product: Product, control: SandboxControl, change: Callable[..., None]) -> None:
    """Trade a bracket from its ticket to the note about it."""
    page.goto(product.url("harbor", "/markets/BTCUSDT/"))
    page.wait_for_selector("[data-chart] canvas")
    control.pause()
    level = best_ask(page)
    profit = (level.price * Decimal("1.008")).quantize(Decimal("0.01"))
    entry = place(page, level, profit)
    wait_until(page, lambda: ask(page, f"/orders/{entry}")["state"] == "partly_filled")
    page.reload()
    expect(page.locator("main")).to_contain_text("Partly filled")
    group = ask(page, f"/orders/groups/{group_of(page, entry)}")
    profit_leg = leg_of(group, "take_profit")
    assert Decimal(profit_leg["stop_price"]) == profit
    change(page, product, profit_leg)
    wait_until(page, lambda: Decimal(leg_of(again(page, group), "take_profit")["stop_price"]) != profit)
    control.resume()
    wait_until(page, lambda: again(page, group)["state"] == "done")
    done = again(page, group)
    stop = leg_of(done, "stop")
    assert (stop["kind"], stop["state"]) == ("trailing_stop", "filled")
    bought, sold = (Decimal(leg_of(done, leg)["filled"]) for leg in ("entry", "stop"))
    assert bought >= level.size
    assert sold == Decimal(done["covered"])
    assert 0 <= bought - sold <= bought * Decimal("0.0011"), "what was bought but for its fee is sold"
    calendar_shows_it(page, product)
    write_it_down(page, product, stop["id"])


def place(page: Page, level: Level, profit: Decimal) -> str:
    """Fill the ticket in by keyboard for a little more than is offered; return the entry's id."""
    quantity = (level.size * Decimal("1.05")).quantize(Decimal("0.00001"))
    tab_to(page, "[data-ticket] [name=quantity]")
    page.keyboard.type(f"{quantity:f}")
    tab_to(page, "[data-ticket] [name=price]")
    page.keyboard.type(f"{level.price:f}")
    tab_to(page, "[data-ticket] summary")
    page.keyboard.press("Enter")
    tab_to(page, "[data-ticket] [name=take_profit]")
    page.keyboard.type(f"{profit:f}")
    tab_to(page, "[data-ticket] [name=stop_trail]")
    page.keyboard.type(TRAIL)
    tab_to(page, "[data-ticket] [name=side][value=buy]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Place on paper")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/*-*/")
    return page.url.rstrip("/").rpartition("/")[2]


def drag(page: Page, product: Product, leg: dict[str, Any]) -> None:
    """Drag the take profit's line on the chart a little further up, and say yes."""
    page.goto(product.url("harbor", "/markets/BTCUSDT/"))
    page.wait_for_selector("[data-chart] canvas")
    box = page.locator("[data-chart]")
    expect(page.locator("[data-chart-message]")).to_be_hidden()
    box.scroll_into_view_if_needed()
    area = box.bounding_box()
    assert area is not None
    middle = area["x"] + area["width"] / 2
    for step in range(0, int(area["height"]), 4):  # the highest line is the take profit's
        page.mouse.move(middle, area["y"] + step)
        if "chart-grab" in str(box.get_attribute("class")):
            height = area["y"] + step + 3
            break
    else:
        raise AssertionError("no line can be dragged")
    page.mouse.move(middle, height)
    page.mouse.down()
    page.mouse.move(middle, height - 12, steps=4)
    page.mouse.up()
    dialog = page.locator("dialog[data-amend]")
    expect(dialog).to_contain_text("change it to")
    expect(dialog).to_contain_text("Sell")
    dialog.get_by_role("button", name="Change it").press("Enter")
    expect(page.locator("body")).to_contain_text("What is filled stays filled")


def by_keyboard(page: Page, product: Product, leg: dict[str, Any]) -> None:
    """Change the take profit on its own page, the way that needs no pointer."""
    page.goto(product.url("harbor", f"/orders/{leg['id']}/"))
    tab_to(page, "[name=stop_price]")
    page.keyboard.press("Control+A")
    page.keyboard.type(f"{(Decimal(leg['stop_price']) * Decimal('1.001')).quantize(Decimal('0.01')):f}")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("What is filled stays filled")


def calendar_shows_it(page: Page, product: Product) -> None:
    """Today has fills in the calendar, and what the page says is what the API says."""
    page.goto(product.url("harbor", "/calendar/"))
    expect(page.locator(".profit-calendar a").first).to_be_visible()
    shown = page.locator(".headline-figure").inner_text()
    assert Decimal(shown.replace(",", "").replace("−", "-").replace("+", "").split()[0]) != 0


def write_it_down(page: Page, product: Product, order_id: str) -> None:
    """From the order's page to a note about it that the journal lists with a way back."""
    page.goto(product.url("harbor", f"/orders/{order_id}/"))
    link = page.get_by_role("link", name="Write a note")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/journal/?about=order*")
    tab_to(page, "[name=title]")
    page.keyboard.type("The trail was too near")
    tab_to(page, "[name=text]")
    page.keyboard.type("Next time wait for the close.")
    write = page.get_by_role("button", name="Write")
    write.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/journal/*-*/")
    page.goto(product.url("harbor", "/journal/"))
    note = page.locator("article", has_text="The trail was too near").first
    assert order_id in str(note.locator("a[href^='/orders/']").first.get_attribute("href"))


def best_ask(page: Page) -> Level:
    """Return the lowest offer once the paused market's book stands still on the page."""
    found: list[Level] = []

    def stands() -> bool:
        cells = page.locator("[data-side=asks] tr").last.locator("td")
        texts = [cells.nth(number).inner_text().replace(",", "") for number in (0, 1)]
        found.append(Level(Decimal(texts[0]), Decimal(texts[1])))
        page.wait_for_timeout(300)
        return len(found) > 3 and len({(one.price, one.size) for one in found[-4:]}) == 1

    wait_until(page, stands)
    return found[-1]


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(MOST_TABS):
        if page.evaluate("(selector) => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by keyboard")


def ask(page: Page, path: str) -> Any:
    """Return what the API says to the signed-in person."""
    return page.evaluate("async (path) => (await fetch(path)).json()", f"/api/v1{path}")


def group_of(page: Page, order_id: str) -> str:
    """Return the group of an order."""
    groups = ask(page, "/orders/groups")["results"]
    return next(str(row["id"]) for row in groups if any(order["id"] == order_id for order in row["orders"]))


def again(page: Page, group: dict[str, Any]) -> Any:
    """Return the group as it is now."""
    return ask(page, f"/orders/groups/{group['id']}")


def leg_of(group: dict[str, Any], leg: str) -> Any:
    """Return the newest order of a leg."""
    return max((order for order in group["orders"] if order["leg"] == leg), key=lambda order: str(order["id"]))


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    """Let the page go on until a condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        page.wait_for_timeout(200)
