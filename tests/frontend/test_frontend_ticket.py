"""The ticket of a market's page, and lines of open orders that are dragged on its chart."""

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.test_frontend_live import Open

pytestmark = pytest.mark.browser


def shown(page: Page) -> list[str]:
    """Names of the controls that can be seen once everything is unfolded."""
    page.evaluate("document.querySelectorAll('[data-ticket] details').forEach((part) => { part.open = true; })")
    found = page.locator("[data-ticket] :is(input:not([type=hidden]), select)")
    return [str(one.get_attribute("name")) for one in found.all() if one.is_visible()]


def test_a_kind_shows_only_what_it_takes(open_page: Open) -> None:
    page = open_page("symbol")
    common = ["connection", "kind", "quantity"]
    assert shown(page) == [
        *common, "price", "take_profit", "stop_loss", "stop_trail", "time_in_force", "good_until", "post_only",
        "reduce_only",
    ]  # fmt: skip
    page.locator("[data-ticket] [name=kind]").select_option("trailing_stop")
    assert shown(page) == [*common, "trail_percent", "max_slippage", "reduce_only"]
    page.locator("[data-ticket] [name=kind]").select_option("market")
    assert shown(page) == [*common, "take_profit", "stop_loss", "stop_trail", "max_slippage", "reduce_only"]


def test_a_level_of_the_book_gives_its_price(open_page: Open) -> None:
    page = open_page("symbol")
    level = page.locator('[data-side="bids"] tr').nth(2)
    level.click()
    price = page.locator("[data-ticket] [name=price]")
    assert price.input_value() == level.locator("td").first.inner_text().replace(",", "")
    expect(price).to_be_focused()


def test_a_dragged_line_asks_before_it_changes_an_order(open_page: Open) -> None:
    page = open_page("symbol")
    box = page.locator("[data-chart]")
    expect(page.locator("[data-chart-message]")).to_be_hidden()
    area = box.bounding_box()
    assert area is not None
    middle = area["x"] + area["width"] / 2

    def grab() -> float:
        """Move down the chart until the line is under the pointer; return where it is."""
        for step in range(0, int(area["height"]), 4):
            page.mouse.move(middle, area["y"] + step)
            if "chart-grab" in str(box.get_attribute("class")):
                return float(area["y"] + step + 3)
        raise AssertionError("no line can be dragged")

    height = grab()
    page.mouse.move(middle, height)
    page.mouse.down()
    page.mouse.move(middle, height + 40, steps=4)
    page.mouse.up()
    dialog = page.locator("dialog[data-amend]")
    expect(dialog).to_be_visible()
    expect(dialog.locator("form")).to_have_attribute("action", "/orders/2/amend/")
    new = dialog.locator("[data-amend-value]")
    expect(new).to_have_attribute("name", "price")
    assert 0 < float(new.input_value()) < 103_500
    assert len(dialog.locator("[name=idempotency_key]").input_value()) == 36
    expect(dialog.locator("[data-amend-text]")).to_contain_text("Buy 0.01 at 103,500.0: change it to")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert abs(grab() - height) <= 4  # left where it was
