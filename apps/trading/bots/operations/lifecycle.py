"""What an owner may do with a bot. Each is a row; the next step makes it true."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import outbox, work
from apps.core.actors import Actor, ActorKind
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.ids import uuid7
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.core.transitions import transition
from apps.trading.bots.choices import BOT_STATES, LATE_BARS, MOST_BOTS, WORK, Activity, Desired
from apps.trading.bots.engine.account import read_account
from apps.trading.bots.errors import (
    BalancesUnknown,
    BotMissing,
    BotNotStopped,
    BudgetNotCovered,
    BudgetTooSmall,
    ConnectionNotUsable,
    NoCandles,
    NotTradeable,
    TooManyBots,
)
from apps.trading.bots.live import announce
from apps.trading.bots.models import Bot, BotConfig
from apps.trading.bots.queries import get_config, list_active_bots, list_bots
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.queries import get_connection, list_balances
from apps.trading.instruments.queries import get_instrument, get_spec
from apps.trading.market_data.operations import subscribe
from apps.trading.market_data.queries import latest_bars
from apps.trading.positions.choices import Purpose
from apps.trading.positions.operations import open_book
from apps.trading.strategies.queries import get_version_row
from kernel.events.trading import BotPaused, BotStarted, BotStopped

RUN = declare("bots.run", "Create, start, pause, resume and stop one's own bots")
HALT = declare("bots.halt", "Stop any bot of the organisation")
SYSTEM = Actor.system("bots")
PERSONS = (ActorKind.CUSTOMER, ActorKind.API_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class BotWish:
    """What a bot is to be: a version of a strategy on a market of a connection, and the quote it may use."""

    name: str
    strategy_version_id: UUID
    connection_id: UUID
    symbol: str
    budget: Decimal
    max_day_loss_percent: Decimal | None = None
    late_bars: int = LATE_BARS


@operation("bots.create_bot", permission=RUN, audited=("owner_id", "wish"))
def create_bot(*, actor: Actor, owner_id: UUID, wish: BotWish) -> Bot:
    """Make a stopped bot with a book of its own.

    Raises VersionMissing, ConnectionMissing, UnknownSymbol, NotTradeable, BudgetTooSmall, TooManyBots.
    """
    if actor.kind in PERSONS and actor.id != owner_id:
        raise BotMissing
    if list_bots(owner_id).count() >= MOST_BOTS:
        raise TooManyBots(most=MOST_BOTS)
    version = get_version_row(wish.strategy_version_id, owner_id=owner_id)
    connection = get_connection(wish.connection_id, owner_id=owner_id)
    _check_market(wish.symbol, wish.budget)
    bot_id = uuid7()
    book = open_book(
        actor=SYSTEM, owner_id=owner_id, connection_id=connection.pk, purpose=Purpose.BOT, purpose_id=bot_id
    )
    bot = Bot(
        id=bot_id,
        owner_id=owner_id,
        connection=connection,
        book=book,
        name=wish.name,
        symbol=wish.symbol,
        interval=version.parsed().timeframe,
    )
    bot.save(force_insert=True)
    _configure(bot, 1, wish)
    return bot


@operation("bots.revise_bot", permission=RUN, audited=("bot_id", "wish"))
def revise_bot(*, actor: Actor, bot_id: UUID, wish: BotWish) -> Bot:
    """Give a stopped bot a new configuration; its market and connection stay.

    Raises BotNotStopped and as `create_bot`.
    """
    bot = _own(actor, bot_id)
    _require_stopped(bot)
    version = get_version_row(wish.strategy_version_id, owner_id=bot.owner_id)
    _check_market(bot.symbol, wish.budget)
    bot.config_number += 1
    bot.name, bot.interval = wish.name, version.parsed().timeframe
    bot.save(update_fields=["config_number", "name", "interval"])
    _configure(bot, bot.config_number, wish)
    return bot


@operation("bots.clone_bot", permission=RUN, audited=("bot_id", "name"))
def clone_bot(*, actor: Actor, bot_id: UUID, name: str) -> Bot:
    """Make a stopped bot with the same configuration and an empty book."""
    bot = _own(actor, bot_id)
    config = get_config(bot)
    wish = BotWish(
        name=name,
        strategy_version_id=config.strategy_version_id,
        connection_id=bot.connection_id,
        symbol=bot.symbol,
        budget=config.budget,
        max_day_loss_percent=config.max_day_loss_percent,
        late_bars=config.late_bars,
    )
    return create_bot(actor=actor, owner_id=bot.owner_id, wish=wish)


@operation("bots.start_bot", permission=RUN, audited=("bot_id",))
def start_bot(*, actor: Actor, bot_id: UUID) -> Bot:
    """Have a stopped bot trade, from the next candle that closes on. A position it still has goes on being its own.

    Raises BotNotStopped while it is still stopping, ConnectionNotUsable, BalancesUnknown, BudgetNotCovered, NoCandles,
    and MoveNotAllowed when it runs already.
    """
    bot = _own(actor, bot_id)
    BOT_STATES.target("start", bot.desired_state)
    _require_stopped(bot)
    connection = get_connection(bot.connection_id)
    if connection.state != ConnectionState.ACTIVE:
        raise ConnectionNotUsable(state=connection.get_state_display().lower())
    if not len(latest_bars(bot.symbol, bot.interval, 1)):
        raise NoCandles(symbol=bot.symbol, interval=bot.interval)
    _check_cover(bot)
    _move(
        bot,
        "start",
        actor,
        activity=Activity.STARTING,
        started_at=now(),
        stopped_at=None,
        consumed_ts=None,
        strategy_state=None,
        failures=0,
        last_error="",
        flatten_wanted=False,
        next_look_at=now(),
    )
    subscribe(actor=SYSTEM, stream=bot.stream, bot_id=bot.pk)
    work.keep(WORK)
    outbox.publish(BotStarted(bot_id=bot.pk, owner_id=bot.owner_id), actor=actor)
    return bot


@operation("bots.pause_bot", permission=RUN, audited=("bot_id",))
def pause_bot(*, actor: Actor, bot_id: UUID, reason: str = "by its owner") -> Bot:
    """Have a bot open and close nothing; it goes on following the candles. Its position stays."""
    bot = _move(_own(actor, bot_id), "pause", actor, next_look_at=now())
    outbox.publish(BotPaused(bot_id=bot.pk, owner_id=bot.owner_id, reason=reason[:200]), actor=actor)
    return bot


@operation("bots.resume_bot", permission=RUN, audited=("bot_id",))
def resume_bot(*, actor: Actor, bot_id: UUID) -> Bot:
    """Let a paused bot trade again, from the next candle that closes on."""
    return _move(_own(actor, bot_id), "resume", actor, next_look_at=now())


@operation("bots.stop_bot", permission=RUN, audited=("bot_id", "flatten"))
def stop_bot(*, actor: Actor, bot_id: UUID, flatten: bool = False, reason: str = "by its owner") -> Bot:
    """Stop a bot: its open orders are cancelled. With `flatten` its position is sold, otherwise it stays."""
    return _stop(_own(actor, bot_id), actor, flatten=flatten, reason=reason)


@operation("bots.halt_bot", permission=HALT, audited=("bot_id",))
def halt_bot(*, actor: Actor, bot_id: UUID, reason: str) -> Bot:
    """Stop any bot of the organisation (staff, or the product itself); its position stays."""
    bot = Bot.objects.select_for_update(of=("self",)).filter(pk=bot_id).first()
    if bot is None:
        raise BotMissing
    return _stop(bot, actor, flatten=False, reason=reason)


@operation("bots.stop_all_bots", permission=RUN, audited=("owner_id",))
def stop_all_bots(*, actor: Actor, owner_id: UUID, reason: str = "all bots stopped") -> int:
    """Stop all running and paused bots of a customer; return how many."""
    if actor.kind in PERSONS and actor.id != owner_id:
        raise BotMissing
    return stop_each(actor, list(list_active_bots(owner_id=owner_id).values_list("pk", flat=True)), reason)


@operation("bots.archive_bot", permission=RUN, audited=("bot_id",))
def archive_bot(*, actor: Actor, bot_id: UUID) -> Bot:
    """Put a stopped bot away. Raises BotNotStopped."""
    bot = _own(actor, bot_id)
    _require_stopped(bot)
    return _move(bot, "archive", actor)


def stop_each(actor: Actor, bot_ids: list[UUID], reason: str) -> int:
    """Stop bots in the caller's transaction, those that are stopping already left out; return how many."""
    stopped = 0
    for bot in Bot.objects.select_for_update(of=("self",)).filter(pk__in=bot_ids).order_by("pk"):
        if bot.desired_state in (Desired.RUNNING, Desired.PAUSED):
            _stop(bot, actor, flatten=False, reason=reason)
            stopped += 1
    return stopped


def _stop(bot: Bot, actor: Actor, *, flatten: bool, reason: str) -> Bot:
    _move(bot, "stop", actor, activity=Activity.STOPPING, flatten_wanted=flatten, next_look_at=now())
    outbox.publish(BotStopped(bot_id=bot.pk, owner_id=bot.owner_id, reason=reason[:200]), actor=actor)
    return bot


def _own(actor: Actor, bot_id: UUID) -> Bot:
    """Return the actor's bot with its row locked; a customer sees only his own."""
    found = Bot.objects.select_for_update(of=("self",)).filter(pk=bot_id)
    if actor.kind in PERSONS:
        found = found.filter(owner_id=actor.id)
    bot = found.first()
    if bot is None:
        raise BotMissing
    return bot


def _move(bot: Bot, event: str, actor: Actor, **changes: Any) -> Bot:
    transition(bot, event, table=BOT_STATES, expected=bot.desired_state, actor=actor, **changes)
    announce(bot)
    if bot.desired_state != Desired.ARCHIVED:
        _nudge(bot)
    return bot


def _nudge(bot: Bot) -> None:
    from apps.trading.bots.tasks import advance  # the task calls the operations

    schema, bot_id = current_schema(), str(bot.pk)
    transaction.on_commit(lambda: advance.delay(schema, bot_id, "owner"), robust=True)


def _require_stopped(bot: Bot) -> None:
    if bot.desired_state != Desired.STOPPED or bot.activity != Activity.STOPPED:
        state = bot.get_desired_state_display() if bot.desired_state != Desired.STOPPED else bot.get_activity_display()
        raise BotNotStopped(state=state.lower())


def _configure(bot: Bot, number: int, wish: BotWish) -> None:
    BotConfig.objects.create(
        bot=bot,
        number=number,
        strategy_version_id=wish.strategy_version_id,
        budget=wish.budget,
        max_day_loss_percent=wish.max_day_loss_percent,
        late_bars=wish.late_bars,
    )


def _check_market(symbol: str, budget: Decimal) -> None:
    if not get_instrument(symbol).is_active:
        raise NotTradeable(field="symbol", symbol=symbol)
    spec = get_spec(symbol)
    if budget < spec.min_notional or budget <= 0:
        raise BudgetTooSmall(field="budget", symbol=symbol, least=f"{spec.min_notional:f}", quote=spec.quote)


def _check_cover(bot: Bot) -> None:
    """Refuse a start when the free quote does not cover what this and the account's other bots may still spend."""
    spec = get_spec(bot.symbol)
    balances = {row.asset: row.free for row in list_balances(bot.connection_id)}
    if not balances:
        raise BalancesUnknown
    claimed = sum(
        (
            _unspent(other)
            for other in list_active_bots(connection_id=bot.connection_id)
            if other.pk != bot.pk and get_spec(other.symbol).quote == spec.quote
        ),
        Decimal(0),
    )
    free = balances.get(spec.quote, Decimal(0)) - claimed
    needed = _unspent(bot)
    if needed > free:
        raise BudgetNotCovered(free=f"{max(free, Decimal(0)):.2f}", needed=f"{needed:.2f}", quote=spec.quote)


def _unspent(bot: Bot) -> Decimal:
    """Return the quote that a bot may still spend."""
    account = read_account(bot, get_config(bot).budget, get_spec(bot.symbol), Decimal(1))
    return max(account.cash, Decimal(0))
