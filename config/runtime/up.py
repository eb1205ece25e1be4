"""`manage.py up`: servers, bootstrap, and all processes of the product under one supervisor."""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from config.runtime import network, services
from config.runtime.paths import (
    CHECKOUT,
    DEVELOPMENT,
    AlreadyLockedError,
    SetupError,
    locked,
    read_json,
    state_dir,
    write_json,
)
from config.runtime.processes import BOOTSTRAP
from config.runtime.processes import DEVELOPMENT as PROCESSES
from config.runtime.supervisor import LEDGER, Child, Supervisor, end_leftovers

LOCK = "up.lock"
REPORT = "bootstrap.json"
WEB_PORT = 8000
SANDBOX_PORTS = {"OUTCRY_SANDBOX_URL": 8310, "OUTCRY_SANDBOX_CONTROL_URL": 8311}
PORT_TRIES = 20
READY_PATIENCE = 120.0
SMOKE_STEADY = 3.0


@dataclass(frozen=True)
class Options:
    """What was asked on the command line."""

    port: int = WEB_PORT
    smoke: bool = False
    demo: bool = True
    fresh: bool = False

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> Options:
        """Return the options in `arguments`; argparse ends the process on a wrong one."""
        parser = argparse.ArgumentParser(prog="manage.py up", description="Start everything; Ctrl-C stops everything.")
        parser.add_argument("--port", type=int, default=WEB_PORT, help="preferred port (default 8000; else a free one)")
        parser.add_argument("--smoke", action="store_true", help="stop when all is ready; exit code 0 if it was")
        parser.add_argument("--no-demo", dest="demo", action="store_false", help="make no demo tenants")
        parser.add_argument("--fresh", action="store_true", help="delete this checkout's data first")
        found = parser.parse_args(list(arguments))
        return cls(port=found.port, smoke=found.smoke, demo=found.demo, fresh=found.fresh)


def up(arguments: Sequence[str]) -> int:
    """Run the product until it is told to stop; return the exit code. Raises SetupError."""
    options = Options.parse(arguments)
    home = state_dir(DEVELOPMENT)
    services.prepare(home)
    # Also before the supervisor runs, a TERM must unwind: children of this stage end with it.
    before = signal.signal(signal.SIGTERM, _unwind)
    try:
        with locked(home / LOCK, wait=False):
            try:
                return _run(options, home)
            finally:
                if os.environ.get("OUTCRY_KEEP_SERVICES") != "1":
                    services.stop(DEVELOPMENT)
    except AlreadyLockedError as error:
        running = read_json(home / LEDGER)
        where = f" at http://localhost:{running['port']}/" if "port" in running else ""
        raise SetupError(f"this checkout is already up{where}; stop that one first") from error
    finally:
        signal.signal(signal.SIGTERM, before)


def _unwind(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def _run(options: Options, home: Path) -> int:
    begun = time.monotonic()
    for name in end_leftovers(home / LEDGER):
        print(f"up: ended a left-over process of an earlier run: {name}")
    if options.fresh:
        services.reset(DEVELOPMENT)
    settings = services.ensure(DEVELOPMENT)
    timings = {"services": time.monotonic() - begun}
    port = network.choose(options.port, tries=PORT_TRIES)
    if port != options.port:
        print(f"up: port {options.port} is taken, using {port}")
    base = base_environment(os.environ, {**settings, **sandbox_addresses(home)}, port=port)
    _bootstrap(base, demo=options.demo)
    timings["bootstrap"] = time.monotonic() - begun
    children = [
        Child(
            process.name, process.command(sys.executable, host=network.LOOPBACK, port=port), process.environment(base)
        )
        for process in PROCESSES
    ]
    supervisor = Supervisor(children, state=home, cwd=CHECKOUT, facts={"port": port})
    watch = Watch(supervisor, base, options=options, begun=begun, timings=timings, port=port)
    supervisor.each_tick = watch.tick
    supervisor.run()
    return watch.exit_code


def base_environment(environ: Mapping[str, str], settings: Mapping[str, str], *, port: int) -> dict[str, str]:
    """Return the environment all processes of `up` share, before each is cut to what it may know.

    What the caller's environment sets wins over `settings` only for addresses of servers we do not start.
    """
    chosen = environ.get("DJANGO_SETTINGS_MODULE") or "config.settings.dev"
    kept = {name: environ[name] for name in SANDBOX_PORTS if environ.get(name)}
    # Celery's warning about root is for servers on the net; here root is somebody trying the product in a container.
    quiet = {"PYTHONWARNINGS": environ.get("PYTHONWARNINGS") or "ignore:You're running the worker with superuser"}
    own = {"DJANGO_SETTINGS_MODULE": chosen, "OUTCRY_WEB_PORT": str(port)}
    return {**environ, **settings, **kept, **quiet, **own}


def sandbox_addresses(home: Path) -> dict[str, str]:
    """Return the sandbox exchange's two addresses, with the ports of the last run if they are free.

    Stored connections name the address, so it should not change from run to run.
    """
    kept = read_json(home / "ports.json")
    ports = {name: network.choose(kept.get(name, port)) for name, port in SANDBOX_PORTS.items()}
    write_json(home / "ports.json", ports)
    return {name: f"http://{network.LOOPBACK}:{port}" for name, port in ports.items()}


def _bootstrap(base: Mapping[str, str], *, demo: bool) -> None:
    """Bring the database to the code's state as its owner. Raises SetupError."""
    command = [*BOOTSTRAP.command(sys.executable, host=network.LOOPBACK, port=0), *([] if demo else ["--no-demo"])]
    code = subprocess.run(command, env=BOOTSTRAP.environment(base), cwd=CHECKOUT, check=False).returncode
    if code != 0:
        raise SetupError(f"bootstrap failed (exit code {code}); its own message stands above")


@dataclass
class Watch:
    """What `up` looks at while the supervisor runs: servers alive, product ready, smoke run done."""

    supervisor: Supervisor
    base: dict[str, str]
    options: Options
    begun: float
    timings: dict[str, float]
    port: int
    clock: Callable[[], float] = time.monotonic
    exit_code: int = 0
    ready_at: float | None = None
    _due: dict[str, float] = field(default_factory=dict)

    def tick(self) -> None:
        """Do what is due; called often by the supervisor."""
        if self._is_due("servers", 0.5):
            self._mend_servers()
        if self.ready_at is None:
            self._look_whether_ready()
        elif self.options.smoke and self.clock() >= self.ready_at + SMOKE_STEADY:
            self._end_smoke()

    def _is_due(self, name: str, every: float) -> bool:
        now = self.clock()
        if now < self._due.get(name, 0.0):
            return False
        self._due[name] = now + every
        return True

    def _mend_servers(self) -> None:
        """Start an embedded server again that was killed; if its address changed, all processes start again too."""
        gone = services.dead(DEVELOPMENT)
        if not gone:
            return
        self.supervisor.say("up", f"{' and '.join(gone)} ended; starting again")
        try:
            settings = services.ensure(DEVELOPMENT)
        except SetupError as error:
            self.supervisor.say("up", str(error))
            return
        if any(self.base[name] != value for name, value in settings.items()):
            self.base.update(settings)
            known = {process.name: process for process in PROCESSES}
            self.supervisor.restart(lambda name: known[name].environment(self.base))

    def _look_whether_ready(self) -> None:
        if not self._is_due("ready", 0.25):
            return
        if answers_ready(self.port):
            self.ready_at = self.clock()
            self.timings["ready"] = self.ready_at - self.begun
            self._announce()
        elif self.options.smoke and self.clock() >= self.begun + READY_PATIENCE:
            self.supervisor.say("up", f"not ready after {READY_PATIENCE:g} s")
            self.exit_code = 1
            self.supervisor.stop()

    def _announce(self) -> None:
        report = read_json(Path(self.base["OUTCRY_STATE_DIR"]) / REPORT)
        took = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.timings.items())
        for line in (f"ready ({took})", *report_lines(report), f"state and keys: {self.base['OUTCRY_STATE_DIR']}"):
            self.supervisor.say("up", line)

    def _end_smoke(self) -> None:
        """After a steady while: nothing may have ended in it."""
        fallen = [child.name for child in self.supervisor.children if child.restarts or not child.alive]
        if fallen:
            self.supervisor.say("up", f"smoke run failed: {', '.join(fallen)} ended")
        self.exit_code = 1 if fallen else 0
        self.supervisor.stop()


def report_lines(report: Mapping[str, Any]) -> list[str]:
    """Return the lines that show bootstrap's report: its `urls` (name, url) and `logins` (name, fields)."""
    lines = [f"{name}: {url}" for name, url in report.get("urls", {}).items()]
    for name, login in report.get("logins", {}).items():
        lines.append(f"login {name}: " + "  ".join(f"{key} {value}" for key, value in login.items()))
    return lines


def answers_ready(port: int) -> bool:
    """Tell whether the web process says that it and what it needs are ready."""
    connection = http.client.HTTPConnection(network.LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
