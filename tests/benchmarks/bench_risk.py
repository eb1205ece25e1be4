"""VaR and CVaR of 1,000 portfolios × 50 assets × 365 days against bare NumPy, and one portfolio through the API.

The bare reference is what NumPy does with the same shapes and nothing else: one product, one partition, one mean.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from apps.core.actors import Actor
from apps.core.benchmarks import Row, benchmark
from apps.core.clock import monotonic, now, to_ms
from apps.core.context import PUBLIC, in_schema
from apps.core.live.publishing import client
from apps.platform.tenants.operations import provision_tenant
from apps.platform.tenants.queries import get_tenant
from apps.trading.exchanges.operations import add_connection, seed_venues
from apps.trading.instruments.operations import seed_instruments
from apps.trading.instruments.queries import list_instruments
from apps.trading.market_data.gateways.quote_cache import key_of, to_text
from apps.trading.market_data.operations import store_candles
from apps.trading.positions.choices import Purpose
from apps.trading.positions.operations import FillFacts, apply_fill, open_book
from apps.trading.risk import measuring
from kernel.instruments import Bars, Side
from kernel.risk import measures
from tests.benchmarks.database import own_database
from tests.factories.people import api_client, make_customer

SYSTEM = Actor.system("bench")
PORTFOLIOS, ASSETS, DAYS, LEVEL = 1_000, 50, 365, 0.95
ROUNDS, MILLI, DAY = 25, 1e3, 86_400_000
HELD = 12
"""So many symbols the portfolio of the API holds at most."""
Floats = NDArray[np.float64]


@benchmark("risk")
def run() -> Iterator[Row]:
    """Answers are compared with plain references before anything is timed."""
    pick = np.random.default_rng(1)
    returns = pick.standard_t(4, size=(DAYS, ASSETS)) * 0.03
    worths = pick.normal(0, 1_000, size=(PORTFOLIOS, ASSETS))
    _check(returns, worths)
    bare, ours = _side_by_side(lambda: _bare(returns, worths), lambda: measures.historical(returns, worths))
    yield Row("risk", "VaR + CVaR historical, 1,000 × 50 × 365", ours, "ms", "bare NumPy", bare)
    bare, ours = _side_by_side(lambda: _bare_normal(returns, worths), lambda: measures.parametric(returns, worths))
    yield Row("risk", "VaR + CVaR parametric, 1,000 × 50 × 365", ours, "ms", "bare NumPy", bare)
    bare, ours = _side_by_side(
        lambda: _bare_paths(returns, worths), lambda: measures.monte_carlo(returns, worths, seed=1), rounds=3
    )
    yield Row("risk", "VaR + CVaR Monte Carlo, 10,000 paths", ours, "ms", "bare NumPy", bare)
    with own_database():
        provision_tenant(actor=SYSTEM, slug="bench", name="Bench", email="b@example.test", base_host="localhost")
        with in_schema(get_tenant("bench").schema):
            yield from _one_portfolio()


def _bare(returns: Floats, worths: Floats) -> Any:
    pnl = worths @ returns.T
    worst = np.partition(pnl, 18, axis=1)[:, :19]
    return worst[:, -1], worst.mean(axis=1)


def _bare_normal(returns: Floats, worths: Floats) -> Any:
    sigma = np.cov(returns, rowvar=False)
    return np.sqrt(((worths @ sigma) * worths).sum(axis=1)), worths @ returns.mean(axis=0)


def _bare_paths(returns: Floats, worths: Floats) -> Any:
    drawn = np.random.default_rng(1).standard_normal((10_000, ASSETS)) @ np.cov(returns, rowvar=False)
    worst = np.partition(worths @ drawn.T, 500, axis=1)[:, :501]
    return worst[:, -1], worst.mean(axis=1)


def _check(returns: Floats, worths: Floats) -> None:
    """Compare with one sorted list a portfolio, to 1e-12."""
    found = measures.historical(returns, worths, level=LEVEL)
    for place in range(0, PORTFOLIOS, 50):
        losses = np.sort(-(returns @ worths[place]))
        np.testing.assert_allclose(found.var[place], losses[346], rtol=1e-12)
        np.testing.assert_allclose(found.cvar[place], losses[346:].mean(), rtol=1e-12)


def _side_by_side(
    bare: Callable[[], object], ours: Callable[[], object], *, rounds: int = ROUNDS
) -> tuple[float, float]:
    """Return medians in milliseconds of both, taken in turns."""
    figures: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for kept, function in zip(figures, (bare, ours), strict=True):
            begun = monotonic()
            function()
            kept.append((monotonic() - begun) * MILLI)
    return statistics.median(figures[0]), statistics.median(figures[1])


def _one_portfolio() -> Iterator[Row]:
    """Yield the time of one portfolio through the API, the whole request: session, books, prices, figures, JSON."""
    seed_venues()
    with in_schema(PUBLIC):
        seed_instruments()
    owner = make_customer("bench@example.test")
    account = add_connection(
        actor=SYSTEM, owner_id=owner.pk, venue="sandbox", label="Bench", api_key="k", api_secret="s"
    )
    book = open_book(actor=SYSTEM, owner_id=owner.pk, connection_id=account.pk, purpose=Purpose.MANUAL)
    held = [row.symbol for row in list_instruments() if row.symbol.endswith("USDT")][:HELD]
    for place, symbol in enumerate(held):
        _give(symbol, book.pk, place)
    browser = api_client(owner, host="bench.localhost")
    times, spent = [], []
    for _ in range(ROUNDS):
        begun, used = monotonic(), time.process_time()
        answer = browser.get("/api/v1/risk/measures")
        times.append((monotonic() - begun) * MILLI)
        spent.append((time.process_time() - used) * MILLI)
        if answer.status_code != 200:
            raise ValueError(answer.content)
    measuring.forget_history()
    name = f"one portfolio of {len(held)} through the API"
    yield Row("risk", name, statistics.median(times), "ms", "goal", 50.0)
    yield Row("risk", f"{name}, of it CPU", statistics.median(spent), "ms", "goal", 50.0)


def _give(symbol: str, book_id: Any, seed: int) -> None:
    """Store a year of daily closes, a quote, and a position of a symbol."""
    close = (1_000_000 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.03, DAYS + 1)))).astype(np.int64)
    ts = to_ms(now()) // DAY * DAY - (DAYS + 1 - np.arange(DAYS + 1)) * DAY
    bars = Bars(ts, close, close, close, close, np.full(DAYS + 1, 10**12, dtype=np.int64))
    with in_schema(PUBLIC):
        store_candles(actor=SYSTEM, symbol=symbol, interval="1d", bars=bars)
    at = str(to_ms(now()))
    client().set(
        key_of(symbol), to_text({"symbol": symbol, "bid": "100", "ask": "100", "last": "100", "at": at}), ex=600
    )
    facts = FillFacts(
        fill_id=uuid4(), symbol=symbol, base=symbol[:-4], quote="USDT", side=Side.BUY, quantity=Decimal(1),
        price=Decimal(100), fee=Decimal(0), fee_asset="USDT", at=now(),
    )  # fmt: skip
    apply_fill(actor=SYSTEM, book_id=book_id, fill=facts)
