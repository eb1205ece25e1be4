"""Reading bots."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from apps.core.clock import now
from apps.trading.bots.choices import Activity, Desired
from apps.trading.bots.errors import BotMissing
from apps.trading.bots.models import Bot, BotConfig, BotEquity, BotLog, BotSignal
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import latest_bars
from apps.trading.positions.queries import get_mark, get_position, value_position

ACTIVE = Q(desired_state__in=[Desired.RUNNING, Desired.PAUSED]) | ~Q(activity=Activity.STOPPED)
LEASE_GRACE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class BotWorth:
    """What a bot is worth now, in quote; exact sums of its fills and one present price.

    `equity` = budget + `result`; `result` = realised + unrealised − fees. `today` is the change since the first candle
    of the day (UTC); `against_holding` in percentage points against having held since the start.
    """

    equity: Decimal
    result: Decimal
    result_percent: Decimal
    today: Decimal
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    position: Decimal
    entry: Decimal | None
    price: Decimal | None
    against_holding: Decimal | None


def get_bot(bot_id: UUID, *, owner_id: UUID | None = None) -> Bot:
    """Return a bot, with `owner_id` only one of that customer. Raises BotMissing."""
    found = Bot.objects.select_related("connection", "book").filter(pk=bot_id)
    bot = (found if owner_id is None else found.filter(owner_id=owner_id)).first()
    if bot is None:
        raise BotMissing
    return bot


def get_config(bot: Bot) -> BotConfig:
    """Return the configuration that counts."""
    return bot.configs.select_related("strategy_version__strategy").get(number=bot.config_number)


def list_bots(owner_id: UUID, *, with_archived: bool = False) -> QuerySet[Bot]:
    """Return a customer's bots, newest first."""
    found = Bot.objects.filter(owner_id=owner_id).select_related("connection").order_by("-id")
    return found if with_archived else found.exclude(desired_state=Desired.ARCHIVED)


def list_active_bots(*, owner_id: UUID | None = None, connection_id: UUID | None = None) -> QuerySet[Bot]:
    """Return bots that run, are paused, or are not done with stopping, oldest first."""
    found = Bot.objects.filter(ACTIVE).order_by("id")
    if owner_id is not None:
        found = found.filter(owner_id=owner_id)
    return found if connection_id is None else found.filter(connection_id=connection_id)


def count_running(owner_id: UUID) -> int:
    """Return how many of a customer's bots should run."""
    return Bot.objects.filter(owner_id=owner_id, desired_state=Desired.RUNNING).count()


def count_by_strategy(owner_id: UUID, strategy_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many bots that are not archived run each strategy."""
    rows = (
        BotConfig.objects.filter(
            bot__owner_id=owner_id, strategy_version__strategy_id__in=strategy_ids, number=F("bot__config_number")
        )
        .exclude(bot__desired_state=Desired.ARCHIVED)
        .values("strategy_version__strategy_id")
        .annotate(count=Count("id"))
    )
    return {row["strategy_version__strategy_id"]: row["count"] for row in rows}


def list_names(bot_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of bots by id."""
    return dict(Bot.objects.filter(pk__in=bot_ids).values_list("pk", "name"))


def list_log(bot_id: UUID) -> QuerySet[BotLog]:
    """Return the lines of a bot's log, newest first."""
    return BotLog.objects.filter(bot_id=bot_id).order_by("-id")


def list_signals(bot_id: UUID) -> QuerySet[BotSignal]:
    """Return what a bot decided, newest first."""
    return BotSignal.objects.filter(bot_id=bot_id).order_by("-id")


def list_equity(bot_id: UUID, *, since_ts: int | None = None) -> QuerySet[BotEquity]:
    """Return a bot's equity by candle, oldest first."""
    found = BotEquity.objects.filter(bot_id=bot_id).order_by("ts")
    return found if since_ts is None else found.filter(ts__gte=since_ts)


def exists_active_bot() -> bool:
    """Return whether any bot of this tenant runs, is paused, or is not done with stopping."""
    return Bot.objects.filter(ACTIVE).exists()


def list_due_bots() -> list[UUID]:
    """Return bots of this tenant that a step should look at although nobody called.

    Their time to look is there, their owner is overdue, or candles are stored that they have not consumed.
    """
    moment = now()
    overdue = Q(next_look_at__lte=moment) | Q(lease_until__lt=moment - LEASE_GRACE)
    due = set(Bot.objects.filter(ACTIVE).filter(overdue).values_list("pk", flat=True))
    waiting = Bot.objects.filter(ACTIVE, lease_until__isnull=True).exclude(pk__in=due)
    streams = waiting.filter(next_look_at__isnull=True).values_list("symbol", "interval").distinct()
    for symbol, interval in list(streams):
        bars = latest_bars(symbol, interval, 1)
        if len(bars):
            behind = Q(consumed_ts__lt=int(bars.ts[-1])) | Q(consumed_ts__isnull=True)
            here = waiting.filter(behind, symbol=symbol, interval=interval, next_look_at__isnull=True)
            due.update(here.values_list("pk", flat=True))
    return sorted(due)


def value_bot(bot: Bot, config: BotConfig | None = None) -> BotWorth:
    """Return what a bot is worth at the present price."""
    budget = (config or get_config(bot)).budget
    position = get_position(bot.book_id, bot.symbol)
    zero = Decimal(0)
    if position is None:
        mark = get_mark(bot.symbol)
        realised = unrealised = fees = quantity = result = zero
        entry = None
    else:
        mark = get_mark(bot.symbol, is_long=position.quantity >= 0)
        value = value_position(position, mark)
        realised, fees, quantity, entry = position.realised_average, position.fees, position.quantity, value.entry
        unrealised = value.unrealised or zero
        result = realised + unrealised - fees
    price = None if mark is None else mark.price
    percent = result * 100 / budget
    return BotWorth(
        equity=budget + result,
        result=result,
        result_percent=percent,
        today=budget + result - (bot.day_equity if bot.day_equity is not None else budget + result),
        realised=realised,
        unrealised=unrealised,
        fees=fees,
        position=quantity,
        entry=entry,
        price=price,
        against_holding=_against_holding(bot, budget + result, price),
    )


def _against_holding(bot: Bot, equity: Decimal, price: Decimal | None) -> Decimal | None:
    """Return the bot's percent since its start less those of holding the instrument."""
    if price is None or not bot.started_price or not bot.started_equity:
        return None
    own: Decimal = (equity / bot.started_equity - 1) * 100
    holding: Decimal = (price / bot.started_price - 1) * 100
    return own - holding


def base_and_quote(symbol: str) -> tuple[str, str]:
    """Return the assets of a symbol."""
    spec = get_spec(symbol)
    return spec.base, spec.quote
