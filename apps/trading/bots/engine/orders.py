"""Bringing a bot's orders to their end before anything new is decided."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.clock import from_ms, now
from apps.core.errors import DomainError
from apps.core.templatetags.ui import amount, signed, trimmed
from apps.trading.bots.choices import (
    REPLACEMENTS,
    RESTING_PATIENCE,
    RETRIABLE,
    Activity,
    Desired,
    SignalDecision,
    Tone,
)
from apps.trading.bots.engine.account import read_account
from apps.trading.bots.engine.lease import Lease, hold
from apps.trading.bots.models import Bot, BotConfig, BotLog, BotSignal
from apps.trading.exchanges.errors import ConnectionNotActive
from apps.trading.exchanges.operations import VenuePort, open_venue
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import latest_bars
from apps.trading.orders import operations as orders
from apps.trading.orders import queries as order_queries
from apps.trading.orders.choices import Kind, OrderState
from kernel.instruments import INTERVALS, Side

SYSTEM = Actor.system("bots")
AGAIN = timedelta(seconds=1)
TOO_LATE = "Its candle is too old to open a position on."


def work_off(lease: Lease, bot: Bot, config: BotConfig) -> datetime | None:
    """Send, settle or take back every order of the bot that is not over.

    Returns None when all are over and their consequences are written, else when to look again; nothing new may be
    decided before. Raises LeaseLost.
    """
    for row in order_queries.list_bot_orders(bot.pk, is_over=False):
        again = _bring_to_end(lease, bot, config, row.pk)
        if again is not None:
            return again
    if bot.pending_order_id is None:
        return None
    if _finish(lease, bot, config) is None:
        return None
    return work_off(lease, Bot.objects.get(pk=bot.pk), config)


def _bring_to_end(lease: Lease, bot: Bot, config: BotConfig, order_id: UUID) -> datetime | None:
    order = order_queries.get_order(order_id)
    if order.state == OrderState.INTENT and not _may_be_sent(bot, config, order):
        orders.abandon_order(actor=SYSTEM, order_id=order.pk, reason=TOO_LATE)
        return None
    try:
        port = open_venue(order.connection_id)
    except ConnectionNotActive as refusal:
        orders.abandon_order(actor=SYSTEM, order_id=order.pk, reason=refusal.text)
        # What is at the venue stays there: a stopped bot says so in its log.
        is_given_up = order.state == OrderState.INTENT or bot.desired_state == Desired.STOPPED
        return None if is_given_up else now() + AGAIN * 10
    if order.state == OrderState.INTENT:
        order = _send(lease, order, port)
        if order.state == OrderState.INTENT:
            return now() + AGAIN * min(int(order.attempts), 5)
    return _settle(bot, order, port)


def _send(lease: Lease, order: Any, port: VenuePort) -> Any:
    with transaction.atomic():
        # Whoever took the bot over has raised the epoch: then nothing is claimed here, and so nothing is sent.
        hold(lease)
        claimed = orders.claim_order(actor=SYSTEM, order_id=order.pk)
    if claimed is None:
        return order_queries.get_order(order.pk)
    return orders.transmit(claimed=claimed, port=port)


def _settle(bot: Bot, order: Any, port: VenuePort) -> datetime | None:
    if order.state != OrderState.CANCELLING:
        order = orders.settle_order(order_id=order.pk, port=port, ask_anyway=not order.is_final)
    if not order.is_final and not order.needs_settling:
        order = _take_back(bot, order)
    elif order.state == OrderState.CANCELLING:
        order = orders.transmit_cancel(order_id=order.pk, port=port)
    if order.is_final and not order.needs_settling:
        return None
    return max(order.check_at or now() + AGAIN, now() + timedelta(milliseconds=100))


def _take_back(bot: Bot, order: Any) -> Any:
    """Cancel an order that rests in the book although the bot stops, or that should have filled at once."""
    is_overdue = order.sent_at is not None and now() - order.sent_at > RESTING_PATIENCE
    if bot.desired_state != Desired.STOPPED and not is_overdue:
        return order
    orders.request_cancel(actor=SYSTEM, order_id=order.pk)
    return orders.transmit_cancel(order_id=order.pk)


def _may_be_sent(bot: Bot, config: BotConfig, order: Any) -> bool:
    """Whether a stored intent is still wanted: one that closes always is; one that opens while its candle is young."""
    if order.side == Side.SELL:
        return True
    signal = BotSignal.objects.filter(order_id=order.pk).first()
    if bot.desired_state != Desired.RUNNING or signal is None:
        return False
    return _is_young(bot, config, signal.ts)


def _is_young(bot: Bot, config: BotConfig, ts: int) -> bool:
    newest = latest_bars(bot.symbol, bot.interval, 1)
    behind = (int(newest.ts[-1]) - ts) // INTERVALS[bot.interval] if len(newest) else 0
    return behind <= config.late_bars


def _finish(lease: Lease, bot: Bot, config: BotConfig) -> bool | None:
    """Write down what came of the pending order; return True when it was ordered again, None when all is done."""
    with transaction.atomic():
        row = hold(lease)
        if row.pending_order_id is None:
            return None
        order = order_queries.get_order(row.pending_order_id)
        if _order_again(lease, row, config, order):
            return True
        row.pending_order_id, row.replacements = None, 0
        if order.side == Side.SELL and (order.state == OrderState.FILLED or not order.filled):
            # What a partial sale left is sold again; a refusal is not argued with.
            row.flatten_wanted = False
        row.save(update_fields=["pending_order_id", "replacements", "flatten_wanted"])
        write_outcome(row, order)
    bot.refresh_from_db()
    return None


def _order_again(lease: Lease, bot: Bot, config: BotConfig, order: Any) -> bool:
    """Store the same decision as a new order after one that certainly never was in the book; return whether it was."""
    if order.state != OrderState.REJECTED or order.reject_code not in RETRIABLE or order.filled:
        return False
    if bot.replacements >= REPLACEMENTS or bot.desired_state == Desired.ARCHIVED:
        return False
    signal = BotSignal.objects.filter(order_id=order.pk).first()
    is_wanted = bot.desired_state == Desired.RUNNING or bot.flatten_wanted
    if not is_wanted or (order.side == Side.BUY and (signal is None or not _is_young(bot, config, signal.ts))):
        return False
    quantity = order.quantity
    if order.side == Side.SELL:
        spec = get_spec(bot.symbol)
        account = read_account(bot, config.budget, spec, order.wanted_price or Decimal(1))
        quantity = spec.quantity(account.lots)
        if not account.lots:
            return False
    made = place(lease, bot, Side(order.side), quantity, order.wanted_price or Decimal(0))
    if made is None:
        return False
    bot.replacements += 1
    bot.save(update_fields=["replacements"])
    if signal is not None:
        signal.order_id, signal.decision = made, SignalDecision.REPLACED
        signal.save(update_fields=["order", "decision"])
    write_log(bot, Tone.WARN, "Ordered again", f"the first order never arrived: {order.reject_message}", made)
    return True


def place(lease: Lease, bot: Bot, side: Side, quantity: Decimal, price: Decimal) -> Any:
    """Store the next order of a held bot and make it the pending one; return its id, or None when it is refused.

    Call it in the transaction that holds the bot.
    """
    number = bot.order_count + 1
    wanted = orders.BotOrder(
        bot_id=bot.pk,
        owner_id=bot.owner_id,
        book_id=bot.book_id,
        connection_id=bot.connection_id,
        epoch=lease.epoch,
        sequence=number,
        wanted_price=price,
        decided_at=now(),
        order=orders.NewOrder(symbol=bot.symbol, side=side, kind=Kind.MARKET, quantity=quantity),
    )
    try:
        with transaction.atomic():
            made = orders.place_bot_order(actor=SYSTEM, wanted=wanted)
    except DomainError as refusal:
        write_log(bot, Tone.WARN, "Order not possible", refusal.text)
        return None
    bot.order_count, bot.pending_order_id, bot.activity = number, made.pk, Activity.ORDERING
    bot.save(update_fields=["order_count", "pending_order_id", "activity"])
    return made.pk


def write_outcome(bot: Bot, order: Any) -> None:
    """Write the line of an order that is over."""
    spec = get_spec(bot.symbol)
    if order.filled:
        verb = "Bought" if order.side == Side.BUY else "Sold"
        text = f"{trimmed(order.filled)} {spec.base} at {amount(order.average_price, 2)}"
        tone = Tone.GOOD
        if order.realised is not None:
            text += f", result {signed(order.realised, 2)} {spec.quote}"
            tone = Tone.LOSS if order.realised < 0 else Tone.GOOD
        if order.filled < order.quantity:
            text += f" (of {trimmed(order.quantity)})"
        write_log(bot, tone, verb, text, order.pk)
        return
    title = "Refused by the exchange" if order.state == OrderState.REJECTED else "Order ended without a fill"
    write_log(bot, Tone.WARN, title, order.reject_message or order.reject_code, order.pk)


def write_log(bot: Bot, tone: Tone, title: str, text: str = "", order_id: Any = None) -> None:
    """Write a line for the owner."""
    BotLog.objects.create(bot=bot, at=now(), tone=tone, title=title[:80], text=text[:300], order_id=order_id)


def candle_time(ts: int) -> str:
    """Return the open time of a candle as the owner reads it."""
    return f"{from_ms(ts):%H:%M}"
