"""The figures of a run against empyrical's, and those it does not know against their formulas."""

import json
from dataclasses import replace
from decimal import Decimal
from math import erf, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernel.instruments import HOURS
from kernel.simulation import Costs, distribution, excursions, random_bars, simulate, statistics
from kernel.simulation.returns import adjusted_sharpe, autocorrelation, falls_of, returns_of, sharpe_probability
from kernel.simulation.years import bars_a_year
from kernel.strategy import EXAMPLES, compile_strategy
from tests.kernel.market_samples import BTC, BUNDLED, bundled
from tests.kernel.record_empyrical import daily_closes, walk

DAY = 86_400_000
RECORDED = json.loads(Path(__file__).with_name("empyrical_values.json").read_text())
SHARES = {"cagr", "volatility", "max_drawdown", "value_at_risk", "expected_shortfall", "total_return"}


def run_with(equity, **changed):
    """A run without trades whose daily equity is given."""
    empty = simulate(random_bars(1, 0, DAY), compile_strategy(EXAMPLES[0].document, BTC), BTC, Costs(), Decimal(1))
    curve = np.array(equity, np.int64)
    ts = DAY * np.arange(len(curve), dtype=np.int64)
    given = {"equity": curve, "holding": curve, "ts": ts, "first_bar": 0, "initial_cash": int(curve[0])}
    return replace(empty, **{**given, **changed})


@pytest.mark.parametrize("name", ["walk", "bitcoin"])
def test_figures_of_a_365_day_year_equal_empyrical(name):
    curve = walk() if name == "walk" else daily_closes(BUNDLED / "BTCUSDT_5m_2024.npz")
    figures = statistics(run_with(curve), "1d")
    for figure, expected in RECORDED[name].items():
        scale = 100 if figure in SHARES else 1
        assert figures.value(figure) == pytest.approx(expected * scale, rel=1e-9), figure


def test_daily_measures_look_at_days_whatever_the_interval():
    equity = walk()[:40]
    hourly = np.repeat(np.array(equity, np.int64), 24)
    ts = DAY // 24 * np.arange(len(hourly), dtype=np.int64)
    fine = statistics(run_with(hourly, holding=hourly, ts=ts), "1h")
    coarse = statistics(run_with(equity), "1d")
    for name in ("value_at_risk", "expected_shortfall", "tail_ratio", "total_return", "max_drawdown"):
        assert fine.value(name) == pytest.approx(coarse.value(name), rel=1e-12)


def test_falls_of_a_known_curve():
    falls = falls_of(np.array([100, 120, 90, 80, 110, 120, 119, 130], np.int64))
    assert (falls.deepest, falls.longest, falls.falling, falls.recovery) == (pytest.approx(1 / 3), 3, 2, 2)
    squares = [0, 0, 1 / 16, 1 / 9, 1 / 144, 0, 1 / 14_400, 0]
    assert falls.ulcer == pytest.approx(sqrt(sum(squares) / 8))
    assert falls_of(np.array([100, 120, 90], np.int64)).recovery is None
    rising = falls_of(np.array([1, 2, 3], np.int64))
    assert (rising.deepest, rising.longest, rising.falling, rising.recovery) == (0.0, 0, 0, None)


@pytest.mark.parametrize("turn", [1, -1])
def test_the_adjusted_sharpe_ratio_is_los_sum_for_a_first_order_link(turn):
    apart = returns_of(np.array(walk()[:200], np.int64))
    returns = apart.copy()
    for place in range(1, len(returns)):
        returns[place] += turn * 0.4 * returns[place - 1]
    link: Any = autocorrelation(returns)
    year = 12
    assert turn * link > 0.2
    within = year + 2 * sum((year - lag) * link**lag for lag in range(1, year))
    expected = returns.mean() / returns.std(ddof=1) * year / sqrt(within)
    # A negative link's power is left out: it is nothing with the bars of a year, and 12 are few.
    assert adjusted_sharpe(returns, year) == pytest.approx(expected, rel=1e-9 if turn > 0 else 1e-3)


def test_the_probability_of_a_sharpe_ratio_of_two_equally_likely_returns():
    returns = np.array([-0.01, 0.02] * 50)  # skewness 0, kurtosis 1: the spread is 1
    single = returns.mean() / returns.std(ddof=1)
    expected = 0.5 * (1 + erf(single * sqrt(99) / sqrt(2)))
    assert sharpe_probability(returns) == pytest.approx(expected, rel=1e-9)
    assert sharpe_probability(np.zeros(50)) is None


def test_excursions_are_the_extremes_while_a_trade_was_open():
    bars = bundled(count=20_000)
    costs = Costs(taker_fee=Decimal("0.001"), slippage_bps=Decimal(2))
    result = simulate(bars, compile_strategy(EXAMPLES[0].document, BTC), BTC, costs, Decimal(10_000))
    trades, reached = result.trades, excursions(result.trades, bars)
    assert len(trades) > 100
    for place in range(len(trades)):
        held = slice(trades.entry_bar[place], trades.exit_bar[place])
        fills = (trades.entry_ticks[place], trades.exit_ticks[place])
        assert reached.highest[place] == max(bars.high[held].max(), *fills)
        assert reached.lowest[place] == min(bars.low[held].min(), *fills)
    assert reached.favourable(trades).min() >= 0 >= reached.adverse(trades).max()
    figures = statistics(result, "5m", bars=bars)
    assert figures.value("favourable_excursion") == pytest.approx(reached.favourable(trades).mean())
    assert figures.value("adverse_excursion") == pytest.approx(reached.adverse(trades).mean())
    assert statistics(result, "5m").value("adverse_excursion") is None
    percents = trades.profit / trades.invested * 100
    quality = sqrt(len(trades)) * percents.mean() / percents.std(ddof=1)
    assert figures.value("system_quality") == pytest.approx(quality, rel=1e-9)
    made: Any = figures.value("expectancy")
    lost: Any = figures.value("average_loss")
    expected = float(made) / -float(lost)
    assert figures.value("expectancy_ratio") == pytest.approx(expected, rel=1e-6)


def test_results_are_spread_over_classes_with_an_edge_at_zero():
    classes = distribution(np.array([-0.35, -0.05, 0.0, 0.05, 0.15]))
    assert [(item.low, item.high, item.count) for item in classes] == [
        (-0.4, -0.3, 1), (-0.3, -0.2, 0), (-0.2, -0.1, 0), (-0.1, 0.0, 1), (0.0, 0.1, 2), (0.1, 0.2, 1),
    ]  # fmt: skip
    wide = distribution(np.array([-90.0, 0.0, 4_000.0, 100_000.0]))
    assert (len(wide), sum(item.count for item in wide)) == (25, 4)
    assert distribution(np.empty(0)) == ()


def test_each_market_has_its_own_year():
    assert bars_a_year(DAY) == 365
    assert bars_a_year(60_000) == 365 * 1440
    assert 251 < bars_a_year(DAY, HOURS["xnys"]) < 252.5
    assert bars_a_year(3_600_000, HOURS["xnys"]) == pytest.approx(251.7 * 6.5, rel=0.01)
    assert bars_a_year(60_000, HOURS["forex"]) == pytest.approx(365 / 7 * 5 * 1440, rel=0.01)
    hourly = run_with(walk())
    always: Any = statistics(hourly, "1d").value("sharpe")
    stocks = statistics(hourly, "1d", hours=HOURS["xnys"]).value("sharpe")
    share = sqrt(bars_a_year(DAY, HOURS["xnys"]) / 365)
    assert stocks == pytest.approx(always * share, rel=1e-12)


def test_bitcoin_is_a_benchmark_where_its_prices_are_known():
    run = run_with(walk()[:50])
    prices = np.arange(200, 250, dtype=np.int64)
    assert statistics(run, "1d", bitcoin=prices).value("bitcoin_return") == pytest.approx(24.5)
    assert statistics(run, "1d").value("bitcoin_return") is None
