"""Waits for its standard input to close, then ends every process group in the ledger: the supervisor's last will."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from config.runtime.supervisor import end_leftovers


def main(ledger: Path) -> None:
    """Return after the supervisor is gone and nothing of it is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    end_leftovers(ledger)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
