"""The wallet's live side against a scripted socket: looking again after a change, the preview, filling in the most."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.test_frontend_live import Server

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def test_the_overview_asks_again_when_the_wallet_changed(open_page: Open) -> None:
    server = Server()
    page = open_page("wallet", before=server.attach)
    server.wait(page, "wallet")
    with page.expect_request(lambda request: "mode=live" in request.url, timeout=5000):
        server.send("delta", "wallet", 2, {"mode": "live", "balances": []})


def test_what_is_typed_is_previewed_without_the_forms_secrets(open_page: Open) -> None:
    page = open_page("wallet-withdraw")
    with page.expect_request(lambda request: "/wallet/withdraw/preview/" in request.url, timeout=5000) as asked:
        page.fill("#id_amount", "77")
    url = asked.value.url
    assert "amount=77" in url
    assert "entry=1" in url
    assert "mode=live" in url
    assert "csrf" not in url
    assert "idempotency" not in url


def test_the_most_is_filled_in(open_page: Open) -> None:
    page = open_page("wallet-withdraw")
    page.get_by_role("button", name="Use all").click()
    expect(page.locator("#id_amount")).to_have_value("11904.2")


def test_fields_of_a_schedule_follow_the_choice(open_page: Open) -> None:
    page = open_page("wallet-goal-form")
    assert (page.locator(".when-week").is_visible(), page.locator(".when-month").is_visible()) == (True, False)
    page.select_option("#id_every", "")
    assert (page.locator(".when-any").is_visible(), page.locator(".when-week").is_visible()) == (False, False)
