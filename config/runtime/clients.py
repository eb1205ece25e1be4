"""The environment of the foreign clients (freqtrade, python-binance) that the test group `clients` runs.

Their pins conflict with ours, so they never enter the product's environment: they get one of their own in the state
folder, made on demand from a hashed list and kept while that list and the interpreter stay the same.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from config.runtime import bootstrap
from config.runtime.paths import CHECKOUT, SYSTEM_TEST, TEST, SetupError, locked, state_root

REQUIREMENTS = CHECKOUT / "tests" / "clients" / "requirements.txt"
INSTALL_BYTES = 1_200_000_000
STAMP = ".outcry-clients"
NO_SPACE = "no space left on the disk; the environment of the clients needs about 600 MB"


def ensure(environ: Mapping[str, str] = os.environ, requirements: Path = REQUIREMENTS) -> Path:
    """Return the interpreter of the clients' environment, made first when it is missing or out of date.

    Two callers at once build it once: the second waits. Raises SetupError with one line that says what is missing.
    """
    folder = home(environ)
    venv = folder / "clients"
    wanted = wanted_stamp(requirements)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "clients.lock"):
            if not is_current(venv, wanted):
                build(venv, requirements, wanted)
    except OSError as error:
        message = NO_SPACE if error.errno == errno.ENOSPC else f"cannot prepare {venv}: {error}"
        raise SetupError(message) from error
    return bootstrap.python_of(venv)


def home(environ: Mapping[str, str]) -> Path:
    """Return the checkout's state folder, also inside a run whose state folder is that of a test profile."""
    folder = state_root(environ)
    return folder.parent if folder.name in (TEST, SYSTEM_TEST) else folder


def wanted_stamp(requirements: Path) -> str:
    """Return what an environment made from `requirements` by this interpreter is stamped with."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return f"{digest} {sys.version_info[0]}.{sys.version_info[1]}\n"


def is_current(venv: Path, wanted: str) -> bool:
    """Tell whether the environment is whole, made from this list, and has a living interpreter."""
    try:
        return (venv / STAMP).read_text() == wanted and bootstrap.works(venv)
    except OSError:
        return False


def build(venv: Path, requirements: Path, wanted: str) -> None:
    """Make the environment anew; only a whole one gets the stamp. Raises SetupError or OSError."""
    if shutil.disk_usage(venv.parent).free < INSTALL_BYTES:
        raise SetupError(NO_SPACE)
    bootstrap.say("making the environment of freqtrade and python-binance (about 170 MB to fetch, once) …")
    made = bootstrap.run([sys.executable, "-m", "venv", "--clear", "--without-pip", venv])
    if made.returncode != 0:
        raise SetupError(f"Python's venv module fails ({bootstrap.last_line(made)})")
    environment = bootstrap.installer_environment(venv, os.environ)
    uv = CHECKOUT / ".venv" / "bin" / "uv"
    problem = "uv is not there"
    if uv.exists():
        python = bootstrap.python_of(venv)
        command: list[str | Path] = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
        done = bootstrap.run([*command, "--require-hashes", "--requirement", requirements], environment)
        problem = bootstrap.last_line(done) if done.returncode else ""
    if problem:
        install_with_pip(venv, requirements, environment, problem)
    (venv / STAMP).write_text(wanted)


def install_with_pip(venv: Path, requirements: Path, environment: Mapping[str, str], problem: str) -> None:
    """Install the same list with pip, because uv had a `problem`. Raises SetupError."""
    bootstrap.say(f"uv cannot install ({problem}); trying pip …")
    pip = bootstrap.pip_command(venv, environment)
    command = [*pip, "install", "--quiet", "--require-hashes", "--no-deps", "--requirement", requirements]
    done = bootstrap.run(command, environment)
    if done.returncode != 0:
        shutil.rmtree(venv, ignore_errors=True)
        raise SetupError(
            f"the environment of freqtrade and python-binance cannot be made: {bootstrap.last_line(done)};"
            " it needs a package index that has what tests/clients/requirements.txt names"
        )
