"""What the contract tests of the real clients share: the clients' environment, an exchange, and no way out."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from config.runtime import clients
from config.runtime.paths import SetupError
from tests.apps.trading.sandbox.exchange_process import TOKEN, ExchangeProcess
from tests.clients.scripts import loopback, pages

SCRIPTS = Path(__file__).resolve().parent / "scripts"
SCRIPT_SECONDS = 90
OWN = ("PYTHONPATH", "VIRTUAL_ENV", "DJANGO_SETTINGS_MODULE", "PYTHONHOME")
Places = dict[str, str]


@pytest.fixture(scope="session")
def foreign_python() -> Path:
    """The interpreter that has freqtrade and python-binance."""
    try:
        return clients.ensure()
    except SetupError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    """One running exchange for a test module."""
    running = ExchangeProcess(tmp_path_factory.mktemp("clients") / "state").start()
    yield running
    running.kill()


def places_of(exchange: ExchangeProcess) -> Places:
    """Return what stands in the pages and what it is here."""
    token_file = exchange.state_dir / "token"
    token_file.write_text(TOKEN)
    return {
        pages.HTTP: exchange.base_url,
        pages.SOCKETS: exchange.base_url.replace("http", "ws", 1),
        pages.CONTROL: f"http://127.0.0.1:{exchange.facts['control_port']}",
        pages.TOKEN_FILE: str(token_file),
    }


@pytest.fixture(scope="module")
def places(exchange: ExchangeProcess) -> Places:
    """The module's exchange in the words of the pages."""
    return places_of(exchange)


@pytest.fixture(autouse=True)
def no_way_out() -> Iterator[None]:
    """Refuse every connection of this process that leaves the machine."""
    loopback.watch()
    yield
    assert loopback.unwatch() == []


def foreign_environment() -> dict[str, str]:
    """Return an environment without anything of ours."""
    return {name: value for name, value in os.environ.items() if name not in OWN}


@pytest.fixture
def run_script(foreign_python: Path, places: Places) -> Callable[..., Any]:
    """Runs one of the scripts with a foreign client and returns the JSON of its last line."""

    def run(name: str, *arguments: str) -> Any:
        done = subprocess.run(
            [foreign_python, SCRIPTS / name, *arguments],
            input=json.dumps(places),
            capture_output=True,
            text=True,
            env=foreign_environment(),
            timeout=SCRIPT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-6_000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run
