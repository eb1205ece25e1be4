"""Where a throw-away database lies: in the machine's memory where that has room, else in the state folder.

A test run makes a database of some three thousand files for every test that commits; on a disk that costs as much as
the tests themselves.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from pathlib import Path

from config.runtime.account import Account

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is ours and closed, or it is not used
ROOM = 4 * 2**30
"""Bytes that must be free; a whole run needs less than one and a half thousand million."""


def folder_of(home: Path, *, throwaway: bool, account: Account, memory: Path = SHARED_MEMORY) -> Path:
    """Return the folder of the cluster of the state folder `home` (not created).

    A cluster that stands is found where it stands. A new one is put into `memory` if it is throw-away and fits.
    """
    disk, quick = home / "postgres", in_memory(home, memory)
    if (disk / "data").exists():
        return disk
    if os.path.lexists(quick):
        return quick if _is_ours(quick, account) else disk
    return quick if throwaway and _free(memory) >= ROOM else disk


def in_memory(home: Path, memory: Path = SHARED_MEMORY) -> Path:
    """Return the folder that `home` has in memory, if it has one."""
    return memory / f"outcry-{hashlib.sha256(str(home).encode()).hexdigest()[:16]}"


def forget(home: Path, folder: Path, memory: Path = SHARED_MEMORY) -> None:
    """Delete `folder` if it lies in memory, which a stopped server is not to hold."""
    if folder == in_memory(home, memory):
        shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path, account: Account) -> bool:
    """Whether nobody else made it: everybody may make folders in shared memory."""
    facts = folder.lstat()
    return stat.S_ISDIR(facts.st_mode) and account.owns(folder) and facts.st_mode & 0o077 == 0


def _free(memory: Path) -> int:
    try:
        facts = os.statvfs(memory)
    except OSError:
        return 0
    return facts.f_bavail * facts.f_frsize
