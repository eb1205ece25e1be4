"""The book and the tape of a market's page, alive against a scripted socket."""

import pytest
from playwright.sync_api import expect

from tests.frontend.test_frontend_live import Open, Server

pytestmark = pytest.mark.browser


def test_the_book_and_the_tape_follow_their_topics(open_page: Open) -> None:
    server = Server()
    page = open_page("symbol", before=server.attach)
    server.wait(page, "book.BTCUSDT")
    server.wait(page, "trades.BTCUSDT")
    book = {"bids": [["100.1", "2"], ["100.0", "6"]], "asks": [["100.3", "1"], ["100.4", "1"]], "sequence": "9"}
    server.send("snapshot", "book.BTCUSDT", 9, book)
    asks, bids = (page.locator(f'[data-side="{side}"] tr') for side in ("asks", "bids"))
    expect(asks).to_have_count(2)
    expect(asks.last).to_contain_text("100.31.0001.000")  # the best ask lies at the spread
    expect(bids.nth(1)).to_contain_text("100.06.0008.000")
    expect(bids.nth(1).locator("progress")).to_have_js_property("value", 1000)
    expect(asks.first.locator("progress")).to_have_js_property("value", 250)
    expect(page.locator("[data-spread]")).to_have_text("0.2")
    prints = [
        {"id": "1", "p": "100.1", "q": "0.5", "ts": "1717423200000", "side": "sell"},
        {"id": "2", "p": "100.3", "q": "0.25", "ts": "1717423201000", "side": "buy"},
    ]
    server.send("snapshot", "trades.BTCUSDT", 1, {"prints": prints})
    rows = page.locator("[data-tape] [data-rows] tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_have_text("14:00:01100.30.250Buy")
    server.send("delta", "trades.BTCUSDT", 2, {"prints": [prints[1], {**prints[0], "id": "3", "p": "99.9"}]})
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("99.9")
    server.send("delta", "book.BTCUSDT", 10, {**book, "bids": []})
    expect(bids).to_have_count(2)  # half a book is not drawn
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
