"""The pages themselves: every marked block is run by some test, and the exchange runs alone as the page says."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.apps.trading.sandbox.exchange_process import ROOT
from tests.clients.scripts import pages

pytestmark = pytest.mark.clients
RUN_BY_TESTS = {
    "account", "ccxt", "ccxt-use", "python-binance", "python-binance-use", "python-binance-stream", "freqtrade",
}  # fmt: skip
OWN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "OUTCRY_PROCESS")
START_SECONDS = 60


def test_every_block_is_run_by_a_test() -> None:
    assert set(pages.blocks()) == RUN_BY_TESTS


def test_the_pages_name_each_other_and_files_that_exist() -> None:
    for page in pages.HOWTO.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_exchange_runs_alone_without_any_server(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in OWN} | {
        "OUTCRY_STATE_DIR": str(tmp_path / "exchange-state"),
        "OUTCRY_SANDBOX_URL": "http://127.0.0.1:0",
        "OUTCRY_SANDBOX_CONTROL_URL": "http://127.0.0.1:0",
    }
    log = tmp_path / "log"
    with log.open("wb") as output:
        command = [sys.executable, "manage.py", "sandbox_exchange", "--mode", "now"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        facts = listening(tmp_path / "exchange-state" / "sandbox" / "listening.json", process, log)
        room = pages.follow(
            {
                pages.CONTROL: f"http://127.0.0.1:{facts['control_port']}",
                pages.TOKEN_FILE: str(tmp_path / "exchange-state" / "sandbox_token"),
            }
        )
        assert {row["asset"]: row["free"] for row in room["account"]["balances"]} == {
            "BTC": "0.50000000", "USDT": "10000.00000000"
        }  # fmt: skip
        assert json.load(urlopen(f"http://127.0.0.1:{facts['port']}/api/v3/ping")) == {}
        process.send_signal(signal.SIGTERM)
        assert process.wait(START_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
    assert not [
        path for path in (tmp_path / "exchange-state").iterdir() if path.name.startswith(("postgres", "valkey"))
    ]


def listening(path: Path, process: "subprocess.Popen[bytes]", log: Path) -> dict[str, int]:
    """Return the ports once the exchange has written them."""
    deadline = time.monotonic() + START_SECONDS
    while not path.exists():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, "the exchange did not start in time"
        time.sleep(0.02)
    found: dict[str, int] = json.loads(path.read_text())
    return found
