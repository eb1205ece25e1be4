"""History and live agree bar by bar, and the compiled loop agrees with a plain one, to the last integer."""

import json
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.instruments import Side
from kernel.simulation import Costs, random_bars, simulate
from kernel.strategy import compile_strategy, decide
from kernel.strategy.examples import SIMPLE
from tests.kernel.market_samples import BTC, CROSS, bundled, documents, wild_bars

_STEP = Decimal("0.00000001")


def live_signals(compiled, bars, *, restart_at=()):
    """Signals bar by bar, with the state sent through JSON text after the given bars."""
    live = compiled.live()
    found = []
    for index, row in enumerate(bars.rows()):
        found.append(live.update(*row))
        if index in restart_at:
            live = compiled.live(json.loads(json.dumps(live.state(), allow_nan=False)))
    return found


def plain_simulation(bars, compiled, spec, costs, cash):
    """The same rules written with Decimals: (fills, cash in 10^-8, equity in 10^-8)."""
    cash, lots, average, order, equity = int(cash / _STEP), 0, 0, None, []
    fills: list[Any] = []
    live = compiled.live()
    for index, row in enumerate(bars.rows()):
        ts, opening, _, _, close, _ = row
        if order is not None:
            ticks = slipped(opening, order.side, costs)
            value = money(spec, order.lots, ticks, order.side)
            fee = int((value * costs.taker_fee).to_integral_value(ROUND_CEILING))
            if order.side is Side.SELL:
                cash, lots, average = cash + value - fee, 0, 0
                fills.append((index, ts, order.side, order.lots, ticks, fee, order.reason))
            elif value + fee <= cash:
                cash, lots, average = cash - value - fee, order.lots, ticks
                fills.append((index, ts, order.side, order.lots, ticks, fee, order.reason))
        equity.append(cash + money(spec, lots, close, Side.SELL))
        decision = decide(
            live.update(*row),
            document=compiled.document,
            spec=spec,
            position_lots=lots,
            cash=cash,
            average_entry_ticks=average,
            close_ticks=close,
        )
        order = decision.intent
    return fills, cash, equity


def slipped(ticks, side, costs):
    """The open, worse by the slippage, on the tick grid."""
    share = costs.slippage_bps / 10_000
    if side is Side.BUY:
        return int((ticks * (1 + share)).to_integral_value(ROUND_CEILING))
    return max(1, int((ticks * (1 - share)).to_integral_value(ROUND_FLOOR)))


def money(spec, lots, ticks, side):
    """Value in 10^-8 quote: up for a purchase, down for a sale."""
    rounding = ROUND_CEILING if side is Side.BUY else ROUND_FLOOR
    return int((spec.price(ticks) * spec.quantity(lots) / _STEP).to_integral_value(rounding))


def fills_of(result):
    return [(f.bar, f.ts, f.side, f.lots, f.ticks, int(f.fee / _STEP), f.reason) for f in result.fills]


COSTS = [
    Costs(),
    Costs(Decimal("0.001"), Decimal("0.001"), Decimal("2.5")),
    Costs(Decimal("0.0004"), Decimal("0.00075"), Decimal("30")),
]


@settings(max_examples=150, deadline=None)
@given(documents(), wild_bars(), st.sets(st.integers(0, 119), max_size=3))
def test_live_signals_are_those_of_history_also_after_restarts(document, bars, restart_at):
    compiled = compile_strategy(document, BTC)
    history = compiled.history(bars)
    live = live_signals(compiled, bars, restart_at=restart_at)
    assert [signal.entry for signal in live] == history.entry.tolist()
    assert [signal.exit for signal in live] == history.exit.tolist()
    assert [signal.ready for signal in live] == [index >= compiled.warm_up for index in range(len(bars))]


@settings(max_examples=150, deadline=None)
@given(documents(), wild_bars(), st.sampled_from([BTC, CROSS]), st.sampled_from(COSTS), st.integers(1, 40))
def test_the_loop_is_the_plain_loop_to_the_last_integer(document, bars, spec, costs, chunk):
    compiled = compile_strategy(document, spec)
    cash = Decimal("60000.12345678") if spec is BTC else Decimal("75.00000001")
    result = simulate(bars, compiled, spec, costs, cash, chunk=chunk)
    fills, left, equity = plain_simulation(bars, compiled, spec, costs, cash)
    assert fills_of(result) == fills
    assert result.cash == left
    assert result.equity.tolist() == equity


@pytest.mark.parametrize("example", SIMPLE, ids=lambda example: example.key)
def test_examples_trade_on_recorded_candles_and_both_loops_agree(example):
    bars = bundled().resample(example.document.interval_ms)[:2500]
    compiled = compile_strategy(example.document, BTC)
    result = simulate(bars, compiled, BTC, COSTS[1], Decimal("10000"))
    fills, left, equity = plain_simulation(bars, compiled, BTC, COSTS[1], Decimal("10000"))
    assert len(fills) >= 10
    assert (fills_of(result), result.cash, result.equity.tolist()) == (fills, left, equity)


def test_examples_give_the_same_signals_live_on_generated_candles():
    bars = random_bars(11, 4_000, 60_000, volatility=0.01)
    for example in SIMPLE:
        compiled = compile_strategy(example.document, BTC)
        history = compiled.history(bars)
        live = live_signals(compiled, bars, restart_at=(100, 1_999))
        assert [signal.entry for signal in live] == history.entry.tolist(), example.key
        assert [signal.exit for signal in live] == history.exit.tolist(), example.key
