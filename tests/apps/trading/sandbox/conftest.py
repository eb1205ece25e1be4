"""Exchanges for the tests of this folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apps.trading.sandbox.exchange.candles import Recording, load_recording
from tests.apps.trading.sandbox.engine_bench import SYMBOLS, Bench, write_recording
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


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Made-up candles of all symbols."""
    folder = tmp_path_factory.mktemp("candles")
    for symbol in SYMBOLS:
        write_recording(folder, symbol)
    return load_recording(folder)


@pytest.fixture
def bench(recording: Recording) -> Bench:
    """An engine without process or disk, with three accounts."""
    return Bench(recording, accounts=3)
