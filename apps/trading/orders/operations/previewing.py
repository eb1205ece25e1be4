"""What an order would come to: placed in every detail, read, and rolled back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.assets import code_at_venue
from apps.trading.exchanges.queries import published_taker_fee
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import HeldBy, Leg
from apps.trading.orders.commissions.queries import charged_asset
from apps.trading.orders.models import Order, OrderCommission
from apps.trading.orders.operations.checking import NewOrder
from apps.trading.orders.operations.groups import NewGroup, place_group
from apps.trading.orders.operations.margining import TAKER_FEE, ContractNeed, liquidation_after, margin_need
from apps.trading.orders.operations.placing import place_order
from apps.trading.orders.operations.reserving import Need, need_of
from apps.trading.orders.paid_fees import taker_fees
from apps.trading.positions.queries import get_mark, get_position
from kernel.instruments import InstrumentSpec, is_perpetual, market_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedCommission:
    """What the tenant charges: shares of what `asset` says, and of how many percent off they are the rest."""

    maker: Decimal
    taker: Decimal
    asset: str
    percent_off: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedOrder:
    """What would be stored. `reserves` is in `reserved_asset`; `taker_fee` is a share of the worth, None if unknown.

    Of a contract `margin` is what its opening part ties up, and `liquidation` the price that would liquidate the
    position once the order is filled (None: no price does).
    """

    symbol: str
    base: str
    quote: str
    account: str
    mode: str
    side: str
    kind: str
    quantity: Decimal
    price: Decimal | None
    time_in_force: str
    held_by: HeldBy
    good_until: datetime | None
    market_price: Decimal | None
    market_at: datetime | None
    reserved_asset: str
    reserves: Decimal
    taker_fee: Decimal | None
    fee_source: str
    position: Decimal
    commission: PreviewedCommission | None
    leverage: int | None = None
    is_isolated: bool = False
    margin: Decimal | None = None
    liquidation: Decimal | None = None


def preview_order(*, actor: Actor, owner_id: UUID, connection_id: UUID, wanted: NewOrder | NewGroup) -> PreviewedOrder:
    """Return what placing an order or a group would store; of a group, its entry, else its take profit.

    Runs the operation that places it and rolls it back, so it refuses exactly what that refuses, and leaves nothing.
    """
    place: dict[str, Any] = {
        "actor": actor, "owner_id": owner_id, "connection_id": connection_id,
        "confirmed": True,  # asking what it comes to needs no code
    }  # fmt: skip
    with transaction.atomic():
        if isinstance(wanted, NewOrder):
            row = place_order(**place, order=wanted)
        else:
            group = place_group(**place, group=wanted)
            legs = {order.leg: order for order in group.orders.all()}
            row = legs.get(Leg.ENTRY.value) or legs[Leg.TAKE_PROFIT.value]
        found = _previewed(row)
        transaction.set_rollback(True)
    return found


def _previewed(row: Order) -> PreviewedOrder:
    spec, mark = get_spec(row.symbol), get_mark(row.symbol)
    venue = row.connection.venue.code
    price = None if mark is None else mark.price
    position = get_position(row.book_id, market_of(row.symbol), row.position_side)
    need: Need | ContractNeed
    facts: dict[str, Any]
    if is_perpetual(row.symbol):
        need = margin_need(row, price)
        facts = _of_contract(row, need, price)
    else:
        need, own = need_of(row, row.connection, spec, price), taker_fees(row.owner_id).get(venue)
        facts = {
            "taker_fee": own if own is not None else published_taker_fee(venue, f"{spec.base}/{spec.quote}"),
            "fee_source": "your own trades there" if own is not None else "published by the exchange",
        }
    return PreviewedOrder(
        symbol=row.symbol,
        base=spec.base,
        quote=spec.quote,
        account=row.connection.label,
        mode=row.connection.mode,
        side=row.side,
        kind=row.kind,
        quantity=row.quantity,
        price=row.price,
        time_in_force=row.time_in_force,
        held_by=HeldBy(row.held_by),
        good_until=row.good_until,
        market_price=price,
        market_at=None if mark is None else mark.at,
        reserved_asset=code_at_venue(need.asset),
        reserves=need.wanted,
        position=Decimal(0) if position is None else position.quantity,
        commission=_commission(row, spec),
        **facts,
    )


def _of_contract(row: Order, need: ContractNeed, market_price: Decimal | None) -> dict[str, Any]:
    price = next((each for each in (row.price, row.stop_price, market_price) if each is not None), None)
    return {
        "taker_fee": TAKER_FEE,
        "fee_source": "published by the exchange",
        "leverage": need.leverage,
        "is_isolated": need.is_isolated,
        "margin": need.margin,
        "liquidation": None if price is None else liquidation_after(row, price),
    }


def _commission(row: Order, spec: InstrumentSpec) -> PreviewedCommission | None:
    terms = OrderCommission.objects.select_related("schedule").filter(order=row).first()
    if terms is None:
        return None
    asset = charged_asset(terms.schedule, row, spec)
    return PreviewedCommission(maker=terms.maker, taker=terms.taker, asset=asset, percent_off=terms.percent_off)
