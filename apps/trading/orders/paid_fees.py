"""What a customer's connections were charged for taking, as their own trades tell."""

from decimal import Decimal
from uuid import UUID

from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import Origin
from apps.trading.orders.models import Fill
from apps.trading.orders.queries import CONTRACTS

NEWEST = 200


def taker_fees(owner_id: UUID) -> dict[str, Decimal]:
    """Return the share of the worth that the newest taker trade at each venue cost, to six digits.

    Fees in a third asset (an exchange's own coin) tell no share and are passed over.
    """
    found: dict[str, Decimal] = {}
    rows = Fill.objects.filter(connection__owner_id=owner_id, is_maker=False).exclude(order__origin_kind=Origin.STAFF)
    rows = rows.exclude(CONTRACTS).order_by("-id")[:NEWEST]
    for fill in rows:
        if fill.venue not in found and (share := _share(fill)) is not None:
            found[fill.venue] = share
    return found


def _share(fill: Fill) -> Decimal | None:
    try:
        spec = get_spec(fill.symbol)
    except UnknownSymbol:
        return None
    worth = {spec.quote: fill.quantity * fill.price, spec.base: fill.quantity}.get(fill.fee_asset)
    return None if worth is None else (fill.fee / worth).quantize(Decimal("0.000001"))
