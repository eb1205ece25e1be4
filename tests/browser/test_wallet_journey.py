"""Money's way through the pages: announced, confirmed by staff, seen without a reload, held back, taken back, saved."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from apps.platform.notifications.mailbox import SEPARATOR
from kernel.addresses import Network, example_address
from tests.browser.product import CHROMIUM, FLAGS, Product, running

pytestmark = [pytest.mark.browser, pytest.mark.product]


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with running(speed=60) as found:
        yield found


@contextmanager
def window(browser: Browser, trouble: list[str]) -> Iterator[Page]:
    """Open a window of a person of its own; what the console says and what is asked elsewhere is trouble."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.on("console", lambda message: hear(message, trouble))
    opened.on("request", lambda request: None if ".localhost:" in request.url else trouble.append(request.url))
    yield opened
    context.close()


def hear(message: ConsoleMessage, trouble: list[str]) -> None:
    """Keep what the console calls an error, with the address it is about; the back office names no icon."""
    if message.type == "error" and not message.location["url"].endswith("/favicon.ico"):
        trouble.append(f"{message.text} {message.location['url']}")


def test_from_an_announced_deposit_to_a_savings_goal(product: Product) -> None:
    trouble: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with window(browser, trouble) as customer, window(browser, trouble) as staff:
            log_in(customer, product, "maya")
            reference = announce(customer, product)
            customer.goto(product.url("harbor", "/wallet/?mode=live"))
            balance = customer.locator("#wallet-now")
            expect(balance).not_to_contain_text("EUR")
            customer.evaluate("window.sameDocument = true")
            confirm_as_staff(staff, product, reference)
            expect(balance).to_contain_text("EUR", timeout=20_000)
            expect(balance).to_contain_text("312.50")
            assert customer.evaluate("window.sameDocument") is True
            add_an_address(customer, product)
            ask_and_take_back(customer, product)
            save_some(customer, product)
        browser.close()
    assert trouble == []


def log_in(page: Page, product: Product, name: str) -> dict[str, str]:
    facts = product.login(f"Harbor Markets: {name}")
    page.goto(product.url("harbor", "/login/"))
    page.fill("input[name=login]", facts["email"])
    page.fill("input[name=password]", facts["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    return facts


def announce(page: Page, product: Product) -> str:
    """Announce a bank transfer of 312.50 EUR; return the text that belongs to it."""
    page.goto(product.url("harbor", "/wallet/deposit/?mode=live&asset=EUR&network=sepa"))
    page.fill("input[name=amount]", "312.50")
    page.get_by_role("button", name="Announce the transfer").click()
    page.wait_for_url("**/wallet/deposits/*/")
    told = page.locator("main").inner_text()
    found = re.search(r"\b[A-HJKMNP-TV-Z2-9]{10}\b", told)
    assert found is not None, told
    return found[0]


def confirm_as_staff(page: Page, product: Product, reference: str) -> None:
    """Log in with the second factor, find the deposit by its reference, confirm that it arrived."""
    facts = log_in(page, product, "olga")
    code = format_hotp_value(hotp_value(facts["totp"], int(time.time()) // 30))
    page.fill("input[name=code]", str(code))
    page.press("input[name=code]", "Enter")
    page.wait_for_url(lambda url: "/two-factor" not in url)
    page.goto(product.url("harbor", f"/admin/wallets/deposit/?q={reference}"))
    page.locator("#result_list a, .result-list a, table a").filter(has_text=re.compile(r"\d")).first.click()
    page.get_by_role("link", name="Confirm that it arrived").first.click()
    page.fill("input[name=received]", "312.50")
    page.fill("textarea[name=reason]", "statement of today")
    page.get_by_role("button", name="Confirm that it arrived").click()
    expect(page.get_by_text("Confirm that it arrived: done.")).to_be_visible()


def add_an_address(page: Page, product: Product) -> None:
    """Add a bank account to the book and prove it with the code of the mail."""
    page.goto(product.url("harbor", "/wallet/addresses/"))
    form = page.locator("form[action$='/wallet/addresses/']")
    form.locator("input[name=label]").fill("My own bank")
    form.locator("select[name=way]").select_option("EUR:sepa")
    form.locator("input[name=address]").fill(example_address(Network.SEPA, "maya"))
    form.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("We mailed you a code. Enter it beside the address.")).to_be_visible()
    page.fill("input[name=code]", mailed_code(product))
    page.get_by_role("button", name="Prove").click()
    expect(page.get_by_text("Proved. The page says from when on money leaves to it.")).to_be_visible()


def mailed_code(product: Product) -> str:
    """Return the code of the newest mail of the file mailbox; it comes a moment after the page."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        files = (product.state / "mailbox").glob("*.log")
        for file in sorted(files, key=lambda path: path.stat().st_mtime_ns, reverse=True):
            for raw in reversed(file.read_bytes().split(SEPARATOR)):
                message: Any = message_from_bytes(raw, policy=policy.default)
                body = message.get_body(("plain",))
                found = re.search(r"enter this code: (\w+)", body.get_content() if body is not None else "")
                if found:
                    return found[1]
        threading.Event().wait(0.2)
    raise AssertionError("no mail with a code came")


def ask_and_take_back(page: Page, product: Product) -> None:
    """Ask for a withdrawal: it says until when it waits, and cancelling frees the money."""
    page.goto(product.url("harbor", "/wallet/withdraw/?mode=live"))
    page.locator("select[name=entry]").select_option(index=1)
    page.fill("input[name=amount]", "50")
    expect(page.locator("#withdraw-preview")).to_contain_text("Arrives", timeout=10_000)
    page.get_by_role("button", name="Withdraw…").click()
    page.get_by_role("link", name="Back", exact=True).click()
    page.wait_for_url("**/wallet/withdrawals/*/*")
    expect(page.locator("#withdrawal-now")).to_contain_text(re.compile(r"\d{1,2} \w{3}.*\d\d:\d\d"))
    page.locator("button[commandfor=cancel-withdrawal]").click()
    page.locator("#cancel-withdrawal button[value=cancel]").click()
    expect(page.get_by_text("Cancelled. The money is yours to use again.")).to_be_visible()


def save_some(page: Page, product: Product) -> None:
    """Make a goal and put money in."""
    page.goto(product.url("harbor", "/wallet/goals/new/?mode=live"))
    page.fill("input[name=name]", "A bicycle")
    page.locator("select[name=asset]").select_option("EUR")
    page.fill("input[name=target]", "400")
    page.get_by_role("button", name="Make the goal").click()
    page.wait_for_url(re.compile(r"/wallet/goals/[0-9a-f-]{36}/$"))
    form = page.locator("form", has_text="Put money in")
    form.locator("input[name=amount]").fill("112.5")
    form.get_by_role("button", name="Put in").click()
    expect(page.locator("#goal-now")).to_contain_text("112.5")
    page.goto(product.url("harbor", "/wallet/?mode=live"))
    expect(page.locator("#wallet-now")).to_contain_text("200")
