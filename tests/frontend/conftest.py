"""A real browser on the sample pages. Needs Debian's Chromium; without it the tests say so and are skipped."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.frontend.sample_server import sample_server

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for a module; its event loop must not outlive the module."""
    if not CHROMIUM.exists():
        pytest.skip("apt-get install chromium, then run: pytest -m browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Address of the sample server."""
    with sample_server() as address:
        yield address


@pytest.fixture
def open_page(chromium: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Opens a sample page by name in a context of its own; everything it complained about is in `page.faults`."""
    contexts = []

    def open_one(name: str, *, width: int = 1440, theme: str = "dark", before: Any = None, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        if before is None:
            context.route_web_socket("**/ws/live", lambda socket: socket.on_message(lambda _: None))
        else:
            before(page)
        page.goto(f"{site}/sample/{name}?theme={theme}")
        return page

    yield open_one
    for context in contexts:
        context.close()
