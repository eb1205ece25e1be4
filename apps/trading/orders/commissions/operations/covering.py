"""Covering an order's commission in advance: what its fills may cost is held on the wallet with the order's intent.

What opens is refused where the wallet has less. What closes, protects or takes another order's place holds what there
is and is never kept back: nobody is locked into a position by a commission. Fills use the hold, the end gives it back.
"""

from decimal import ROUND_UP, Context, Decimal

from apps.core.assets import code_at_venue, ensure_assets, get_asset
from apps.finance.ledger.choices import HoldPurpose, Mode
from apps.finance.ledger.operations import NewHold, open_accounts
from apps.finance.ledger.operations.patterns import customer_account
from apps.finance.ledger.queries import get_available
from apps.trading.orders.choices import Leg, Origin
from apps.trading.orders.commissions.errors import CommissionNotCovered
from apps.trading.orders.commissions.models import OrderCommission
from apps.trading.orders.models import Order
from kernel.instruments import InstrumentSpec, Side, is_perpetual

EXACT = Context(prec=100)


def cover_key(order: Order) -> str:
    """Return the key of the hold of an order's commission."""
    return f"order-commission:{order.pk}"


def commission_holds(order: Order, spec: InstrumentSpec, market_price: Decimal | None, *, opens: bool) -> list[NewHold]:
    """Return the hold of what the fills of a stored order may be charged; none without terms or where it is nothing.

    The dearer of both shares of quantity × price: its own, its trigger or the market's, the highest of a sale. `opens`
    says whether the order makes a position larger. Raises CommissionNotCovered.
    """
    terms = OrderCommission.objects.select_related("schedule").filter(order=order).first()
    if terms is None:
        return []
    charged = order.quantity - order.filled
    is_base = terms.schedule.charges_base(order.side, order.symbol)
    if not is_base:
        prices = [price for price in (order.price, order.stop_price, market_price) if price is not None]
        if not prices:
            return []
        charged = EXACT.multiply(charged, max(prices) if order.side == Side.SELL else prices[0])
    ensure_assets({spec.base, spec.quote})
    asset = code_at_venue(spec.base if is_base else spec.quote)
    step = Decimal(1).scaleb(-get_asset(asset).precision)
    share = max(terms.maker, terms.taker)
    needed = EXACT.multiply(charged, share).quantize(step, rounding=ROUND_UP, context=EXACT)
    mode = Mode(order.connection.mode)
    available = max(get_available(order.owner_id, asset, mode=mode), Decimal(0))
    if available < needed and opens and not _must_not_wait(order):
        raise CommissionNotCovered(
            field="quantity", asset=asset, needed=f"{needed.normalize():f}", available=f"{available.normalize():f}"
        )
    amount = min(needed, available)
    if not amount:
        return []
    payer = customer_account(order.owner_id, asset, mode)
    account_id = open_accounts([payer])[payer]
    key = cover_key(order)
    return [
        NewHold(key=key, account_id=account_id, amount=amount, purpose=HoldPurpose.ORDER, subject_id=terms.pk),
    ]


def makes_larger(order: Order, opening: Decimal) -> bool:
    """Return whether an order makes a position larger: a purchase of coins, the `opening` part of a contract order."""
    return opening > 0 if is_perpetual(order.symbol) else order.side == Side.BUY


def _must_not_wait(order: Order) -> bool:
    is_exit = bool(order.leg) and order.leg != Leg.ENTRY
    return is_exit or order.reduce_only or order.replaces_id is not None or order.origin_kind == Origin.GUARD
