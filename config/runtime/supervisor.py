"""Keeps a list of processes running: prefixed logs, restart with back-off, one stop for all, no orphan.

Every child leads its own process group. A small guard process (`guard`) ends all groups when the supervisor itself
is killed; that also reaches grandchildren such as Celery's pool, which a parent-death signal would not.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from config.runtime import processinfo
from config.runtime.paths import read_json, write_json

FIRST_BACK_OFF = 0.5
LONGEST_BACK_OFF = 10.0
HEALTHY_AFTER = 30.0
STOP_GRACE = 10.0
TICK = 0.1
LEDGER = "processes.json"
COLOURS = (36, 33, 32, 35, 34, 96, 93, 92)


@dataclass
class Child:
    """One supervised process: how to start it, and what became of it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    identity: str | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    back_off: float = FIRST_BACK_OFF
    restarts: int = 0
    pending: bytes = b""

    @property
    def alive(self) -> bool:
        """Whether the process runs, as far as was last seen."""
        return self.process is not None


def next_back_off(current: float, lived: float) -> float:
    """Return the delay in seconds before the restart after the coming one, given how long the child `lived`."""
    return FIRST_BACK_OFF * 2 if lived >= HEALTHY_AFTER else min(current * 2, LONGEST_BACK_OFF)


@dataclass
class Supervisor:
    """Runs `children` from `cwd` until it is told to stop.

    `state` is the folder for the ledger of process ids; `each_tick` is called about ten times a second and may stop
    the run; `clock` counts seconds and never goes back.
    """

    children: list[Child]
    state: Path
    cwd: Path
    facts: Mapping[str, object] = field(default_factory=dict)
    output: IO[str] = field(default_factory=lambda: sys.stdout)
    each_tick: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        """Prepare the loop; nothing is started."""
        self._selector = selectors.DefaultSelector()
        self._stop_signals = 0
        self._guard: subprocess.Popen[bytes] | None = None
        self._width = max((len(child.name) for child in self.children), default=0)
        self._colour = self.output.isatty() and not os.environ.get("NO_COLOR")

    def run(self) -> None:
        """Start everything and return when all is stopped again, by a signal or by `stop()`."""
        previous = {number: signal.signal(number, self._on_signal) for number in stop_signals()}
        try:
            while not self._stop_signals:
                self._tend()
                self._pump(TICK)
                self.each_tick()
        finally:
            self._stop_all()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """Ask the running loop to stop everything."""
        self._stop_signals += 1

    def restart(self, environment_of: Callable[[str], Mapping[str, str]]) -> None:
        """Give every child a new environment and let it start again."""
        for child in self.children:
            child.environment = environment_of(child.name)
        for _child, process in self._running():
            process.terminate()

    def say(self, name: str, text: str) -> None:
        """Write one prefixed line; a closed output stops the run."""
        prefix = f"{name:<{self._width}} |"
        if self._colour:
            names = [child.name for child in self.children]
            shade = COLOURS[names.index(name) % len(COLOURS)] if name in names else 37
            prefix = f"\x1b[{shade}m{prefix}\x1b[0m"
        try:
            self.output.write(f"{prefix} {text}\n")
            self.output.flush()
        except (OSError, ValueError):
            self.output = open(os.devnull, "w")  # noqa: SIM115 kept until the process ends
            self.stop()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_signals += 1

    def _tend(self) -> None:
        """See who ended, start who is due, and keep the guard alive."""
        if self._guard is None or self._guard.poll() is not None:
            self._start_guard()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._note_end(child)
            if child.process is None and self.clock() >= child.due_at and not self._stop_signals:
                self._start(child)

    def _start(self, child: Child) -> None:
        child.process = subprocess.Popen(
            list(child.command),
            env=dict(child.environment),
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self._selector.register(child.process.stdout, selectors.EVENT_READ, child)
        child.started_at = self.clock()
        child.identity = processinfo.identity(child.process.pid)
        self._write_ledger()

    def _note_end(self, child: Child) -> None:
        """Clean up after a child that ended by itself and set the time of its restart."""
        assert child.process is not None
        code = child.process.returncode
        self._forget(child)
        lived = self.clock() - child.started_at
        delay = FIRST_BACK_OFF if lived >= HEALTHY_AFTER else child.back_off
        child.back_off = next_back_off(child.back_off, lived)
        child.due_at = self.clock() + delay
        child.restarts += 1
        self._write_ledger()
        self.say(child.name, f"ended with {describe(code)}, starts again in {delay:g} s")

    def _forget(self, child: Child) -> None:
        """Kill what is left of the child's group, print its last output, and drop it."""
        assert child.process is not None
        assert child.process.stdout is not None
        processinfo.end_group(child.process.pid)
        self._read(child)
        if not child.process.stdout.closed:
            self._selector.unregister(child.process.stdout)
            child.process.stdout.close()
        if child.pending:
            self.say(child.name, child.pending.decode(errors="replace"))
        child.process, child.pending = None, b""

    def _pump(self, seconds: float) -> None:
        """Copy what the children print, waiting at most `seconds` for it."""
        for key, _mask in self._selector.select(seconds):
            self._read(key.data)

    def _read(self, child: Child) -> None:
        """Print the whole lines that stand in the child's pipe; at its end the pipe is closed."""
        assert child.process is not None
        pipe = child.process.stdout
        if pipe is None or pipe.closed:
            return
        with suppress(BlockingIOError):
            part = os.read(pipe.fileno(), 65536)
            *lines, child.pending = (child.pending + part).split(b"\n")
            for line in lines:
                self.say(child.name, line.decode(errors="replace"))
            if not part:
                self._selector.unregister(pipe)
                pipe.close()

    def _stop_all(self) -> None:
        """TERM to every leader, KILL to every group after the grace time or at a second signal."""
        allowed = max(self._stop_signals, 1)
        for _child, process in self._running():
            process.terminate()
        deadline = self.clock() + STOP_GRACE
        while self._running() and self.clock() < deadline and self._stop_signals <= allowed:
            self._pump(TICK)
            for child, process in self._running():
                if process.poll() is not None:
                    self._forget(child)
        for child, process in self._running():
            self.say(child.name, "does not stop; killed")
            processinfo.end_group(process.pid)
            process.wait()
            self._forget(child)
        self._write_ledger()
        self._end_guard()

    def _running(self) -> list[tuple[Child, subprocess.Popen[bytes]]]:
        return [(child, child.process) for child in self.children if child.process is not None]

    def _write_ledger(self) -> None:
        running = {
            child.name: {"pid": process.pid, "identity": child.identity, "restarts": child.restarts}
            for child, process in self._running()
        }
        own = {"pid": os.getpid(), "identity": processinfo.identity(os.getpid())}
        write_json(self.state / LEDGER, {**self.facts, "supervisor": own, "processes": running})

    def _start_guard(self) -> None:
        self._end_guard()
        command = [sys.executable, "-m", "config.runtime.guard", str(self.state / LEDGER)]
        home = Path(__file__).resolve().parents[2]
        self._guard = subprocess.Popen(command, cwd=home, stdin=subprocess.PIPE, start_new_session=True)

    def _end_guard(self) -> None:
        """Close the guard's pipe; with an empty ledger it finds nothing to end and goes."""
        if self._guard is not None:
            assert self._guard.stdin is not None
            self._guard.stdin.close()
            self._guard.wait()
            self._guard = None


def stop_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that mean "stop everything"."""
    return (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def describe(code: int) -> str:
    """Return how a process ended, in words."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"


def end_leftovers(ledger: Path) -> list[str]:
    """End the groups of a supervisor that is gone; return the names of those that were still there."""
    recorded = read_json(ledger).get("processes", {})
    left = {name: entry["pid"] for name, entry in recorded.items() if is_left(entry["pid"], entry["identity"])}
    for number, patience in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)):
        for pid in left.values():
            processinfo.end_group(pid, number)
        if processinfo.wait_until(
            lambda: not any(processinfo.group_members(pid) for pid in left.values()), seconds=patience, every=0.1
        ):
            break
    return sorted(left)


def is_left(leader: int, identity: str | None) -> bool:
    """Tell whether the leader or, after it, its group still lives; a group keeps its number from being used again."""
    if processinfo.is_same(leader, identity):
        return True
    return processinfo.identity(leader) is None and bool(processinfo.group_members(leader))
