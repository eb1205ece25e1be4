"""What a tenant's ledger lacks of orders from before there was a ledger is booked when the product starts."""

import logging

from apps.core.actors import Actor
from apps.core.seeding import SeedTenant, seeds_tenant
from apps.trading.orders.operations import backfill_ledger

logger = logging.getLogger("outcry.orders")


@seeds_tenant("orders.ledger_backfill", order=900)
def book_what_is_missing(tenant: SeedTenant) -> None:
    """Back-fill; what is booked already is left out, so a start after the first does next to nothing."""
    done = backfill_ledger(actor=Actor.system("orders"))
    if done.fills or done.holds:
        logger.info("back-filled", extra={"tenant": tenant.slug, "fills": done.fills, "holds": done.holds})
