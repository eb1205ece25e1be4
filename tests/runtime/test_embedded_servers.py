"""The embedded servers are closed to strangers, are found again, and come back after being killed."""

from __future__ import annotations

import os
import signal
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from config.runtime import memory, network, processinfo, services
from config.runtime.paths import DEVELOPMENT, TEST, SetupError, read_json


def setting(url: str, name: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


@pytest.fixture(scope="module")
def running(shared_state: dict[str, str]) -> dict[str, str]:
    return services.ensure(DEVELOPMENT, shared_state)


def home_of(environ: dict[str, str]) -> Path:
    return Path(environ["OUTCRY_STATE_DIR"])


def kill_server(environ: dict[str, str], name: str) -> int:
    """Kill a server as the system would when memory runs out; return the process id it had."""
    pid = int(read_json(home_of(environ) / "services.json")[name]["pid"])
    token = processinfo.identity(pid)
    os.kill(pid, signal.SIGKILL)
    assert processinfo.wait_until(lambda: not processinfo.is_same(pid, token), seconds=5)
    return pid


def ask_valkey(port: int, *lines: str) -> bytes:
    with socket.create_connection((network.LOOPBACK, port), timeout=2) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in lines).encode())
        return connection.recv(1000)


class TestClosedToStrangers:
    def test_a_wrong_or_missing_password_is_refused(self, running: dict[str, str]) -> None:
        parts = urlsplit(running["DATABASE_URL"])
        for login in ("outcry_app:wrong", "outcry_app", "postgres", "outcry_owner:x"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(f"postgresql://{login}@127.0.0.1:{parts.port}/outcry", connect_timeout=3)

    def test_valkey_answers_nobody_without_the_password(self, running: dict[str, str]) -> None:
        parts = urlsplit(running["REDIS_URL"])
        assert parts.port is not None
        assert ask_valkey(parts.port, "PING").startswith(b"-NOAUTH")
        assert ask_valkey(parts.port, "AUTH wrong").startswith(b"-WRONGPASS")
        assert ask_valkey(parts.port, f"AUTH {parts.password}", "PING") == b"+OK\r\n+PONG\r\n"

    def test_passwords_stand_in_no_file_and_on_no_command_line_others_can_read(
        self, running: dict[str, str], shared_state: dict[str, str]
    ) -> None:
        home = home_of(shared_state)
        assert stat.S_IMODE(home.stat().st_mode) & 0o007 == 0
        for path in (home / "secrets.json", home / "services.json", home / "valkey" / "server.conf"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for folder in (home / "postgres", home / "postgres" / "data", home / "valkey"):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        secrets = read_json(home / "secrets.json").values()
        for facts in read_json(home / "services.json").values():
            line = processinfo.command_line(facts["pid"])
            assert line
            assert not any(secret in line for secret in secrets)

    def test_servers_listen_on_the_loopback_address_only(self, running: dict[str, str]) -> None:
        assert setting(running["DATABASE_URL"], "listen_addresses") == "127.0.0.1"
        parts = urlsplit(running["REDIS_URL"])
        assert parts.port is not None
        assert ask_valkey(parts.port, f"AUTH {parts.password}", "CONFIG GET bind").endswith(b"$9\r\n127.0.0.1\r\n")


class TestRoles:
    def test_the_application_role_cannot_define_anything(self, running: dict[str, str]) -> None:
        forbidden = (
            "CREATE TABLE public.mine (id int)",
            "CREATE SCHEMA mine",
            "CREATE DATABASE mine",
            "CREATE TEMPORARY TABLE mine (id int)",
            "CREATE ROLE mine",
            "SET ROLE outcry_owner",
        )
        with psycopg.connect(running["DATABASE_URL"], autocommit=True) as connection:
            for statement in forbidden:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
            assert connection.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'mine'").fetchone() == (0,)

    def test_the_owner_defines_and_grants_and_may_act_as_the_application(self, running: dict[str, str]) -> None:
        with psycopg.connect(running["DATABASE_OWNER_URL"]) as owner:
            owner.execute("CREATE SCHEMA probe")
            owner.execute("CREATE TABLE probe.thing (id int)")
            owner.execute("GRANT USAGE ON SCHEMA probe TO outcry_app")
            owner.execute("GRANT SELECT, INSERT ON probe.thing TO outcry_app")
            owner.execute("SET LOCAL ROLE outcry_app")
            owner.execute("INSERT INTO probe.thing VALUES (7)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute("DELETE FROM probe.thing")
            owner.rollback()
            row = owner.execute("SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user").fetchone()
        assert row == (False, False)


class TestSettings:
    def test_development_data_survive_a_crash_and_cloning_has_its_locks(self, running: dict[str, str]) -> None:
        wanted = {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "max_connections": "200",
            "max_locks_per_transaction": "512",
            "shared_buffers": "256MB",
            "TimeZone": "UTC",
            "server_encoding": "UTF8",
        }
        assert {name: setting(running["DATABASE_URL"], name) for name in wanted} == wanted

    def test_valkey_never_evicts_and_keeps_nothing(self, running: dict[str, str]) -> None:
        parts = urlsplit(running["REDIS_URL"])
        assert parts.port is not None
        for name, value in (("maxmemory-policy", "noeviction"), ("appendonly", "no"), ("save", "")):
            answer = ask_valkey(parts.port, f"AUTH {parts.password}", f"CONFIG GET {name}")
            assert answer.endswith(f"${len(value)}\r\n{value}\r\n".encode())


class TestComingBack:
    def test_a_running_server_is_found_again(self, running: dict[str, str], shared_state: dict[str, str]) -> None:
        before = services.status(DEVELOPMENT, shared_state)
        assert services.ensure(DEVELOPMENT, shared_state) == running
        assert services.status(DEVELOPMENT, shared_state) == before
        assert set(before) == {"postgres", "valkey"}

    @pytest.mark.kills
    def test_killed_servers_come_back_at_the_same_address_with_every_committed_row(self, state: dict[str, str]) -> None:
        settings = services.ensure(DEVELOPMENT, state)
        with psycopg.connect(settings["DATABASE_OWNER_URL"]) as owner:
            owner.execute("CREATE TABLE public.kept (id int)")
            owner.execute("INSERT INTO public.kept SELECT generate_series(1, 1000)")
            owner.commit()
            killed = {name: kill_server(state, name) for name in ("postgres", "valkey")}
        assert sorted(services.dead(DEVELOPMENT, state)) == ["postgres", "valkey"]
        assert services.ensure(DEVELOPMENT, state) == settings
        assert services.dead(DEVELOPMENT, state) == []
        now = services.status(DEVELOPMENT, state)
        assert all(now[name]["pid"] != pid for name, pid in killed.items())
        with psycopg.connect(settings["DATABASE_OWNER_URL"]) as owner:
            assert owner.execute("SELECT count(*), sum(id) FROM public.kept").fetchone() == (1000, 500500)

    def test_a_stale_pid_file_of_a_reused_number_does_not_stop_the_start(self, state: dict[str, str]) -> None:
        settings = services.ensure(DEVELOPMENT, state)
        services.stop(DEVELOPMENT, state)
        home = home_of(state)
        pid_file = home / "postgres" / "data" / "postmaster.pid"
        # The number now belongs to this test: alive, and no PostgreSQL.
        pid_file.write_text(f"{os.getpid()}\n{home}\n1\n1\n\n127.0.0.1\n\nready\n")
        assert services.status(DEVELOPMENT, state) == {}
        assert services.ensure(DEVELOPMENT, state) == settings

    def test_a_taken_port_is_avoided_and_the_new_one_recorded(self, state: dict[str, str]) -> None:
        settings = services.ensure(TEST, state)
        services.stop(TEST, state)
        ports = {name: urlsplit(settings[name]).port for name in ("DATABASE_URL", "REDIS_URL")}
        with socket.socket() as one, socket.socket() as other:
            for taken, port in zip((one, other), ports.values(), strict=True):
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                taken.bind((network.LOOPBACK, port))
                taken.listen()
            moved = services.ensure(TEST, state)
        assert all(urlsplit(moved[name]).port != port for name, port in ports.items())
        assert setting(moved["DATABASE_URL"], "server_encoding") == "UTF8"

    def test_throw_away_data_in_memory_end_with_the_server_and_the_next_start_has_the_same_address(
        self, state: dict[str, str]
    ) -> None:
        settings = services.ensure(TEST, state)
        assert setting(settings["DATABASE_URL"], "fsync") == "off"
        quick = memory.in_memory(home_of(state) / TEST)
        lies_in_memory = (quick / "data" / "PG_VERSION").exists()
        assert lies_in_memory != (home_of(state) / TEST / "postgres" / "data").exists()
        services.stop(TEST, state)
        assert not quick.exists()
        assert services.ensure(TEST, state) == settings
        assert setting(settings["DATABASE_URL"], "wal_level") == "minimal"

    def test_stop_ends_and_reset_deletes(self, state: dict[str, str]) -> None:
        services.ensure(TEST, state)
        pids = [facts["pid"] for facts in services.status(TEST, state).values()]
        (home_of(state) / TEST / "keyring.json").write_text("{}")
        assert services.stop(TEST, state) == ["postgres", "valkey"]
        assert services.stop(TEST, state) == []
        assert all(processinfo.identity(pid) is None for pid in pids)
        services.reset(TEST, state)
        assert {path.name for path in (home_of(state) / TEST).iterdir()} == {"services.lock"}


class TestServersOfOthers:
    def test_given_urls_win_and_nothing_is_started(self, state: dict[str, str]) -> None:
        given = {"DATABASE_URL": "postgresql://a@db/x", "REDIS_URL": "redis://r"}
        wanted = {**given, "OUTCRY_STATE_DIR": state["OUTCRY_STATE_DIR"]}
        assert services.ensure(DEVELOPMENT, {**state, **given}) == wanted
        assert services.status(DEVELOPMENT, state) == {}

    def test_an_owner_url_without_a_database_url_is_not_mixed_with_an_embedded_server(
        self, running: dict[str, str], shared_state: dict[str, str]
    ) -> None:
        mixed = {**shared_state, "DATABASE_OWNER_URL": "postgresql://owner@elsewhere/x"}
        assert services.ensure(DEVELOPMENT, mixed) == running

    def test_a_database_of_others_is_never_reset(self, state: dict[str, str]) -> None:
        keys = home_of(state) / "keyring.json"
        keys.write_text("{}")
        with pytest.raises(SetupError, match="DATABASE_URL is set"):
            services.reset(DEVELOPMENT, {**state, "DATABASE_URL": "postgresql://a@db/x"})
        assert keys.exists()
