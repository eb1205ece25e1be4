"""One step: converge towards what the owner wants, then give the bot back."""

import logging
import os
import socket
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, transaction

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.ids import uuid7
from apps.trading.bots.choices import GAP_PATIENCE, LEASE, Activity, Desired, SignalDecision, Tone
from apps.trading.bots.engine.account import read_account
from apps.trading.bots.engine.deciding import Round, Seat, take_round
from apps.trading.bots.engine.lease import Lease, hold, release, take_lease
from apps.trading.bots.engine.market import NewBars, first_bars, new_bars, strategy_of
from apps.trading.bots.engine.orders import candle_time, place, work_off, write_log
from apps.trading.bots.errors import LeaseLost
from apps.trading.bots.live import announce
from apps.trading.bots.models import Bot, BotConfig, BotEquity, BotSignal
from apps.trading.market_data.operations import unsubscribe
from apps.trading.market_data.queries import latest_bars
from apps.trading.orders.queries import list_bot_orders
from kernel.events.trading import BotNeedsAttention
from kernel.instruments import INTERVALS, Side

SYSTEM = Actor.system("bots")
SOON = timedelta(seconds=2)
LONGEST_BACK_OFF = timedelta(seconds=60)
ATTENTION_AFTER = 3
"""So many failed steps in a row are told to the owner."""

logger = logging.getLogger("outcry.bots")


def run_step(bot_id: UUID) -> bool:
    """Advance a bot as far as it goes now; False when another worker has it (which will look once more).

    Twice, at once, or killed half-way: one effect. All that survives is rows; every write checks the lease's epoch.
    """
    lease = take_lease(bot_id, f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid7().hex[-8:]}")
    if lease is None:
        return False
    try:
        if lease.took_over:
            _note_take_over(lease)
        while not release(lease, _converge(lease)):
            pass
    except LeaseLost:
        logger.warning("lease lost", extra={"bot": str(bot_id)})
    except DatabaseError:
        raise  # nothing can be written down now; the lease ends by itself and the sweep comes back
    except Exception as error:
        logger.exception("step failed", extra={"bot": str(bot_id)})
        _note_failure(lease, error)
    return True


def _converge(lease: Lease) -> datetime | None:
    """Do what can be done now; return when to look again without being called, or None."""
    bot = Bot.objects.select_related("connection").get(pk=lease.bot_id)
    if bot.desired_state == Desired.ARCHIVED or not bot.is_active:
        return None
    config = bot.configs.get(number=bot.config_number)
    again = work_off(lease, bot, config)
    if again is None:
        bot.refresh_from_db()
        again = _close_down(lease, bot, config) if bot.desired_state == Desired.STOPPED else _follow(lease, bot, config)
    announce(bot)
    return again


# --- following the market


def _follow(lease: Lease, bot: Bot, config: BotConfig) -> datetime | None:
    compiled, spec = strategy_of(config.strategy_version_id, bot.symbol)
    seat = Seat(bot, config, compiled, spec, lease.epoch)
    if bot.consumed_ts is None:
        if not _begin(lease, seat):
            return now() + SOON
        bot.refresh_from_db()
    while True:
        found = _look(seat)
        if not len(found.bars):
            return _rest(lease, seat.bot, found)
        assert found.newest_ts is not None
        taken = take_round(seat, list(found.bars.rows()), found.newest_ts)
        held, has_order = _commit(lease, seat, taken)
        if has_order:
            again = work_off(lease, held, config)
            if again is not None:
                return again
        elif not found.is_cut and taken.consumed_ts == int(found.bars.ts[-1]):
            return _rest(lease, held, None)
        bot.refresh_from_db()


def _begin(lease: Lease, seat: Seat) -> bool:
    """Let the strategy see its history; the first decision is about the first candle that closes after this."""
    bars = first_bars(seat.bot.symbol, seat.bot.interval, seat.compiled)
    if not len(bars):
        return False
    live = seat.compiled.live()
    for row in bars.rows():
        live.update(*row)
    close = seat.spec.price(int(bars.close[-1]))
    with transaction.atomic():
        bot = hold(lease)
        if bot.consumed_ts is None:
            bot.consumed_ts, bot.strategy_state = int(bars.ts[-1]), live.state()
            bot.started_ts, bot.started_price = bot.consumed_ts, close
            bot.started_equity = read_account(bot, seat.config.budget, seat.spec, close).equity(close)
            bot.day = bot.day_equity = None
            bot.activity = Activity.WAITING
            bot.save(
                update_fields=[
                    "consumed_ts", "strategy_state", "started_ts", "started_price", "started_equity", "day",
                    "day_equity", "activity",
                ]
            )  # fmt: skip
            text = f"the candle of {candle_time(bot.consumed_ts)} is the last of {len(bars)} it has seen"
            write_log(bot, Tone.WAIT, "Started", text)
    return True


def _look(seat: Seat) -> NewBars:
    bot = seat.bot
    assert bot.consumed_ts is not None  # set when it began
    over_gap = bot.gap_seen_at is not None and now() - bot.gap_seen_at >= GAP_PATIENCE
    return new_bars(bot.symbol, bot.interval, bot.consumed_ts, over_gap=over_gap)


def _commit(lease: Lease, seat: Seat, taken: Round) -> tuple[Bot, bool]:
    """Write candles, state and the intent that follows in one transaction.

    Returns the bot as it was written, and whether there is an order to send.
    """
    with transaction.atomic():
        bot = hold(lease)
        if bot.consumed_ts != seat.bot.consumed_ts:
            raise LeaseLost  # the same candles were consumed by somebody else
        if taken.intent is not None and bot.desired_state != Desired.RUNNING:
            taken.signals[-1].decision, taken.intent = SignalDecision.PAUSED, None
        if bot.gap_seen_at is not None:
            _note_gap_end(bot, taken)
        bot.consumed_ts, bot.strategy_state = taken.consumed_ts, taken.state
        bot.day, bot.day_equity = taken.day, taken.day_equity
        bot.gap_seen_at, bot.failures, bot.last_error = None, 0, ""
        bot.save(
            update_fields=[
                "consumed_ts", "strategy_state", "day", "day_equity", "gap_seen_at", "failures", "last_error",
            ]
        )  # fmt: skip
        order_id = None
        if taken.intent is not None:
            quantity = seat.spec.quantity(taken.intent.lots)
            order_id = place(lease, bot, taken.intent.side, quantity, taken.close)
            if order_id is None:
                taken.signals[-1].decision = SignalDecision.REFUSED
            taken.signals[-1].order_id = order_id
        BotEquity.objects.bulk_create(taken.equity, ignore_conflicts=True)
        BotSignal.objects.bulk_create(taken.signals)
        for signal in taken.signals:
            _log_signal(bot, signal)
    return bot, order_id is not None


def _log_signal(bot: Bot, signal: BotSignal) -> None:
    if signal.decision == SignalDecision.ORDERED:
        return
    title = f"{signal.reason.replace('_', ' ').capitalize()} wanted at {candle_time(signal.ts)}"
    write_log(bot, Tone.WARN, title, f"{SignalDecision(signal.decision).label}: {signal.detail}".rstrip(": "))


def _note_gap_end(bot: Bot, taken: Round) -> None:
    assert bot.consumed_ts is not None
    first = taken.equity[0].ts
    missing = (first - bot.consumed_ts) // INTERVALS[bot.interval] - 1
    if missing > 0:
        write_log(bot, Tone.WARN, "Candles missing", f"{missing} before {candle_time(first)}; it went on without them")


def _rest(lease: Lease, bot: Bot, found: NewBars | None) -> datetime | None:
    """Nothing can be consumed now: wait for the next candle, or a moment for one that is missing."""
    has_gap = found is not None and found.newest_ts is not None
    activity = Activity.GAP if has_gap else Activity.WAITING
    gap_seen_at = (bot.gap_seen_at or now()) if has_gap else None
    if (bot.activity, bot.gap_seen_at) != (activity, gap_seen_at):
        with transaction.atomic():
            row = hold(lease)
            row.activity, row.gap_seen_at = activity, gap_seen_at
            row.save(update_fields=["activity", "gap_seen_at"])
    return now() + SOON if has_gap else None


# --- stopping


def _close_down(lease: Lease, bot: Bot, config: BotConfig) -> datetime | None:
    """No order is open any more. Sell the position if the owner asked for it, then be stopped."""
    if bot.flatten_wanted and _sell_all(lease, bot, config):
        again = work_off(lease, Bot.objects.get(pk=bot.pk), config)
        if again is not None:
            return again
    with transaction.atomic():
        row = hold(lease)
        if row.desired_state != Desired.STOPPED:
            return now()
        row.activity, row.stopped_at, row.flatten_wanted = Activity.STOPPED, now(), False
        row.consumed_ts, row.strategy_state = None, None
        row.failures, row.last_error, row.gap_seen_at = 0, "", None
        row.save(
            update_fields=[
                "activity", "stopped_at", "flatten_wanted", "consumed_ts", "strategy_state", "failures", "last_error",
                "gap_seen_at",
            ]
        )  # fmt: skip
        unsubscribe(actor=SYSTEM, bot_id=row.pk)
        left = list_bot_orders(row.pk, is_over=False).count()
        text = f"{left} orders could not be taken back: the connection is closed" if left else "no order is open"
        write_log(row, Tone.WARN if left else Tone.OFF, "Stopped", text)
    return None


def _sell_all(lease: Lease, bot: Bot, config: BotConfig) -> bool:
    bars = latest_bars(bot.symbol, bot.interval, 1)
    _, spec = strategy_of(config.strategy_version_id, bot.symbol)
    close = spec.price(int(bars.close[-1])) if len(bars) else spec.tick
    with transaction.atomic():
        row = hold(lease)
        account = read_account(row, config.budget, spec, close)
        if not account.lots or row.desired_state != Desired.STOPPED:
            return False
        return place(lease, row, Side.SELL, spec.quantity(account.lots), close) is not None


# --- when things go wrong


def _note_take_over(lease: Lease) -> None:
    with transaction.atomic():
        bot = hold(lease)
        write_log(bot, Tone.WAIT, "Another worker went on", f"the last one was silent for {LEASE.seconds} s")


def _note_failure(lease: Lease, error: Exception) -> None:
    with transaction.atomic():
        try:
            bot = hold(lease)
        except LeaseLost:
            return
        bot.failures += 1
        bot.activity, bot.last_error = Activity.TROUBLED, f"{type(error).__name__}: {error}"[:300]
        bot.save(update_fields=["failures", "activity", "last_error"])
        if bot.failures == 1:
            write_log(bot, Tone.WARN, "A step failed", bot.last_error)
        if bot.failures == ATTENTION_AFTER:
            outbox.publish(BotNeedsAttention(bot_id=bot.pk, owner_id=bot.owner_id, reason=bot.last_error), actor=SYSTEM)
        announce(bot)
    wait = min(SOON * 2 ** min(bot.failures - 1, 6), LONGEST_BACK_OFF)
    try:
        while not release(lease, now() + wait):
            pass
    except LeaseLost:
        return
