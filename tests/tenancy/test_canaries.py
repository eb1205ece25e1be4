"""No output of one tenant carries a canary of another: every route, both hosts, own keys and foreign keys."""

from collections.abc import Iterator
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


@pytest.fixture
def tenants(real_db: dict[str, str], settings: Any) -> tuple[Tenant, Tenant]:
    settings.CELERY_TASK_ALWAYS_EAGER = True
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
        house.collect_keys(tenant)
    return one, two


def crawled() -> Iterator[dict[str, Any]]:
    for route in all_routes():
        if route["host"] == "tenant" and route["kind"] == "http":
            path = route["route"].replace("^", "")
            if not any(path.startswith(skipped) for skipped in NOT_CRAWLED):
                yield route


def leaks(response: Any, canary: str) -> bool:
    body = b"".join(response) if response.streaming else response.content
    headers = " ".join(f"{name}: {value}" for name, value in response.headers.items())
    return canary.encode() in body or canary in headers


def test_no_page_endpoint_or_admin_view_shows_a_foreign_canary(tenants: tuple[Tenant, Tenant]) -> None:
    one, two = tenants
    found: list[str] = []
    shown: set[str] = set()
    for here, there in ((one, two), (two, one)):
        for who, client in here.clients.items():
            for route in crawled():
                if who == "key" and not route["route"].startswith("api/"):
                    continue  # a page reads no token: the visitor would be nobody
                for address in dict.fromkeys(
                    address for keys in (here, there) for address in house.addresses(route, keys, WORDS)
                ):
                    response = client.get(address)
                    assert response.status_code < 500, (who, address)
                    if leaks(response, there.canary):
                        found.append(f"{who}@{here.host} {address}")
                    if leaks(response, here.canary):
                        shown.add(route["route"])
    assert found == []
    assert len(shown) >= 15, sorted(shown)


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


def test_shared_stores_name_their_tenant(tenants: tuple[Tenant, Tenant]) -> None:
    one, two = tenants
    for tenant in tenants:
        for route in crawled():
            for address in list(house.addresses(route, tenant, WORDS))[:3]:
                tenant.clients["customer"].get(address)
    allowed = tuple(
        f"{prefix}{schema}" for schema in (one.schema, two.schema, "public") for prefix in ("", "live:", "bucket:")
    )
    prefixes = (*allowed, "layer", "_kombu", "unacked", "celery", "public:")
    stores: list[Any] = [redis.Redis.from_url(settings.CACHE_URL), hub_client()]
    strangers = [key for store in stores for key in store.keys("*") if not key.decode().startswith(prefixes)]
    assert strangers == []
    for message in mail.outbox:
        owner = one if f"@{one.seeded.slug}." in message.to[0] else two
        other = two if owner is one else one
        assert other.canary not in f"{message.subject} {message.body}"


def test_private_pages_are_not_stored_by_anyone(tenants: tuple[Tenant, Tenant]) -> None:
    one, _two = tenants
    for route in crawled():
        for address in list(house.addresses(route, one, WORDS))[:1]:
            response = one.clients["customer"].get(address)
            if leaks(response, one.canary):
                assert "no-store" in response["Cache-Control"], address
                assert "Cookie" in response["Vary"], address


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
