"""From closed candles to at most one intent. Reads the book; writes nothing."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from apps.trading.bots.choices import Desired, SignalDecision
from apps.trading.bots.engine.account import BotAccount, read_account, sellable_lots
from apps.trading.bots.models import Bot, BotConfig, BotEquity, BotSignal
from apps.trading.market_data.queries import get_quote, is_market_stale
from kernel.instruments import INTERVALS, InstrumentSpec, Side
from kernel.strategy import (
    Account,
    CompiledStrategy,
    Decision,
    Intent,
    LiveStrategy,
    Moment,
    Signals,
    decide,
    decide_managed,
    decision_parameters,
)

Row = tuple[int, int, int, int, int, int]
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Seat:
    """All that stays the same during a step."""

    bot: Bot
    config: BotConfig
    compiled: CompiledStrategy
    spec: InstrumentSpec
    epoch: int


@dataclass
class Round:
    """Candles taken in one go: what they leave behind, and the intent that ended the round, if one did."""

    consumed_ts: int | None = None
    state: dict[str, Any] | None = None
    equity: list[BotEquity] = field(default_factory=list)
    signals: list[BotSignal] = field(default_factory=list)
    intent: Intent | None = None
    close: Decimal = Decimal(0)
    day: int | None = None
    day_equity: Decimal | None = None


def take_round(seat: Seat, rows: list[Row], newest_ts: int) -> Round:
    """Feed candles to the strategy, oldest first, until one asks for an order that may be placed, or none is left.

    A candle more than `late_bars` candles older than the newest opens nothing, but may close.
    """
    live = seat.compiled.live(seat.bot.strategy_state)
    taken = Round(day=seat.bot.day, day_equity=seat.bot.day_equity)
    account: BotAccount | None = None
    for row in rows:
        taken.consumed_ts, taken.close = row[0], seat.spec.price(row[4])
        account = account or read_account(seat.bot, seat.config.budget, seat.spec, taken.close)
        _mark_equity(seat, taken, account, row[0])
        taken.intent = _decide(seat, taken, live, row, newest_ts, account)
        if taken.intent is not None:
            break
    taken.state = live.state()
    return taken


def _mark_equity(seat: Seat, taken: Round, account: BotAccount, ts: int) -> None:
    equity = account.equity(taken.close)
    taken.equity.append(BotEquity(bot=seat.bot, ts=ts, equity=equity, position=account.quantity, close=taken.close))
    if taken.day != ts // DAY_MS:
        taken.day, taken.day_equity = ts // DAY_MS, equity


def _decide(
    seat: Seat, taken: Round, live: LiveStrategy, row: Row, newest_ts: int, account: BotAccount
) -> Intent | None:
    signals = live.update(*row)
    decision = _decision(seat, live, signals, row, account)
    if decision.wanted is None:
        return None
    verdict, detail, intent = _judge(seat, taken, decision, row[0], newest_ts)
    taken.signals.append(_signal(seat, taken, signals, decision, account, (verdict, detail)))
    return intent


def _decision(seat: Seat, live: LiveStrategy, signals: Signals, row: Row, account: BotAccount) -> Decision:
    document = seat.compiled.document
    if live.memory is not None:
        held = Account(account.lots, account.cash_units, account.average_ticks)
        parameters = decision_parameters(document, seat.spec)
        return decide_managed(document, parameters, live.memory, held, Moment(row[0], row[4], signals))
    return decide(
        signals,
        document=document,
        spec=seat.spec,
        position_lots=account.lots,
        cash=account.cash_units,
        average_entry_ticks=account.average_ticks,
        close_ticks=row[4],
    )


def _judge(
    seat: Seat, taken: Round, decision: Decision, ts: int, newest_ts: int
) -> tuple[SignalDecision, str, Intent | None]:
    """Return what becomes of a wanted order, why, and the order itself if it may be placed."""
    if seat.bot.desired_state != Desired.RUNNING:
        return SignalDecision.PAUSED, "", None
    if decision.refusal is not None or decision.intent is None:
        return SignalDecision.REFUSED, str(decision.refusal or ""), None
    intent = decision.intent
    if intent.side is Side.SELL:
        lots = sellable_lots(seat.bot, intent.lots, seat.spec)
        if lots < intent.lots and lots * seat.spec.lot < seat.spec.min_quantity:
            return SignalDecision.REFUSED, f"the account holds too little {seat.spec.base}", None
        return SignalDecision.ORDERED, "", Intent(intent.side, lots, intent.reason)
    held = _opening_hindrance(seat, taken, ts, newest_ts)
    return (SignalDecision.ORDERED, "", intent) if held is None else (*held, None)


def _opening_hindrance(seat: Seat, taken: Round, ts: int, newest_ts: int) -> tuple[SignalDecision, str] | None:
    """Return why no position may be opened now, or None."""
    age = (newest_ts - ts) // INTERVALS[seat.bot.interval]
    if age > seat.config.late_bars:
        return SignalDecision.LATE, f"{age} candles late"
    quote = get_quote(seat.bot.symbol)
    if quote is not None and quote.is_stale:
        return SignalDecision.STALE, f"last price {quote.at:%H:%M:%S}"
    if is_market_stale(seat.bot.symbol):
        return SignalDecision.STALE, "the market's stream stands still"
    most = seat.config.max_day_loss_percent
    if most is not None and taken.day_equity:
        floor = taken.day_equity * (100 - most) / 100
        if taken.equity[-1].equity <= floor:
            return SignalDecision.DAY_LOSS, f"{most.normalize():f} % of the day's {taken.day_equity:.2f} are lost"
    return None


def _signal(
    seat: Seat,
    taken: Round,
    signals: Signals,
    decision: Decision,
    account: BotAccount,
    verdict: tuple[SignalDecision, str],
) -> BotSignal:
    assert taken.consumed_ts is not None  # set by the candle that is decided on
    return BotSignal(
        bot=seat.bot,
        ts=taken.consumed_ts,
        epoch=seat.epoch,
        config_number=seat.config.number,
        entry=signals.entry,
        exit=signals.exit,
        close=taken.close,
        position=account.quantity,
        cash=account.cash,
        average_entry=account.average_entry,
        decision=verdict[0],
        reason=str(decision.wanted),
        detail=verdict[1],
    )
