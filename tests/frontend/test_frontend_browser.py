"""Every sample page in a real browser: accessible, quiet, asking nobody else, fitting its screen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from tests.frontend.samples import PAGES

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
SERIOUS = """axe.run(document, {resultTypes: ['violations'], rules: Object.fromEntries(axe._audit.rules
    .filter((rule) => ['minor', 'moderate'].includes(rule.impact)).map((rule) => [rule.id, {enabled: false}]))})"""
"""Rules whose findings are never serious are not asked: what they say would be left out."""
SETTLED = """() => [...document.querySelectorAll('[data-chart-message]')].every((message) => message.hidden)
    && [...document.querySelectorAll('[data-curve]')].every((box) => box.childElementCount > 0)"""
VARIANTS = {"dark-desktop": ("dark", 1440), "light-phone": ("light", 390)}


class Watched:
    """A page whose complaints and requests are written down. It shows one address after the other: a tab costs more."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.page.on("console", lambda message: self._heard(message.type, message.text))
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", lambda request: self._asked(request.url, site))
        self._devtools: CDPSession = context.new_cdp_session(self.page)

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.faults.append(f"{kind}: {text}")

    def _asked(self, url: str, site: str) -> None:
        if not url.startswith((site, "data:", "blob:")):
            self.faults.append(f"another host: {url}")

    def violations(self) -> list[tuple[str, Any]]:
        """Serious and critical findings of axe, put in by the debugger, which the content policy does not bind."""
        self._devtools.send("Runtime.evaluate", {"expression": AXE})
        found = self.page.evaluate(SERIOUS)["violations"]
        return [
            (rule["id"], [node["target"] for node in rule["nodes"]])
            for rule in found
            if rule["impact"] in {"serious", "critical"}
        ]


@pytest.fixture(scope="module", params=VARIANTS)
def variant(request: pytest.FixtureRequest, chromium: Browser, site: str) -> Iterator[tuple[str, Watched]]:
    theme, width = VARIANTS[request.param]
    context = chromium.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    context.route_web_socket("**/ws/live", lambda socket: socket.on_message(lambda _: None))
    yield theme, Watched(context, site)
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_quiet(name: str, variant: tuple[str, Watched], site: str) -> None:
    theme, watched = variant
    watched.faults.clear()
    watched.page.goto(f"{site}/sample/{name}?theme={theme}")
    watched.page.wait_for_function(SETTLED)
    width = watched.page.evaluate("document.documentElement.scrollWidth")
    assert watched.violations() == []
    assert watched.faults == []
    assert width <= watched.page.evaluate("innerWidth")


@pytest.mark.parametrize("name", ["home", "bot", "strategy-form", "account"])
def test_a_page_mirrors_and_grows_without_spilling(name: str, chromium: Browser, site: str) -> None:
    """Right to left, and 200 % zoom of a 1280-pixel screen."""
    context = chromium.new_context(viewport={"width": 640, "height": 450}, reduced_motion="reduce")
    context.route_web_socket("**/ws/live", lambda socket: socket.on_message(lambda _: None))
    page = context.new_page()
    page.goto(f"{site}/sample/{name}?theme=light")
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    context.close()


@pytest.mark.parametrize("name", ["home", "bot", "strategy-form", "login"])
def test_a_page_works_without_scripts(name: str, chromium: Browser, site: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/sample/{name}?theme=dark")
    assert page.locator("h1").first.is_visible()
    assert page.locator(".script-only:visible").count() == 0
    if name == "strategy-form":
        assert page.get_by_role("button", name="Add a condition").first.is_visible()
    if name == "home":
        page.get_by_role("button", name="Stop all").click()
        assert page.get_by_role("button", name="Stop 5 bots now").is_visible()
    context.close()
