"""Exchanges for the tests of this folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.apps.trading.sandbox.exchange_process import ExchangeProcess


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    """One running exchange for a test module; its market runs at 60x."""
    running = ExchangeProcess(tmp_path_factory.mktemp("sandbox") / "state").start()
    yield running
    running.kill()


@pytest.fixture
def new_exchange(tmp_path: Path) -> Iterator[Callable[..., ExchangeProcess]]:
    """Starts exchanges that end with the test; equal names share a state folder."""
    started: list[ExchangeProcess] = []

    def start(name: str = "state", *arguments: str) -> ExchangeProcess:
        process = ExchangeProcess(tmp_path / name, arguments)
        started.append(process)
        return process.start()

    yield start
    for process in started:
        process.kill()
