"""Facts about processes by id, safe against reused ids, and bounded waiting."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# Through a variable: type checkers would call the other branch unreachable.
LINUX = bool(sys.platform == "linux")


def identity(pid: int) -> str | None:
    """Return a token that names the living process `pid` and no later owner of that number; None when it is gone.

    A zombie counts as gone: it runs no code and holds no port.
    """
    if pid <= 0:
        return None
    if LINUX:
        try:
            # The command name stands in parentheses and may hold anything, so fields are counted after the last one.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        state, started = fields[0], fields[19]
        return None if state in "ZX" else started
    found = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = found.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


def command_line(pid: int) -> str:
    """Return the command line of `pid`, '' when it cannot be read."""
    if LINUX:
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    found = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def is_same(pid: int, token: str | None) -> bool:
    """Tell whether `pid` is still the process that `token` was taken from."""
    return token is not None and identity(pid) == token


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.02) -> bool:
    """Poll `condition` for at most `seconds`; return whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every)
    return True


def end_process(pid: int, token: str | None, *, grace: float) -> None:
    """End the process `pid` if it still is the one of `token`: TERM, and KILL after `grace` seconds."""
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        if not is_same(pid, token):
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if wait_until(lambda: not is_same(pid, token), seconds=patience):
            return


def group_members(leader: int) -> list[int]:
    """Return the living processes of the group `leader`; zombies do not count."""
    if LINUX:
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = path.read_text().rpartition(")")[2].split()
                if int(fields[2]) == leader and fields[0] not in "ZX":
                    found.append(int(path.parent.name))
        return found
    listed = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=False)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return [int(row[0]) for row in rows if int(row[1]) == leader and not row[2].startswith("Z")]


def end_group(leader: int, number: int = signal.SIGKILL) -> None:
    """Send `number` to every process of the group `leader`; a group that is gone is fine."""
    # PermissionError: on macOS a group that holds only zombies answers so.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
