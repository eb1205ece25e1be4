"""Statistics of a simulation, each with its definition and the source of its formula."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from kernel.instruments import INTERVALS
from kernel.simulation.result import SimulationResult, quote

_YEAR_MS: Final = 365 * 86_400_000
_SHORTEST_ANNUALISED_MS: Final = 30 * 86_400_000

Value = Decimal | float | int | None


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure. `unit` is percent, ratio, quote, bars or count; None means that it is not defined for this run."""

    name: str
    title: str
    value: Value
    unit: str
    definition: str
    source: str


@dataclass(frozen=True, slots=True)
class MonthlyReturn:
    """The change of equity over one UTC month (from the last close before it) in percent."""

    year: int
    month: int
    percent: float


@dataclass(frozen=True, slots=True)
class Statistics:
    """All figures by name, in the order a page shows them, and the table of months."""

    metrics: dict[str, Metric]
    months: tuple[MonthlyReturn, ...]

    def value(self, name: str) -> Value:
        """One figure; raises KeyError for an unknown name."""
        return self.metrics[name].value


@dataclass(frozen=True, slots=True)
class _Curve:
    """What one pass over the equity curve finds; `mean` … are of the returns from bar to bar."""

    bars: int
    span_ms: int
    growth: float
    mean: float
    deviation: float
    downside: float
    drawdown: float
    longest_drawdown: int
    mean_equity: float
    per_year: float


@njit(cache=True)
def _sweep(equity: NDArray[np.int64]) -> tuple[float, float, float, int, float]:
    """(Σ returns, Σ min(return, 0)², deepest drawdown, longest drawdown in bars, Σ equity) of int64[n], n >= 1."""
    total, below, deepest, longest, sum_equity = 0.0, 0.0, 0.0, 0, float(equity[0])
    peak, trough, peak_bar, before = equity[0], equity[0], 0, float(equity[0])
    for bar in range(1, len(equity)):
        now = float(equity[bar])
        sum_equity += now
        change = now / before - 1.0 if before > 0.0 else 0.0
        before = now
        total += change
        loss = min(change, 0.0)
        below += loss * loss
        if equity[bar] >= peak:
            peak, trough, peak_bar = equity[bar], equity[bar], bar
            continue
        longest = max(longest, bar - peak_bar)
        if equity[bar] < trough:
            trough = equity[bar]
            deepest = max(deepest, 1.0 - now / float(peak))
    return total, below, deepest, longest, sum_equity


@njit(cache=True)
def _squared_distances(equity: NDArray[np.int64], mean: float) -> float:
    """Σ (return − mean)² of int64[n]."""
    total, before = 0.0, float(equity[0])
    for bar in range(1, len(equity)):
        now = float(equity[bar])
        distance = (now / before - 1.0 if before > 0.0 else 0.0) - mean
        before = now
        total += distance * distance
    return total


def statistics(result: SimulationResult, interval: str) -> Statistics:
    """All figures of a run over bars of `interval` (a name of INTERVALS).

    Figures cover the bars from `result.first_bar` on. Annual figures use 365 days, because crypto markets never close,
    and a risk-free rate of zero; they are None for runs shorter than 30 days. A ratio whose divisor is zero is None.
    """
    curve = _curve(result, INTERVALS[interval])
    values = {**_curve_values(result, curve), **_trade_values(result), **_activity_values(result, curve)}
    metrics = {
        name: Metric(name, title, values[name], unit, words, source) for name, title, unit, words, source in _TEXTS
    }
    return Statistics(metrics, _months(result))


def _curve(result: SimulationResult, interval_ms: int) -> _Curve:
    equity = result.equity[result.first_bar :]
    count = len(equity)
    per_year = _YEAR_MS / interval_ms
    if not count:
        return _Curve(0, 0, 1.0, 0.0, 0.0, 0.0, 0.0, 0, float(result.initial_cash), per_year)
    total, below, deepest, longest, sum_equity = _sweep(equity)
    returns = count - 1
    mean = total / returns if returns else 0.0
    spread = _squared_distances(equity, mean)
    return _Curve(
        bars=count,
        span_ms=int(result.ts[-1]) - int(result.ts[result.first_bar]) + interval_ms,
        growth=float(equity[-1]) / result.initial_cash if result.initial_cash else 1.0,
        mean=mean,
        deviation=math.sqrt(spread / (returns - 1)) if returns > 1 else 0.0,
        downside=math.sqrt(below / returns) if returns else 0.0,
        drawdown=deepest,
        longest_drawdown=longest,
        mean_equity=sum_equity / count,
        per_year=per_year,
    )


def _curve_values(result: SimulationResult, curve: _Curve) -> dict[str, Value]:
    long_enough = curve.span_ms >= _SHORTEST_ANNUALISED_MS
    yearly = _annual_growth(curve) if long_enough else None
    root = math.sqrt(curve.per_year)
    holding = float(result.holding[-1]) / result.initial_cash if len(result.holding) and result.initial_cash else 1.0
    return {
        "total_return": (curve.growth - 1) * 100,
        "holding_return": (holding - 1) * 100,
        "cagr": yearly,
        "volatility": curve.deviation * root * 100 if long_enough else None,
        "sharpe": _ratio(curve.mean * root, curve.deviation) if long_enough else None,
        "sortino": _ratio(curve.mean * root, curve.downside) if long_enough else None,
        "calmar": None if yearly is None else _ratio(yearly / 100, curve.drawdown),
        "max_drawdown": curve.drawdown * 100,
        "longest_drawdown": curve.longest_drawdown,
    }


def _annual_growth(curve: _Curve) -> float | None:
    """Growth a year in percent; None when it is too large for a float."""
    if curve.growth <= 0:
        return -100.0
    exponent = math.log(curve.growth) * _YEAR_MS / curve.span_ms
    return math.expm1(exponent) * 100 if exponent < 700 else None


def _trade_values(result: SimulationResult) -> dict[str, Value]:
    profit = result.trades.profit
    wins, losses = profit[profit > 0], profit[profit < 0]
    count, gained, lost = len(profit), int(wins.sum()), -int(losses.sum())
    return {
        "trades": count,
        "win_rate": len(wins) / count * 100 if count else None,
        "profit_factor": _ratio(gained, lost),
        "average_win": _mean(gained, len(wins)),
        "average_loss": _mean(-lost, len(losses)),
        "expectancy": _mean(gained - lost, count),
        "best_trade": quote(int(profit.max())) if count else None,
        "worst_trade": quote(int(profit.min())) if count else None,
        "average_bars_held": float((result.trades.exit_bar - result.trades.entry_bar).mean()) if count else None,
    }


def _activity_values(result: SimulationResult, curve: _Curve) -> dict[str, Value]:
    held = int((result.trades.exit_bar - result.trades.entry_bar).sum())
    if result.position_lots:
        sales = np.flatnonzero(~result.fills.buys)
        opened = int(sales[-1]) + 1 if len(sales) else 0
        held += len(result.equity) - int(result.fills.bar[opened])
    # Whole lots × ticks first, so that the sum of products is exact.
    spec = result.spec
    traded = sum(
        lots * ticks for lots, ticks in zip(result.fills.lots.tolist(), result.fills.ticks.tolist(), strict=True)
    )
    turnover = spec.tick * spec.lot * traded
    mean_equity = curve.mean_equity / 10**8
    return {
        "exposure": held / curve.bars * 100 if curve.bars else None,
        "fees": quote(int(result.fills.fee.sum())),
        "turnover": _ratio(float(turnover), mean_equity),
        "profit": quote((int(result.equity[-1]) if len(result.equity) else result.initial_cash) - result.initial_cash),
    }


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator else None


def _mean(units: int, count: int) -> Decimal | None:
    """The mean of 10^-8 quote, to 10^-8, half to even."""
    return (quote(units) / count).quantize(Decimal("0.00000001")) if count else None


def _months(result: SimulationResult) -> tuple[MonthlyReturn, ...]:
    if result.first_bar >= len(result.ts):
        return ()
    ts = result.ts[result.first_bar :]
    first, last = (np.datetime64(int(edge), "ms").astype("datetime64[M]") for edge in (ts[0], ts[-1]))
    edges = np.arange(first, last + 2)
    bounds = np.searchsorted(ts, edges.astype("datetime64[ms]").astype(np.int64))
    before = float(result.initial_cash)
    months = []
    for month, begin, end in zip(edges.tolist(), bounds[:-1].tolist(), bounds[1:].tolist(), strict=False):
        if end == begin:
            continue
        after = float(result.equity[result.first_bar + end - 1])
        months.append(MonthlyReturn(month.year, month.month, (after / before - 1) * 100 if before else 0.0))
        before = after
    return tuple(months)


_PLAIN: Final = "arithmetic"
_TEXTS: Final[tuple[tuple[str, str, str, str, str], ...]] = (
    ("total_return", "Total return", "percent", "Equity at the last close against the initial cash.", _PLAIN),
    (
        "holding_return",
        "Buy and hold",
        "percent",
        "What the same cash would have made, bought in at the first possible open with the same costs, and held.",
        _PLAIN,
    ),
    ("profit", "Profit", "quote", "Equity at the last close minus the initial cash, after all fees.", _PLAIN),
    (
        "cagr",
        "Growth a year (CAGR)",
        "percent",
        "The steady yearly growth that leads to the same final equity: growth^(365 days ÷ length) − 1.",
        "CFA Institute, Global Investment Performance Standards 2020, geometric linking",
    ),
    (
        "volatility",
        "Volatility",
        "percent",
        "Sample standard deviation of the returns from bar to bar, times √(bars a year).",
        "J. Hull, Options, Futures, and Other Derivatives, chapter on volatility estimation (simple returns)",
    ),
    (
        "sharpe",
        "Sharpe ratio",
        "ratio",
        "Mean return of a bar ÷ its standard deviation, times √(bars a year); the risk-free rate is taken as zero.",
        "W. F. Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21(1), 1994",
    ),
    (
        "sortino",
        "Sortino ratio",
        "ratio",
        "Mean return of a bar ÷ root of the mean square of negative returns (all bars counted), times √(bars a year).",
        "F. Sortino and R. van der Meer, Downside Risk, Journal of Portfolio Management 17(4), 1991; target zero",
    ),
    (
        "calmar",
        "Calmar ratio",
        "ratio",
        "Growth a year ÷ maximum drawdown over the whole run.",
        "T. W. Young, Calmar Ratio: A Smoother Tool, Futures 20(1), 1991 (there over 36 months)",
    ),
    (
        "max_drawdown",
        "Maximum drawdown",
        "percent",
        "The deepest fall of the equity at closes from an earlier peak, as a share of that peak.",
        "M. Magdon-Ismail and A. Atiya, Maximum Drawdown, Risk 17(10), 2004",
    ),
    ("longest_drawdown", "Longest drawdown", "bars", "The most bars in a row below an earlier peak of equity.", _PLAIN),
    ("trades", "Closed trades", "count", "Round trips; a position still open at the end is not one.", _PLAIN),
    ("win_rate", "Win rate", "percent", "Share of closed trades with a profit after fees.", _PLAIN),
    ("profit_factor", "Profit factor", "ratio", "Sum of all gains ÷ sum of all losses of closed trades.", _PLAIN),
    ("average_win", "Average win", "quote", "Mean profit of the winning trades.", _PLAIN),
    ("average_loss", "Average loss", "quote", "Mean loss of the losing trades (negative).", _PLAIN),
    ("expectancy", "Expectancy", "quote", "Mean profit of all closed trades.", _PLAIN),
    ("best_trade", "Best trade", "quote", "The largest profit of one trade.", _PLAIN),
    ("worst_trade", "Worst trade", "quote", "The smallest profit (largest loss) of one trade.", _PLAIN),
    ("average_bars_held", "Average holding time", "bars", "Mean number of bars from entry to exit.", _PLAIN),
    ("exposure", "Exposure", "percent", "Share of bars that ended with a position.", _PLAIN),
    ("fees", "Fees", "quote", "All fees paid.", _PLAIN),
    ("turnover", "Turnover", "ratio", "Value of all fills ÷ mean equity.", _PLAIN),
)
