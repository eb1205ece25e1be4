"""From a bare interpreter with pip to the locked environment in `.venv`. Standard library only.

`uv` is installed into the environment itself (`pip --python`), so systems whose Python is managed by their packager
and Debians without ensurepip both work. Where uv cannot reach an index, pip installs the same locked, hashed list.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from config.runtime.paths import CHECKOUT, SetupError

UV = "uv>=0.8,<1"
SUPPORTED = ((3, 11), (3, 12), (3, 13))
EXTRAS = ("pdf",)
"""Extras that `up` and `test` install besides the core."""
GROUPS_BY_COMMAND: Mapping[str, tuple[str, ...]] = {"test": ("test",), "check": ("check", "test")}
FIRST_INSTALL_BYTES = 1_000_000_000
NO_SPACE = "no space left on the disk; the environment needs about 600 MB"


@dataclass(frozen=True)
class Stamp:
    """What an environment was synchronised to: the lock file's hash and the dependency groups."""

    lock: str
    groups: tuple[str, ...]

    @classmethod
    def read(cls, venv: Path) -> Stamp | None:
        """Return the environment's stamp, None when there is none that can be read."""
        try:
            found = json.loads((venv / ".outcry.json").read_text())
            return cls(str(found["lock"]), tuple(str(group) for group in found["groups"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, venv: Path) -> None:
        """Leave the stamp in the environment."""
        (venv / ".outcry.json").write_text(json.dumps({"lock": self.lock, "groups": list(self.groups)}) + "\n")

    def covers(self, wanted: Stamp) -> bool:
        """Tell whether an environment with this stamp has all that `wanted` asks."""
        return self.lock == wanted.lock and set(wanted.groups) <= set(self.groups)

    def joined(self, present: Stamp | None) -> Stamp:
        """Return this stamp with the groups already `present`, so that `up` never removes the test tools."""
        return Stamp(self.lock, tuple(sorted({*self.groups, *(present.groups if present else ())})))


def wanted_stamp(lock_file: Path, groups: Iterable[str]) -> Stamp:
    """Return the stamp an environment must have for `groups`."""
    return Stamp(hashlib.sha256(lock_file.read_bytes()).hexdigest(), tuple(sorted(groups)))


def groups_for(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return the dependency groups that the command in `arguments` (without the program's name) needs."""
    return GROUPS_BY_COMMAND.get(arguments[0], ()) if arguments else ()


def installer_environment(venv: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for uv and pip: nothing of another environment, no interpreter fetched."""
    dropped = {"VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "CONDA_PREFIX", "__PYVENV_LAUNCHER__"}
    kept = {name: value for name, value in environ.items() if name not in dropped}
    forced = {"UV_PROJECT_ENVIRONMENT": str(venv), "UV_PYTHON": str(python_of(venv)), "UV_PYTHON_DOWNLOADS": "never"}
    return {**kept, **forced, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def python_of(venv: Path) -> Path:
    """Return the environment's interpreter."""
    return venv / "bin" / "python"


def inside(venv: Path) -> bool:
    """Tell whether this process runs in the environment."""
    return Path(sys.prefix).resolve() == venv.resolve()


def enter(argv: Sequence[str], checkout: Path = CHECKOUT) -> None:
    """Return when this process runs in the up-to-date environment; otherwise make it so and run `argv` again in it.

    An environment without our stamp in which we already run was made by its user and is trusted. Raises SetupError.
    """
    venv = checkout / ".venv"
    wanted = wanted_stamp(checkout / "uv.lock", groups_for(argv[1:]))
    present = Stamp.read(venv)
    current = present is not None and present.covers(wanted)
    if inside(venv) and (current or present is None):
        return
    if not (current and works(venv)):
        with only_one(checkout / "uv.lock"):
            synchronise(checkout, venv, wanted)
    python = str(python_of(venv))
    script = str(checkout / "manage.py")
    sys.stdout.flush()
    os.execv(python, [python, script, *argv[1:]])  # noqa: S606 a list, and no shell is wanted


@contextmanager
def only_one(lock_file: Path) -> Iterator[None]:
    """Let one first run at a time work on the environment; the others wait and find it done."""
    with lock_file.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another first run of this checkout …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def works(venv: Path) -> bool:
    """Tell whether the environment has a living interpreter of a supported version."""
    program = "import sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.run([python_of(venv), "-c", program], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.returncode == 0 and tuple(int(part) for part in done.stdout.split()) in SUPPORTED


def synchronise(checkout: Path, venv: Path, wanted: Stamp) -> None:
    """Make the environment if it is missing or broken, and install the locked packages. Raises SetupError."""
    usable = works(venv)
    present = Stamp.read(venv) if usable else None
    if present is not None and present.covers(wanted):
        return
    goal = wanted.joined(present)
    try:
        if not usable:
            make_environment(checkout, venv)
        (venv / ".outcry.json").unlink(missing_ok=True)
        install(checkout, venv, goal.groups, exact=present is not None or not usable)
        goal.write(venv)
    except OSError as error:
        raise SetupError(NO_SPACE if error.errno == errno.ENOSPC else f"cannot prepare {venv}: {error}") from error


def make_environment(checkout: Path, venv: Path) -> None:
    """Make an empty environment, in the place of a broken one. Raises SetupError."""
    if not os.access(checkout, os.W_OK):
        raise SetupError(f"cannot write to {checkout}; run as its owner, or clone it to a folder of yours")
    if shutil.disk_usage(checkout).free < FIRST_INSTALL_BYTES:
        raise SetupError(NO_SPACE)
    say("making .venv …")
    done = run([sys.executable, "-m", "venv", "--clear", "--without-pip", venv])
    if done.returncode != 0:
        raise SetupError(f"Python's venv module fails ({last_line(done)}); on Debian: apt-get install python3-venv")


def install(checkout: Path, venv: Path, groups: Sequence[str], *, exact: bool) -> None:
    """Install the locked packages with uv, or with pip where uv fails. Raises SetupError.

    With `exact` what the lock does not name is removed; an environment someone else filled keeps its extras.
    """
    environment = installer_environment(venv, os.environ)
    pip = pip_command(venv, environment)
    uv = venv / "bin" / "uv"
    if not uv.exists():
        done = run([*pip, "install", "--quiet", UV], environment)
        if done.returncode != 0:
            raise SetupError(f"pip cannot install uv: {last_line(done)}")
    say("installing the locked packages (about 140 MB the first time) …")
    chosen = [part for group in groups for part in ("--group", group)]
    extras = [part for extra in EXTRAS for part in ("--extra", extra)]
    project: list[str | Path] = ["--project", checkout, "--frozen", "--no-default-groups", *extras, *chosen]
    done = run([uv, "sync", "--quiet", *project, *([] if exact else ["--inexact"])], environment)
    if done.returncode == 0:
        return
    refuse_full_disk(done)
    say(f"uv cannot install ({last_line(done)}); trying pip …")
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        exported = run([uv, "export", "--quiet", *project, "--no-header", "--output-file", listed], environment)
        if exported.returncode != 0:
            raise SetupError(f"uv.lock cannot be read: {last_line(exported)}")
        done = run([*pip, "install", "--quiet", "--require-hashes", "--no-deps", "-r", listed], environment)
    refuse_full_disk(done)
    if done.returncode != 0:
        raise SetupError(f"the packages cannot be installed: {last_line(done)}")


def pip_command(venv: Path, environment: Mapping[str, str]) -> list[str | Path]:
    """Return a pip that installs into the environment: this interpreter's, or one put into it. Raises SetupError."""
    outer: list[str | Path] = [sys.executable, "-m", "pip", "--python", python_of(venv)]
    if run([*outer, "--version"], environment).returncode == 0:
        return outer
    inner: list[str | Path] = [python_of(venv), "-m", "pip"]
    if run([*inner, "--version"], environment).returncode == 0:
        return inner
    if run([python_of(venv), "-m", "ensurepip"], environment).returncode == 0:
        return inner
    raise SetupError("pip 22.3 or newer is needed; on Debian: apt-get install python3-pip")


def run(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run an installer's command with its output captured; nothing is checked."""
    return subprocess.run(
        [str(part) for part in command],
        env=None if environment is None else dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def refuse_full_disk(done: subprocess.CompletedProcess[str]) -> None:
    """Raise SetupError when the command failed for want of space."""
    if done.returncode != 0 and "No space left" in done.stderr + done.stdout:
        raise SetupError(NO_SPACE)


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the most telling line of a failed command: the last one that names an error, else the last."""
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or [f"exit code {done.returncode}"])[-1]


def say(message: str) -> None:
    """Tell the person at the keyboard what takes time."""
    with suppress(BrokenPipeError):
        print(f"manage.py: {message}", file=sys.stderr, flush=True)
