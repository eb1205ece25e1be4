"""Which command needs what, and what the person at the keyboard is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression

from config.runtime import commands, network, suite
from config.runtime.groups import RanGroups, default_selection
from config.runtime.paths import DEVELOPMENT, TEST, AlreadyLockedError, SetupError, locked, read_json, write_json
from config.runtime.up import Options, answers_ready, base_environment, report_lines, sandbox_addresses


@pytest.mark.parametrize(
    ("argv", "settings", "profile"),
    [
        (["manage.py", "shell"], "config.settings.dev", DEVELOPMENT),
        (["manage.py", "shell"], "config.settings.test", TEST),
        (["manage.py", "shell"], "config.settings.production", None),
        (["manage.py", "makemigrations", "core"], "config.settings.dev", None),
        (["manage.py", "migrate", "--help"], "config.settings.dev", None),
        (["manage.py", "--version"], "config.settings.dev", None),
        (["manage.py", "sandbox_exchange", "--mode", "now"], "config.settings.dev", None),
        (["manage.py", "help"], "config.settings.dev", None),
        (["manage.py"], "config.settings.dev", None),
    ],
)
def test_servers_start_only_for_commands_that_need_them(argv: list[str], settings: str, profile: str | None) -> None:
    assert commands.embedded_profile(argv, {"DJANGO_SETTINGS_MODULE": settings}) == profile


def test_up_understands_its_options() -> None:
    assert Options.parse([]) == Options(port=8000, smoke=False, demo=True, fresh=False)
    asked = Options.parse(["--port", "9000", "--smoke", "--no-demo", "--fresh"])
    assert asked == Options(port=9000, smoke=True, demo=False, fresh=True)
    with pytest.raises(SystemExit):
        Options.parse(["--port", "high"])


def test_processes_get_embedded_addresses_but_keep_a_sandbox_of_your_own() -> None:
    environ = {"OUTCRY_SANDBOX_URL": "http://elsewhere", "DATABASE_URL": "old", "HOME": "/h"}
    settings = {
        "DATABASE_URL": "new",
        "OUTCRY_SANDBOX_URL": "http://here",
        "OUTCRY_SANDBOX_CONTROL_URL": "http://control",
    }
    found = base_environment(environ, settings, port=8001)
    assert (found["DATABASE_URL"], found["OUTCRY_SANDBOX_URL"]) == ("new", "http://elsewhere")
    assert found["OUTCRY_SANDBOX_CONTROL_URL"] == "http://control"
    assert found["DJANGO_SETTINGS_MODULE"] == "config.settings.dev"
    assert (found["OUTCRY_WEB_PORT"], found["HOME"]) == ("8001", "/h")


def test_the_sandbox_keeps_its_addresses_from_run_to_run(tmp_path: Path) -> None:
    first = sandbox_addresses(tmp_path)
    assert sandbox_addresses(tmp_path) == first
    assert len(set(first.values())) == 2


def test_the_report_of_bootstrap_is_shown_line_by_line() -> None:
    report = {"urls": {"demo": "http://a/"}, "logins": {"customer": {"email": "a@b", "password": "p"}}}
    assert report_lines(report) == ["demo: http://a/", "login customer: email a@b  password p"]
    assert report_lines({}) == []


@dataclass
class Web:
    """A web process that answers every request with one status."""

    status: int

    def ask(self, question: Callable[[int], bool]) -> bool:
        status = self.status

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path == "/readyz" else 404)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        with HTTPServer((network.LOOPBACK, 0), Handler) as server:
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            answer = question(server.server_port)
            thread.join()
        return answer


def test_ready_means_that_the_web_process_says_so() -> None:
    assert Web(200).ask(answers_ready)
    assert not Web(503).ask(answers_ready)
    assert not answers_ready(network.any_free())


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    with locked(tmp_path / "up.lock"), pytest.raises(AlreadyLockedError), locked(tmp_path / "up.lock", wait=False):
        pass
    with locked(tmp_path / "up.lock", wait=False):
        pass


def test_a_second_up_is_told_where_the_first_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTCRY_STATE_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    write_json(tmp_path / "processes.json", {"port": 8123})
    with locked(tmp_path / "up.lock"):
        with pytest.raises(SetupError, match="already up at http://localhost:8123/"):
            commands.run(["manage.py", "up"])
        for action in ("stop", "reset"):
            with pytest.raises(SetupError, match="stop it first"):
                commands.run(["manage.py", "services", action])
    assert read_json(tmp_path / "processes.json") == {"port": 8123}


@dataclass
class Outcome:
    """One phase of one test, as pytest reports it."""

    when: str
    outcome: str
    keywords: list[str]


def selects(expression: str, markers: set[str]) -> bool:
    """Return whether a marker expression takes a test with these markers."""

    def has(name: str, /, **_: object) -> bool:
        return name in markers

    return Expression.compile(expression).evaluate(has)


def test_the_whole_suite_runs_in_two_parts_that_leave_nothing_out_and_share_nothing() -> None:
    side_by_side, alone = suite.parts_of([])
    assert "loadfile" in side_by_side
    assert "loadfile" in alone  # a product is shared by its file
    every: list[set[str]] = [
        set(),
        {"browser"},
        {"kills"},
        {"browser", "product"},
        {"long"},
        {"clients"},
        {"kills", "long"},
        {"browser", "clients"},
    ]
    for markers in every:
        assert sum(selects(part[-1], markers) for part in (side_by_side, alone)) == (
            0 if markers & {"long", "clients"} else 1
        ), markers
    assert suite.parts_of(["tests/kernel"]) == [["-m", default_selection(), "tests/kernel"]]
    assert suite.parts_of(["-m", "long"]) == [["-m", "long"]]


def test_groups_that_did_not_run_are_named_with_their_command() -> None:
    groups = RanGroups()
    groups.pytest_runtest_logreport(Outcome("call", "passed", ["browser", "test_x"]))
    groups.pytest_runtest_logreport(Outcome("setup", "passed", ["clients"]))
    groups.pytest_runtest_logreport(Outcome("call", "skipped", ["long"]))
    lines = groups.lines(on_old_servers=False)
    assert [line.split(" ")[2] for line in lines] == ["clients", "long", "pg15"]
    assert lines[1].endswith(": python3 manage.py test -m long")
    assert lines[2].endswith(": .ci/pg15")
    assert [line.split(" ")[2] for line in groups.lines(on_old_servers=True)] == ["clients", "long"]


def test_the_plain_command_leaves_out_what_needs_more() -> None:
    assert default_selection() == "not clients and not long"


def test_the_newest_system_postgresql_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("9.6", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "postgres").touch()
    (tmp_path / "18" / "bin").mkdir(parents=True)
    redis = tmp_path / "tools" / "redis-server"
    redis.parent.mkdir()
    redis.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(redis.parent))
    environment: dict[str, str] = {}
    suite.use_system_servers(environment, tmp_path)
    assert environment == {"OUTCRY_POSTGRES_BIN": str(tmp_path / "17" / "bin"), "OUTCRY_REDIS_BIN": str(redis)}
    with pytest.raises(SetupError, match=r"\.ci/pg15"):
        suite.use_system_servers({}, tmp_path / "none")


def test_check_runs_every_step_and_fails_if_one_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("DATABASE_URL", "d"), ("REDIS_URL", "r"), ("OUTCRY_STATE_DIR", str(tmp_path))):
        monkeypatch.setenv(name, value)
    steps = [
        suite.Step("first", ("-c", "raise SystemExit(3)")),
        suite.Step("second", ("-c", "import os; print(os.environ['DJANGO_SETTINGS_MODULE'])")),
    ]
    assert suite.check(steps) == 1
    output = capfd.readouterr().out
    assert "check: first FAILED" in output
    assert "config.settings.test" in output
    assert output.strip().endswith("check: failed: first")
    assert suite.check(steps[1:]) == 0
