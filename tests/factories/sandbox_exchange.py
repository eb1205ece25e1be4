"""A real sandbox exchange in a process of its own, for tests that talk to one."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from apps.trading.sandbox.client import SandboxControl, SandboxUnavailableError, ccxt_urls

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "test-only-control-token"  # the same as SANDBOX_CONTROL_TOKEN of the test settings
JUNE = 1_717_200_000_000  # 2024-06-01T00:00:00Z, the sandbox's start in the demo
READY_SECONDS = 30.0


@dataclass
class RunningSandbox:
    """One exchange: where it listens, its control port, and the means to kill and restart it on the same state."""

    state_dir: Path
    arguments: list[str]
    process: "subprocess.Popen[bytes]"
    url: str = ""
    control_url: str = ""
    token: str = TOKEN

    @property
    def control(self) -> SandboxControl:
        """A client of the control port."""
        host, _, port = self.control_url.removeprefix("http://").partition(":")
        return SandboxControl(host, int(port), self.token)

    def ccxt_settings(self) -> dict[str, Any]:
        """Constructor settings that lead ccxt and ccxt.pro here."""
        return ccxt_urls(self.url)

    def open_account(self, funds: dict[str, Decimal] | None = None, **more: Any) -> dict[str, Any]:
        """Open an account with a key; return {"account_id", "api_key", "secret"}."""
        wanted = {"USDT": Decimal(100_000)} if funds is None else funds
        opened = self.control.open_account(label=more.pop("label", "test"), funds=wanted, **more)
        key = self.control.create_key(opened["account_id"])
        return {"account_id": opened["account_id"], "api_key": key.api_key, "secret": key.secret}

    def kill(self) -> None:
        """End the process as a power cut would (SIGKILL)."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def restart(self) -> None:
        """Start it again on its state and its ports."""
        ports = ["--port", self.url.rpartition(":")[2], "--control-port", self.control_url.rpartition(":")[2]]
        self.process = _start(self.state_dir, [*self.arguments, *ports])
        _wait_until_ready(self)


@contextmanager
def running_sandbox(
    tmp_path: Path,
    mode: str = "step",
    *,
    start_ms: int = JUNE,
    speed: float = 60.0,
    seed: int = 1,
    weight_per_minute: int = 0,
) -> Iterator[RunningSandbox]:
    """Run an exchange under `tmp_path` while the block lasts.

    `mode` "step": the market stands and moves only by `control.step()`; "replay": it runs at `speed` from `start_ms`;
    "now": recorded bars shifted to the present. `weight_per_minute` 0: no limit of requests.
    """
    state_dir = tmp_path / "sandbox"
    arguments = ["--speed", str(speed), "--seed", str(seed), "--start", str(start_ms)]
    arguments += ["--mode", "now" if mode == "now" else "replay", "--weight-per-minute", str(weight_per_minute)]
    process = _start(state_dir, [*arguments, "--port", "0", "--control-port", "0"])
    sandbox = RunningSandbox(state_dir, arguments, process)
    try:
        _wait_until_ready(sandbox)
        if mode == "step":
            sandbox.control.pause()
            sandbox.control.step(1)
        yield sandbox
    finally:
        sandbox.process.terminate()
        try:
            sandbox.process.wait(10)
        except subprocess.TimeoutExpired:
            sandbox.kill()


def _start(state_dir: Path, arguments: list[str]) -> "subprocess.Popen[bytes]":
    (state_dir / "listening.json").unlink(missing_ok=True)
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "apps.trading.sandbox.exchange", "--state-dir", str(state_dir)),
            *("--orders-per-10-seconds", "0"),
            *arguments,
        ],
        cwd=ROOT,
        env={**os.environ, "SANDBOX_CONTROL_TOKEN": TOKEN},
        stdin=subprocess.DEVNULL,
    )


def _wait_until_ready(sandbox: RunningSandbox) -> None:
    facts_file = sandbox.state_dir / "listening.json"
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if sandbox.process.poll() is not None:
            raise AssertionError(f"the sandbox exchange ended with {sandbox.process.returncode}")
        if facts_file.exists():
            facts = json.loads(facts_file.read_text())
            sandbox.url = f"http://{facts['host']}:{facts['port']}"
            sandbox.control_url = f"http://{facts['host']}:{facts['control_port']}"
            try:
                sandbox.control.status()
            except SandboxUnavailableError:
                pass
            else:
                return
        time.sleep(0.02)  # polling a process outside ours; the tests themselves do not sleep
    raise AssertionError("the sandbox exchange did not answer in time")
