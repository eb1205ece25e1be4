"""Background work of the core: delivering events, firing timers, sealing. Each can run twice or die half-way."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.db import connection

from apps.core import approvals, outbox, relay, seals, timers, work
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import PUBLIC, in_schema, require_schema
from apps.core.models import AuditEvent, OutboxEvent

logger = logging.getLogger("outcry.tasks")
PROVEN_LATELY = timedelta(hours=2)
"""A schema that was proved so recently is not proved again by the nightly run."""


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
    for schema in work.due_schemas(timers.KIND):
        fire_timers.delay(schema)


@shared_task(name="core.sweep_all")  # type: ignore[untyped-decorator]
def sweep_all() -> None:
    """The net under the nudges: deliver, fire, expire and seal in every schema that has something left.

    It also enters again into the index of work what should stand there.
    """
    for schema in all_schemas():
        with in_schema(schema):
            waiting = OutboxEvent.objects.filter(dispatched_at__isnull=True).exists()
            approvals.expire_overdue()
            if schema != PUBLIC:
                work.restore()
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


@shared_task(name="core.prove_all")  # type: ignore[untyped-decorator]
def prove_all() -> None:
    """Every night: have the proofs of every schema run."""
    for schema in all_schemas():
        prove_schema.delay(schema)


@tenant_task("core.prove_schema", time_limit=3600, soft_time_limit=3500)
def prove_schema() -> None:
    """Run the proofs of a schema and keep the report. A message that comes twice finds the run or its report."""
    from apps.core import proofs

    if proofs.has_report_since(now() - PROVEN_LATELY):
        return
    try:
        proofs.prove_and_store(actor=Actor.system("proof"), reason="nightly")
    except proofs.ProofRunning:
        logger.info("a proof is running already")


def all_schemas() -> list[str]:
    """Return public and the schemas of active tenants."""
    with in_schema(PUBLIC), connection.cursor() as cursor:
        cursor.execute("SELECT schema_name FROM tenants_tenant WHERE status = 'active' ORDER BY created_at")
        return [PUBLIC, *(row[0] for row in cursor.fetchall())]


outbox.on_nudge(drain_outbox.delay)
