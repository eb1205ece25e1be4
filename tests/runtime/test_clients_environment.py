"""The foreign clients' environment: made once, kept while its list stays the same, and clear when it cannot be made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.runtime import clients
from config.runtime.paths import SetupError


@pytest.fixture
def nothing_needed(tmp_path: Path) -> Path:
    """A list without packages: the environment is made for real, and quickly."""
    listed = tmp_path / "requirements.txt"
    listed.write_text("# nothing\n")
    return listed


def test_two_callers_build_it_once_and_later_ones_keep_it(
    tmp_path: Path, nothing_needed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"OUTCRY_STATE_DIR": str(tmp_path / "state here")}
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: clients.ensure(environ, nothing_needed), range(2)))
    assert found == [tmp_path / "state here" / "clients" / "bin" / "python"] * 2
    assert capsys.readouterr().err.count("making the environment") == 1
    nothing_needed.write_text("# another list\n")
    clients.ensure(environ, nothing_needed)
    (found[0].parent.parent / clients.STAMP).write_text("of an older list")
    clients.ensure(environ, nothing_needed)
    assert capsys.readouterr().err.count("making the environment") == 2


def test_a_run_of_the_suite_uses_the_checkout_s_environment(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "test", tmp_path / "test-system"):
        assert clients.home({"OUTCRY_STATE_DIR": str(folder)}) == tmp_path


def test_what_cannot_be_installed_is_said_in_one_line(
    tmp_path: Path, nothing_needed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_NO_INDEX", "UV_OFFLINE", "PIP_NO_INDEX"):
        monkeypatch.setenv(name, "1")
    nothing_needed.write_text(f"no-such-package-of-outcry==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(SetupError, match="cannot be made") as refused:
        clients.ensure({"OUTCRY_STATE_DIR": str(tmp_path / "state")}, nothing_needed)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "state" / "clients").exists()


def test_the_list_is_pinned_and_hashed_and_names_no_registry() -> None:
    lines = [line.strip() for line in clients.REQUIREMENTS.read_text().splitlines()]
    named = [line for line in lines if line and not line.startswith(("#", "--hash"))]
    assert {"freqtrade==2026.9", "python-binance==1.0.37"} <= {line.split(" ")[0] for line in named}
    assert [line for line in named if "==" not in line] == []
    assert [line for line in lines if "://" in line or line.startswith(("--index", "--extra-index", "--find"))] == []
