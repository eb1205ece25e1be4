"""Statistics of a simulation: the figures of `definitions`, worked out."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernel.instruments import INTERVALS, Bars, TradingHours
from kernel.instruments.hours import ALWAYS
from kernel.simulation import returns as measures
from kernel.simulation.definitions import DEFINITIONS
from kernel.simulation.result import SimulationResult, quote
from kernel.simulation.returns import Falls, falls_of, ratio, returns_of
from kernel.simulation.trips import excursions, results
from kernel.simulation.years import DAY_MS, YEAR_MS, bars_a_year

_SHORTEST_ANNUALISED_MS: Final = 30 * DAY_MS

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


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """The equity from the first decision on: its returns from bar to bar and from day to day, and its falls."""

    bars: int
    span_ms: int
    growth: float
    returns: NDArray[np.float64]
    days: NDArray[np.float64]
    falls: Falls
    mean_equity: float
    per_year: float


def statistics(
    result: SimulationResult,
    interval: str,
    *,
    bars: Bars | None = None,
    hours: TradingHours = ALWAYS,
    bitcoin: NDArray[np.int64] | None = None,
) -> Statistics:
    """All figures of a run over bars of `interval` (a name of INTERVALS).

    Figures cover the bars from `result.first_bar` on. Annual figures use the market's own year by its `hours` (365 days
    for markets that never close) and a risk-free rate of zero; they are None for runs shorter than 30 days. A ratio
    whose divisor is zero is None. With the run's `bars` the excursions of trades are known; `bitcoin` holds a price of
    Bitcoin at the close of each bar.
    """
    curve = _curve(result, bars_a_year(INTERVALS[interval], hours))
    values = {
        **_growth_values(result, curve, bitcoin),
        **_risk_values(curve),
        **_trade_values(result),
        **_excursion_values(result, bars),
        **_activity_values(result, curve),
    }
    metrics = {
        item.name: Metric(item.name, item.title, values[item.name], item.unit, item.definition, item.source)
        for item in DEFINITIONS
    }
    return Statistics(metrics, _months(result))


def _curve(result: SimulationResult, per_year: float) -> _Curve:
    equity, ts = result.equity[result.first_bar :], result.ts[result.first_bar :]
    count = len(equity)
    daily = equity[np.flatnonzero(np.diff(ts // DAY_MS, append=-1))]
    return _Curve(
        bars=count,
        span_ms=int(ts[-1]) - int(ts[0]) if count else 0,
        growth=float(equity[-1]) / result.initial_cash if count and result.initial_cash else 1.0,
        returns=returns_of(equity),
        days=returns_of(daily),
        falls=falls_of(equity),
        mean_equity=float(np.mean(equity)) if count else float(result.initial_cash),
        per_year=per_year,
    )


def _growth_values(result: SimulationResult, curve: _Curve, bitcoin: NDArray[np.int64] | None) -> dict[str, Value]:
    has_holding = len(result.holding) and result.initial_cash
    holding = float(result.holding[-1]) / result.initial_cash if has_holding else 1.0
    other = None if bitcoin is None else bitcoin[result.first_bar :]
    return {
        "total_return": (curve.growth - 1) * 100,
        "holding_return": (holding - 1) * 100,
        "excess_return": (curve.growth - holding) * 100,
        "bitcoin_return": None if other is None or not len(other) else (float(other[-1]) / float(other[0]) - 1) * 100,
    }


def _risk_values(curve: _Curve) -> dict[str, Value]:
    falls = curve.falls
    values: dict[str, Value] = {
        "ulcer": falls.ulcer * 100,
        "max_drawdown": falls.deepest * 100,
        "drawdown_bars": falls.falling,
        "recovery_bars": falls.recovery,
        "longest_drawdown": falls.longest,
        "omega": measures.omega(curve.returns),
    }
    if curve.span_ms < _SHORTEST_ANNUALISED_MS:
        return {**dict.fromkeys(_ANNUAL), **values}
    returns, days, per_year = curve.returns, curve.days, curve.per_year
    yearly = measures.annual_growth(curve.growth, curve.span_ms / YEAR_MS)
    return {
        **values,
        "cagr": _percent(yearly),
        "calmar": None if yearly is None else ratio(yearly, falls.deepest),
        "volatility": measures.deviation(returns) * math.sqrt(per_year) * 100,
        "sharpe": measures.sharpe(returns, per_year),
        "sharpe_adjusted": measures.adjusted_sharpe(returns, per_year),
        "sharpe_probability": _percent(measures.sharpe_probability(returns)),
        "sortino": measures.sortino(returns, per_year),
        "value_at_risk": _percent(measures.value_at_risk(days)),
        "expected_shortfall": _percent(measures.expected_shortfall(days)),
        "tail_ratio": measures.tail_ratio(days),
    }


_ANNUAL: Final = (
    "cagr", "calmar", "volatility", "sharpe", "sharpe_adjusted", "sharpe_probability", "sortino", "value_at_risk",
    "expected_shortfall", "tail_ratio",
)  # fmt: skip
"""What a run shorter than 30 days says nothing about."""


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


def _trade_values(result: SimulationResult) -> dict[str, Value]:
    profit = result.trades.profit
    wins, losses = profit[profit > 0], profit[profit < 0]
    count, gained, lost = len(profit), int(wins.sum()), -int(losses.sum())
    percents = results(result.trades)
    spread = measures.deviation(percents)
    mean = float(np.mean(percents)) if count else 0.0
    return {
        "trades": count,
        "win_rate": len(wins) / count * 100 if count else None,
        "profit_factor": ratio(gained, lost),
        "average_win": _mean(gained, len(wins)),
        "average_loss": _mean(-lost, len(losses)),
        "expectancy": _mean(gained - lost, count),
        "expectancy_ratio": ratio((gained - lost) * len(losses), lost * count),
        "system_quality": ratio(math.sqrt(count) * mean, spread),
        "best_trade": quote(int(profit.max())) if count else None,
        "worst_trade": quote(int(profit.min())) if count else None,
        "average_bars_held": float((result.trades.exit_bar - result.trades.entry_bar).mean()) if count else None,
    }


def _excursion_values(result: SimulationResult, bars: Bars | None) -> dict[str, Value]:
    if bars is None or not len(result.trades):
        return {"favourable_excursion": None, "adverse_excursion": None}
    reached = excursions(result.trades, bars)
    return {
        "favourable_excursion": float(np.mean(reached.favourable(result.trades))),
        "adverse_excursion": float(np.mean(reached.adverse(result.trades))),
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
        "turnover": ratio(float(turnover), mean_equity),
        "profit": quote((int(result.equity[-1]) if len(result.equity) else result.initial_cash) - result.initial_cash),
    }


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
