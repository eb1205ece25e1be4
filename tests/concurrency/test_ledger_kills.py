"""`kill -9` of PostgreSQL, its backends and the writers while they post: nothing acknowledged is lost, nothing doubled.

The seed of the kills is printed; OUTCRY_KILL_SEED repeats a run.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from config.runtime import services
from config.runtime.paths import SetupError, read_json
from tests.runtime.conftest import make_state

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = str(ROOT / "tests/concurrency/ledger_writer.py")
SEED = int(os.environ.get("OUTCRY_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
WRITERS = 3
TARGETS = ("postgres", "backend", "writer")


class House:
    """A durable database of its own and the writers on it."""

    def __init__(self, environ: dict[str, str], folder: Path) -> None:
        self.environ, self.folder = environ, folder
        self.home = Path(environ["OUTCRY_STATE_DIR"])
        self.people: list[str] = []
        self.writers: subprocess.Popen[bytes] | None = None

    def settings(self) -> dict[str, str]:
        left_out = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "OUTCRY_STATE_DIR")
        kept = {name: value for name, value in os.environ.items() if name not in left_out}
        found = services.ensure(environ=self.environ)
        own = {"LEDGER_FOLDER": str(self.folder), "DJANGO_SETTINGS_MODULE": "config.settings.dev"}
        return {**kept, **self.environ, **found, **own}

    def run(self, *arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, SCRIPT, *arguments],
            env=self.settings(), cwd=ROOT, capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        return json.loads(done.stdout)

    def start(self) -> None:
        command = [sys.executable, SCRIPT, "write", ",".join(self.people), str(WRITERS)]
        self.writers = subprocess.Popen(command, env=self.settings(), cwd=ROOT)

    def writer_pids(self) -> list[int]:
        found: list[int] = json.loads((self.folder / "pids").read_text())
        return found

    def postgres(self) -> int:
        return int(read_json(self.home / "services.json")["postgres"]["pid"])

    def backends(self) -> list[int]:
        leader = self.postgres()
        found = []
        with suppress(OSError):
            for text in Path(f"/proc/{leader}/task/{leader}/children").read_text().split():
                with suppress(OSError):
                    if b"outcry_app" in Path(f"/proc/{text}/cmdline").read_bytes():
                        found.append(int(text))
        return found

    def acknowledged(self) -> int:
        return sum(path.read_bytes().count(b"\n") for path in self.folder.glob("writer?"))

    def mend(self) -> None:
        """Bring back what was killed."""
        deadline = time.monotonic() + 30
        while True:
            try:
                services.ensure(environ=self.environ)
                break
            except SetupError:
                if time.monotonic() > deadline:
                    raise


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    for environ in make_state():
        made = House(environ, tmp_path)
        try:
            made.people = made.run("prepare")
            made.start()
            yield made
        finally:
            if made.writers is not None and made.writers.poll() is None:
                made.writers.terminate()
                made.writers.wait(60)


def kill(house: House, target: str, choose: random.Random) -> None:
    if target == "postgres":
        os.kill(house.postgres(), signal.SIGKILL)
    elif target == "backend" and (backends := house.backends()):
        with suppress(ProcessLookupError):
            os.kill(choose.choice(backends), signal.SIGKILL)
    else:
        with suppress(ProcessLookupError):
            os.kill(choose.choice(house.writer_pids()), signal.SIGKILL)


def go_through(house: House, kills: int) -> None:
    choose = random.Random(SEED)
    print(f"OUTCRY_KILL_SEED={SEED}")
    for number in range(kills):
        wanted = house.acknowledged() + choose.randrange(5, 60)
        deadline = time.monotonic() + 120
        while house.acknowledged() < wanted:
            assert time.monotonic() < deadline, f"the writers stand still after {number} kills"
            time.sleep(choose.random() / 50)
        kill(house, TARGETS[number % len(TARGETS)], choose)
        house.mend()
    assert house.writers is not None
    house.writers.terminate()
    assert house.writers.wait(60) == 0
    found = house.run("verify")
    print(json.dumps(found))
    assert found["durable"] == ["on", "on", "on"]
    assert found["acknowledged"] > kills * 5
    wrong = {name: found[name] for name in ("lost", "holds_lost", "doubled", "half", "faults") if found[name]}
    assert not wrong
    # A writer that died after its commit asked again; at the end every key was told.
    assert found["unacknowledged"] == 0


@pytest.mark.kills
def test_twenty_kills_lose_and_double_nothing(house: House) -> None:
    go_through(house, 20)


@pytest.mark.long
@pytest.mark.kills
def test_two_hundred_kills_lose_and_double_nothing(house: House) -> None:
    go_through(house, 200)
