"""Contracts in the order path: whose wallet backs an order, what it ties up, and where it would be liquidated."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.finance.ledger.choices import HoldPurpose
from apps.finance.ledger.errors import InsufficientFunds
from apps.finance.ledger.operations import NewHold, post_many
from apps.finance.ledger.queries import list_mirrors
from apps.platform.configurations.queries import get_value
from apps.trading.instruments.queries import get_instrument
from apps.trading.orders.choices import CUSHION, Origin
from apps.trading.orders.commissions.operations.covering import commission_holds, makes_larger
from apps.trading.orders.errors import (
    ContractsOnlyPlain,
    InsufficientBalance,
    ModePending,
    PositionSideNeeded,
    PriceUnknown,
    TermsPending,
)
from apps.trading.orders.models import Order
from apps.trading.orders.operations.checking import NewOrder
from apps.trading.orders.operations.leverage import UP, contracts_of
from apps.trading.orders.operations.mirroring import hold_key
from apps.trading.positions.choices import Purpose
from apps.trading.positions.errors import NoContractsHere
from apps.trading.positions.operations import hold_mode
from apps.trading.positions.queries import (
    get_book,
    get_mark,
    get_position,
    get_terms,
    list_connection_positions,
    list_contract_positions,
    list_leverages,
)
from kernel.instruments import InstrumentSpec, Side, market_of
from kernel.margin import Leg, build_brackets, liquidation_price

TAKER_FEE = Decimal("0.0005")
"""The share that Binance publishes for contracts and accounts without a tier; our exchange takes the same."""
STEP = Decimal(1).scaleb(-18)
ZERO = Decimal(0)
BASIS = Decimal(10_000)
BY_THE_PATH = (Origin.MANUAL.value, Origin.ALGO.value, Origin.GUARD.value)


@dataclass(frozen=True, slots=True)
class ContractNeed:
    """What an order ties up, in `asset`: `margin` and `fee` at its price; `opening` is what of it opens, in base.

    `least` must be free; `wanted` is held where there is so much (prices at market are not known before).
    """

    asset: str
    opening: Decimal
    leverage: int
    is_isolated: bool
    margin: Decimal
    fee: Decimal
    least: Decimal
    wanted: Decimal


def check_contract(order: NewOrder, book_id: UUID, connection: Any, origin_kind: str) -> None:
    """Raise what keeps a contract order from this place: origin, exchange, a wallet that was not read, its side.

    Raises ContractsOnlyPlain, NoContractsHere (listed at another exchange; what protects is tried anyway),
    ContractsNotOpen, ModePending and PositionSideNeeded; whether terms stand is asked with the margin.
    """
    if origin_kind not in BY_THE_PATH or get_book(book_id).purpose != Purpose.CONTRACT:
        raise ContractsOnlyPlain(field="symbol")
    if origin_kind != Origin.GUARD and get_instrument(order.symbol).market not in ("", connection.venue.code):
        raise NoContractsHere(field="symbol")
    hold_mode(contracts_of(connection.pk).pk)
    if contracts_of(connection.pk).wanted_hedged is not None and origin_kind != Origin.GUARD:
        raise ModePending(field="symbol")
    check_mode(connection.pk, order.position_side)


def check_mode(connection_id: UUID, position_side: str) -> None:
    """Raise PositionSideNeeded for a contract order that does not fit the position mode the account had last."""
    account = contracts_of(connection_id)
    if account.is_hedged != bool(position_side):
        words = "long or short" if account.is_hedged else "no side: its buys and sells net"
        raise PositionSideNeeded(field="position_side", words=words)


def opening_of(order: Order) -> Decimal:
    """Return how much of what is left of an order opens or enlarges a position, in base."""
    left: Decimal = order.quantity - order.filled
    if order.position_side:
        return left if (order.position_side == "long") == (order.side == Side.BUY) else ZERO
    if order.reduce_only:
        return ZERO
    position = get_position(order.book_id, market_of(order.symbol))
    size = ZERO if position is None else position.quantity
    closable = -size if order.side == Side.BUY else size
    return max(left - max(closable, ZERO), ZERO)


def margin_need(order: Order, market_price: Decimal | None) -> ContractNeed:
    """Return what an order ties up. Raises ContractUnknown, TermsPending and PriceUnknown."""
    account = contracts_of(order.connection_id)
    terms = get_terms(account.pk, order.symbol)
    if terms.is_pending:
        raise TermsPending(field="symbol", symbol=order.symbol)
    price = next((each for each in (order.price, order.stop_price, market_price) if each is not None), None)
    opening = opening_of(order)
    if price is None and not opening:
        price = ZERO
    if price is None:
        raise PriceUnknown(field="symbol", symbol=order.symbol)
    margin = UP.divide(UP.multiply(opening, price), Decimal(terms.leverage)).quantize(STEP, context=UP)
    fee = UP.multiply(UP.multiply(opening, price), TAKER_FEE).quantize(STEP, context=UP)
    least = wanted = margin + fee
    if order.price is None:
        share = 1 + Decimal(get_value(CUSHION)) / BASIS
        wanted = UP.multiply(least, share).quantize(STEP, context=UP)
    return ContractNeed(account.asset, opening, terms.leverage, terms.is_isolated, margin, fee, least, wanted)


def free_margin(account: Any, available: Decimal) -> Decimal:
    """Return what of a wallet no position needs: `available` (no hold on it) less margins, less what is lost now.

    From our own positions, which are booked in the transaction that gives a hold back: nothing is free for a moment
    that is not. Profits that are not realised count for nothing; without a price a position counts at its entry.
    """
    free = available
    leverages = list_leverages([account.connection_id])
    for position in list_connection_positions(account.connection_id):
        if not position.is_contract or not position.quantity:
            continue
        mark = get_mark(position.symbol, is_long=position.quantity > 0)
        price = position.cost / position.quantity if mark is None else mark.price
        leverage = leverages.get((account.connection_id, position.symbol), 1)
        free -= UP.divide(UP.multiply(position.quantity.copy_abs(), price), Decimal(leverage))
        free += min(ZERO, position.quantity * price - position.cost)
    return free


def reserve_margin(*, actor: Actor, order: Order, spec: InstrumentSpec, market_price: Decimal | None) -> None:
    """Hold what an order ties up on its contract wallet, what only closes ties up nothing; and its commission.

    The one posting of the transaction. Raises as `margin_need`, InsufficientBalance and CommissionNotCovered.
    """
    need = margin_need(order, market_price)
    beside = commission_holds(order, spec, market_price, opens=makes_larger(order, need.opening))
    if not need.opening:
        if beside:
            post_many(actor=actor, journals=[], holds=beside)
        return
    account = contracts_of(order.connection_id)
    mirror = list_mirrors(account.pk, order.owner_id, assets=[need.asset]).get(need.asset)
    available = ZERO if mirror is None else free_margin(account, mirror.available)
    if mirror is None or available < need.least:
        raise InsufficientBalance.of(need.asset, needed=need.least, available=available)
    hold = NewHold(
        key=hold_key(order.pk),
        account_id=mirror.account_id,
        amount=min(need.wanted, max(need.least, available)).quantize(STEP, context=UP),
        purpose=HoldPurpose.ORDER,
        subject_id=order.pk,
    )
    try:
        post_many(actor=actor, journals=[], holds=[hold, *beside])
    except InsufficientFunds as refusal:  # another order was quicker
        raise InsufficientBalance.of(
            need.asset, needed=need.least, available=Decimal(refusal.params["available"])
        ) from refusal


# ---- where it would be liquidated


def liquidation_after(order: Order, price: Decimal) -> Decimal | None:
    """Return the price that would liquidate the position after an order filled at `price`; None where none does.

    The published formula (kernel.margin) with the contract's tiers, the fee paid, other contracts standing still.
    """
    account = contracts_of(order.connection_id)
    terms = get_terms(account.pk, order.symbol)
    symbol = market_of(order.symbol)
    shown = list_contract_positions(account.pk)
    mine = next((row for row in shown if row.symbol == symbol and row.position_side == order.position_side), None)
    held = (ZERO, ZERO) if mine is None else (mine.quantity, mine.entry)
    signed = order.quantity if order.side == Side.BUY else -order.quantity
    after, entry = netted(held, signed, price)
    if not after:
        return None
    tiers = build_brackets([("" if cap == "0" else cap, int(most), rate) for cap, most, rate in terms.tiers])
    leg = Leg(after, entry, tiers)
    fee = order.quantity * price * TAKER_FEE
    if terms.is_isolated:
        kept = ZERO if mine is None or after * held[0] < 0 else mine.isolated_wallet * min(Decimal(1), after / held[0])
        added = max(after.copy_abs() - (held[0].copy_abs() if after * held[0] > 0 else ZERO), ZERO)
        return liquidation_price([leg], wallet=kept + added * price / terms.leverage, mark=price)
    others = [row for row in shown if row is not mine and not row.is_isolated]
    same = [Leg(row.quantity, row.entry, leg.brackets) for row in others if row.symbol == symbol]
    apart = [row for row in others if row.symbol != symbol]
    realised = ZERO if mine is None else _realised(held, signed, price)
    return liquidation_price(
        [leg, *same],
        wallet=account.cross_wallet - fee + realised,
        mark=price,
        other_maintenance=sum((row.maintenance for row in apart), ZERO),
        other_profit=sum((row.unrealised for row in apart), ZERO),
    )


def netted(held: tuple[Decimal, Decimal], signed: Decimal, price: Decimal) -> tuple[Decimal, Decimal]:
    """Return (quantity, average entry) after a signed quantity was traded at a price."""
    quantity, entry = held
    after = quantity + signed
    if not quantity or quantity * signed > 0:
        return after, (quantity * entry + signed * price) / after
    return after, entry if after * quantity > 0 else price


def _realised(held: tuple[Decimal, Decimal], signed: Decimal, price: Decimal) -> Decimal:
    quantity, entry = held
    if quantity * signed >= 0:
        return ZERO
    closed = min(quantity.copy_abs(), signed.copy_abs())
    return closed * (price - entry) * (1 if quantity > 0 else -1)
