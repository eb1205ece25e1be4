"""What a simulation came to, as rows hold it, and back."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from apps.trading.backtests import packing
from apps.trading.backtests.candles import Material
from apps.trading.backtests.models import BacktestResult
from kernel.instruments import InstrumentSpec
from kernel.simulation import ENGINE, Excursions, Fills, Metric, SimulationResult, Statistics, Trades, excursions

FILL_COLUMNS: Final = ("bar", "ts", "buys", "lots", "ticks", "fee", "reason")
TRADE_COLUMNS: Final = (
    "entry_bar", "exit_bar", "entry_ts", "exit_ts", "lots", "entry_ticks", "exit_ticks", "fees", "invested", "profit",
    "reason",
)  # fmt: skip
_SPEC_FIELDS: Final = ("symbol", "base", "quote", "tick", "lot", "min_quantity", "max_quantity", "min_notional")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The values of a BacktestResult row."""

    data_hash: str
    result_hash: str
    facts: dict[str, Any]
    statistics: list[dict[str, Any]]
    months: list[dict[str, Any]]
    series: bytes
    fills: bytes
    trades: bytes


def outcome_of(material: Material, result: SimulationResult, figures: Statistics) -> Outcome:
    """Return what is stored of a simulation: equal inputs give equal bytes.

    Bar numbers count from the first candle of the span; history before it is left out.
    """
    first = material.start_index
    series = packing.pack({"ts": result.ts[first:], "equity": result.equity[first:], "holding": result.holding[first:]})
    fills = packing.pack({name: _column(result.fills, name, first) for name in FILL_COLUMNS})
    reached = excursions(result.trades, material.bars)
    columns = {name: _column(result.trades, name, first) for name in TRADE_COLUMNS}
    trades = packing.pack({**columns, "highest": reached.highest, "lowest": reached.lowest})
    facts = _facts(material, result)
    statistics = [_metric(metric) for metric in figures.metrics.values()]
    months = [{"year": item.year, "month": item.month, "percent": repr(item.percent)} for item in figures.months]
    digest = hashlib.sha256(json.dumps([facts, statistics, months], sort_keys=True, separators=(",", ":")).encode())
    for part in (series, fills, trades):
        digest.update(hashlib.sha256(part).digest())
    return Outcome(material.data_hash(), digest.hexdigest(), facts, statistics, months, series, fills, trades)


def _column(rows: Fills | Trades, name: str, first: int) -> NDArray[np.int64]:
    values: NDArray[np.int64] = getattr(rows, name).astype(np.int64)
    return values - first if name.endswith("bar") else values


def _facts(material: Material, result: SimulationResult) -> dict[str, Any]:
    span, spec = material.span, material.spec
    return {
        "engine": ENGINE,
        "bars": len(span),
        "missing": material.missing(),
        "first_ts": int(span.ts[0]),
        "last_ts": int(span.ts[-1]),
        "history_bars": material.start_index,
        "warm_up_bars": material.compiled.warm_up,
        "first_decision_bar": result.first_bar - material.start_index,
        "final_equity": format(result.final_equity, "f"),
        "open_lots": result.position_lots,
        "unpaid": result.unpaid,
        "refused": result.refused,
        "spec": {name: str(getattr(spec, name)) for name in _SPEC_FIELDS},
    }


def _metric(metric: Metric) -> dict[str, Any]:
    value = metric.value
    text = None if value is None else format(value, "f") if isinstance(value, Decimal) else repr(value)
    return {
        "name": metric.name,
        "title": metric.title,
        "value": text,
        "unit": metric.unit,
        "definition": metric.definition,
        "source": metric.source,
    }


class StoredOutcome:
    """A result row, opened: columns are unpacked when first asked for."""

    def __init__(self, row: BacktestResult) -> None:
        self.row = row
        self.facts: dict[str, Any] = row.facts
        self.statistics: dict[str, dict[str, Any]] = {item["name"]: item for item in row.statistics}

    @cached_property
    def spec(self) -> InstrumentSpec:
        """The instrument as it was."""
        given = self.facts["spec"]
        return InstrumentSpec(
            symbol=given["symbol"],
            base=given["base"],
            quote=given["quote"],
            **{name: Decimal(given[name]) for name in _SPEC_FIELDS[3:]},
        )

    @cached_property
    def series(self) -> dict[str, NDArray[np.int64]]:
        """Columns ts (Unix ms), equity and holding (10^-8 quote), one value a candle."""
        return packing.unpack(bytes(self.row.series))

    @cached_property
    def fills(self) -> Fills:
        """Every execution."""
        columns: dict[str, Any] = packing.unpack(bytes(self.row.fills))
        return Fills(spec=self.spec, **{**columns, "buys": columns["buys"].astype(np.bool_)})

    @cached_property
    def trades(self) -> Trades:
        """Every round trip."""
        return Trades(spec=self.spec, **{name: self._trade_columns[name] for name in TRADE_COLUMNS})

    @cached_property
    def excursions(self) -> Excursions | None:
        """How far the price ran while each trade was open; None of runs that were stored before it was noted."""
        columns = self._trade_columns
        return Excursions(columns["highest"], columns["lowest"]) if "highest" in columns else None

    @cached_property
    def _trade_columns(self) -> dict[str, NDArray[np.int64]]:
        return packing.unpack(bytes(self.row.trades))

    def figure(self, name: str) -> Decimal | None:
        """Return one figure of the statistics; None where it is not defined."""
        value = self.statistics[name]["value"]
        return None if value is None else Decimal(value)
