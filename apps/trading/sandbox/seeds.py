"""First rows: the venue, and a paper account for each demo customer."""

from apps.core.actors import Actor
from apps.core.seeding import SeedTenant, seeds_public, seeds_tenant
from apps.trading.exchanges.operations import seed_venues
from apps.trading.exchanges.queries import get_open_connection
from apps.trading.sandbox.operations import request_paper_account
from apps.trading.sandbox.operations.accounts import VENUE


@seeds_public("exchanges.venues", order=210)
def venues() -> None:
    """Make the venues."""
    seed_venues()


@seeds_tenant("sandbox.paper_accounts", order=300)
def paper_accounts(tenant: SeedTenant) -> None:
    """Ask for a paper account for each demo customer; a trading worker opens it when the exchange answers."""
    for user in tenant.people.values():
        if not user.is_staff and get_open_connection(user.pk, VENUE) is None:
            request_paper_account(actor=Actor.of(user), owner_id=user.pk, label=tenant.text("Paper account"))
