"""freqtrade's own command line with every way out of the machine closed; the last argument takes the attempts."""

import json
import signal
import sys
from pathlib import Path

import loopback  # type: ignore[import-not-found]  # the script is run by its path

if __name__ == "__main__":
    *arguments, report = sys.argv[1:]
    # A shell that starts the tests in the background has them ignore this signal, and their children with them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    loopback.watch()
    from freqtrade.main import main  # type: ignore[import-not-found]

    try:
        main(arguments)
    finally:
        Path(report).write_text(json.dumps(loopback.unwatch()))
