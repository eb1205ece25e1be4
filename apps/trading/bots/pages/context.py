"""What the bot pages are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.clock import from_ms
from apps.core.ids import uuid7
from apps.core.templatetags.ui import age, amount, signed_percent, trimmed
from apps.core.view import Curve, Fact, Figure, LegendItem, State, Step, level, quantity, result, share
from apps.trading.bots.choices import Desired
from apps.trading.bots.comparison import Comparison, compared
from apps.trading.bots.models import Bot, BotConfig, BotEquity
from apps.trading.bots.pages.rows import BotRow, bot_rows
from apps.trading.bots.queries import BotWorth, base_and_quote, get_bot, get_config, list_log, value_bot
from apps.trading.bots.shown import detail_of, next_candle, state_of
from apps.trading.orders.queries import list_bot_orders, show_orders

SHOWN_ORDERS, SHOWN_LINES, LOG_LINES = 15, 12, 200
MOST_POINTS = 2_000


@dataclass(frozen=True, slots=True)
class BotsPage:
    """The list."""

    note: str
    new_url: str
    bots: Sequence[BotRow]


@dataclass(frozen=True, slots=True)
class LiveStat:
    """A figure that the bot's topic keeps fresh."""

    label: str
    figure: Figure
    live: str = ""
    format: str = ""
    definition: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log."""

    time: str
    tone: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of the bot beside the back-test's."""

    name: str
    backtest: str
    now: str
    verdict: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Drift:
    """How far the bot is from the back-test of the same candles."""

    verdict: str
    tone: str
    text: str
    measures: Sequence[Measure]


@dataclass(frozen=True, slots=True)
class ControlKeys:
    """One idempotency key for each button."""

    start: str
    pause: str
    resume: str
    stop: str
    sell: str


@dataclass(frozen=True, slots=True)
class BotPage:
    """One bot."""

    id: str
    name: str
    mode: str
    parent_url: str
    note: str
    desired: str
    state: State
    state_detail: str
    clock: Sequence[Fact]
    curve: Curve | None
    legend: Sequence[LegendItem]
    stats: Sequence[LiveStat]
    drift: Drift | None
    orders: Sequence[object]
    orders_note: str
    orders_url: str
    log: Sequence[LogLine]
    log_url: str
    facts: Sequence[Fact]
    stop_facts: Sequence[Fact]
    control_url: str
    keys: ControlKeys
    has_position: bool


@dataclass(frozen=True, slots=True)
class BotFormPage:
    """A new bot."""

    parent_url: str
    action_url: str
    errors: Sequence[str]
    idempotency_key: str
    form: Any
    gates: Sequence[Step]
    mode: str = "paper"


@dataclass(frozen=True, slots=True)
class LogPage:
    """The newest lines of a bot's log."""

    name: str
    parent_url: str
    log: Sequence[LogLine]


def bots_page(owner_id: UUID) -> BotsPage:
    """Return the page of the list."""
    rows = bot_rows(owner_id)
    running = sum(row.state.tone != "off" for row in rows)
    note = f"{running} active, {len(rows) - running} stopped" if rows else ""
    return BotsPage(note=note, new_url=reverse("bots-new"), bots=rows)


def form_page(form: Any, errors: Sequence[str], key: str) -> BotFormPage:
    """Return the page of the form."""
    has_strategy = bool(form.fields["strategy"].choices)
    has_account = bool(form.fields["connection"].choices)
    gates = [
        Step("done" if has_strategy else "now", "A strategy", "", "" if has_strategy else "Make one first."),
        Step("done" if has_account else "now", "An account", "", "" if has_account else "Connect the sandbox first."),
        Step("later", "Paper run", "", "The bot trades recorded prices with virtual funds."),
    ]
    return BotFormPage(reverse("bots-list"), reverse("bots-new"), errors, key, form, gates)


def log_page(owner_id: UUID, bot_id: UUID) -> LogPage:
    """Return the page of a bot's log."""
    bot = get_bot(bot_id, owner_id=owner_id)
    return LogPage(bot.name, reverse("bots-detail", args=[bot.pk]), _log(bot, LOG_LINES))


def bot_page(owner_id: UUID, bot_id: UUID) -> BotPage:
    """Return the page of a customer's bot, or raise BotMissing."""
    bot = get_bot(bot_id, owner_id=owner_id)
    config = get_config(bot)
    worth, simulated = value_bot(bot, config), compared(bot, config)
    base, quote = base_and_quote(bot.symbol)
    newest = list(list_bot_orders(bot.pk).order_by("-sequence")[:SHOWN_ORDERS])
    curve = _curve(bot, simulated, quote, worth)
    here = reverse("bots-detail", args=[bot.pk])
    version = config.strategy_version
    return BotPage(
        id=str(bot.pk),
        name=bot.name,
        mode=bot.connection.mode,
        parent_url=reverse("bots-list"),
        note=f"{base}/{quote}, {bot.interval} candles, {version.strategy.name}, version {version.number}",
        desired=bot.desired_state,
        state=state_of(bot),
        state_detail=detail_of(bot, worth),
        clock=_clock(bot),
        curve=curve,
        legend=_legend(worth, simulated) if curve else [],
        stats=_stats(worth, base, quote),
        drift=_drift(bot, worth, simulated),
        orders=show_orders(newest),
        orders_note=str(bot.order_count),
        orders_url=f"{reverse('orders-list')}?bot={bot.pk}",
        log=_log(bot, SHOWN_LINES),
        log_url=reverse("bots-log", args=[bot.pk]),
        facts=_facts(bot, config, quote),
        stop_facts=[Fact("Bot", bot.name), Fact(f"Position, {base}", trimmed(worth.position))],
        control_url=f"{here}control/",
        keys=ControlKeys(*(str(uuid7()) for _ in range(5))),
        has_position=worth.position > 0,
    )


def _clock(bot: Bot) -> list[Fact]:
    facts = [Fact("Last step", age(bot.step_at))]
    if bot.consumed_ts is not None:
        facts.insert(0, Fact("Next candle", next_candle(bot)))
        facts.insert(1, Fact("Last candle", f"{from_ms(bot.consumed_ts):%-d %b %H:%M}"))
    return facts


def _stats(worth: BotWorth, base: str, quote: str) -> list[LiveStat]:
    unrealised = "What the open position would bring at the present price, before the closing fee."
    return [
        LiveStat(f"Equity, {quote}", level(worth.equity), "equity", "fixed:2"),
        LiveStat(f"Unrealised, {quote}", result(worth.unrealised), "unrealised", "signed:2", unrealised),
        LiveStat(
            f"Realised, {quote}", result(worth.realised - worth.fees), "realised", "signed:2",
            "The result of what was closed, less all fees.",
        ),
        LiveStat(f"Position, {base}", quantity(worth.position), "position", "fixed:5"),
        LiveStat("Since start", share(worth.result_percent), "since_start", "signed:2"),
    ]  # fmt: skip


def _facts(bot: Bot, config: BotConfig, quote: str) -> list[Fact]:
    version, loss = config.strategy_version, config.max_day_loss_percent
    return [
        Fact("Strategy", f"{version.strategy.name}, version {version.number}"),
        Fact("Exchange", f"{bot.connection.label}, {bot.connection.mode}"),
        Fact("Funds", f"{amount(config.budget)} {quote}"),
        Fact("Day loss limit", "none" if loss is None else f"{trimmed(loss)} %"),
        Fact("Opens on candles at most", f"{config.late_bars} candles late"),
        Fact("Configuration", f"number {config.number}"),
    ]


def _log(bot: Bot, most: int) -> list[LogLine]:
    return [LogLine(f"{line.at:%-d %b %H:%M:%S}", line.tone, line.title, line.text) for line in list_log(bot.pk)[:most]]


def _curve(bot: Bot, simulated: Comparison | None, quote: str, worth: BotWorth) -> Curve | None:
    if bot.started_ts is None:
        return None
    rows = list(BotEquity.objects.filter(bot=bot, ts__gt=bot.started_ts).order_by("-ts")[:MOST_POINTS])[::-1]
    if len(rows) < 2:
        return None
    tested = dict(zip(simulated.times, simulated.equity, strict=True)) if simulated else {}
    series = [{"label": "Bot", "kind": "own", "values": [_text(row.equity) for row in rows]}]
    if all(row.ts in tested for row in rows):
        series.append({"label": "Back-test", "kind": "benchmark", "values": [_text(tested[row.ts]) for row in rows]})
    times = [row.ts // 1000 for row in rows]
    return Curve(
        "bot-curve",
        {"times": times, "series": series, "unit": quote, "places": 2, "unseen_from": None},
        f"Equity over {len(rows)} candles, {signed_percent(worth.result_percent)} since the start.",
    )


def _text(value: Decimal) -> str:
    return f"{value:.2f}"


def _legend(worth: BotWorth, simulated: Comparison | None) -> list[LegendItem]:
    items = [LegendItem("own", "Bot", share(worth.result_percent))]
    if simulated is not None:
        items.append(LegendItem("benchmark", "Back-test of the same candles", share(simulated.result_percent)))
    return items


def _drift(bot: Bot, worth: BotWorth, simulated: Comparison | None) -> Drift | None:
    if simulated is None or bot.desired_state == Desired.ARCHIVED:
        return None
    count = list_bot_orders(bot.pk).filter(created_at__gte=bot.started_at, filled__gt=0).count()
    difference = worth.result_percent - simulated.result_percent
    same = count == simulated.orders
    measures = [
        Measure("Orders", str(simulated.orders), str(count), "same" if same else "differs", "" if same else "warn"),
        Measure(
            "Result, %",
            f"{simulated.result_percent:.2f}",
            f"{worth.result_percent:.2f}",
            f"{difference:+.2f} pp",
            "" if abs(difference) < 1 else "warn",
        ),
    ]
    verdict = "As simulated" if same and abs(difference) < 1 else "Differs"
    text = "The back-test fills every order at the next open. What differs is spread, delay and missed candles."
    return Drift(verdict, "" if verdict == "As simulated" else "warn", text, measures)
