"""From a bare interpreter to the environment: the decisions, and one real hand-over."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from config.runtime import bootstrap
from config.runtime.bootstrap import Stamp, groups_for, installer_environment, wanted_stamp, works
from config.runtime.paths import CHECKOUT, SetupError


def test_the_stamp_follows_the_lock_file(tmp_path: Path) -> None:
    lock = tmp_path / "uv.lock"
    lock.write_text("one")
    stamp = wanted_stamp(lock, ("test",))
    stamp.write(tmp_path)
    assert Stamp.read(tmp_path) == stamp
    assert stamp.covers(wanted_stamp(lock, ()))
    assert not stamp.covers(wanted_stamp(lock, ("check", "test")))
    lock.write_text("two")
    assert not stamp.covers(wanted_stamp(lock, ()))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"lock": "x"}', '{"lock": "x", "groups": 3}'])
def test_a_broken_stamp_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / ".outcry.json").write_text(content)
    assert Stamp.read(tmp_path) is None


def test_groups_already_there_are_kept() -> None:
    there = Stamp("old", ("check", "test"))
    assert Stamp("new", ()).joined(there) == Stamp("new", ("check", "test"))
    assert Stamp("new", ("test",)).joined(None) == Stamp("new", ("test",))


def test_each_command_asks_for_the_groups_it_needs() -> None:
    assert groups_for(["up", "--smoke"]) == ()
    assert groups_for(["test", "-k", "x"]) == ("test",)
    assert groups_for(["check"]) == ("check", "test")
    assert groups_for(["shell"]) == groups_for([]) == ()


def test_installers_see_nothing_of_another_environment(tmp_path: Path) -> None:
    given = {
        "VIRTUAL_ENV": "/other",
        "PYTHONPATH": "/x",
        "PYTHONHOME": "/y",
        "PIP_INDEX_URL": "https://mirror",
        "HOME": "/h",
    }
    found = installer_environment(tmp_path / "a b", given)
    assert found["UV_PROJECT_ENVIRONMENT"] == str(tmp_path / "a b")
    assert found["UV_PYTHON"] == str(tmp_path / "a b" / "bin" / "python")
    assert found["UV_PYTHON_DOWNLOADS"] == "never"
    assert (found["PIP_INDEX_URL"], found["HOME"]) == ("https://mirror", "/h")
    assert not {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"} & found.keys()


def fake_interpreter(venv: Path, version: str) -> None:
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").write_text(f"#!/bin/sh\necho {version}\n")
    (venv / "bin" / "python").chmod(0o755)


def test_an_environment_of_another_python_or_a_broken_one_does_not_count(tmp_path: Path) -> None:
    assert not works(tmp_path / "missing")
    for name, version, verdict in (("old", "3 10", False), ("good", "3 12", True), ("new", "3 14", False)):
        fake_interpreter(tmp_path / name, version)
        assert works(tmp_path / name) is verdict
    (tmp_path / "dangling" / "bin").mkdir(parents=True)
    (tmp_path / "dangling" / "bin" / "python").symlink_to("/nowhere/python")
    assert not works(tmp_path / "dangling")


def test_the_first_run_that_waited_finds_the_work_done(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("lock")
    wanted = wanted_stamp(tmp_path / "uv.lock", ())
    fake_interpreter(tmp_path / ".venv", "3 11")
    wanted.write(tmp_path / ".venv")
    before = (tmp_path / ".venv" / ".outcry.json").stat()
    bootstrap.synchronise(tmp_path, tmp_path / ".venv", wanted)
    assert (tmp_path / ".venv" / ".outcry.json").stat() == before


def test_a_full_disk_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "uv.lock").write_text("lock")

    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(bootstrap, "make_environment", full)
    with pytest.raises(SetupError, match="no space left on the disk"):
        bootstrap.synchronise(tmp_path, tmp_path / ".venv", wanted_stamp(tmp_path / "uv.lock", ()))
    assert Stamp.read(tmp_path / ".venv") is None
    failed = subprocess.CompletedProcess([], 2, "", "error: write failed\n  No space left on device (os error 28)")
    with pytest.raises(SetupError, match="no space left on the disk"):
        bootstrap.refuse_full_disk(failed)


def test_the_telling_line_of_a_failure_is_shown() -> None:
    done = subprocess.CompletedProcess([], 1, "", "warning: x\nerror: no index answers\nhint: y\n")
    assert bootstrap.last_line(done) == "error: no index answers"
    assert bootstrap.last_line(subprocess.CompletedProcess([], 9, "", "")) == "exit code 9"


def test_what_runs_before_the_packages_needs_only_the_standard_library() -> None:
    program = (
        "import sys; before = set(sys.modules); import config.runtime.bootstrap\n"
        "loaded = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(loaded - set(sys.stdlib_module_names)))"
    )
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(CHECKOUT)!r})\n{program}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['config']"


def test_manage_py_hands_over_to_the_environments_python(tmp_path: Path) -> None:
    """A checkout in a path with a space, an environment that is up to date: the command runs in it at once."""
    checkout = tmp_path / "my checkout"
    (checkout / "config").mkdir(parents=True)
    (checkout / "config" / "__init__.py").touch()
    (checkout / "config" / "runtime").symlink_to(CHECKOUT / "config" / "runtime")
    (checkout / "manage.py").write_text((CHECKOUT / "manage.py").read_text())
    (checkout / "uv.lock").write_text("lock")
    program = checkout / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\n[ "$1" = -c ] && { echo 3 11; exit; }\nprintf "%s|" "$@"\n')
    program.chmod(0o755)
    wanted_stamp(checkout / "uv.lock", ("test",)).write(checkout / ".venv")
    command = [sys.executable, "-c", enter_program(checkout)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == f"{checkout / 'manage.py'}|test|-k|two words|", done.stderr


def enter_program(checkout: Path) -> str:
    """Return a program that enters `checkout` as its manage.py would."""
    argv = ["manage.py", "test", "-k", "two words"]
    return (
        f"import sys; sys.path.insert(0, {str(checkout)!r})\n"
        "from pathlib import Path\nfrom config.runtime import bootstrap\n"
        f"bootstrap.enter({argv!r}, Path({str(checkout)!r}))"
    )


def test_an_unsuitable_python_says_what_is_needed(tmp_path: Path) -> None:
    program = (
        "import runpy, sys\nsys.version_info = (3, 8, 0)\nsys.version = '3.8.0 (x)'\n"
        f"sys.argv = ['manage.py', 'up']\nrunpy.run_path({str(CHECKOUT / 'manage.py')!r}, run_name='__main__')"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "manage.py needs Python 3.11 to 3.13; this is Python 3.8.0"
