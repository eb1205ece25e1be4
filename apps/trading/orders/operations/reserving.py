"""Reserving before sending: what an order may cost is held on the mirror in the transaction that stores the order."""

from dataclasses import dataclass
from decimal import ROUND_UP, Context, Decimal
from typing import Any

from apps.core.actors import Actor
from apps.core.assets import code_at_venue
from apps.finance.ledger.choices import HoldPurpose
from apps.finance.ledger.errors import InsufficientFunds
from apps.finance.ledger.operations import NewHold, NewJournal, post_many
from apps.finance.ledger.queries import Balance, list_mirrors
from apps.platform.configurations.queries import get_value
from apps.trading.exchanges.queries import fee_on_top
from apps.trading.orders.choices import CUSHION, Kind
from apps.trading.orders.commissions.operations.covering import commission_holds, makes_larger
from apps.trading.orders.errors import InsufficientBalance, PriceUnknown
from apps.trading.orders.models import Order
from apps.trading.orders.operations.checking import trail_trigger
from apps.trading.orders.operations.margining import reserve_margin
from apps.trading.orders.operations.mirroring import hold_key, hold_key_of
from apps.trading.orders.operations.opening import opening_journals
from kernel.instruments import InstrumentSpec, Side, is_perpetual

ROUNDED_UP = Context(prec=80, rounding=ROUND_UP)
STEP = Decimal(1).scaleb(-18)
HUNDREDTHS_OF_A_PERCENT = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Need:
    """What an order takes: `least` must be there; `wanted` is held where there is so much."""

    asset: str
    least: Decimal
    wanted: Decimal


def reserve(*, actor: Actor, order: Order, connection: Any, spec: InstrumentSpec, market_price: Decimal | None) -> None:
    """Hold what an order that was just stored may cost, and its commission. It is the one posting of the transaction.

    Raises InsufficientBalance, CommissionNotCovered, PriceUnknown (a market order without any price), BalancesUnknown
    (the account was never seen) and AccountFrozen.
    """
    if is_perpetual(order.symbol):
        reserve_margin(actor=actor, order=order, spec=spec, market_price=market_price)
        return
    need = need_of(order, connection, spec, market_price)
    account = _mirror(order, need.asset)
    opening: list[NewJournal] = []
    if account is None or account.natural <= 0:  # perhaps only transfers are booked of it
        opening = opening_journals(connection)
        account = _mirror(order, need.asset)
    available = Decimal(0)
    if account is not None:
        opened = (leg.amount for journal in opening for leg in journal.legs if leg.account_id == account.account_id)
        available = sum(opened, account.available)
    if account is None or available < need.least:
        raise InsufficientBalance.of(need.asset, needed=need.least, available=available)
    beside = commission_holds(order, spec, market_price, opens=makes_larger(order, Decimal(0)))
    key = hold_key_of(order)
    hold = NewHold(
        key=key,
        account_id=account.account_id,
        amount=min(need.wanted, max(need.least, available)),
        purpose=HoldPurpose.ORDER,
        subject_id=order.pk if key == hold_key(order.pk) else order.group_id,
    )
    try:
        post_many(actor=actor, journals=opening, holds=[hold, *beside])
    except InsufficientFunds as refusal:  # another order was quicker
        raise InsufficientBalance.of(
            need.asset, needed=need.least, available=Decimal(refusal.params["available"])
        ) from refusal


def need_of(order: Order, connection: Any, spec: InstrumentSpec, market_price: Decimal | None) -> Need:
    """Return what the unfilled part of an order takes.

    A sale takes its quantity. A purchase takes quantity × price (its own, else its trigger, else the market's), and the
    fee where the venue takes it on top; without a price of its own a cushion besides, as far as there is one, because
    its price is not known before. Raises PriceUnknown.
    """
    left = order.quantity - order.filled
    if order.side == Side.SELL:
        return Need(spec.base, left, left)
    price = _price_of(order, market_price)
    if price is None:
        raise PriceUnknown(field="symbol", symbol=order.symbol)
    value = ROUNDED_UP.multiply(ROUNDED_UP.multiply(left, price), 1 + fee_on_top(connection.venue.code))
    least = value.quantize(STEP, context=ROUNDED_UP)
    if order.price is not None:
        return Need(spec.quote, least, least)
    share = 1 + Decimal(get_value(CUSHION)) / HUNDREDTHS_OF_A_PERCENT
    return Need(spec.quote, least, ROUNDED_UP.multiply(value, share).quantize(STEP, context=ROUNDED_UP))


def _price_of(order: Order, market_price: Decimal | None) -> Decimal | None:
    price: Decimal | None = order.price
    if price is not None:
        return price
    if order.kind == Kind.TRAILING_STOP and market_price is not None and order.trail_percent is not None:
        return trail_trigger(order.side, market_price, order.trail_percent)
    trigger: Decimal | None = order.stop_price
    return market_price if trigger is None else trigger


def _mirror(order: Order, asset: str) -> Balance | None:
    code = code_at_venue(asset)
    return list_mirrors(order.connection_id, order.owner_id, assets=[code]).get(code)
