"""The supervisor restarts what falls and leaves nothing behind, however it ends."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from config.runtime import processinfo
from config.runtime.paths import CHECKOUT, read_json
from config.runtime.supervisor import LEDGER, Child, Supervisor, end_leftovers, next_back_off

pytestmark = pytest.mark.kills

# A leader with a child in its group, as Celery has; both say so and wait.
FAMILY = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
PATIENT = [sys.executable, "-c", f"{FAMILY}; print('up', p.pid, flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
]


@dataclass
class FastClock:
    """A clock that runs 50 times as fast as the wall's."""

    rate: float = 50.0

    def __call__(self) -> float:
        return time.monotonic() * self.rate


@dataclass
class SetClock:
    """A clock that stands until it is moved, so that a slow machine does not change what is measured."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Run:
    """A supervisor in this process that stops when `enough` says so, or after 20 s of wall time."""

    state: Path
    commands: dict[str, list[str]]
    enough: Callable[[Supervisor], bool]
    clock: Callable[[], float] = field(default_factory=FastClock)
    output: io.StringIO = field(default_factory=io.StringIO)

    def go(self) -> Supervisor:
        children = [Child(name, command, dict(os.environ)) for name, command in self.commands.items()]
        supervisor = Supervisor(children, state=self.state, cwd=self.state, output=self.output, clock=self.clock)
        deadline = time.monotonic() + 20

        def look() -> None:
            if self.enough(supervisor) or time.monotonic() > deadline:
                supervisor.stop()

        supervisor.each_tick = look
        supervisor.run()
        assert time.monotonic() < deadline, self.output.getvalue()
        return supervisor


@dataclass
class Separate:
    """A supervisor in its own process."""

    state: Path
    commands: dict[str, list[str]]

    def start(self) -> subprocess.Popen[bytes]:
        """Start it and return when all its children have said that they are up."""
        script = Path(__file__).with_name("supervised.py")
        command = [sys.executable, str(script), str(self.state), json.dumps(self.commands)]
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        with (self.state / "log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, start_new_session=True)
        assert processinfo.wait_until(self._all_up, seconds=20), (self.state / "log").read_text()
        return process

    def _all_up(self) -> bool:
        lines = (self.state / "log").read_text().splitlines()
        return sum(line.endswith("deaf") or "| up " in line for line in lines) == len(self.commands)

    def groups(self) -> list[int]:
        """Return the process groups of the children."""
        return [entry["pid"] for entry in read_json(self.state / LEDGER)["processes"].values()]


def nothing_lives(groups: list[int]) -> bool:
    return not any(processinfo.group_members(group) for group in groups)


def test_a_child_that_falls_is_started_again_ever_later(tmp_path: Path) -> None:
    crash = [sys.executable, "-c", "import sys; print('here'); sys.exit(3)"]
    clock = SetClock()

    def enough(supervisor: Supervisor) -> bool:
        if supervisor.children[0].process is None:
            clock.now += 0.25
        return supervisor.children[0].restarts >= 4

    run = Run(tmp_path, {"falls": crash, "stands": PATIENT}, enough, clock)
    supervisor = run.go()
    ends = [line for line in run.output.getvalue().splitlines() if "ended with" in line]
    assert [line.split("starts again in ")[1] for line in ends[:4]] == ["0.5 s", "1 s", "2 s", "4 s"]
    assert all(line.startswith("falls  | ended with code 3") for line in ends)
    assert run.output.getvalue().count("falls  | here") >= 4
    assert supervisor.children[1].restarts == 0


def test_the_back_off_doubles_to_ten_seconds_and_starts_over_after_a_healthy_life() -> None:
    delays = [0.5]
    for _ in range(6):
        delays.append(next_back_off(delays[-1], lived=0.1))
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert next_back_off(10.0, lived=30.0) == 1.0
    assert next_back_off(10.0, lived=29.9) == 10.0


def test_a_child_killed_with_its_own_children_left_is_cleaned_up_before_it_starts_again(tmp_path: Path) -> None:
    killed: list[int] = []

    def enough(supervisor: Supervisor) -> bool:
        child = supervisor.children[0]
        if not killed and child.process is not None and "up" in run.output.getvalue():
            killed.append(child.process.pid)
            assert len(processinfo.group_members(child.process.pid)) == 2
            child.process.kill()
        return child.restarts == 1 and run.output.getvalue().count("| up ") == 2

    run = Run(tmp_path, {"worker": PATIENT}, enough)
    run.go()
    assert "ended with signal SIGKILL" in run.output.getvalue()
    assert nothing_lives(killed)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_and_empties_the_ledger(tmp_path: Path, number: int) -> None:
    separate = Separate(tmp_path, {"one": PATIENT, "two": PATIENT})
    process = separate.start()
    groups = separate.groups()
    assert [len(processinfo.group_members(group)) for group in groups] == [2, 2]
    process.send_signal(number)
    assert process.wait(timeout=20) == 0
    assert nothing_lives(groups)
    assert read_json(tmp_path / LEDGER)["processes"] == {}


def test_a_child_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    separate = Separate(tmp_path, {"deaf": STUBBORN})
    process = separate.start()
    groups = separate.groups()
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert nothing_lives(groups)
    assert "does not stop; killed" in (tmp_path / "log").read_text()


def test_a_killed_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    separate = Separate(tmp_path, {"one": PATIENT, "deaf": STUBBORN})
    process = separate.start()
    groups = separate.groups()
    process.kill()
    process.wait()
    assert processinfo.wait_until(lambda: nothing_lives(groups), seconds=20, every=0.1)


def test_what_outlived_even_the_guard_is_ended_at_the_next_start(tmp_path: Path) -> None:
    separate = Separate(tmp_path, {"one": PATIENT})
    process = separate.start()
    (group,) = separate.groups()
    guards = [pid for pid in children_of(process.pid) if "config.runtime.guard" in processinfo.command_line(pid)]
    assert len(guards) == 1
    process.send_signal(signal.SIGSTOP)
    for pid in (*guards, process.pid, group):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    # The leader is gone too: only its own child still stands in the group.
    assert processinfo.wait_until(lambda: len(processinfo.group_members(group)) == 1, seconds=5)
    assert end_leftovers(tmp_path / LEDGER) == ["one"]
    assert nothing_lives([group])


def test_a_number_that_belongs_to_somebody_else_now_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        entry = {"pid": stranger.pid, "identity": "another start"}
        (tmp_path / LEDGER).write_text(json.dumps({"processes": {"web": entry}}))
        assert end_leftovers(tmp_path / LEDGER) == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_reader_that_goes_away_stops_the_run(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as output:
        chatter = [sys.executable, "-c", "import time; print('word', flush=True); time.sleep(600)"]
        child = Child("talks", chatter, dict(os.environ))
        Supervisor([child], state=tmp_path, cwd=tmp_path, output=output, clock=FastClock()).run()
        assert child.process is None
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)


def children_of(parent: int) -> list[int]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return [int(pid) for pid, owner in rows if int(owner) == parent]
