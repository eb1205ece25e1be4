"""One template database per state of the tables; each test in a transaction in tenant A, or in its own database."""

import gc
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection, connections
from psycopg import sql

hypothesis.settings.register_profile("outcry", deadline=None)
hypothesis.settings.load_profile("outcry")
"""No example has a deadline of its own: a busy machine is no failure."""
ROOT = Path(__file__).resolve().parent.parent
ALPHA, BETA = "alpha", "beta"
LONGEST = (
    "tests/tenancy/test_canaries.py",
    "tests/apps/finance/wallets/test_wallet_histories.py",
    "tests/contracts/test_openapi.py",
    "tests/apps/finance/ledger/test_histories.py",
    "tests/apps/trading/bots/test_lockstep.py",
    "tests/frontend/test_frontend_browser.py",
    "tests/contracts/test_bad_amounts.py",
    "tests/contracts/test_idempotency_of_writes.py",
    "tests/tenancy/",
    "tests/apps/core/test_schemas.py",
    "tests/apps/finance/wallets/test_earning_yield.py",
    "tests/concurrency/",
    "tests/contracts/",
    "tests/apps/trading/sandbox/",
)
"""Files that take longest, in the order in which workers are to begin them; all others follow."""
GARBAGE = (50_000, 20, 20)
"""Thresholds of the collector while tests run: a row of Django's is not garbage a moment later."""
SCHEMA_SOURCES = ("models", "migrations", "schemas", "triggers.py", "sealing.py", "choices.py", "operations")


def tables_hash() -> str:
    """Return a hash of every file that decides what the template database looks like."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "apps").rglob("*.py")):
        parts = path.relative_to(ROOT).parts
        if any(name in SCHEMA_SOURCES or name == "models.py" for name in parts):
            digest.update(path.read_bytes())
    for name in ("config/settings/base.py", "kernel/money/assets.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def maintenance() -> Iterator[psycopg.Connection[Any]]:
    """Open the server's own database as the role that may create databases."""
    owner = settings.OWNER_DATABASE
    with psycopg.connect(
        host=owner.host, port=owner.port, user=owner.user, password=owner.password, dbname="postgres", autocommit=True
    ) as opened:
        yield opened


def drop_database(opened: "psycopg.Connection[Any]", name: str) -> None:
    """Drop a database with the connections of our own roles to it.

    Not WITH (FORCE): that also wants to end an autovacuum worker, which our roles may not; a plain drop waits for it.
    """
    opened.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = ANY(%s)"
        " AND pid <> pg_backend_pid()",
        [name, [settings.OWNER_DATABASE.user, settings.APPLICATION_ROLE]],
    )
    opened.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def recreate(name: str, template: str) -> None:
    """Make database `name` anew as a copy of `template`."""
    with maintenance() as opened:
        drop_database(opened, name)
        opened.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))


def use_database(name: str) -> None:
    """Point every connection of this process at database `name`."""
    connections.close_all()
    connections.settings["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


def build_template(name: str) -> None:
    """Make the template database: public and two tenants, seeded as `bootstrap` seeds them."""
    from apps.core.actors import Actor
    from apps.core.schemas.build import build_public
    from apps.core.schemas.owner import as_owner
    from apps.platform.tenants.operations import provision_tenant

    building = f"{name}_building"
    with maintenance() as opened:
        drop_database(opened, building)
        opened.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(building)))
    use_database(building)
    with as_owner():
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA IF NOT EXISTS public")
        build_public()
        for slug in (ALPHA, BETA):
            provision_tenant(
                actor=Actor.system("tests"),
                slug=slug,
                name=slug.title(),
                email=f"{slug}@example.test",
                base_host="localhost",
            )
    connections.close_all()
    with maintenance() as opened:
        opened.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name)))
        # Those of earlier states of the tables, but for a few: another run of this checkout may still copy one.
        known = "SELECT datname FROM pg_database WHERE datname ~ '^tpl_[0-9a-f]{12}$' ORDER BY oid DESC OFFSET 3"
        for (old,) in opened.execute(known).fetchall():
            drop_database(opened, old)


@pytest.fixture(scope="session")
def template_database(django_db_blocker: Any) -> str:
    """Return the name of the template database, made when these tables are new."""
    from apps.core.sealing import ensure_key_rings
    from config.runtime.paths import locked

    ensure_key_rings(Path(settings.STATE_DIR))
    name = f"tpl_{tables_hash()}"
    with django_db_blocker.unblock(), locked(Path(settings.STATE_DIR) / "template.lock"):
        with maintenance() as opened:
            known = opened.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if known is None:
            build_template(name)
    return name


@pytest.fixture(scope="session")
def django_db_setup(template_database: str, django_db_blocker: Any) -> Iterator[None]:
    """Give this worker its own copy of the template."""
    name = f"run_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    with django_db_blocker.unblock():
        recreate(name, template_database)
        use_database(name)
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        with maintenance() as opened:
            drop_database(opened, name)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for garbage neither in what collecting makes (it all stays) nor later in what it made."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first, so that none is left alone at the end; leave out browser tests without a browser."""
    items.sort(key=_turn)
    chromium = Path("/usr/bin/chromium")
    for item in items:
        if item.get_closest_marker("browser") and not chromium.exists():
            item.add_marker(pytest.mark.skip(reason="Debian's chromium is not installed"))


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of the rounds of the garbage collector, which would find all of it in use."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _turn(item: pytest.Item) -> int:
    found = (number for number, path in enumerate(LONGEST) if item.nodeid.startswith(path))
    return next(found, len(LONGEST))


@pytest.fixture(autouse=True)
def _inside_tenant_a(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run each database test inside tenant A, with empty limits and caches."""
    wants_database = request.node.get_closest_marker("django_db") or "db" in request.fixturenames
    if not wants_database or request.node.get_closest_marker("real_commit"):
        yield
        return
    request.getfixturevalue("db")
    _flush_limits()
    from apps.core.context import in_schema

    with in_schema(request.getfixturevalue("tenant_a").schema):
        yield


def _flush_limits() -> None:
    for database in (settings.LIMITS_DB, settings.HUB_DB):
        with redis.Redis.from_url(settings.REDIS_URL, db=database) as client:
            client.flushdb()


@pytest.fixture
def tenant_a(db: None) -> Any:
    """Return the facts of the tenant whose schema tests run in."""
    from apps.platform.tenants.queries import get_tenant

    return get_tenant(ALPHA)


@pytest.fixture
def tenant_b(db: None) -> Any:
    """Return the facts of the other tenant."""
    from apps.platform.tenants.queries import get_tenant

    return get_tenant(BETA)


@pytest.fixture
def real_db(template_database: str, django_db_blocker: Any, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Give the test a database of its own where commits are real; yield the environment for its subprocesses.

    The test enters schemas itself (`in_schema`), from as many threads as it likes.
    """
    from apps.platform.tenants.queries import forget_hosts

    name = f"own_{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**8}"
    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        recreate(name, template_database)
        use_database(name)
        _flush_limits()
        forget_hosts()
        yield _environment(name)
        forget_hosts()
        use_database(before)
        with maintenance() as opened:
            drop_database(opened, name)


def _environment(database: str) -> dict[str, str]:
    def renamed(url: str) -> str:
        return f"{url.rpartition('/')[0]}/{database}"

    return {
        **os.environ,
        "DATABASE_URL": renamed(settings.DATABASE_URL),
        "DATABASE_OWNER_URL": renamed(settings.DATABASE_OWNER_URL),
        "REDIS_URL": settings.REDIS_URL,
        "OUTCRY_STATE_DIR": str(settings.STATE_DIR),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }


@pytest.fixture
def on_commit(django_capture_on_commit_callbacks: Any) -> Callable[[], Any]:
    """Return a context manager that runs the on-commit callbacks of its block."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def customer(db: None) -> Any:
    """Return a customer of tenant A."""
    from tests.factories.people import make_customer

    return make_customer("ann@example.test")


@pytest.fixture
def other_customer(db: None) -> Any:
    """Return another customer of tenant A."""
    from tests.factories.people import make_customer

    return make_customer("bob@example.test")


@pytest.fixture
def staff(db: None) -> Any:
    """Return a member of tenant A's staff with the role owner."""
    from tests.factories.people import make_staff

    return make_staff("olga@example.test", role="owner")


@pytest.fixture
def web(db: None) -> Callable[..., Any]:
    """Return a function user → Django test client, signed in on tenant A's host."""
    from tests.factories.people import web_client

    return web_client


@pytest.fixture
def api(db: None) -> Callable[..., Any]:
    """Return a function user → DRF test client, signed in on tenant A's host."""
    from tests.factories.people import api_client

    return api_client
