"""A supervisor in a process of its own, for test_supervisor.py: `supervised.py <state folder> <JSON of commands>`."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from config.runtime.supervisor import Child, Supervisor

# Waiting times of seconds pass in hundredths, so that a child which will not stop is killed soon.
HASTE = 20


def main() -> None:
    """Supervise until told to stop."""
    commands: dict[str, list[str]] = json.loads(sys.argv[2])
    children = [Child(name, command, dict(os.environ)) for name, command in commands.items()]
    state = Path(sys.argv[1])
    Supervisor(children, state=state, cwd=state, clock=lambda: time.monotonic() * HASTE).run()


if __name__ == "__main__":
    main()
