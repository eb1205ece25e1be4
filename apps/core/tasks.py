"""Background work of the core: delivering events, firing timers, sealing. Each can run twice or die half-way."""

import logging
from collections.abc import Callable
from typing import Any

from celery import shared_task
from django.db import connection

from apps.core import approvals, outbox, relay, seals, timers
from apps.core.context import PUBLIC, in_schema, require_schema
from apps.core.models import AuditEvent, OutboxEvent

logger = logging.getLogger("outcry.tasks")


def tenant_task(name: str, **options: Any) -> Callable[[Callable[..., None]], Any]:
    """Make a Celery task whose first argument is a schema; it runs inside that schema, never without one."""

    def make(function: Callable[..., None]) -> Any:
        def run(schema: str, *args: Any, **kwargs: Any) -> None:
            require_schema(schema)
            with in_schema(schema):
                function(*args, **kwargs)

        run.__name__ = function.__name__
        run.__doc__ = function.__doc__
        run.__module__ = function.__module__
        return shared_task(name=name, **options)(run)

    return make


@tenant_task("core.drain_outbox")
def drain_outbox() -> None:
    """Deliver the due events of a schema."""
    relay.drain()


@tenant_task("core.fire_timers")
def fire_timers() -> None:
    """Run the due timers of a schema."""
    timers.fire_due()


@tenant_task("core.seal_audit")
def seal_audit() -> None:
    """Seal the unsealed audit rows of a schema and anchor the newest seal."""
    while seals.seal_pending() is not None:
        pass
    seals.anchor()


@shared_task(name="core.sweep_due")  # type: ignore[untyped-decorator]
def sweep_due() -> None:
    """Every few seconds: wake the schemas whose timers are due."""
    for schema in timers.due_schemas():
        fire_timers.delay(schema)


@shared_task(name="core.sweep_all")  # type: ignore[untyped-decorator]
def sweep_all() -> None:
    """The net under the nudges: deliver, fire, expire and seal in every schema that has something left."""
    for schema in all_schemas():
        with in_schema(schema):
            waiting = OutboxEvent.objects.filter(dispatched_at__isnull=True).exists()
            approvals.expire_overdue()
        if waiting:
            drain_outbox.delay(schema)
        fire_timers.delay(schema)
        seal_audit.delay(schema)


@shared_task(name="core.seal_all")  # type: ignore[untyped-decorator]
def seal_all() -> None:
    """Every few seconds: seal in the schemas that have unsealed audit rows."""
    for schema in all_schemas():
        with in_schema(schema):
            unsealed = AuditEvent.objects.filter(seal__isnull=True).exists()
        if unsealed:
            seal_audit.delay(schema)


def all_schemas() -> list[str]:
    """Return public and the schemas of active tenants."""
    with in_schema(PUBLIC), connection.cursor() as cursor:
        cursor.execute("SELECT schema_name FROM tenants_tenant WHERE status = 'active' ORDER BY created_at")
        return [PUBLIC, *(row[0] for row in cursor.fetchall())]


outbox.on_nudge(drain_outbox.delay)
