"""`routes --json`: every address of the product, over HTTP and over sockets."""

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.urls import URLPattern, URLResolver


class Command(BaseCommand):
    """The tests walk this list; a route that is not in it does not exist."""

    help = "List all routes with their hosts, names and methods."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the flag."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        found = all_routes()
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=1))
            return
        for route in found:
            self.stdout.write(f"{route['host']:<8} {','.join(route['methods']):<24} {route['route']}  {route['name']}")


def all_routes() -> list[dict[str, Any]]:
    """Return the routes of a tenant's host, of the platform's host, and of the socket."""
    tenant = [_described("tenant", *row) for row in _walk(import_module(settings.ROOT_URLCONF).urlpatterns)]
    public = [_described("platform", *row) for row in _walk(import_module(settings.PUBLIC_SCHEMA_URLCONF).urlpatterns)]
    health = [
        {"host": "any", "route": route, "name": "", "app": "", "methods": ["GET"], "kind": "http"}
        for route in ("healthz", "readyz", "metrics")
    ]
    socket = {"host": "tenant", "route": "ws/live", "name": "", "app": "", "methods": ["GET"], "kind": "websocket"}
    return [*tenant, *public, *health, socket, {**socket, "route": "ws/notifications"}]


def _walk(patterns: list[Any], prefix: str = "", namespace: str = "") -> Iterator[tuple[str, str, Any]]:
    for item in patterns:
        route = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            inner = f"{namespace}{item.namespace}:" if item.namespace else namespace
            yield from _walk(item.url_patterns, route, inner)
        elif isinstance(item, URLPattern):
            yield route, namespace + (item.name or ""), item.callback


def _described(host: str, route: str, name: str, view: Any) -> dict[str, Any]:
    return {
        "host": host,
        "route": route,
        "name": name,
        "app": _app(view),
        "methods": _methods(view),
        "kind": "http",
    }


def _app(view: Any) -> str:
    """Return the label of the app of ours that a view belongs to, or an empty text for a library's."""
    parts = str(getattr(view, "__module__", "")).split(".")
    return parts[2] if parts[0] == "apps" and len(parts) > 2 and parts[1] != "core" else ""


def _methods(view: Any) -> list[str]:
    actions = getattr(view, "actions", None)
    if actions:
        return sorted(method.upper() for method in actions)
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if cls is not None:
        return sorted(name.upper() for name in cls.http_method_names if hasattr(cls, name) and name != "options")
    allowed = getattr(view, "allowed_methods", None)
    return sorted(allowed) if allowed else ["GET", "POST"]
