"""A customer's portfolio and the history of its symbols, and what kernel.risk says of both."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.core.clock import from_ms, monotonic, now
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import latest_bars
from apps.trading.risk.choices import REFERENCE
from apps.trading.risk.errors import NothingMeasured
from apps.trading.risk.valuing import Prices, equity_of, positions_of
from kernel.instruments.bars import Bars
from kernel.money.exact import ZERO, add, multiply, plain
from kernel.risk import Definition, measures, stress

Floats = NDArray[np.float64]
DAYS, LEAST_DAYS = 365, 30
TURNOVER_DAYS = 30
MARKET = "BTCUSDT"
SEED, PATHS = 20240101, 10_000
LEVELS = (0.95, 0.99)
PARTICIPATION = 0.1
KEPT_SECONDS = 60.0
STEP = Decimal("1e-8")
SHOWN = 8
"""So many symbols, the largest first, stand in the table of correlations."""
WINDOWS = (1, 7, 30)
NAMED_LEVELS = {f"{level:g}": level for level in LEVELS}

_bars: dict[str, tuple[float, Bars, np.float64]] = {}
"""When this process read daily candles, the candles, and the turnover: public facts, the same for every tenant."""


@dataclass(frozen=True, slots=True)
class History:
    """Daily closes of symbols on the days that all of them have: `prices` (days, symbols) are ratios to the first.

    `turnover` is what is traded of each symbol on a day, in the reference currency; `missing` have too little.
    """

    symbols: tuple[str, ...]
    days: NDArray[np.int64]
    prices: Floats
    returns: Floats
    turnover: Floats
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What the books of a customer hold: signed worths by symbol in the reference currency, as of `at`."""

    owner_id: UUID
    is_live: bool
    at: datetime
    worths: dict[str, Decimal]
    unpriced: tuple[str, ...]
    equity: Decimal | None

    @property
    def gross(self) -> Decimal:
        """Long and short added up."""
        total = ZERO
        for worth in self.worths.values():
            total = add(total, worth.copy_abs())
        return total

    @property
    def net(self) -> Decimal:
        """Long less short."""
        total = ZERO
        for worth in self.worths.values():
            total = add(total, worth)
        return total


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of a portfolio. Amounts are Decimals in the reference currency, losses positive; parts are of 1."""

    portfolio: Portfolio
    history: History
    tails: dict[str, dict[str, tuple[Decimal, Decimal]]]
    """Definition → level → (VaR, CVaR) of one day."""
    volatility: Decimal | None
    beta: Decimal | None
    drawdown: Decimal | None
    liquidity_days: Decimal | None
    components: dict[str, Decimal]
    correlations: tuple[tuple[str, ...], list[list[Decimal]]]
    stress: list["Stressed"] = field(default_factory=list)

    @property
    def source(self) -> str:
        """Where the history comes from."""
        days = self.history.days
        first, last = (from_ms(int(ts)).date() for ts in (days[0], days[-1]))
        return (
            f"daily closes of stored candles, {first} to {last}; positions of the customer's books at the newest prices"
        )

    @property
    def definition(self) -> str:
        """What the figures are."""
        return f"{len(self.history.returns)} daily returns, positions held as they are, one day ahead, in {REFERENCE}"


@dataclass(frozen=True, slots=True)
class Stressed:
    """What a scenario would come to: a gain is positive; `worst` is the lowest close on the way."""

    name: str
    kind: str
    result: Decimal
    worst: Decimal
    detail: str


def load_portfolio(owner_id: UUID, *, is_live: bool, prices: Prices | None = None) -> Portfolio:
    """Return what a customer's books hold in paper or live trading, net by symbol."""
    rows = list(positions_of(owner_id, is_live=is_live).exclude(quantity=0))
    prices = prices or Prices()
    prices.load(row.symbol for row in rows)
    worths: dict[str, Decimal] = {}
    unpriced: set[str] = set()
    for row in rows:
        unit = prices.unit(row.symbol)
        if unit is None:
            unpriced.add(row.symbol)
        else:
            worths[row.symbol] = add(worths.get(row.symbol, ZERO), multiply(row.quantity, unit))
    equity = equity_of(owner_id, prices, is_live=is_live)
    held = {symbol: worth for symbol, worth in sorted(worths.items()) if worth}
    return Portfolio(owner_id, is_live, now(), held, tuple(sorted(unpriced)), equity)


def load_history(symbols: Iterable[str]) -> History:
    """Return up to a year of daily closes of symbols. Raises NothingMeasured when fewer than 30 days are common."""
    found = {symbol: _daily(symbol) for symbol in sorted(set(symbols))}
    known = {symbol: bars for symbol, (bars, _) in found.items() if len(bars) > LEAST_DAYS}
    missing = tuple(symbol for symbol in found if symbol not in known)
    if not known:
        raise NothingMeasured
    days = next(iter(known.values())).ts
    for bars in known.values():
        days = np.intersect1d(days, bars.ts, assume_unique=True)
    if len(days) <= LEAST_DAYS:
        raise NothingMeasured
    closes = [bars.close[np.searchsorted(bars.ts, days)] for bars in known.values()]
    prices = np.column_stack(closes).astype(np.float64)
    prices /= prices[0]
    turnover = np.array([found[symbol][1] for symbol in known])
    return History(tuple(known), days, prices, prices[1:] / prices[:-1] - 1, turnover, missing)


def measure(portfolio: Portfolio, *, with_stress: bool = True) -> Measured:
    """Return all figures of a portfolio. Raises NothingMeasured when it holds nothing that has a history."""
    if not portfolio.worths:
        raise NothingMeasured
    history = load_history([*portfolio.worths, MARKET])
    held = np.array([portfolio.worths.get(symbol, ZERO) for symbol in history.symbols], dtype=np.float64)
    if not held.any():
        raise NothingMeasured
    returns = history.returns
    gross = np.abs(held).sum()
    equity = np.float64(portfolio.equity) if portfolio.equity is not None and portfolio.equity > 0 else gross
    place = history.symbols.index(MARKET) if MARKET in history.symbols else None
    return Measured(
        portfolio=portfolio,
        history=history,
        tails=_tails(returns, held),
        volatility=_part(measures.volatility(returns, held)[0] / gross),
        beta=None if place is None else _part(measures.beta(returns, held, returns[:, place])[0] / gross),
        drawdown=_part(measures.drawdown(returns, held, np.array([equity]))[0]),
        liquidity_days=_part(measures.liquidity_horizon(held, history.turnover, participation=PARTICIPATION)[0]),
        components={
            symbol: amount
            for symbol, amount in zip(
                history.symbols, map(_amount, measures.component_var(returns, held)[0]), strict=True
            )
            if amount
        },
        correlations=_correlations(history, held),
        stress=list_stress(history, held) if with_stress else [],
    )


def list_stress(history: History, held: Floats) -> list[Stressed]:
    """Return the standard scenarios: the worst windows of the stored history, and shocks of all and of Bitcoin."""
    found = []
    for days in WINDOWS:
        if days < len(history.prices):
            first, _ = stress.find_worst_window(history.prices, held, days=days)
            window = stress.replay_window(history.prices[first : first + days + 1], held)
            begin, end = (from_ms(int(history.days[row])).date() for row in (first, first + days))
            name = f"Worst {days} days of the history" if days > 1 else "Worst day of the history"
            result, worst = _amount(window.at_end[0]), _amount(window.at_worst[0])
            found.append(Stressed(name, "history", result, worst, f"{begin} to {end}"))
    for shock in (-0.1, -0.3, 0.2):
        moves = dict.fromkeys(history.symbols, shock)
        result = _amount(stress.apply_shocks(history.symbols, held, moves)[0])
        found.append(Stressed(f"Everything {shock:+.0%}", "shock", result, min(result, ZERO), "all prices at once"))
    if MARKET in history.symbols:
        moved = stress.spread_shock(history.returns, history.symbols.index(MARKET), -0.2)
        result = _amount(held @ moved)
        found.append(Stressed("Bitcoin −20 %", "shock", result, min(result, ZERO), "others by their beta to it"))
    return found


def stress_custom(portfolio: Portfolio, shocks: dict[str, Decimal]) -> Stressed:
    """Return what shocks by symbol in percent would come to; symbols without one stay. Needs no history."""
    total = ZERO
    for symbol, worth in portfolio.worths.items():
        total = add(total, multiply(worth, max(shocks.get(symbol, ZERO), Decimal(-100)) / 100))
    words = ", ".join(f"{symbol} {plain(shock):+f} %" for symbol, shock in sorted(shocks.items()))
    return Stressed("Your scenario", "custom", total.quantize(STEP), min(total, ZERO).quantize(STEP), words)


def forget_history() -> None:
    """Drop what this process remembers of daily closes."""
    _bars.clear()


def figures_of(found: Measured) -> dict[str, Any]:
    """Return all figures as they are stored and sent: numbers are texts."""
    symbols, rows = found.correlations
    return {
        "tails": {
            name: {level: {"var": f"{var:f}", "cvar": f"{cvar:f}"} for level, (var, cvar) in of.items()}
            for name, of in found.tails.items()
        },
        "volatility": _text(found.volatility),
        "beta": _text(found.beta),
        "drawdown": _text(found.drawdown),
        "liquidity_days": _text(found.liquidity_days),
        "components": {symbol: f"{amount:f}" for symbol, amount in found.components.items()},
        "correlations": {"symbols": list(symbols), "rows": [[f"{value:f}" for value in row] for row in rows]},
        "stress": [
            {
                "name": row.name,
                "kind": row.kind,
                "result": f"{row.result:f}",
                "worst": f"{row.worst:f}",
                "detail": row.detail,
            }
            for row in found.stress
        ],
        "missing": [*found.history.missing, *found.portfolio.unpriced],
    }


def _tails(returns: Floats, held: Floats) -> dict[str, dict[str, tuple[Decimal, Decimal]]]:
    drawn = measures.draw_returns(returns, seed=SEED, paths=PATHS)
    found: dict[str, dict[str, tuple[Decimal, Decimal]]] = {item.name.lower(): {} for item in Definition}
    for name, level in NAMED_LEVELS.items():
        by_name = {
            Definition.ORDER_STATISTIC: measures.historical(returns, held, level=level),
            Definition.INTERPOLATED: measures.historical_interpolated(returns, held, level=level),
            Definition.PARAMETRIC: measures.parametric(returns, held, level=level),
            Definition.MONTE_CARLO: measures.historical(drawn, held, level=level),
        }
        for definition, tail in by_name.items():
            found[definition.name.lower()][name] = _amount(tail.var[0]), _amount(tail.cvar[0])
    return found


def _correlations(history: History, held: Floats) -> tuple[tuple[str, ...], list[list[Decimal]]]:
    largest = [place for place in np.argsort(-np.abs(held))[:SHOWN].tolist() if held[place]]
    table = measures.correlation(history.returns[:, largest])
    rows = [[Decimal(f"{value:.4f}") for value in row] for row in table.tolist()]
    return tuple(history.symbols[place] for place in largest), rows


def _daily(symbol: str) -> tuple[Bars, np.float64]:
    """Return a year of daily candles of a symbol and its turnover, at most a minute old."""
    known = _bars.get(symbol)
    if known is None or monotonic() - known[0] >= KEPT_SECONDS:
        bars = latest_bars(symbol, "1d", DAYS + 1)
        known = monotonic(), bars, _turnover(symbol, bars) if len(bars) else np.float64(0)
        _bars[symbol] = known
    return known[1], known[2]


def _turnover(symbol: str, bars: Bars) -> np.float64:
    """Return the mean worth traded on a day; 0 where the quote currency has no price."""
    try:
        spec = get_spec(symbol)
    except UnknownSymbol:
        return np.float64(0)
    rate = Prices().rate(spec.quote) or ZERO
    recent = bars[max(0, len(bars) - TURNOVER_DAYS) :]
    traded = (recent.volume.astype(np.float64) * recent.close).mean()
    return np.float64(traded) * np.float64(spec.tick * rate) * 1e-8


def _amount(value: Any) -> Decimal:
    return Decimal(f"{value:.8f}").normalize() + ZERO


def _part(value: Any) -> Decimal | None:
    return Decimal(f"{value:.6f}") if np.isfinite(value) else None


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
