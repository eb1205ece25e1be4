#!/usr/bin/env python3
"""The one command: `python3 manage.py up`, `test`, `check`, `services`, and every Django command.

Runs on a bare Python with pip: it makes `.venv` from the lock file and runs itself again in there. This file keeps to
syntax that old interpreters can read, so that they can say what is wrong.
"""

import os
import subprocess
import sys

OLDEST, BEYOND = (3, 11), (3, 14)
NEEDED = "Python %d.%d to %d.%d" % (*OLDEST, BEYOND[0], BEYOND[1] - 1)  # noqa: UP031 readable by old interpreters


def run_in_another_python() -> None:
    """Hand over to a suitable interpreter on the PATH; return only if there is none."""
    for minor in range(BEYOND[1] - 1, OLDEST[1] - 1, -1):
        name = "python3.%d" % minor  # noqa: UP031 readable by old interpreters
        try:
            # A version manager's shim may stand there without the interpreter, so it is tried first.
            works = subprocess.call([name, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
        except OSError:
            continue
        if works:
            os.execvp(name, [name, *sys.argv])  # noqa: S606 a list, and no shell is wanted


def main() -> None:
    """Enter the checkout's environment and run the command."""
    if not OLDEST <= sys.version_info[:2] < BEYOND:
        run_in_another_python()
        sys.exit("manage.py needs %s; this is Python %s" % (NEEDED, sys.version.split()[0]))  # noqa: UP031 as above
    from config.runtime.paths import SetupError

    try:
        from config.runtime import bootstrap

        bootstrap.enter(sys.argv)
        from config.runtime import commands

        sys.exit(commands.run(sys.argv))
    except SetupError as error:
        sys.exit("manage.py: %s" % error)  # noqa: UP031 as above
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
