"""One back-test of files, told as text or JSON: `manage.py backtest` and `python -m kernel.simulation`.

The fields of the JSON are stable (docs/howto/backtest-a-file.md). Nothing of it needs a database or a server.
"""

import argparse
import json
import resource
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final, TypeVar

from kernel import compiled as machine_code
from kernel.simulation.candle_files import CandleFile, CandleFileError, read_candles

if TYPE_CHECKING:
    from kernel.instruments import Bars, InstrumentSpec
    from kernel.simulation.costs import Costs
    from kernel.simulation.metrics import Statistics
    from kernel.simulation.result import SimulationResult
    from kernel.strategy import StrategyDocument

SCHEMA: Final = 1
REFUSED: Final = 2
Made = TypeVar("Made")


class RefusedError(ValueError):
    """What was asked cannot be done; the text says why."""


def main(arguments: Sequence[str], program: str = "manage.py backtest", *, plain_up_to: int = 0) -> int:
    """Run the command and return its exit code: 0, or 2 with a reason on standard error.

    Files of up to `plain_up_to` candles are worked through without compiling anything.
    """
    asked = _parser(program).parse_args(list(arguments))
    try:
        told = _run(asked, plain_up_to)
    except (RefusedError, CandleFileError) as refusal:
        sys.stderr.write(f"{program}: {refusal}\n")
        return REFUSED
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n" if asked.json else _words(told))
    return 0


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description="Back-test a strategy file over a file of candles.")
    parser.add_argument("--strategy", type=Path, required=True, help="the strategy document, JSON")
    parser.add_argument("--candles", type=Path, required=True, help="candles as .parquet, .csv or .npz")
    parser.add_argument("--fee", type=_decimal, default=Decimal(0), help="fee a side as a share: 0.001 is 0.1 %%")
    parser.add_argument("--slippage-bps", type=_decimal, default=Decimal(0), help="basis points a fill is worse")
    parser.add_argument("--cash", type=_decimal, default=Decimal(100_000_000), help="quote to begin with")
    parser.add_argument("--tick", type=_decimal, help="price step in quote; found from the prices without it")
    parser.add_argument("--lot", type=_decimal, default=Decimal("0.00000001"), help="quantity step in base")
    parser.add_argument("--repeat", type=int, default=1, help="further runs, whose median is the engine's time")
    parser.add_argument("--compiled", action="store_true", help="compile, however short the file is")
    parser.add_argument("--list-fills", action="store_true", help="list every fill")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text} is not a number") from None
    if not value.is_finite() or value < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number of at least 0")
    return value


def _run(asked: argparse.Namespace, plain_up_to: int) -> dict[str, Any]:
    if (asked.tick is not None and not asked.tick) or not asked.lot:
        raise RefusedError("--tick and --lot must be above 0")
    found = read_candles(asked.candles, asked.tick)
    if len(found.bars) <= plain_up_to and not asked.compiled:
        machine_code.work_plainly()
    from kernel.simulation.metrics import statistics
    from kernel.simulation.simulate import simulate
    from kernel.strategy import compile_strategy

    document = _document(asked.strategy)
    bars, spec, costs = _bars(found, document), _spec(found, asked.lot), _costs(asked)
    rules = compile_strategy(document, spec)

    def once() -> "SimulationResult":
        try:
            return simulate(bars, rules, spec, costs, asked.cash)
        except (ValueError, OverflowError) as error:
            raise RefusedError(str(error)) from None

    result, first = _timed(once)
    again = [] if machine_code.is_plain() else [_timed(once)[1] for _ in range(max(0, asked.repeat))]
    figures = statistics(result, document.timeframe, bars=bars)
    return {
        **_facts(asked, document, bars, result),
        **_outcome(result, figures),
        "first_cpu_seconds": round(first, 6),
        "engine_cpu_seconds": round(median(again), 6) if again else round(first, 6),
        "compiled": not machine_code.is_plain(),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "total_cpu_seconds": round(_cpu(), 3),
        **({"fill_list": [_fill(fill) for fill in result.fills]} if asked.list_fills else {}),
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _timed(work: Callable[[], Made]) -> tuple[Made, float]:
    before = _cpu()
    return work(), _cpu() - before


def _document(path: Path) -> "StrategyDocument":
    from kernel.strategy import InvalidDocumentError, parse_document

    try:
        return parse_document(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(f"{path.name} cannot be read: {error}") from None
    except json.JSONDecodeError as error:
        raise RefusedError(f"{path.name} is not JSON: {error}") from None
    except InvalidDocumentError as error:
        raise RefusedError(f"{path.name} is not a strategy: {error}") from None


def _bars(found: CandleFile, document: "StrategyDocument") -> "Bars":
    import numpy as np

    bars, wanted = found.bars, document.interval_ms
    if len(bars) < 2:
        raise RefusedError("a back-test needs at least two candles")
    step = int(np.diff(bars.ts).min())
    if step == wanted:
        return bars
    try:
        return bars.resample(wanted, step)
    except ValueError:
        raise RefusedError(
            f"the candles are {step // 1000} seconds apart, and {document.timeframe} candles cannot be made of them"
        ) from None


def _spec(found: CandleFile, lot: Decimal) -> "InstrumentSpec":
    from kernel.instruments import InstrumentSpec

    return InstrumentSpec(
        symbol="FILE",
        base="BASE",
        quote="QUOTE",
        tick=found.tick,
        lot=lot,
        min_quantity=lot,
        max_quantity=lot * 10**18,
        min_notional=Decimal(0),
    )


def _costs(asked: argparse.Namespace) -> "Costs":
    from kernel.simulation.costs import Costs

    try:
        return Costs(taker_fee=asked.fee, slippage_bps=asked.slippage_bps)
    except ValueError as error:
        raise RefusedError(str(error).replace("taker_fee", "--fee").replace("slippage_bps", "--slippage-bps")) from None


def _facts(
    asked: argparse.Namespace, document: "StrategyDocument", bars: "Bars", result: "SimulationResult"
) -> dict[str, Any]:
    from kernel.simulation.result import ENGINE, data_hash

    return {
        "schema": SCHEMA,
        "engine": ENGINE,
        "strategy": {"name": document.name, "hash": document.digest(), "timeframe": document.timeframe},
        "candles": {
            "file": asked.candles.name,
            "count": len(bars),
            "first_ts": int(bars.ts[0]) if len(bars) else None,
            "last_ts": int(bars.ts[-1]) if len(bars) else None,
            "hash": data_hash(bars),
        },
        "tick": format(result.spec.tick, "f"),
        "lot": format(result.spec.lot, "f"),
        "fee": format(asked.fee, "f"),
        "slippage_bps": format(asked.slippage_bps, "f"),
        "cash": format(asked.cash, "f"),
    }


def _outcome(result: "SimulationResult", figures: "Statistics") -> dict[str, Any]:
    return {
        "final_equity": format(result.final_equity, "f"),
        "fills": len(result.fills),
        "trades": len(result.trades),
        "open_quantity": format(result.spec.quantity(result.position_lots), "f"),
        "metrics": {name: _plain(item.value) for name, item in figures.metrics.items()},
        "months": [{"year": item.year, "month": item.month, "percent": item.percent} for item in figures.months],
    }


def _plain(value: Any) -> Any:
    return format(value, "f") if isinstance(value, Decimal) else value


def _fill(fill: Any) -> dict[str, Any]:
    return {
        "ts": fill.ts,
        "side": str(fill.side),
        "quantity": format(fill.quantity, "f"),
        "price": format(fill.price, "f"),
        "fee": format(fill.fee, "f"),
        "reason": str(fill.reason),
    }


def _words(told: dict[str, Any]) -> str:
    from kernel.simulation.definitions import DEFINITIONS

    lines = [
        f"{told['strategy']['name']} over {told['candles']['count']} candles of {told['strategy']['timeframe']}",
        f"Final equity {told['final_equity']} from {told['cash']}; {told['fills']} fills, {told['trades']} trades",
        f"Engine {told['engine_cpu_seconds']} s CPU, peak memory {told['peak_memory_mb']} MB",
    ]
    for item in DEFINITIONS:
        value = told["metrics"][item.name]
        shown = "-" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
        lines.append(f"  {item.title:32} {shown} {'%' if item.unit == 'percent' else item.unit}")
    return "\n".join(lines) + "\n"
