"""A portfolio's curve over a range, its measures, and those of what it is compared with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from apps.core.clock import from_ms, now, to_ms
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import load_bars
from apps.trading.portfolios import queries
from apps.trading.portfolios.choices import Resolution
from apps.trading.portfolios.models import NavSample, Portfolio
from apps.trading.portfolios.valuing import EXACT
from kernel.portfolio import Performance, Point, measure

RANGES = {
    "1D": (timedelta(days=1), Resolution.MINUTE, "5m"),
    "1W": (timedelta(days=7), Resolution.HOUR, "1h"),
    "1M": (timedelta(days=31), Resolution.HOUR, "1h"),
    "1Y": (timedelta(days=366), Resolution.DAY, "1d"),
    "All": (timedelta(days=36_500), Resolution.DAY, "1d"),
}
"""Name → how far back, how far apart the values are, and the candles of a market that is compared."""


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name, points of one share, and their measures (None with fewer than two points)."""

    label: str
    points: list[Point]
    measures: Performance | None


@dataclass(frozen=True, slots=True)
class Performed:
    """A portfolio over a range: noted values since `since` (its present life only), its line, and the benchmark's."""

    samples: list[NavSample]
    own: Series
    benchmark: Series | None
    since: datetime | None


def perform(portfolio: Portfolio, name: str = "1D") -> Performed:
    """Return how a portfolio did over a range of RANGES. What came in or went out does not count."""
    span, resolution, interval = RANGES[name]
    samples = [
        row for row in queries.list_samples(portfolio, resolution, since=now() - span) if row.epoch == portfolio.epoch
    ]
    own = _series(portfolio.name, samples)
    since = samples[0].seen_at if samples else None
    return Performed(samples, own, None if since is None else _benchmark(portfolio, since, name, interval), since)


def _series(label: str, samples: list[NavSample]) -> Series:
    points = [
        Point(to_ms(row.seen_at), EXACT.divide(row.value, row.units))
        for row in samples
        if row.units > 0 and row.value > 0
    ]
    return Series(label, points, measure(points))


def _benchmark(portfolio: Portfolio, since: datetime, name: str, interval: str) -> Series | None:
    if portfolio.benchmark is not None:
        other = portfolio.benchmark
        rows = queries.list_samples(other, RANGES[name][1], since=since - timedelta(hours=1))
        return _series(other.name, [row for row in rows if row.epoch == other.epoch])
    if not portfolio.benchmark_symbol:
        return None
    symbol = portfolio.benchmark_symbol
    bars, spec = load_bars(symbol, interval, to_ms(since), to_ms(now())), get_spec(symbol)
    step = {"5m": 300_000, "1h": 3_600_000, "1d": 86_400_000}[interval]
    points = [
        Point(int(ts) + step, spec.price(int(close))) for ts, close in zip(bars.ts, bars.close, strict=True) if close
    ]
    return Series(f"Holding {symbol}", points, measure(points))


def change_since_start(series: Series) -> list[tuple[datetime, Decimal]]:
    """Return a line as percent since its first point."""
    if not series.points:
        return []
    first = series.points[0].price
    return [
        (from_ms(point.ts), EXACT.multiply(EXACT.subtract(EXACT.divide(point.price, first), Decimal(1)), Decimal(100)))
        for point in series.points
    ]
