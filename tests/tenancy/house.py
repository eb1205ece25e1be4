"""Two tenants full of canaries, and people of each with their clients."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import UUIDField
from django.test import Client
from django.urls import Resolver404, resolve
from rest_framework.test import APIClient

from apps.core.actors import Actor
from apps.core.context import PUBLIC, in_schema
from apps.core.placement import Placement
from apps.core.router import placement_of
from apps.core.seeding import SeedTenant
from apps.platform.tenants.operations import WantedTenant, make_tenant
from tests.factories.people import verified_client, web_client

CANARIES = {"one": "canary-one-7d1f3c", "two": "canary-two-a90b44"}


@dataclass
class Tenant:
    """A seeded tenant with its canary, its clients and the keys of all its rows by app."""

    seeded: SeedTenant
    canary: str
    clients: dict[str, Client] = field(default_factory=dict)
    keys: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Return its host name."""
        return self.seeded.host

    @property
    def schema(self) -> str:
        """Return its schema."""
        return self.seeded.schema


def make(slug: str) -> Tenant:
    """Make and seed a tenant whose every free text carries its canary."""
    canary = CANARIES[slug]
    wanted = WantedTenant(f"house-{slug}", f"House {canary}", f"{slug}@example.test", demo=True, canary=canary)
    return Tenant(make_tenant(actor=Actor.system("tests"), wanted=wanted, base_host="localhost"), canary)


def open_clients(tenant: Tenant) -> None:
    """Sign in a customer, a customer's key, and the owner with a second factor."""
    people = tenant.seeded.people
    tenant.clients = {
        "customer": web_client(people["maya"], host=tenant.host),
        "owner": verified_client(people["olga"], host=tenant.host),
        "key": APIClient(HTTP_HOST=tenant.host, HTTP_AUTHORIZATION=f"Bearer {tenant.seeded.report['maya']['token']}"),
    }


def collect_keys(tenant: Tenant) -> None:
    """Note the keys of the newest rows of every table, by app and model."""
    with in_schema(tenant.schema):
        for model in apps.get_models():
            if placement_of(model) in (Placement.TENANT, Placement.BOTH) and model._meta.managed:
                rows = model._default_manager.order_by("-pk").values_list("pk", flat=True)[:2]
                tenant.keys[model._meta.label_lower] = list(rows)


def addresses(route: dict[str, Any], tenant: Tenant, texts: list[str]) -> Iterator[str]:
    """Yield the addresses of a route with the tenant's own keys (of the route's app) in the place of parameters."""
    pattern = "/" + route["route"].replace("^", "").replace("$", "").replace("\\Z", "")
    if "<" not in pattern:
        yield pattern
        return
    if "(?P<app_label>" in pattern:  # the index of one app's tables
        yield from (f"/admin/{app}/" for app in sorted({name.partition(".")[0] for name in tenant.keys}))
        return
    for key in [*_keys(route, pattern, tenant), *texts]:
        address = _filled(pattern, key)
        if address is not None:
            yield address


def _keys(route: dict[str, Any], pattern: str, tenant: Tenant) -> list[Any]:
    """Return the keys of the tables that a route's parameters name (<uuid:goal_id>: SavingsGoal), or of all its app."""
    label = label_of(route)
    tables = [name for name in tenant.keys if not label or name.startswith(label)]
    words = [name.removesuffix("_id").replace("_", "") for name in re.findall(r"<(?:[a-z]+:)?([a-z_]+)>", pattern)]
    named = [table for table in tables if any(word in table.partition(".")[2] for word in words)]
    return [key for table in named or tables for key in tenant.keys[table]]


def _filled(pattern: str, key: Any) -> str | None:
    def value(match: "re.Match[str]") -> str:
        kind = match["kind"] or "str"
        if kind == "int":
            return str(key) if isinstance(key, int) else "1"
        return str(key)

    address = re.sub(r"<(?:(?P<kind>[a-z]+):)?(?P<name>[a-z_]+)>", value, pattern)
    try:
        resolve(address, urlconf="config.urls_tenant")
    except Resolver404:
        return None
    return address


def label_of(route: dict[str, Any]) -> str:
    """Return the app (and model, in the admin) that a route's keys come from."""
    site, app, model = (*str(route["route"]).split("/"), "", "", "")[:3]
    if site == "admin" and app in apps.app_configs and model in apps.all_models[app]:
        return f"{app}.{model}"
    return f"{route['app']}." if route.get("app") else ""


def digest(schema: str) -> dict[str, tuple[int, str]]:
    """Return number of rows and a checksum of every table of a schema."""
    with in_schema(schema):
        return _digest(schema, "")


def digest_of_public_rows(tenant: Tenant) -> dict[str, tuple[int, str]]:
    """Return the same of those rows of public that name a tenant by its schema or its id."""
    with in_schema(PUBLIC):
        return _digest(PUBLIC, f"WHERE t::text ~ '{tenant.schema}|{tenant.seeded.id}'")


def _digest(schema: str, condition: str) -> dict[str, tuple[int, str]]:
    one = (
        "SELECT '{table}', count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
        ' FROM {schema}."{table}" t {condition}'
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
        parts = [one.format(table=row[0], schema=schema, condition=condition) for row in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(parts))
        return {table: (count, checksum) for table, count, checksum in cursor.fetchall()}


def checksum(schema: str) -> dict[str, Any]:
    """Return a checksum of every table of a schema that refusals must leave alone."""
    left_out = {"core_auditevent", "django_session", "usersessions_usersession", "core_outboxevent"}
    return {table: found for table, found in digest(schema).items() if table not in left_out}


def uuids(schema: str) -> set[str]:
    """Return the UUID keys of all rows of a schema."""
    found: set[str] = set()
    with in_schema(schema):
        for model in apps.get_models():
            is_here = placement_of(model) in (Placement.TENANT, Placement.BOTH) and model._meta.managed
            if is_here and isinstance(model._meta.pk, UUIDField):
                found.update(str(key) for key in model._default_manager.values_list("pk", flat=True))
    return found
