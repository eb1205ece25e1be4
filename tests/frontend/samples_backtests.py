# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts of the back-test pages."""

from typing import Any

from apps.core.view import Attention, Chart, Curve, Fact, Figure, LegendItem, Page, Stat, State
from apps.trading.backtests.shapes import Dot, Scatter, Spread, SpreadBar
from tests.frontend.sample_series import DAY, walk
from tests.frontend.samples_shell import shell, text_field
from tests.frontend.samples_trading import KEY, MARKETS, backtest_rows, down, up

START = 1_672_531_200
UNSEEN = START + 540 * DAY


def backtests() -> dict[str, Any]:
    return {
        "shell": shell("backtests"),
        "page": {
            "new_url": "/backtests/new/",
            "compare_url": "/backtests/compare/",
            "backtests": backtest_rows(),
            "page": Page("3 of 14 back-tests", "", "?after=3"),
        },
    }


def backtest_form() -> dict[str, Any]:
    form = {
        "version": text_field(
            "version", "Strategy", kind="select", choices=[("1", "ETH channel, version 7")], value="1"
        ),
        "symbol": text_field("symbol", "Market", kind="select", choices=MARKETS, value="ETHUSDT"),
        "start": text_field("start", "From", kind="date", value="2024-01-01"),
        "end": text_field("end", "To", kind="date", value="2024-12-31"),
        "cash": text_field("cash", "Start funds", value="10,000.00"),
        "fee_percent": text_field("fee_percent", "Fee", value="0.075"),
        "slippage_bps": text_field("slippage_bps", "Slippage", value="3"),
        "adjusted": text_field("adjusted", "Adjust prices for splits and dividends", kind="checkbox", required=False),
    }
    facts = [
        Fact("BTC/USDT, 5 minutes", "1 Jan to 31 Dec 2024"),
        Fact("Candles", "105,408"),
        Fact("Missing", "none"),
        Fact("Licence", "MIT"),
    ]
    page = {
        "parent_url": "/backtests/",
        "action_url": "/backtests/new/",
        "errors": [],
        "idempotency_key": KEY,
        "form": form,
        "data_facts": facts,
    }
    return {"shell": shell("backtests"), "page": page}


def running(state: str) -> dict[str, Any]:
    page = {
        "title": "ETH channel, result 15",
        "note": "5-minute candles, 2024",
        "parent_url": "/backtests/",
        "cancel_url": "/backtests/15/cancel/",
        "idempotency_key": KEY,
        "progress_url": "/backtests/15/progress/",
        "percent": 42,
        "sentence": "Going through May 2024",
        "state": state,
        "reason": "The market has no candles between 3 and 9 March 2024, and the strategy needs them. Nothing was stored.",
        "code": "backtests.candles_missing",
        "repeat_url": "/backtests/new/?from=15",
    }
    return {"shell": shell("backtests"), "page": page}


def drawdown(values: list[str]) -> list[str]:
    peak, falls = 0.0, []
    for value in map(float, values):
        peak = max(peak, value)
        falls.append(f"{(value / peak - 1) * 100:.2f}")
    return falls


def curves() -> tuple[Curve, Curve]:
    count = 880
    times = [START + at * DAY for at in range(count)]
    own = walk(24, count, start=10_000, swing=0.012, drift=0.0012)
    hold = walk(12, count, start=10_000, swing=0.021, drift=0.0012)
    series = [
        {"label": "Strategy", "kind": "own", "values": own},
        {"label": "Holding", "kind": "benchmark", "values": hold},
    ]
    equity: dict[str, object] = {"times": times, "series": series, "unit": "USDT", "places": 2, "unseen_from": UNSEEN}
    fall: dict[str, object] = {
        "times": times,
        "series": [{"label": "Below the peak", "kind": "drawdown", "values": drawdown(own)}],
        "unit": "%",
        "places": 2,
        "unseen_from": None,
    }
    return Curve("equity", equity, "Equity from 10,000 to 23,840 USDT; holding ended at 20,970 USDT."), Curve(
        "drawdown", fall, "The deepest fall below an earlier peak was 30.2 %, over 248 days."
    )


def months() -> list[dict[str, Any]]:
    years = {
        "2023": [16, -1, 7, -1, -5, 1, -3, -5, -1, 13, 6, 1],
        "2024": [3, 40, 10, -18, 18, -4, 4, -1, -3, -5, 31, -8],
        "2025": [-4, -9, 1, 5, 16, 0],
    }
    rows = []
    for year, results in years.items():
        cells = []
        for result in results:
            size = 1 if abs(result) < 4 else 2 if abs(result) < 10 else 3 if abs(result) < 25 else 4
            level = "0" if result == 0 else f"{'up' if result > 0 else 'down'}-{size}"
            cells.append({"text": str(result).replace("-", "−"), "level": level})
        cells += [{"text": "", "level": ""}] * (12 - len(cells))
        rows.append({"year": year, "cells": cells})
    return rows


def trust() -> dict[str, Any]:
    points = [
        ("warn", "warn", "The setting sits on a peak.", "Neighbours made −7 to +102 %; this one +138 %."),
        ("plain", "check-circle", "Unseen part held up.", "After July 2024 it made +23 %, holding −27 %."),
        ("plain", "receipt", "Costs in.", "Fee 7.5 bp, slippage 3 bp a side. At 13 bp slippage the result is +114 %."),
        (
            "plain",
            "clock",
            "Fills.",
            "Decided on closed candles, filled at the next open. 21,206 candles, none missing.",
        ),
        ("warn", "error", "Not modelled.", "Order queue, partial fills, funding payments, venue outages, tax."),
        ("warn", "warn", "Only 54 trades.", "The 95 % range of the Sharpe ratio is −0.2 to 2.4."),
    ]
    return {"verdict": "Fair", "tone": "warn", "points": [Attention(*point, "", "") for point in points]}


def metrics() -> list[Stat]:
    return [
        Stat(
            "Sharpe, daily",
            Figure("1.10"),
            "Holding 0.80",
            "Average daily result divided by its swing, for a year. Above 1 is good; with 54 trades it can be luck.",
        ),
        Stat(
            "Worst fall",
            Figure("−30.2 %"),
            "Lasted 248 days",
            "The deepest drop from a high to the low that followed it.",
        ),
        Stat(
            "Profit factor",
            Figure("1.88"),
            "Won 22 of 54 trades",
            "What winners brought divided by what losers cost.",
        ),
        Stat(
            "Average win, loss",
            Figure("+11.5 / −4.2 %"),
            "After all costs",
            "Mean result of a winning and of a losing trade.",
        ),
        Stat("Time in market", Figure("40 %"), "Growth 43.2 % a year", "Share of candles with an open position."),
    ]


def trades() -> list[dict[str, Any]]:
    return [
        {
            "opened": "20 May 02:00",
            "closed": "2 Jun 02:15",
            "size": "1.066",
            "entry": "2,531.96",
            "exit": "2,515.96",
            "result": down("−21.08"),
            "percent": down("−0.6"),
            "why": "Channel broken",
        },
        {
            "opened": "1 May 14:00",
            "closed": "12 May 09:00",
            "size": "1.512",
            "entry": "1,840.10",
            "exit": "2,390.02",
            "result": up("+825.10"),
            "percent": up("+29.9"),
            "why": "Take profit",
        },
    ]


def spread() -> Spread:
    counts = (2, 7, 16, 9, 6, 8, 4, 2)
    bars = [
        SpreadBar(
            f"{at * 12.5 + 1:.2f}", f"{40 - count * 2.5:.2f}", "10.50", f"{count * 2.5:.2f}",
            "down" if at < 4 else "up", f"{at * 2 - 8} to {at * 2 - 6} %: {count}",
        )
        for at, count in enumerate(counts)
    ]  # fmt: skip
    return Spread(
        bars, "50.00", "−8.0 %", "+8.0 %", "Results of 54 trades from −8 to +8 %; most, 16, lie between −4 and −2 %."
    )


def scatter() -> Scatter:
    dots = [Dot(f"{at * 37 % 100}", f"{at * 23 % 60}", "up" if at % 3 else "down") for at in range(54)]
    return Scatter(
        dots, "−9.4 %", "+31.2 %", "54 trades by their worst moment, down to −9.4 %, and their best, up to +31.2 %."
    )


def result() -> dict[str, Any]:
    equity, fall = curves()
    marks = [
        {
            "ts": 1_748_872_800_000 - 300_000 * (280 - at * 28),
            "side": "sell" if at % 2 else "buy",
            "text": ("+2.7 %" if at % 4 == 1 else "−1.8 %") if at % 2 else "",
            "tone": ("up" if at % 4 == 1 else "down") if at % 2 else "",
        }
        for at in range(10)
    ]
    page = {
        "title": "ETH channel, result 14",
        "parent_url": "/backtests/",
        "note": "1-hour candles, 1 Jan 2023 to 2 Jun 2025, 10,000 USDT",
        "repeat_url": "/backtests/new/?from=14",
        "run_url": "/bots/new/?backtest=14",
        "result": up("+138.4 %"),
        "holding_sentence": "Holding ETH made +109.7 % with a worst fall of −65 %",
        "legend": [LegendItem("own", "Strategy"), LegendItem("benchmark", "Holding")],
        "equity": equity,
        "drawdown": fall,
        "metrics": metrics(),
        "figures": metrics(),
        "quote": "USDT",
        "trust": trust(),
        "chart": Chart(
            "ETHUSDT",
            "1h",
            300,
            2,
            "ETH/USDT with the last 9 of 54 trades.",
            quiet=True,
            to=1_748_872_800_000,
            marks=marks,
        ),
        "chart_note": "last 9 of 54, since January 2025",
        "months": months(),
        "trades": trades(),
        "trades_note": "54",
        "trades_url": "/backtests/14/trades/",
        "spread": spread(),
        "scatter": scatter(),
        "report_url": "/backtests/14/report.html",
    }
    return {"shell": shell("backtests"), "page": page}


def all_trades() -> dict[str, Any]:
    page = {
        "title": "Trades",
        "parent_url": "/backtests/14/",
        "parent_label": "ETH channel, result 14",
        "quote": "USDT",
        "trades": trades(),
        "page": Page("2 of 54 trades", "", "?after=2"),
    }
    return {"shell": shell("backtests"), "page": page}


def comparison() -> dict[str, Any]:
    runs = backtest_rows()[:2]
    rows = [
        {"label": stat.label, "definition": stat.definition, "figures": [stat.figure, stat.figure]}
        for stat in metrics()
    ]
    return {
        "shell": shell("backtests"),
        "page": {"parent_url": "/backtests/", "runs": runs, "rows": rows, "note": "Both on ETH/USDT, other periods."},
    }


def studies() -> dict[str, Any]:
    row = {
        "name": "ETH channel v7, ETHUSDT",
        "url": "/studies/3/",
        "kind": "Walk forward",
        "period": "1h, 1 Jan 2024 to 31 Dec 2024",
        "trials": "120 of 320",
        "state": State("wait", "Running"),
    }
    page = {"parent_url": "/backtests/", "new_url": "/studies/new/", "studies": [row], "page": Page("1 study")}
    return {"shell": shell("backtests"), "page": page}


def study_form() -> dict[str, Any]:
    form = {
        **backtest_form()["page"]["form"],
        "kind": text_field(
            "kind", "Study", kind="select", choices=[("walk_forward", "Walk forward")], value="walk_forward"
        ),
        "objective": text_field(
            "objective",
            "Make as large as possible",
            kind="select",
            choices=[("sharpe", "Sharpe ratio")],
            value="sharpe",
        ),
        "method": text_field("method", "Combinations", kind="select", choices=[("grid", "All")], value="grid"),
        "budget": text_field("budget", "Trials at most", value="200"),
        "folds": text_field("folds", "Steps forward", value="4"),
        "seed": text_field("seed", "Seed", value="1"),
        "anchored": text_field("anchored", "Fit from the first candle each time", kind="checkbox", required=False),
    }
    axis = {
        "title": "SMA period (20)",
        "use": text_field("use_0", "SMA period (20)", kind="checkbox", required=False),
        "low": text_field("low_0", "From", value="10"),
        "high": text_field("high_0", "To", value="30"),
        "step": text_field("step_0", "Step", value="5"),
    }
    page = {
        "parent_url": "/studies/",
        "action_url": "/studies/new/",
        "strategy": "ETH channel, version 7",
        "errors": [],
        "idempotency_key": KEY,
        "form": form,
        "axes": [axis],
    }
    return {"shell": shell("backtests"), "page": page}


def study_running(state: str) -> dict[str, Any]:
    page = {
        "title": "ETH channel v7, ETHUSDT",
        "note": "Walk forward, 1h candles, 1 Jan 2024 to 31 Dec 2024",
        "parent_url": "/studies/",
        "cancel_url": "/studies/3/cancel/",
        "pause_url": "/studies/3/pause/",
        "resume_url": "/studies/3/resume/",
        "progress_url": "/studies/3/progress/",
        "percent": 37,
        "sentence": "120 of 320 trials",
        "state": state,
        "reason": "Workers died over this study again and again.",
        "code": "backtests.gave_up",
        "repeat_url": "/studies/new/?version=7",
    }
    return {"shell": shell("backtests"), "page": page}


def study() -> dict[str, Any]:
    cells = [{"text": "1.20", "level": "up-4"}, {"text": "−0.30", "level": "down-1"}, {"text": "", "level": ""}]
    data = {
        "times": [START + DAY * place for place in range(4)],
        "series": [
            {"label": "Strategy", "kind": "own", "values": ["100.0", "101.2", "103.9", "104.4"]},
            {"label": "Holding", "kind": "benchmark", "values": ["100.0", "99.1", "98.4", "101.3"]},
        ],
        "unit": "",
        "places": 1,
        "unseen_from": None,
    }
    page = {
        "title": "ETH channel v7, ETHUSDT",
        "parent_url": "/studies/",
        "note": "Walk forward, 1h candles, 1 Jan 2024 to 31 Dec 2024",
        "repeat_url": "/studies/new/?version=7",
        "verdict": "Not trusted",
        "tone": "warn",
        "sentence": "64 combinations were tried. 1 of 5 checks failed.",
        "checks": [
            Stat(
                "Better than luck",
                Figure("91 %"),
                "at least 95 % to pass",
                "Probability that the best is more than luck.",
            )
        ],
        "points": [Attention("warn", "warn", "Better than luck:", "91 %, failed.", "", "")],
        "curve": Curve("forward", data, "Of 100, 104.4 were left at the end; of holding 101.3."),
        "curve_title": "Walk forward",
        "curve_note": "Only candles that nothing was fitted on",
        "legend": [LegendItem("own", "Strategy"), LegendItem("benchmark", "Holding")],
        "figures": [Stat("On unseen candles", up("+4.4 %"), "after costs")],
        "heat": {
            "down": "fast",
            "across": "slow",
            "columns": ["30", "40", "50"],
            "rows": [{"label": "10", "cells": cells}],
        },
        "trials": [
            {
                "numbers": "fast 10, slow 30",
                "score": Figure("1.200"),
                "result": up("+8.1 %"),
                "worst_fall": Figure("6.0 %"),
                "trades": "31",
            }
        ],
        "walked": [
            {
                "period": "1 Jul 2024 to 31 Jul 2024",
                "numbers": "fast 10, slow 30",
                "fitted": up("+8.1 %"),
                "tried": down("−1.2 %"),
            }
        ],
    }
    return {"shell": shell("backtests"), "page": page}


BACKTEST_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "backtests": ("trading/backtests/list.html", backtests()),
    "backtest-form": ("trading/backtests/form.html", backtest_form()),
    "backtest-running": ("trading/backtests/running.html", running("running")),
    "backtest-failed": ("trading/backtests/running.html", running("failed")),
    "backtest": ("trading/backtests/result.html", result()),
    "backtest-trades": ("trading/backtests/trades.html", all_trades()),
    "studies": ("trading/backtests/studies.html", studies()),
    "study-form": ("trading/backtests/study_form.html", study_form()),
    "study-running": ("trading/backtests/study_running.html", study_running("running")),
    "study-paused": ("trading/backtests/study_running.html", study_running("paused")),
    "study-failed": ("trading/backtests/study_running.html", study_running("failed")),
    "study": ("trading/backtests/study.html", study()),
    "backtest-compare": ("trading/backtests/compare.html", comparison()),
}
