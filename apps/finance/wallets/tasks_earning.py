"""The net under the timers of saving, yield and staking."""

from celery import shared_task

from apps.core.actors import Actor
from apps.core.context import PUBLIC
from apps.core.tasks import all_schemas, tenant_task
from apps.finance.wallets.operations.running import rearm_earning


@shared_task(name="wallets.rearm_earning_all")  # type: ignore[untyped-decorator]  # celery ships no types
def rearm_all() -> None:
    """Every hour: look in every tenant for what is late."""
    for schema in all_schemas():
        if schema != PUBLIC:
            rearm.delay(schema)


@tenant_task("wallets.rearm_earning")
def rearm() -> None:
    """Schedule again what is late in a tenant."""
    rearm_earning(actor=Actor.system("wallets"))
