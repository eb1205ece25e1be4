"""Two tenants that trade at a real sandbox exchange, for the outputs that need more than a seed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection

from apps.core.context import in_schema
from apps.core.relay import drain
from apps.core.seeding import public_steps
from tests.conftest import maintenance, recreate, use_database
from tests.factories.paper_market import PaperMarket
from tests.factories.sandbox_exchange import running_sandbox
from tests.tenancy import house
from tests.tenancy.fill import fill
from tests.tenancy.messages import Queue, open_queue
from tests.tenancy.trade import AMOUNTS, Trader


@dataclass
class Houses:
    """Both tenants' traders, the broker, and what each tenant's filling has sent (by schema)."""

    one: Trader
    two: Trader
    queue: Queue
    sent: dict[str, range]


@contextmanager
def own_database(kind: str, template: str, blocker: Any) -> Iterator[None]:
    """Work in a database of a module's own, with empty stores, until the block ends."""
    from apps.platform.tenants.queries import forget_hosts

    name, before = f"{kind}_{os.getpid()}", connection.settings_dict["NAME"]
    with blocker.unblock():
        recreate(name, template)
        use_database(name)
        empty_stores()
        forget_hosts()
        yield
        forget_hosts()
        use_database(before)
        empty_stores()
        with maintenance() as opened:
            opened.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def houses(
    template_database: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Houses]:
    """Make both tenants in a database of this module's own; tests add to them and take nothing away."""
    places = {key: getattr(settings, key) for key in ("SANDBOX_URL", "SANDBOX_CONTROL_URL")}
    with (
        own_database("houses", template_database, django_db_blocker),
        running_sandbox(tmp_path_factory.mktemp("exchange"), "step") as sandbox,
        open_queue() as queue,
    ):
        with in_schema("public"):
            for step, run in public_steps():
                if step != "market_data.candles":
                    run()
        market = PaperMarket(sandbox)
        market.store_history(600)
        yield _filled(queue, market)
        market.close()
    for key, value in places.items():
        setattr(settings, key, value)


def _filled(queue: Queue, market: PaperMarket) -> Houses:
    traders: dict[str, Trader] = {}
    sent: dict[str, range] = {}
    for slug in ("one", "two"):
        begin = len(queue.sent)
        tenant = house.make(slug)
        with in_schema(tenant.schema):
            fill(tenant)
            drain()
            house.open_clients(tenant)
        traders[slug] = Trader(tenant, AMOUNTS[slug], queue, market)
        sent[tenant.schema] = range(begin, len(queue.sent))
        house.collect_keys(tenant)
    return Houses(traders["one"], traders["two"], queue, sent)


def empty_stores() -> None:
    """Forget caches, limits, tickets and kept frames."""
    for database in (settings.LIMITS_DB, settings.HUB_DB):
        with redis.Redis.from_url(settings.REDIS_URL, db=database) as client:
            client.flushdb()
