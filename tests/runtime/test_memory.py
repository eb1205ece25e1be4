"""Throw-away databases lie in memory only where there is room and nobody else got there first."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.runtime import memory
from config.runtime.account import Account

OURS = Account()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def place(home: Path, shared: Path, *, throwaway: bool = True) -> Path:
    return memory.folder_of(home, throwaway=throwaway, account=OURS, memory=shared)


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(memory, "ROOM", 1)
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


def test_only_a_new_throw_away_cluster_goes_into_memory(home: Path, shared: Path) -> None:
    quick = memory.in_memory(home, shared)
    assert place(home, shared) == quick
    assert place(home, shared, throwaway=False) == home / "postgres"
    quick.mkdir(mode=0o700)
    assert place(home, shared, throwaway=False) == quick  # who stops or asks does not know what it is
    (home / "postgres" / "data").mkdir(parents=True)
    assert place(home, shared) == home / "postgres"


def test_without_room_or_shared_memory_it_goes_to_the_disk(
    home: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place(home, shared / "missing") == home / "postgres"
    monkeypatch.setattr(memory, "ROOM", 2**62)
    assert place(home, shared) == home / "postgres"


def test_a_folder_that_others_can_reach_is_not_used(home: Path, shared: Path) -> None:
    quick = memory.in_memory(home, shared)
    quick.symlink_to(shared / "elsewhere")
    assert place(home, shared) == home / "postgres"
    quick.unlink()
    quick.mkdir()
    quick.chmod(0o755)
    assert place(home, shared) == home / "postgres"
    quick.chmod(0o700)
    assert place(home, shared) == quick


def test_only_what_lies_in_memory_is_deleted(home: Path, shared: Path) -> None:
    quick, disk = memory.in_memory(home, shared), home / "postgres"
    for folder in (quick, disk):
        (folder / "data").mkdir(parents=True)
        memory.forget(home, folder, shared)
    assert (quick.exists(), disk.exists()) == (False, True)
