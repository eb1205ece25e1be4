"""No output of one tenant carries a canary of another: every route, both hosts, own keys and foreign keys."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core import mail

from apps.core.context import in_schema
from apps.core.errors import NoTenant
from apps.core.live.publishing import client as hub_client
from apps.core.management.commands.routes import all_routes
from apps.core.relay import drain
from apps.core.seeding import public_steps
from apps.core.tasks import drain_outbox
from tests.tenancy import house
from tests.tenancy.conftest import own_database
from tests.tenancy.fill import fill
from tests.tenancy.house import Tenant

pytestmark = pytest.mark.real_commit
NOT_CRAWLED = {
    "api/v1/auth/": "allauth's headless endpoints answer about the session only; tests/apps/platform/authentication",
    "admin/logout/": "ends the session the crawl needs",
    "logout/": "ends the session the crawl needs",
}
"""Routes left out, each with its reason."""
WORDS = ["BTCUSDT", "5m", "maya", "1"]


@dataclass
class Walk:
    """What the crawl of every route as everybody found."""

    foreign: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def tenants(template_database: str, django_db_blocker: Any) -> Iterator[tuple[Tenant, Tenant]]:
    """Two filled tenants in a database of this module's own; tests add to them and take nothing away."""
    with own_database("canaries", template_database, django_db_blocker), pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "CELERY_TASK_ALWAYS_EAGER", True)
        with in_schema("public"):
            for name, step in public_steps():
                if name != "market_data.candles":
                    step()
        one, two = house.make("one"), house.make("two")
        for tenant in (one, two):
            with in_schema(tenant.schema):
                fill(tenant)
                drain()
                house.open_clients(tenant)
                for client in tenant.clients.values():
                    client.raise_request_exception = False  # the crawl notes what broke and goes on
            house.collect_keys(tenant)
        yield one, two


@pytest.fixture(scope="module")
def mails(tenants: tuple[Tenant, Tenant]) -> list[Any]:
    """The mails that the filling has sent."""
    return list(mail.outbox)


@pytest.fixture(scope="module")
def walk(mails: list[Any], tenants: tuple[Tenant, Tenant]) -> Walk:
    """Open every route of both tenants as everybody, with own ids and the other one's, once."""
    one, two = tenants
    seen = Walk()
    for here, there in ((one, two), (two, one)):
        for route in crawled():
            own, foreign = (list(dict.fromkeys(house.addresses(route, keys, WORDS))) for keys in (here, there))
            for who, client in here.clients.items():
                if who == "key" and not route["route"].startswith("api/"):
                    continue  # a page reads no token: the visitor would be nobody
                visit = partial(_open, seen, f"{who}@{here.host}", client, route["route"], here, there)
                opened = _first_of_each(own, foreign) if is_of_staff(route) else []
                answers = [visit(address) for address in opened]
                if answers and all(map(is_shut, answers)):
                    continue
                for address in dict.fromkeys([*own, *foreign]):
                    if address not in opened:
                        visit(address)
    return seen


def is_of_staff(route: dict[str, Any]) -> bool:
    """Whether a route is one of the admin's tables and desks, before whose views one gate stands."""
    return str(route["route"]).startswith("admin/")


def _first_of_each(own: list[str], foreign: list[str]) -> list[str]:
    """Return an address under an own key, one under a foreign key, and one under a word."""
    return list(dict.fromkeys([*own[:1], *foreign[:1], *own[-1:]]))


def is_shut(response: Any) -> bool:
    """Whether the gate before the admin sent somebody away, whatever row was asked for; who is let in sees all rows."""
    return bool(response.status_code == 302 and response["Location"].startswith("/admin/login/?next="))


def _open(seen: Walk, who: str, client: Any, route: str, here: Tenant, there: Tenant, address: str) -> Any:
    response = client.get(address)
    if response.status_code >= 500:
        seen.broken.append(f"{who} {address}")
    text = _text(response)
    if there.canary in text:
        seen.foreign.append(f"{who} {address}")
    if here.canary in text:
        seen.shown.add(route)
        if "no-store" not in response.get("Cache-Control", "") or "Cookie" not in response.get("Vary", ""):
            seen.stored.append(f"{who} {address}")
    return response


def _text(response: Any) -> str:
    body = b"".join(response) if response.streaming else response.content
    headers = " ".join(f"{name}: {value}" for name, value in response.headers.items())
    return f"{body.decode(errors='replace')} {headers}"


def crawled() -> Iterator[dict[str, Any]]:
    for route in all_routes():
        if route["host"] == "tenant" and route["kind"] == "http":
            path = route["route"].replace("^", "")
            if not any(path.startswith(skipped) for skipped in NOT_CRAWLED):
                yield route


@pytest.mark.usefixtures("mails")
def test_the_crawl_is_let_in_where_its_people_may_go(tenants: tuple[Tenant, Tenant]) -> None:
    for tenant in tenants:
        assert tenant.clients["owner"].get("/admin/").status_code == 200
        assert tenant.clients["customer"].get("/admin/").status_code == 302
        assert [client.get("/api/v1/me").status_code for client in tenant.clients.values()] == [200, 200, 200]


def test_no_page_endpoint_or_admin_view_shows_a_foreign_canary(walk: Walk) -> None:
    assert walk.broken == []
    assert walk.foreign == []
    assert len(walk.shown) >= 15, sorted(walk.shown)


def test_private_pages_are_not_stored_by_anyone(walk: Walk) -> None:
    assert walk.stored == []


def test_a_foreign_key_changes_nothing(tenants: tuple[Tenant, Tenant]) -> None:
    one, two = tenants
    before = house.checksum(two.schema)
    for who in ("customer", "owner"):
        for route in crawled():
            if "POST" in route["methods"] and "<" in route["route"]:
                for address in house.addresses(route, two, []):
                    response = one.clients[who].post(address, {"reason": "x", "agree": "on"})
                    assert response.status_code in (302, 400, 401, 403, 404, 405, 409, 415, 422), address
    assert house.checksum(two.schema) == before


def test_shared_stores_name_their_tenant(walk: Walk, mails: list[Any], tenants: tuple[Tenant, Tenant]) -> None:
    one, two = tenants
    allowed = tuple(
        f"{prefix}{schema}"
        for schema in (one.schema, two.schema, "public")
        for prefix in ("", f"{settings.HUB_PREFIX}:", "bucket:")
    )
    prefixes = (*allowed, "layer", "_kombu", "unacked", "celery", "public:")
    stores: list[Any] = [redis.Redis.from_url(settings.CACHE_URL), hub_client()]
    strangers = [key for store in stores for key in store.keys("*") if not key.decode().startswith(prefixes)]
    assert strangers == []
    assert mails
    for message in mails:
        owner = one if f"@{one.seeded.slug}." in message.to[0] else two
        other = two if owner is one else one
        assert other.canary not in f"{message.subject} {message.body}"


def test_a_session_of_one_tenant_is_nobody_in_the_other(tenants: tuple[Tenant, Tenant]) -> None:
    one, two = tenants
    for client in one.clients.values():
        assert client.get("/api/v1/me").status_code == 200
        assert client.get("/api/v1/me", HTTP_HOST=two.host).status_code == 401


def test_an_unknown_host_is_not_found_and_a_task_for_a_lost_tenant_fails(tenants: tuple[Tenant, Tenant]) -> None:
    one, _two = tenants
    assert one.clients["customer"].get("/", HTTP_HOST="nobody.localhost").status_code == 404
    with pytest.raises(NoTenant):
        drain_outbox.delay("t_000000000000")
