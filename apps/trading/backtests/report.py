"""A finished back-test as one file for people: HTML that needs nothing else, made for the screen and for paper.

The same result gives the same bytes: nothing in it depends on when or where it was made.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.template.loader import render_to_string

from apps.core.templatetags.ui import amount, percent, signed_percent
from apps.trading.backtests.curves import Sampled, sample
from apps.trading.backtests.models import BacktestRun
from apps.trading.backtests.outcome import StoredOutcome
from apps.trading.backtests.shapes import scatter_of, spread_of

DRAWN_POINTS: Final = 600
TEMPLATE: Final = "documents/backtest.htm"
WIDTH, HEIGHT, SHORT = 720, 200, 90
_PLACES: Final = {"quote": 2, "ratio": 3, "bars": 1, "count": 0}
_TOO_LARGE: Final = Decimal(10) ** 12


def html_of(run: BacktestRun, stored: StoredOutcome) -> str:
    """Return the report of a finished run as a self-contained HTML page."""
    return render_to_string(TEMPLATE, {"report": report_of(run, stored)})


def file_name(run: BacktestRun, ending: str) -> str:
    """Return what a report's file is called."""
    return f"backtest-{run.symbol}-{run.interval}-{run.pk.hex[-12:]}.{ending}"


def report_of(run: BacktestRun, stored: StoredOutcome) -> dict[str, Any]:
    """Return all a report says; every value is a text, or a list or dict of texts."""
    drawn = sample(stored.series, DRAWN_POINTS)
    unit = stored.spec.quote
    return {
        "title": f"{run.version.strategy.name}, version {run.version.number}",
        "subtitle": f"{run.symbol}, {run.interval} candles, {run.start:%-d %B %Y} to {_last_day(run)}",
        "result": signed_percent(stored.figure("total_return"), 1),
        "holding": signed_percent(stored.figure("holding_return"), 1),
        "facts": _facts(run, stored),
        "figures": [
            {
                "title": item["title"],
                "value": _written(item, unit),
                "definition": item["definition"],
                "source": item["source"],
            }
            for item in stored.statistics.values()
        ],
        "months": _months(stored),
        "unit": unit,
        "equity": _equity(drawn),
        "drawdown": _line(drawn.ts, drawn.drawdown, (min(drawn.drawdown), Decimal(0)), SHORT),
        "deepest": signed_percent(min(drawn.drawdown), 1),
        "spread": spread_of(stored),
        "scatter": scatter_of(stored),
    }


def _last_day(run: BacktestRun) -> str:
    return f"{run.end - timedelta(milliseconds=1):%-d %B %Y}"


def _facts(run: BacktestRun, stored: StoredOutcome) -> list[dict[str, str]]:
    unit, facts = stored.spec.quote, stored.facts
    pairs = (
        ("Initial cash", f"{amount(run.cash)} {unit}"),
        ("Final equity", f"{facts['final_equity']} {unit}"),
        ("Fee a side", percent(run.taker_fee * 100, 3)),
        ("Slippage a side", f"{amount(run.slippage_bps, 1)} bp"),
        ("Candles", f"{facts['bars']:,}, {facts['missing']:,} missing"),
        ("Strategy, SHA-256", run.document_hash),
        ("Candles, SHA-256", stored.row.data_hash),
        ("Result, SHA-256", stored.row.result_hash),
        ("Simulator", f"version {facts.get('engine', '1')}"),
        ("Seed", "none: nothing is drawn at random"),
    )
    return [{"label": label, "value": value} for label, value in pairs]


def _written(item: dict[str, Any], unit: str) -> str:
    value = None if item["value"] is None else Decimal(item["value"])
    if value is None or abs(value) >= _TOO_LARGE:
        return "–"
    if item["unit"] == "percent":
        return percent(value, 2)
    text = amount(value, _PLACES[item["unit"]])
    return f"{text} {unit}" if item["unit"] == "quote" else text


def _months(stored: StoredOutcome) -> list[dict[str, Any]]:
    found = {(item["year"], item["month"]): Decimal(item["percent"]) for item in stored.row.months}
    return [
        {"year": str(year), "cells": [_month(found.get((year, month))) for month in range(1, 13)]}
        for year in sorted({year for year, _ in found})
    ]


def _month(value: Decimal | None) -> dict[str, str]:
    if value is None:
        return {"text": "", "tone": ""}
    return {"text": amount(value, 1), "tone": "up" if value > 0 else "down" if value < 0 else ""}


def _equity(drawn: Sampled) -> dict[str, str]:
    bounds = min(*drawn.equity, *drawn.holding), max(*drawn.equity, *drawn.holding)
    return {
        "own": _line(drawn.ts, drawn.equity, bounds, HEIGHT),
        "holding": _line(drawn.ts, drawn.holding, bounds, HEIGHT),
        "least": amount(bounds[0]),
        "most": amount(bounds[1]),
    }


def _line(ts: list[int], values: list[Decimal], bounds: tuple[Decimal, Decimal], height: int) -> str:
    """The points of a line in a box of WIDTH × `height`."""
    least, most = bounds
    span, size = Decimal(max(1, ts[-1] - ts[0])), (most - least) or Decimal(1)
    return " ".join(
        f"{(moment - ts[0]) / span * WIDTH:.1f},{(most - value) / size * height:.1f}"
        for moment, value in zip(ts, values, strict=True)
    )
