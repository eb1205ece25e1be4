"""Advancing bots: one by one, or all of a tenant that wait for the same candle."""

import logging
from uuid import UUID

from apps.core.context import PUBLIC, current_schema, in_schema
from apps.trading.bots.engine.step import run_step
from apps.trading.market_data.queries import list_subscriptions
from kernel.events.market import CandleClosed

logger = logging.getLogger("outcry.bots")


def advance(*, bot_id: UUID, cause: str) -> bool:
    """Bring a bot as far towards what its owner wants as it goes now; `cause` says who called, for the logs.

    Returns False when another worker has it, which then looks once more. Safe to repeat, to run at once, and to die at
    any point. Runs outside any transaction, in a process that may trade.
    """
    logger.debug("advance", extra={"bot": str(bot_id), "cause": cause})
    return run_step(bot_id)


def step_batch(*, stream: str, ts: int) -> int:
    """Advance all bots of this tenant that follow a stream; return how many were free. One failure stops no other."""
    schema = current_schema()
    with in_schema(PUBLIC):
        bots = list(list_subscriptions(stream).filter(schema=schema).values_list("bot_id", flat=True))
    return sum(advance(bot_id=bot_id, cause=f"candle {stream} {ts}") for bot_id in bots)


def dispatch_candle(candle: CandleClosed) -> None:
    """Enqueue one task for each tenant that has bots on the candle's stream (the feed calls this, in public)."""
    from apps.trading.bots.tasks import step  # the task calls this module

    schemas = list_subscriptions(candle.stream).order_by("schema").values_list("schema", flat=True).distinct()
    for schema in schemas:
        step.apply_async((schema, candle.stream, candle.ts), expires=60)
