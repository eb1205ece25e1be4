"""A million one-minute candles: from PostgreSQL to statistics, beside a bare loop and beside loading them by ORM."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection, models

from apps.core.actors import Actor
from apps.core.benchmarks import Row, benchmark, cpu_seconds
from apps.core.context import in_schema
from apps.trading.instruments.operations import seed_instruments
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.operations import store_candles
from apps.trading.market_data.queries import load_bars
from kernel.instruments import Bars
from kernel.simulation import Costs, random_bars, simulate, statistics
from kernel.strategy import compile_strategy, parse_document
from tests.benchmarks.database import own_database
from tests.benchmarks.reference_sma_cross import reference_sma_cross

COUNT, MINUTE, SYMBOL, INTERVAL = 1_000_000, 60_000, "BTCUSDT", "1m"
CASH = Decimal("100000000")
ORM_SHARE = 20
"""The ORM reads one candle in twenty; its figure is scaled up."""


def cross(fast: int, slow: int) -> dict[str, object]:
    """Return the document of a moving-average cross that trades one unit."""

    def average(period: int) -> dict[str, object]:
        return {"kind": "indicator", "name": "SMA", "params": {"period": period}, "source": "close"}

    return {
        "version": 1,
        "name": "SMA cross",
        "timeframe": INTERVAL,
        "entry": {"kind": "crosses_above", "left": average(fast), "right": average(slow)},
        "exit": {"kind": "crosses_below", "left": average(fast), "right": average(slow)},
        "sizing": {"kind": "fixed_quantity", "quantity": "1"},
    }


@benchmark("backtest")
def run() -> Iterator[Row]:
    """Load, simulate, summarise; the fills must equal the bare loop's before anything is timed."""
    bars = random_bars(7, COUNT, MINUTE)
    with own_database(), in_schema("public"):
        seed_instruments()
        store_candles(actor=Actor.system("bench"), symbol=SYMBOL, interval=INTERVAL, bars=bars)
        spec = get_spec(SYMBOL)
        compiled = compile_strategy(parse_document(cross(20, 50)), spec)
        costs = Costs(maker_fee=Decimal("0.001"), taker_fee=Decimal("0.001"), slippage_bps=Decimal(0))

        def whole() -> object:
            loaded = load_bars(SYMBOL, INTERVAL)
            result = simulate(loaded, compiled, spec, costs, CASH)
            return result, statistics(result, INTERVAL)

        loaded = load_bars(SYMBOL, INTERVAL)
        assert np.array_equal(loaded.close, bars.close)
        fills, profit = reference_sma_cross(bars.open, bars.close, 20, 50)
        result = simulate(loaded, compiled, spec, costs, CASH)
        assert len(result.fills) == fills
        assert int(result.equity[-1]) - int(CASH * 10**8) == profit
        bare = cpu_seconds(lambda: reference_sma_cross(bars.open, bars.close, 20, 50))
        case, total = "load + simulate + statistics, 1M bars", cpu_seconds(whole)
        yield Row("backtest", case, total, "s CPU", "bare numba loop", bare)
        yield Row("backtest", case, total, "s CPU", "limit", 0.3)
        only = cpu_seconds(lambda: simulate(loaded, compiled, spec, costs, CASH))
        yield Row("backtest", "simulate alone, 1M bars", only, "s CPU", "bare numba loop", bare)
        load = cpu_seconds(lambda: load_bars(SYMBOL, INTERVAL))
        yield Row("candles", "load 1M bars into NumPy", load, "s CPU", "ORM values_list", by_orm(bars))


def by_orm(bars: Bars) -> float:
    """Return the CPU time of reading the same candles row by row through the ORM, in seconds."""

    class BenchCandle(models.Model):
        ts = models.BigIntegerField(primary_key=True)
        open = models.BigIntegerField()
        high = models.BigIntegerField()
        low = models.BigIntegerField()
        close = models.BigIntegerField()
        volume = models.BigIntegerField()

        class Meta:
            app_label = "core"
            db_table = "bench_candle"
            managed = False

    names = ("ts", "open", "high", "low", "close", "volume")
    columns = ", ".join(f"{name} bigint" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_candle ({columns}, PRIMARY KEY (ts))")
    few = COUNT // ORM_SHARE
    candles: Any = BenchCandle
    candles.objects.bulk_create(
        [BenchCandle(**dict(zip(names, map(int, row), strict=True))) for row in bars[:few].rows()], batch_size=5000
    )

    def read() -> None:
        rows = np.array(list(candles.objects.order_by("ts").values_list(*names)), dtype=np.int64)
        assert len(rows) == few

    return cpu_seconds(read, rounds=3) * ORM_SHARE
