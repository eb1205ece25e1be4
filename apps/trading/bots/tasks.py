"""Work of bots on queue `trading`: finite, short, and of one effect however often it runs."""

from uuid import UUID

from celery import shared_task

from apps.core import work
from apps.core.context import current_schema
from apps.core.tasks import tenant_task
from apps.trading.bots import operations, queries
from apps.trading.bots.choices import WORK

EXPIRES = 10


@tenant_task("bots.step_batch")
def step(stream: str, ts: int) -> None:
    """Advance all bots of a tenant that wait for a candle."""
    operations.step_batch(stream=stream, ts=ts)


@tenant_task("bots.advance")
def advance(bot_id: str, cause: str) -> None:
    """Advance one bot."""
    operations.advance(bot_id=UUID(bot_id), cause=cause)


@shared_task(name="bots.sweep")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep() -> None:
    """Every few seconds: the net under nudges and candles. Overdue looks, dead owners, candles nobody was told of.

    Opens only tenants with an active bot (`start_bot` enters them into the index of work).
    """
    work.sweep(WORK, nudge_due)


def nudge_due() -> int:
    """Enqueue a step for each due bot of this schema; return how many."""
    due = queries.list_due_bots()
    schema = current_schema()
    for bot_id in due:
        # A step that could not start for so long is not worth waiting for: the next sweep asks again.
        advance.apply_async((schema, str(bot_id), "sweep"), expires=EXPIRES)
    return len(due)
