"""A sandbox exchange in lock-step for the bots' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.paper_market import PaperMarket
from tests.factories.sandbox_exchange import RunningSandbox, running_sandbox


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """One exchange for a module; each test opens its own accounts."""
    path: Path = tmp_path_factory.mktemp("exchange")
    with running_sandbox(path, "step") as sandbox:
        yield sandbox


@pytest.fixture
def market(exchange: RunningSandbox, db: None, settings) -> Iterator[PaperMarket]:
    """The market of a test, with 600 candles of history."""
    made = PaperMarket(exchange)
    made.store_history(600)
    yield made
    made.close()
