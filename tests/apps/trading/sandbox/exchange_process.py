"""A real sandbox exchange in a process of its own, on ports the kernel picks."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from apps.trading.sandbox.client import AccountKey, SandboxControl, ccxt_urls

TOKEN = "control-token-of-the-tests"
ROOT = Path(__file__).resolve().parents[4]
RICH = {"USDT": Decimal("1000000"), "BTC": Decimal("10"), "ETH": Decimal("100"), "SOL": Decimal("1000")}
START_SECONDS = 60


def recording(venue: Any) -> Any:
    """ccxt's own hook for answers, used to see the HTTP status."""
    seen = venue.on_rest_response

    def note(code: int, *rest: Any, **more: Any) -> Any:
        venue.last_status = code
        return seen(code, *rest, **more)

    venue.on_rest_response = note
    return venue


@dataclass
class ExchangeProcess:
    """Starts, kills and restarts one exchange over one state folder."""

    state_dir: Path
    arguments: tuple[str, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    facts: dict[str, Any] = field(default_factory=dict)

    def start(self) -> "ExchangeProcess":
        (self.state_dir / "listening.json").unlink(missing_ok=True)
        command = [sys.executable, "-m", "apps.trading.sandbox.exchange", "--port", "0", "--control-port", "0"]
        # One address stands for many clients here: tests of the limits set their own (the last flag counts).
        command += ["--weight-per-minute", "0", "--orders-per-10-seconds", "0"]
        command += ["--state-dir", str(self.state_dir), *self.arguments]
        environment = {**os.environ, "SANDBOX_CONTROL_TOKEN": TOKEN}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
        deadline = time.monotonic() + START_SECONDS
        while not (self.state_dir / "listening.json").exists():
            assert self.process.poll() is None, (self.process.stderr.read() if self.process.stderr else b"").decode()
            assert time.monotonic() < deadline, "the exchange did not start in time"
            time.sleep(0.01)
        self.facts = json.loads((self.state_dir / "listening.json").read_text())
        return self

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.facts['port']}"

    @property
    def control(self) -> SandboxControl:
        return SandboxControl("127.0.0.1", self.facts["control_port"], TOKEN)

    def new_key(self, maker_fee: Decimal | None = None, taker_fee: Decimal | None = None) -> AccountKey:
        account = self.control.open_account(label="test", funds=RICH, maker_fee=maker_fee, taker_fee=taker_fee)
        return self.control.create_key(account["account_id"])

    def settings(self, key: AccountKey | None = None, **more: Any) -> dict[str, Any]:
        keys = {"apiKey": key.api_key, "secret": key.secret} if key else {}
        return {**ccxt_urls(self.base_url), **keys, "enableRateLimit": False, **more}

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(how)
        status = self.process.wait(timeout=15)
        if self.process.stderr is not None:
            self.process.stderr.close()
        self.process = None
        return status
