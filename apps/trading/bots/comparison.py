"""A bot beside the back-test of the same candles: the same rules, the same budget, ideal fills at the next open."""

from dataclasses import dataclass
from decimal import Decimal

from apps.trading.bots.engine.market import strategy_of
from apps.trading.bots.models import Bot, BotConfig
from apps.trading.market_data.queries import load_bars
from kernel.instruments import INTERVALS
from kernel.simulation import Costs, simulate

FEE = Decimal("0.001")
"""The sandbox exchange's fee; a venue with another one makes the comparison say so by its result."""
MOST_BARS = 20_000
UNIT = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The back-test from the bot's start on: equity in quote by candle (open times in Unix ms), orders, result."""

    times: list[int]
    equity: list[Decimal]
    orders: int
    result_percent: Decimal


def compared(bot: Bot, config: BotConfig) -> Comparison | None:
    """Return the back-test over the candles since the bot's start, or None while there are none (or too many)."""
    if bot.started_ts is None:
        return None
    compiled, spec = strategy_of(config.strategy_version_id, bot.symbol)
    step = INTERVALS[bot.interval]
    seen = max(compiled.memory, compiled.warm_up, 1)
    bars = load_bars(bot.symbol, bot.interval, bot.started_ts - (seen - 1) * step)
    start = int((bars.ts <= bot.started_ts).sum())
    if not start or start == len(bars) or len(bars) > MOST_BARS:
        return None
    cash = (bot.started_equity or config.budget).quantize(UNIT)
    found = simulate(bars, compiled, spec, Costs(taker_fee=FEE, maker_fee=FEE), cash, start_index=start)
    equity = [int(value) * UNIT for value in found.equity[start:]]
    return Comparison(
        times=bars.ts[start:].tolist(),
        equity=equity,
        orders=len(found.fills),
        result_percent=(equity[-1] / cash - 1) * 100,
    )
