"""PostgreSQL and Valkey for one profile of the checkout: given by URL, or embedded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.runtime import processinfo
from config.runtime.account import server_account
from config.runtime.paths import (
    DEVELOPMENT,
    SYSTEM_TEST,
    TEST,
    SetupError,
    locked,
    make_state_dir,
    read_json,
    state_dir,
    write_json,
)
from config.runtime.postgres import APP_ROLE, OWNER_ROLE, Postgres
from config.runtime.valkey import Valkey

PROFILES = (DEVELOPMENT, TEST, SYSTEM_TEST)
LOCK = "services.lock"
SETTINGS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "OUTCRY_STATE_DIR")


def ensure(profile: str = DEVELOPMENT, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Start what `profile` needs and return the settings that reach it.

    Keys: `DATABASE_URL` (application role), `DATABASE_OWNER_URL` (owner role), `REDIS_URL`, `OUTCRY_STATE_DIR`.
    A `DATABASE_URL` or `REDIS_URL` already set wins and nothing is started in its place; then the owner's URL is
    returned only if it was set too. Only the profile "dev" is durable. Safe to call from several processes at
    once; about 5 ms when all runs. Raises SetupError with one clear line.
    """
    kept = {name: environ[name] for name in SETTINGS if environ.get(name)}
    if {"DATABASE_URL", "REDIS_URL", "OUTCRY_STATE_DIR"} <= kept.keys():
        # A process of `up` or `test`: all is decided, and the state folder is already the profile's own.
        return kept
    home = state_dir(profile, environ)
    prepare(home)
    found = {"OUTCRY_STATE_DIR": str(home)}
    if "DATABASE_URL" not in kept:
        kept.pop("DATABASE_OWNER_URL", None)
    ledger: dict[str, Any] = {}
    with locked(home / LOCK):
        if "DATABASE_URL" not in kept:
            postgres = Postgres.embedded(home, durable=profile == DEVELOPMENT, environ=environ)
            ledger["postgres"] = postgres.ensure()
            port = ledger["postgres"]["port"]
            found["DATABASE_URL"] = postgres.url(APP_ROLE, port)
            found["DATABASE_OWNER_URL"] = postgres.url(OWNER_ROLE, port)
        if "REDIS_URL" not in kept:
            valkey = Valkey.embedded(home, environ)
            ledger["valkey"] = valkey.ensure()
            found["REDIS_URL"] = valkey.url(ledger["valkey"]["port"])
        if read_json(home / "services.json") != ledger:
            write_json(home / "services.json", ledger)
    return {**kept, **found}


def prepare(home: Path) -> None:
    """Make the state folder `home`, and the root above it for a profile that is not development's."""
    gid = server_account().gid
    for folder in (home.parent, home) if home.name in (TEST, SYSTEM_TEST) else (home,):
        make_state_dir(folder, server_gid=gid)


def status(profile: str = DEVELOPMENT, environ: Mapping[str, str] = os.environ) -> dict[str, dict[str, Any]]:
    """Return {"postgres": facts, "valkey": facts} of what runs; a server that does not run is left out."""
    home = state_dir(profile, environ)
    if not home.exists():
        return {}
    servers = (("postgres", Postgres.embedded(home, environ=environ)), ("valkey", Valkey.embedded(home, environ)))
    return {name: facts for name, server in servers if (facts := server.running()) is not None}


def stop(profile: str = DEVELOPMENT, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Stop the profile's embedded servers; return the names of those that ran."""
    home = state_dir(profile, environ)
    if not home.exists():
        return []
    with locked(home / LOCK):
        ended = [name for name, server in _servers(home, environ) if server.stop()]
        write_json(home / "services.json", {})
    return ended


def dead(profile: str = DEVELOPMENT, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the names of the recorded servers whose process is gone; cheap enough to ask twice a second."""
    recorded = read_json(state_dir(profile, environ) / "services.json")
    return [name for name, facts in recorded.items() if processinfo.identity(facts["pid"]) is None]


def reset(profile: str = DEVELOPMENT, environ: Mapping[str, str] = os.environ) -> Path:
    """Stop the profile's servers and delete its whole state (data, keys, journals); return the folder.

    Raises SetupError when the database is not ours to delete.
    """
    if environ.get("DATABASE_URL"):
        raise SetupError("DATABASE_URL is set: that database, and the keys that open it, are not reset from here")
    home = state_dir(profile, environ)
    if not home.exists():
        return home
    with locked(home / LOCK):
        for _name, server in _servers(home, environ):
            server.reset()
        for path in home.iterdir():
            if path.name in PROFILES or path.suffix == ".lock":
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    return home


def _servers(home: Path, environ: Mapping[str, str]) -> list[tuple[str, Postgres | Valkey]]:
    return [("postgres", Postgres.embedded(home, environ=environ)), ("valkey", Valkey.embedded(home, environ))]
