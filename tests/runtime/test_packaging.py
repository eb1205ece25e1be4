"""compose.yaml, Dockerfile, .env.example and the process list tell the same story."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path
from typing import Any

import django
import pytest
import yaml

from config.runtime.paths import CHECKOUT
from config.runtime.processes import BOOTSTRAP, DEVELOPMENT, PRODUCTION, WEB, Process, Queue, Role, use_compiled_cache

COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SERVERS = {"postgres", "broker", "cache", "proxy", "migrate"}
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
ENV_EXAMPLE = (CHECKOUT / ".env.example").read_text()


def documented() -> set[str]:
    """Return the variables that .env.example names."""
    return set(re.findall(r"^#? ?([A-Z_]+)=", ENV_EXAMPLE, re.MULTILINE))


@pytest.mark.parametrize("process", PRODUCTION, ids=lambda process: process.name)
def test_every_process_runs_in_compose_with_the_same_command(process: Process) -> None:
    service = SERVICES[process.name]
    assert service["command"] == process.command("python", host="0.0.0.0", port=8000)
    settings = service["environment"]
    assert settings["OUTCRY_PROCESS"] == process.role.value
    assert ("DATABASE_OWNER_URL" in settings) == process.owner
    full = process.key_ring
    assert settings["OUTCRY_KEY_RING"] == ("/keys/keyring.json" if full else "/keys-web/keyring-web.json")
    mounted = {volume.split(":")[1] for volume in service["volumes"]}
    assert mounted == {"/var/lib/outcry", "/keys" if full else "/keys-web"}
    assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_compose_runs_nothing_else() -> None:
    assert set(SERVICES) == SERVERS | {process.name for process in PRODUCTION}
    scaled = [name for name, service in SERVICES.items() if "replicas" in service.get("deploy", {})]
    assert scaled == ["web"]


def test_migrate_is_bootstrap_as_the_owner_before_all_others() -> None:
    migrate = SERVICES["migrate"]
    assert f"python {' '.join(BOOTSTRAP.arguments)} --no-demo" in migrate["command"][-1]
    assert migrate["environment"]["OUTCRY_PROCESS"] == Role.OWNER.value
    assert "DATABASE_OWNER_URL" in migrate["environment"]
    assert set(migrate["depends_on"]) == {"postgres", "broker", "cache"}


def test_the_broker_never_evicts_and_the_cache_may() -> None:
    assert "--appendonly yes --maxmemory-policy noeviction" in " ".join(SERVICES["broker"]["command"])
    assert "--maxmemory-policy allkeys-lru" in " ".join(SERVICES["cache"]["command"])
    assert "max_locks_per_transaction=512" in SERVICES["postgres"]["command"]


def test_only_the_proxy_is_published() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_development_does_all_that_production_does() -> None:
    for listed in (DEVELOPMENT, PRODUCTION):
        queues = [queue for process in listed for queue in process.queues]
        assert sorted(queues) == sorted(Queue)
        assert all(process.owner == (Queue.OWNER in process.queues) for process in listed)
    roles = {process.role for process in DEVELOPMENT} | {Role.BEAT}
    assert roles == {process.role for process in PRODUCTION} == set(Role)
    beats = [process.name for process in DEVELOPMENT if "--beat" in process.arguments]
    assert beats == ["worker"]


@pytest.mark.parametrize("process", [*DEVELOPMENT, BOOTSTRAP], ids=lambda process: process.name)
def test_a_process_knows_only_what_it_needs(process: Process) -> None:
    base = {"DATABASE_URL": "app", "DATABASE_OWNER_URL": "owner", "OUTCRY_STATE_DIR": "/s", "HOME": "/h"}
    found = process.environment(base)
    assert found.get("DATABASE_OWNER_URL") == ("owner" if process.owner else None)
    assert found["OUTCRY_KEY_RING"] == ("/s/keyring.json" if process.key_ring else "/s/keyring-web.json")
    assert (found["OUTCRY_PROCESS"], found["NUMBA_NUM_THREADS"]) == (process.role.value, "1")
    assert (found["DATABASE_URL"], found["HOME"]) == ("app", "/h")
    opens_keys = process.role is Role.ACCOUNTS or Queue.TRADING in process.queues or process is BOOTSTRAP
    assert process.key_ring == opens_keys


@pytest.mark.parametrize("process", [*DEVELOPMENT, BOOTSTRAP], ids=lambda process: process.name)
def test_where_byte_code_may_not_be_written_it_goes_into_the_state_folder(process: Process) -> None:
    base = {"OUTCRY_STATE_DIR": "/s", "PYTHONDONTWRITEBYTECODE": "1"}
    found = process.environment(base)
    assert "PYTHONDONTWRITEBYTECODE" not in found
    assert found["PYTHONPYCACHEPREFIX"] == "/s/compiled"
    assert process.environment({**base, "PYTHONPYCACHEPREFIX": "/own"})["PYTHONPYCACHEPREFIX"] == "/own"
    assert "PYTHONPYCACHEPREFIX" not in process.environment({"OUTCRY_STATE_DIR": "/s"})


def test_an_empty_word_forbids_no_byte_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "none"))
    environ = {"PYTHONDONTWRITEBYTECODE": ""}
    use_compiled_cache(environ, tmp_path)
    assert environ == {"PYTHONDONTWRITEBYTECODE": ""}
    assert sys.pycache_prefix == str(tmp_path / "none")


def test_a_command_compiles_libraries_once_for_all_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "none"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    environ = {"PYTHONDONTWRITEBYTECODE": "1"}
    use_compiled_cache(environ, tmp_path)
    assert environ == {"PYTHONPYCACHEPREFIX": str(tmp_path / "compiled")}
    assert (sys.pycache_prefix, sys.dont_write_bytecode) == (str(tmp_path / "compiled"), False)


def test_libraries_compiled_at_their_installation_are_read_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    compiled = Path(importlib.util.cache_from_source(django.__file__))
    compiled.parent.mkdir(parents=True)
    compiled.touch()
    environ = {"PYTHONDONTWRITEBYTECODE": "1"}
    use_compiled_cache(environ, tmp_path)
    assert environ == {"PYTHONDONTWRITEBYTECODE": "1"}
    assert sys.pycache_prefix == str(tmp_path)


def test_the_image_serves_the_web_as_an_ordinary_user_from_the_lock() -> None:
    command = WEB.command("python", host="0.0.0.0", port=8000)
    assert "CMD " + str(command).replace("'", '"') in DOCKERFILE
    assert re.search(r"^USER outcry$", DOCKERFILE, re.MULTILINE)
    assert "uv sync --frozen" in DOCKERFILE
    assert "HEALTHCHECK" in DOCKERFILE
    assert "alpine" not in DOCKERFILE.replace("musl", "")
    assert {".git", ".venv", ".env", ".state"} <= set((CHECKOUT / ".dockerignore").read_text().split())


def test_every_variable_is_documented() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (CHECKOUT / "compose.yaml").read_text()))
    read = set()
    for path in (CHECKOUT / "config").rglob("*.py"):
        read |= set(
            re.findall(
                r"\"((?:OUTCRY_[A-Z_]+)|DATABASE_URL|DATABASE_OWNER_URL|REDIS_URL|CACHE_URL)\"", path.read_text()
            )
        )
    assert asked | read <= documented()


def test_a_variable_compose_insists_on_stands_empty_in_the_example() -> None:
    insisted = set(re.findall(r"\$\{([A-Z_]+):\?\}", (CHECKOUT / "compose.yaml").read_text()))
    empty = set(re.findall(r"^([A-Z_]+)=$", ENV_EXAMPLE, re.MULTILINE))
    assert insisted <= empty


def test_the_aliases_and_the_gate_run_the_documented_commands() -> None:
    makefile = (CHECKOUT / "Makefile").read_text()
    for alias, command in (("run", "up"), ("test", "test"), ("check", "check"), ("bench", "bench")):
        assert f"{alias}: ; python3 manage.py {command}\n" in makefile
    for name in ("run", "pg15", "clients"):
        script = CHECKOUT / ".ci" / name
        assert os.access(script, os.X_OK)
        assert script.read_text().startswith("#!/usr/bin/env bash\n")
        assert "set -euo pipefail" in script.read_text()
    gate = (CHECKOUT / ".ci" / "run").read_text()
    assert "python3 manage.py check || failed=1" in gate
    assert 'python3 manage.py test "$@" || failed=1' in gate


def test_the_state_of_a_checkout_is_not_part_of_it() -> None:
    ignored = Path(CHECKOUT / ".gitignore").read_text().split()
    assert {".venv/", ".state/"} <= set(ignored)
