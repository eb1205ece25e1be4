"""Which command does what: the runtime's own ones here, everything else is Django's."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Mapping, Sequence

from config.runtime import services
from config.runtime.paths import DEVELOPMENT, TEST, AlreadyLockedError, SetupError, locked, state_dir, state_root
from config.runtime.processes import Role, use_compiled_cache
from config.runtime.up import LOCK

DEVELOPMENT_SETTINGS = "config.settings.dev"
# These read code, not data; they must work where no server can start.
WITHOUT_SERVERS = frozenset(
    (
        "",
        "help",
        "version",
        "makemigrations",
        "startapp",
        "diffsettings",
        "makemessages",
        "sandbox_exchange",
        "compilemessages",
        "collectstatic",
        "document",
    )
)
# These change schemas, so their connection is the owner's; settings choose it by OUTCRY_PROCESS.
OWNER_COMMANDS = {"bootstrap", "migrate", "migrate_schemas", "migrate_tenants", "seed"}
HELP = """\
up [--port N] [--smoke] [--no-demo] [--fresh]    start everything; Ctrl-C stops everything
test [pytest arguments] [--postgres=system]      run the tests
check                                            lint, types, layers, system checks, migrations, made pages
backtest --strategy FILE --candles FILE --json   one back-test of files, without a server
services status|start|stop|reset|env [--profile] the embedded PostgreSQL and Valkey
anything else                                    Django's commands (`check` with arguments too):
"""


def run(argv: Sequence[str]) -> int:
    """Run the command in `argv` and return its exit code. Raises SetupError."""
    name, rest = (argv[1], list(argv[2:])) if len(argv) > 1 else ("", [])
    use_compiled_cache(os.environ, state_root())
    if name == "up":
        from config.runtime.up import up

        return up(rest)
    if name == "services":
        return control_services(rest)
    if name == "test":
        from config.runtime.suite import test

        return test(rest)
    if name == "backtest":
        from kernel.simulation.command import main

        return main(rest)
    if name == "check" and not rest:
        from config.runtime.suite import check

        return check()
    return run_django(argv)


def run_django(argv: Sequence[str]) -> int:
    """Run one of Django's commands, with embedded servers when it needs some and no URL names others."""
    name = argv[1] if len(argv) > 1 else ""
    if name in ("", "help", "--help", "-h"):
        print(HELP)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", DEVELOPMENT_SETTINGS)
    if name in OWNER_COMMANDS:
        os.environ.setdefault("OUTCRY_PROCESS", Role.OWNER.value)
    profile = embedded_profile(argv, os.environ)
    if profile is not None:
        os.environ.update(services.ensure(profile))
    from django.core.management import execute_from_command_line

    execute_from_command_line(list(argv))
    return 0


def embedded_profile(argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """Return the profile whose servers a Django command needs; None for commands and settings that take none."""
    name = argv[1] if len(argv) > 1 else ""
    if name in WITHOUT_SERVERS or name.startswith("-") or "--help" in argv:
        return None
    profiles = {DEVELOPMENT_SETTINGS: DEVELOPMENT, "config.settings.test": TEST}
    return profiles.get(environ.get("DJANGO_SETTINGS_MODULE", ""))


def control_services(arguments: Sequence[str]) -> int:
    """Run `services …`. Raises SetupError."""
    parser = argparse.ArgumentParser(prog="manage.py services", description="The embedded PostgreSQL and Valkey.")
    parser.add_argument("action", choices=("status", "start", "stop", "reset", "env"))
    parser.add_argument("--profile", choices=services.PROFILES, help="default: dev; for status and stop: all")
    found = parser.parse_args(list(arguments))
    profile = found.profile or DEVELOPMENT
    several = (found.profile,) if found.profile else services.PROFILES
    if found.action == "status":
        return show_status(several)
    if found.action == "env":
        for name, value in services.ensure(profile).items():
            print(f"export {name}={shlex.quote(value)}")
    elif found.action == "start":
        services.ensure(profile)
        return show_status((profile,))
    elif found.action == "stop":
        refuse_while_up(several)
        for one in several:
            print(f"{one}: {', '.join(services.stop(one)) or 'nothing'} stopped")
    else:
        refuse_while_up((profile,))
        print(f"{profile}: deleted the state in {services.reset(profile)}")
    return 0


def show_status(profiles: Sequence[str]) -> int:
    """Print what runs; return 0 if anything does, else 3."""
    found = {profile: services.status(profile) for profile in profiles}
    for profile, servers in found.items():
        for name, facts in servers.items():
            print(f"{profile}: {name} runs on port {facts['port']} (process {facts['pid']}) in {state_dir(profile)}")
    if not any(found.values()):
        print("no embedded server runs")
        return 3
    return 0


def refuse_while_up(profiles: Sequence[str]) -> None:
    """Raise SetupError when `up` of this checkout uses one of `profiles`."""
    home = state_dir(DEVELOPMENT)
    if DEVELOPMENT not in profiles or not home.exists():
        return
    try:
        with locked(home / LOCK, wait=False):
            return
    except AlreadyLockedError as error:
        raise SetupError("this checkout is up; stop it first (Ctrl-C there)") from error
