"""The made pages say what the code says, and a page that does not is noticed."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from apps.core import documents
from apps.core.errors import Conflict, Defect
from config.runtime.suite import STEPS
from kernel.events import CATALOGUE


@pytest.fixture
def elsewhere(tmp_path: Path, settings: Any) -> Path:
    """A checkout of which only docs/ counts."""
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


def test_the_pages_in_the_checkout_are_fresh() -> None:
    stale = [path.relative_to(settings.BASE_DIR) for path in documents.stale_pages()]
    assert not stale, "run: python3 manage.py document"


def test_a_stale_page_fails_the_check_until_it_is_written_again(elsewhere: Path) -> None:
    with pytest.raises(CommandError, match=r"stale: docs/events.md, docs/errors.md; run"):
        call_command("document", check=True)
    assert list(elsewhere.iterdir()) == []
    call_command("document", verbosity=0)
    call_command("document", check=True)
    page = elsewhere / "errors.md"
    page.write_text(page.read_text() + "more\n")
    with pytest.raises(CommandError, match=r"stale: docs/errors.md; run"):
        call_command("document", check=True)


def test_check_runs_it() -> None:
    assert ("-m", "django", "document", "--check") in [step.arguments for step in STEPS]


def test_an_event_is_shown_with_fields_publishers_and_handlers() -> None:
    page = documents.events_page()
    part = page[page.index("## orders.order_closed\n") : page.index("## orders.order_filled\n")]
    assert part.startswith("## orders.order_closed\nVersion 1. An order is over: filled, cancelled or rejected.")
    assert "- `order_id` UUID\n" in part
    assert "- `origin_id` UUID | None\n" in part
    assert "Published by `orders`. Handled by `bots.look_after_end`" in part
    shown = re.findall(r"^## (\S+)$", page, re.MULTILINE)
    assert shown == sorted(name for name, cls in CATALOGUE.items() if cls.__module__.startswith("kernel."))


def test_an_error_is_shown_with_status_and_words() -> None:
    page = documents.errors_page()
    words = "This is no longer {expected}: it is {actual}. Reload and try again."
    assert f"| `core.state_changed` | 409 | {words} |" in page
    assert "| `core.unavailable` | 503 again |" in page
    codes = re.findall(r"^\| `(\S+)` \|", page, re.MULTILINE)
    assert len(codes) == len(set(codes)) > 50


def test_two_errors_of_one_code_are_a_defect() -> None:
    class Twice(Conflict):
        code = "core.state_changed"

    Twice.__module__ = "apps.core.errors"
    try:
        with pytest.raises(Defect, match=r"have one code: core\.state_changed"):
            documents.errors()
    finally:
        Twice.__module__ = __name__
