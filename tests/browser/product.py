"""The whole product, started by its one command in a state folder of its own, and a browser in front of it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
OWN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CACHE_URL", "DJANGO_SETTINGS_MODULE", "OUTCRY_PROCESS")


@dataclass
class Product:
    """A running product: where it answers, how to log in, and the folder of its state (with the mailbox)."""

    process: "subprocess.Popen[str]"
    port: int
    report: dict[str, Any]
    state: Path

    def url(self, host: str, path: str = "/") -> str:
        """Return an address on one of its hosts."""
        return f"http://{host}.localhost:{self.port}{path}"

    def login(self, name: str) -> dict[str, str]:
        """Return the log-in of a demo person ("Harbor Markets: maya")."""
        found: dict[str, str] = self.report["logins"][name]
        return found


@contextmanager
def running(*, speed: int) -> Iterator[Product]:
    """Run `manage.py up` until the block ends; raises RuntimeError with its output when it does not get ready."""
    state = Path(tempfile.mkdtemp(prefix="outcry-browser-"))
    port = _free_port()
    environment = {key: value for key, value in os.environ.items() if key not in OWN}
    environment |= {"OUTCRY_STATE_DIR": str(state), "OUTCRY_SANDBOX_SPEED": str(speed)}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        _wait_until_ready(process)
        yield Product(process, port, json.loads((state / "bootstrap.json").read_text()), state)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        shutil.rmtree(state, ignore_errors=True)


def _wait_until_ready(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "ready (" in line:
            _drain(process)
            return
    raise RuntimeError("".join(lines[-60:]))


def _drain(process: "subprocess.Popen[str]") -> None:
    """Keep reading what the product prints, so that it never waits for us."""
    import threading

    stream = process.stdout
    assert stream is not None
    threading.Thread(target=lambda: [None for _ in stream], daemon=True).start()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
