"""Celery tasks of the ledger: sealing, and giving back holds whose time has passed."""

from celery import shared_task

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import PUBLIC, in_schema
from apps.core.tasks import all_schemas, tenant_task
from apps.finance.ledger.choices import HoldState
from apps.finance.ledger.models import Hold, Journal
from apps.finance.ledger.operations import expire_holds, seal_journals

SYSTEM = Actor.system("ledger")


@shared_task(name="ledger.sweep")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep() -> None:
    """Every few seconds: seal where journals wait, and give back holds past their time."""
    for schema in all_schemas():
        if schema == PUBLIC:
            continue
        with in_schema(schema):
            waits = Journal.objects.filter(seal__isnull=True).exists()
            is_due = Hold.objects.filter(state=HoldState.OPEN, expires_at__lte=now()).exists()
        if waits:
            seal.delay(schema)
        if is_due:
            expire.delay(schema)


@tenant_task("ledger.seal")
def seal() -> None:
    """Seal the journals of a tenant that are not sealed yet."""
    while seal_journals(actor=SYSTEM):
        pass


@tenant_task("ledger.expire")
def expire() -> None:
    """Give back the holds of a tenant whose time has passed."""
    expire_holds(actor=SYSTEM)
