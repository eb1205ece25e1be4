"""Whoever starts the servers, they run under an account of little power, and no folder is opened up for that."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.runtime.account import NOBODY, Account, WheelProgram
from config.runtime.paths import CHECKOUT, SetupError, make_state_dir, state_root

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root steps down; others are the ordinary case")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder every account can enter."""
    folder = Path(tempfile.mkdtemp(prefix="outcry test "))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def make_wheel(folder: Path) -> WheelProgram:
    """Lay out an installed package `toolpkg` with a program that needs its `.libs` sibling."""
    program = folder / "toolpkg" / "bin" / "tool"
    program.parent.mkdir(parents=True)
    (folder / "toolpkg.libs").mkdir()
    (folder / "toolpkg.libs" / "word").write_text("ready")
    program.write_text('#!/bin/sh\ncat "$(dirname "$0")/../../toolpkg.libs/word"\n')
    program.chmod(0o700)
    information = folder / "tool_pkg-1.5.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: tool-pkg\nVersion: 1.5\n")
    return WheelProgram("toolpkg", "tool-pkg", "bin/tool")


@needs_root
def test_binaries_in_a_closed_home_are_copied_and_the_home_stays_closed(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = open_folder / "home"
    (home / "checkout").mkdir(parents=True)
    home.chmod(0o700)
    wheel = make_wheel(home / "checkout")
    monkeypatch.syspath_prepend(str(home / "checkout"))
    account = Account(NOBODY, NOBODY)
    for _again in range(2):
        found = wheel.locate(account, cache=open_folder / "cache")
        assert found == open_folder / "cache" / "tool-pkg-1.5" / "toolpkg" / "bin" / "tool"
        assert account.run([found]).stdout == "ready"
    assert mode(home) == 0o700
    assert mode(home / "checkout" / "toolpkg" / "bin" / "tool") == 0o700


@needs_root
def test_reachable_binaries_are_used_where_they_are(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = make_wheel(open_folder)
    (open_folder / "toolpkg" / "bin" / "tool").chmod(0o755)
    monkeypatch.syspath_prepend(str(open_folder))
    assert wheel.locate(Account(NOBODY, NOBODY), cache=open_folder / "cache").is_relative_to(open_folder / "toolpkg")
    assert not (open_folder / "cache").exists()


@needs_root
def test_the_servers_group_may_pass_the_state_folder_and_nobody_else(open_folder: Path) -> None:
    existing = mode(open_folder)
    make_state_dir(open_folder / "deep" / "state", server_gid=NOBODY)
    assert mode(open_folder / "deep" / "state") == 0o710
    assert (open_folder / "deep" / "state").stat().st_gid == NOBODY
    assert mode(open_folder) == existing


@needs_root
def test_a_state_folder_of_somebody_else_is_refused_and_left_alone(open_folder: Path) -> None:
    os.chown(open_folder, NOBODY, NOBODY)
    with pytest.raises(SetupError, match="belongs to another user"):
        make_state_dir(open_folder, server_gid=NOBODY)
    assert (open_folder.stat().st_uid, mode(open_folder)) == (NOBODY, 0o755)
    os.chown(open_folder, 0, 0)


def python_for(account: Account) -> str | None:
    """Return an interpreter like ours that the account can run (ours may lie in a closed home)."""
    version = sys.version_info[:2]
    question = f"import sys; sys.exit(sys.version_info[:2] != {version!r})"
    for name in (sys.executable, getattr(sys, "_base_executable", sys.executable), "/usr/bin/python3"):
        try:
            if account.run([name, "-c", question]).returncode == 0:
                return str(name)
        except OSError:
            continue
    return None


@needs_root
def test_an_ordinary_user_gets_both_servers_in_a_folder_of_their_own(open_folder: Path) -> None:
    account = Account(NOBODY, NOBODY)
    python = python_for(account)
    if python is None:
        pytest.skip(f"no Python {sys.version_info[0]}.{sys.version_info[1]} that another account can run")
    os.chown(open_folder, NOBODY, NOBODY)
    program = (
        "from config.runtime import services\n"
        "import os, psycopg\n"
        "settings = services.ensure('dev')\n"
        "with psycopg.connect(settings['DATABASE_URL']) as c: print(c.execute('SELECT current_user').fetchone()[0])\n"
        "print(sorted(services.stop('dev')), oct(os.stat(settings['OUTCRY_STATE_DIR']).st_mode & 0o777))\n"
    )
    done = subprocess.run(
        [python, "-c", program],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(open_folder),
            "PYTHONPATH": os.pathsep.join([str(CHECKOUT), sysconfig.get_path("purelib")]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == ["outcry_app", "['postgres', 'valkey'] 0o700"], done.stderr
    assert (open_folder / ".local" / "state" / "outcry").is_dir()


def test_the_state_folder_follows_the_user_and_the_checkout() -> None:
    checkout = Path("/a b/c")
    key = state_root({}, uid=0, checkout=checkout).name
    assert len(key) == 12
    assert state_root({}, uid=0, checkout=checkout) == Path("/var/lib/outcry") / key
    assert state_root({"HOME": "/home/u"}, uid=7, checkout=checkout) == Path("/home/u/.local/state/outcry") / key
    assert state_root({"HOME": "/home/u", "XDG_STATE_HOME": "/s"}, uid=7, checkout=checkout) == Path("/s/outcry") / key
    assert state_root({"OUTCRY_STATE_DIR": "/x/y"}, uid=0, checkout=checkout) == Path("/x/y")
    assert state_root({}, uid=0, checkout=Path("/other")).name != key


def test_a_folder_that_cannot_be_made_is_one_clear_line() -> None:
    with pytest.raises(SetupError, match="set OUTCRY_STATE_DIR to a folder of yours"):
        make_state_dir(Path("/proc/outcry"), server_gid=None)
