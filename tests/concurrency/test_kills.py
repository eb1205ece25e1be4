"""`kill -9` of everything, at random, while ten bots trade: nothing is lost, nothing doubled, and they go on.

Runs the product as `manage.py up` runs it, on a state folder of its own. The seed of the kills is printed; set
OUTCRY_KILL_SEED to see a run again, OUTCRY_KILLS for more of them.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from apps.trading.sandbox.client import SandboxControl, SandboxUnavailableError
from config.runtime import services
from config.runtime.paths import read_json
from tests.runtime.conftest import make_state

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("OUTCRY_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
KILLS = int(os.environ.get("OUTCRY_KILLS", "20"))
SPEED = "120"  # a five-minute candle every 2.5 seconds
ANSWER_MS = 300
AIM_SECONDS = 8.0
TARGETS = ("worker child", "worker", "feed", "accounts", "sandbox", "postgres")
CLEAN = (
    "doubled", "without_intent", "lost", "thought_dead", "not_over", "wrong_quantity", "fills_missing",
    "fills_invented", "fills_doubled", "balances_differ", "mirror_differs", "unproven",
    "holes", "same_number",
)  # fmt: skip

pytestmark = pytest.mark.kills


@dataclass
class Product:
    """A running `manage.py up`."""

    home: Path
    environ: dict[str, str]
    process: "subprocess.Popen[bytes]"
    log: Path

    def is_up_or_gone(self) -> bool:
        """Whether `up` said that it is ready, or ended."""
        return b"ready (" in self.log.read_bytes() or self.process.poll() is not None

    def pid_of(self, target: str) -> int | None:
        """Return the process a kill is meant for, None while it is not there."""
        if target == "postgres":
            return int(read_json(self.home / "services.json").get("postgres", {}).get("pid", 0)) or None
        name = "worker" if target == "worker child" else target
        leader = read_json(self.home / "processes.json").get("processes", {}).get(name, {}).get("pid")
        if target != "worker child" or leader is None:
            return None if leader is None else int(leader)
        with suppress(OSError):
            children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
            return int(children[len(children) // 2]) if children else None
        return None

    def inside(self, verb: str, *, within: float = 30.0) -> dict[str, Any]:
        """Run a verb of `inside.py`, again while something it needs is on its way up."""
        found: dict[str, Any] = json.loads(
            self._run([sys.executable, str(ROOT / "tests/concurrency/inside.py"), verb], within)
        )
        return found

    def manage(self, *arguments: str) -> tuple[int, str]:
        """Run a command of the product; return its exit code and what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, env=self.settings(), cwd=ROOT, capture_output=True, check=False, timeout=180)
        return done.returncode, done.stdout.decode()

    def settings(self) -> dict[str, str]:
        """Return the environment of a trading worker of this product."""
        found = services.ensure(environ=self.environ)
        own = {"OUTCRY_PROCESS": "worker", "OUTCRY_KEY_RING": str(self.home / "keyring.json")}
        ports = read_json(self.home / "ports.json")
        urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        return {**os.environ, **self.environ, **found, **own, **urls, "DJANGO_SETTINGS_MODULE": "config.settings.dev"}

    def _run(self, command: list[str], within: float) -> str:
        deadline = time.monotonic() + within
        while True:
            done = subprocess.run(command, env=self.settings(), cwd=ROOT, capture_output=True, check=False, timeout=180)
            if done.returncode == 0:
                return done.stdout.decode()
            if time.monotonic() > deadline:
                raise AssertionError(done.stderr.decode()[-3000:])
            time.sleep(0.5)


@pytest.fixture
def product() -> Iterator[Product]:
    """Start the product, wait until it is ready, and stop it without leaving anything."""
    for environ in make_state():
        home = Path(environ["OUTCRY_STATE_DIR"])
        kept = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
        log = home.with_name(f"{home.name}.log")
        command = [sys.executable, "manage.py", "up", "--port", "8790"]
        own = {**environ, "OUTCRY_SANDBOX_SPEED": SPEED, "DJANGO_SETTINGS_MODULE": "config.settings.dev"}
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env={**kept, **own}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        running = Product(home, environ, process, log)
        try:
            wait_for(running.is_up_or_gone, 120, "up is ready")
            assert process.poll() is None, log.read_text()[-3000:]
            yield running
        finally:
            process.terminate()
            process.wait(60)
            if os.environ.get("OUTCRY_KILL_LOG"):
                log.replace(os.environ["OUTCRY_KILL_LOG"])
            log.unlink(missing_ok=True)


LEFT_OUT = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "OUTCRY_STATE_DIR", "DJANGO_SETTINGS_MODULE")


def wait_for(condition: Callable[[], bool], seconds: float, what: str, *, every: float = 0.2) -> None:
    """Wait for other processes; there is nothing in them that could call us."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(every)


def slow_answers(product: Product) -> None:
    """Have the exchange answer orders late (it forgets that when it is killed): kills fall before many an answer."""
    control = read_json(product.home / "ports.json")["OUTCRY_SANDBOX_CONTROL_URL"]
    token = (product.home / "sandbox_token").read_text().strip()
    with suppress(SandboxUnavailableError):
        exchange = SandboxControl("127.0.0.1", control, token)
        if not exchange.faults():
            exchange.inject_fault("late_answer", count=100_000, delay_ms=ANSWER_MS, method="POST", path="/api/v3/order")


def await_flight(product: Product, schemas: Collection[str]) -> bool:
    """Wait a while for an order of any bot to be sent and not answered; return whether one is."""
    tables = [sql.SQL("SELECT FROM {}.orders_order WHERE state = 'sent'").format(sql.Identifier(s)) for s in schemas]
    query = sql.SQL("SELECT EXISTS ({})").format(sql.SQL(" UNION ALL ").join(tables))
    deadline = time.monotonic() + AIM_SECONDS
    while time.monotonic() < deadline:
        with (
            suppress(psycopg.Error),
            psycopg.connect(product.settings()["DATABASE_URL"], connect_timeout=2, autocommit=True) as opened,
        ):
            while time.monotonic() < deadline:
                if opened.execute(query).fetchone() == (True,):
                    return True
                time.sleep(0.02)
    return False


def kill_at_random(product: Product, choices: random.Random, schemas: Collection[str]) -> Counter[str]:
    """Kill processes of the product, most of them while an order is in flight; return how often which, and when."""
    done: Counter[str] = Counter()
    plan = [TARGETS[number % len(TARGETS)] for number in range(KILLS)]
    choices.shuffle(plan)
    for target in plan:
        time.sleep(choices.uniform(0.2, 2.5))
        slow_answers(product)
        aimed = await_flight(product, schemas)
        time.sleep(choices.uniform(0, ANSWER_MS / 1000))
        wait_for(lambda wanted=target: product.pid_of(wanted) is not None, 30, f"{target} runs")  # type: ignore[misc]
        with suppress(ProcessLookupError):
            os.kill(product.pid_of(target) or 0, signal.SIGKILL)
            done[target] += 1
            done["with an order in flight"] += aimed
    return done


def all_moved(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether every bot has consumed candles since."""
    return all(
        (after[tenant]["consumed"][bot] or 0) > (ts or 0) + 300_000
        for tenant, facts in before.items()
        for bot, ts in facts["consumed"].items()
    )


def all_stopped(product: Product) -> bool:
    found = product.inside("progress")
    return all(set(facts["activities"]) == {"stopped"} for facts in found.values())


def test_kills_at_random_points_lose_nothing_and_double_nothing(product: Product) -> None:
    print(f"seed {SEED}")
    choices = random.Random(SEED)
    begun = time.monotonic()
    schemas = product.inside("prepare", within=90)
    wait_for(lambda: orders_of(product.inside("progress")) >= 10, 90, "the bots trade")
    done = kill_at_random(product, choices, schemas.values())
    print("killed:", dict(done), f"in {time.monotonic() - begun:.0f} s")
    before = product.inside("progress", within=60)
    print("after the last kill:", {name: {**facts, "consumed": "…"} for name, facts in before.items()})
    wait_for(lambda: all_moved(before, product.inside("progress")), 90, "all bots go on by themselves", every=1)
    product.inside("stop")
    wait_for(lambda: all_stopped(product), 90, "all bots are stopped", every=1)
    found = product.inside("compare")
    print(json.dumps(found))
    for facts in found.values():
        assert {name: facts[name] for name in CLEAN if facts[name]} == {}
        assert facts["fills"] >= KILLS
        assert facts["gap_lines"] == 0
    code, answer = product.manage("reconcile", "--json")
    assert code == 0, answer
    assert json.loads(answer)["differences"] == 0


def orders_of(found: dict[str, Any]) -> int:
    return sum(facts["orders"].get("filled", 0) for facts in found.values())
