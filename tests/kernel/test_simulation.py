"""A run by hand, limits, chunks and cancelling, and the statistics."""

from decimal import Decimal

import numpy as np
import pytest

from kernel.instruments import Side
from kernel.simulation import Costs, random_bars, simulate, statistics
from kernel.strategy import EXAMPLES, Reason, compile_strategy, parse_document
from tests.benchmarks.reference_sma_cross import reference_sma_cross
from tests.kernel.market_samples import BTC, bars_of, bundled

DAY = 86_400_000


def above_one_hundred(**changes):
    close = {"kind": "price", "field": "close"}
    hundred = {"kind": "constant", "value": "100"}
    data = {
        "version": 1,
        "name": "level",
        "timeframe": "1d",
        "entry": {"kind": "gt", "left": close, "right": hundred},
        "exit": {"kind": "lt", "left": close, "right": hundred},
        "sizing": {"kind": "fixed_quantity", "quantity": "2"},
    }
    return compile_strategy(parse_document({**data, **changes}), BTC)


def hand_run(**more):
    closes = [9_900, 10_100, 10_300, 9_950, 9_900, 10_200, 10_400]
    opens = [9_900, 9_900, 10_150, 10_200, 9_950, 9_900, 10_300]
    bars = bars_of(closes, opens=opens, step=DAY)
    costs = Costs(taker_fee=Decimal("0.001"), slippage_bps=Decimal(10))
    return simulate(bars, above_one_hundred(), BTC, costs, Decimal(1000), **more)


def test_a_run_by_hand():
    result = hand_run()
    first, second, third = result.fills
    # Decided at 101.00, filled at the next open 101.50 + 0.1 % = 101.6015, up to the tick.
    assert (first.bar, first.side, first.price, first.quantity) == (2, Side.BUY, Decimal("101.61"), Decimal(2))
    assert first.fee == Decimal("0.20322000")
    # Decided at 99.50, filled at 99.50 − 0.1 % = 99.4005, down to the tick.
    assert (second.bar, second.side, second.price) == (4, Side.SELL, Decimal("99.40"))
    assert (third.bar, third.price, third.reason) == (6, Decimal("103.11"), Reason.ENTRY)
    (trade,) = result.trades
    assert trade.profit == Decimal("198.80") - Decimal("0.1988") - Decimal("203.22") - Decimal("0.20322")
    assert (trade.bars_held, trade.reason, trade.fees) == (2, Reason.EXIT, Decimal("0.40202000"))
    assert trade.profit_percent == Decimal("-2.3704")
    cash = Decimal(1000) + trade.profit - Decimal("206.22") - Decimal("0.20622")
    assert result.final_equity == cash + 2 * Decimal("104.00")
    assert result.equity[:2].tolist() == [10**11, 10**11]
    assert result.position_lots == 200_000
    assert result.average_entry_ticks == 10_311


def test_holding_buys_at_the_first_possible_open_all_the_cash_pays():
    result = hand_run()
    # 99.00 + 0.1 %, up to the tick, is 99.10; 1,000 pays 10.08073 of them: 999.000343 and the fee of 0.99900035.
    assert result.holding[0] == 10**11
    left = Decimal(1000) - Decimal("999.000343") - Decimal("0.99900035")
    expected = [left + Decimal("10.08073") * Decimal(close) for close in ("101.00", "103.00", "99.50")]
    assert result.holding[1:4].tolist() == [int(value * 10**8) for value in expected]


def test_an_entry_the_cash_cannot_pay_at_the_fill_is_dropped():
    bars = bars_of([9_900, 10_100, 10_100, 9_800], opens=[9_900, 9_900, 10_900, 10_100], step=DAY)
    result = simulate(bars, above_one_hundred(), BTC, Costs(), Decimal("205"))
    assert [fill.bar for fill in result.fills] == [3]
    assert result.unpaid == 1


def test_refusals_are_counted_by_filter():
    bars = bars_of([9_900, 10_100, 10_100, 10_100], step=DAY)
    result = simulate(bars, above_one_hundred(), BTC, Costs(), Decimal("100"))
    assert len(result.fills) == 0
    assert result.refused == {"LOT_SIZE": 0, "NOTIONAL": 0, "INSUFFICIENT_CASH": 3}
    assert result.equity.tolist() == [10**10] * 4


def test_start_index_holds_decisions_back_but_not_indicators():
    bars = bundled(count=3_000)
    compiled = compile_strategy(EXAMPLES[0].document, BTC)
    late = simulate(bars, compiled, BTC, Costs(), Decimal(10_000), start_index=1_500)
    assert late.first_bar == 1_500
    assert late.fills.bar.min() > 1_500
    whole = simulate(bars, compiled, BTC, Costs(), Decimal(10_000))
    assert set(late.fills.bar.tolist()) <= set(whole.fills.bar.tolist())


def test_chunks_carry_the_state_exactly_and_a_callback_can_cancel():
    bars, compiled = bundled(count=5_000), compile_strategy(EXAMPLES[1].document, BTC)
    costs = Costs(taker_fee=Decimal("0.001"))
    whole = simulate(bars, compiled, BTC, costs, Decimal(10_000))
    seen = []

    def note(done, total):
        seen.append((done, total))

    parts = simulate(bars, compiled, BTC, costs, Decimal(10_000), chunk=617, on_progress=note)
    assert parts.equity.tolist() == whole.equity.tolist()
    assert [*parts.fills] == [*whole.fills]
    assert seen[0] == (617, 5_000)
    assert seen[-1] == (5_000, 5_000)

    class CancelledRunError(Exception):
        pass

    def cancel(done, total):
        if done >= 2_000:
            raise CancelledRunError

    with pytest.raises(CancelledRunError):
        simulate(bars, compiled, BTC, costs, Decimal(10_000), chunk=617, on_progress=cancel)


def test_no_bars_and_too_few_bars_give_an_empty_run():
    compiled = compile_strategy(EXAMPLES[0].document, BTC)
    for count in (0, 1, 30):
        result = simulate(bundled(count=40)[:count], compiled, BTC, Costs(), Decimal(500))
        assert result.final_equity == 500
        figures = statistics(result, "5m")
        assert figures.value("trades") == 0
        assert figures.value("sharpe") is None
        assert figures.months == ()


def test_amounts_beyond_64_bits_are_refused():
    compiled = compile_strategy(EXAMPLES[0].document, BTC)
    with pytest.raises(OverflowError):
        simulate(bundled(count=100), compiled, BTC, Costs(), Decimal(10) ** 12)


@pytest.mark.parametrize("cash", ["-1", "0.000000001"])
def test_impossible_cash_is_refused(cash):
    compiled = compile_strategy(EXAMPLES[0].document, BTC)
    with pytest.raises(ValueError):
        simulate(bundled(count=100), compiled, BTC, Costs(), Decimal(cash))


@pytest.mark.parametrize("fee", ["-0.1", "0.2", "0.0000000001", "NaN"])
def test_impossible_fees_are_refused(fee):
    with pytest.raises(ValueError):
        Costs(taker_fee=Decimal(fee))


def test_generated_bars_are_reproducible():
    first, again, other = (random_bars(seed, 500, 60_000) for seed in (4, 4, 5))
    assert first.close.tolist() == again.close.tolist() != other.close.tolist()
    assert first.open[1:].tolist() == first.close[:-1].tolist()
    assert len(random_bars(1, 0, 60_000)) == 0


def test_the_fused_reference_loop_agrees_on_the_cross():
    bars = random_bars(3, 50_000, 60_000)
    data = EXAMPLES[0].document.model_dump(mode="json")
    document = parse_document({**data, "sizing": {"kind": "fixed_quantity", "quantity": "1"}})
    cash, costs = Decimal(100_000_000), Costs(taker_fee=Decimal("0.001"))
    result = simulate(bars, compile_strategy(document, BTC), BTC, costs, cash)
    fills, equity = reference_sma_cross(bars.open, bars.close, 20, 50)
    assert len(result.fills) == fills > 1_000
    assert int(result.equity[-1]) == 10**16 + equity


def test_statistics_of_a_known_curve():
    result = hand_run()
    figures = statistics(result, "1d")
    equity = result.equity.astype(float)
    peak = np.maximum.accumulate(equity)
    assert figures.value("max_drawdown") == pytest.approx(float((1 - equity / peak).max()) * 100, rel=1e-12)
    assert figures.value("total_return") == pytest.approx((equity[-1] / 1e11 - 1) * 100, rel=1e-12)
    assert figures.value("profit") == result.final_equity - 1000
    assert (figures.value("trades"), figures.value("win_rate"), figures.value("profit_factor")) == (1, 0.0, 0.0)
    assert figures.value("average_win") is None
    assert figures.value("expectancy") == figures.value("worst_trade") == result.trades[0].profit
    assert figures.value("exposure") == pytest.approx(3 / 7 * 100)
    assert figures.value("fees") == sum(fill.fee for fill in result.fills)
    assert figures.value("sharpe") is None  # seven days are too few for annual figures


def test_statistics_of_a_long_run_follow_their_formulas():
    bars = bundled().resample(3_600_000)
    result = simulate(bars, compile_strategy(EXAMPLES[0].document, BTC), BTC, Costs(), Decimal(10_000))
    figures = statistics(result, "1h")
    equity = result.equity[result.first_bar :].astype(float)
    returns = equity[1:] / equity[:-1] - 1
    root = np.sqrt(365 * 24)
    assert figures.value("volatility") == pytest.approx(returns.std(ddof=1) * root * 100, rel=1e-9)
    assert figures.value("sharpe") == pytest.approx(returns.mean() / returns.std(ddof=1) * root, rel=1e-9)
    downside = np.sqrt((np.minimum(returns, 0) ** 2).mean())
    assert figures.value("sortino") == pytest.approx(returns.mean() / downside * root, rel=1e-9)
    years = (len(equity) - 1) / (365 * 24)
    growth = (equity[-1] / 1e12) ** (1 / years) - 1
    assert figures.value("cagr") == pytest.approx(growth * 100, rel=1e-9)
    assert figures.value("calmar") == pytest.approx(growth * 100 / figures.value("max_drawdown"), rel=1e-9)
    total = np.prod([1 + month.percent / 100 for month in figures.months])
    assert total == pytest.approx(equity[-1] / 1e12, rel=1e-12)
    assert [(month.year, month.month) for month in figures.months] == [(2024, month) for month in range(1, 10)]
    profit = result.trades.profit
    assert figures.value("profit_factor") == pytest.approx(profit[profit > 0].sum() / -profit[profit < 0].sum())
    under = np.flatnonzero(equity >= np.maximum.accumulate(equity))
    gaps = np.diff(np.append(under, len(equity))) - 1
    assert figures.value("longest_drawdown") == gaps.max()


def test_every_figure_explains_itself():
    for name, metric in statistics(hand_run(), "1d").metrics.items():
        assert metric.name == name
        assert metric.definition.endswith(".")
        assert metric.source
