"""The same rules give the same trades in a back-test and in a bot at the sandbox exchange, one by one."""

from decimal import Decimal

import pytest

from apps.core.actors import Actor
from apps.trading.bots.models import Bot, BotSignal
from apps.trading.bots.operations import advance, start_bot
from apps.trading.bots.queries import get_config, value_bot
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import load_bars
from apps.trading.orders.queries import list_bot_orders
from kernel.instruments import INTERVALS
from kernel.simulation import Costs, SimulationResult, simulate
from kernel.strategy import compile_strategy
from tests.apps.trading.bots.documents import (
    ALWAYS_TURNING,
    BANDS,
    CROSS,
    MOMENTUM,
    RISKING,
    SCALING,
    SLOWER,
    make_bot,
)
from tests.factories.paper_market import STEP, PaperMarket, between

pytestmark = pytest.mark.django_db
BARS = 300
BUDGET = Decimal(10_000)


def simulated(market: PaperMarket, bot: Bot) -> SimulationResult:
    """The back-test over exactly the candles the bot has seen, and the one whose open its last order filled at."""
    compiled = compile_strategy(get_config(bot).strategy_version.parsed(), get_spec(bot.symbol))
    step = INTERVALS[bot.interval]
    assert bot.started_ts is not None
    seen = max(compiled.memory, compiled.warm_up, 1)
    first = bot.started_ts - (seen - 1) * step
    bars = between(market.recorded, first, market.last_ts + STEP + step).resample(step, STEP)
    assert int(bars.ts[0]) == first
    return simulate(bars, compiled, get_spec(bot.symbol), Costs(), BUDGET, start_index=seen)


def trades_of_bot(bot: Bot) -> list[tuple[int, str, Decimal, Decimal, str]]:
    """(candle whose open it filled at, side, quantity, price, reason) of each order."""
    reasons = {row.order_id: (row.ts, row.reason) for row in BotSignal.objects.filter(bot=bot)}
    found = []
    for order in list_bot_orders(bot.pk):
        assert order.state == "filled"
        (fill,) = {(row.price, row.quantity) for row in order.fills.all()}
        ts, reason = reasons[order.pk]
        assert fill[1] == order.quantity
        found.append((ts + INTERVALS[bot.interval], order.side, fill[1].normalize(), fill[0].normalize(), reason))
    return found


@pytest.mark.parametrize(
    ("documents", "count", "least"),
    [((CROSS, BANDS, MOMENTUM, SLOWER, ALWAYS_TURNING), BARS, 10), ((SCALING, RISKING), 70, 6)],
    ids=["signals", "managed"],
)
def test_back_test_and_bot_trade_alike(market: PaperMarket, customer, documents, count, least) -> None:
    connection = market.connect(customer)
    actor = Actor.of(customer)
    bots = []
    for rules in documents:
        bot = make_bot(customer, connection, rules, budget=str(BUDGET))
        start_bot(actor=actor, bot_id=bot.pk)
        advance(bot_id=bot.pk, cause="test")
        bots.append(bot)
    for _ in range(count):
        market.step()
        for bot in bots:
            advance(bot_id=bot.pk, cause="test")
    counts = {}
    for bot in bots:
        bot.refresh_from_db()
        result = simulated(market, bot)
        expected = [
            (fill.ts, fill.side.value, fill.quantity.normalize(), fill.price.normalize(), str(fill.reason))
            for fill in result.fills
        ]
        assert trades_of_bot(bot) == expected
        worth = value_bot(bot)
        position = worth.position
        assert position == get_spec(bot.symbol).quantity(result.position_lots)
        cash = BUDGET + worth.realised - worth.fees - (worth.entry or 0) * position
        assert (cash * 10**8).quantize(Decimal(1)) == result.cash
        counts[bot.name] = len(expected)
    assert min(counts.values()) >= least, counts
    assert load_bars("BTCUSDT", "5m").ts[-1] == market.last_ts
