# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts of the strategy pages."""

from typing import Any

from apps.core.view import Fact, Page
from tests.frontend.samples_shell import shell, text_field
from tests.frontend.samples_trading import INTERVALS, backtest_rows, up


def templates() -> list[dict[str, Any]]:
    cards = [
        {
            "name": "Two averages",
            "text": "Buys when the fast average crosses above the slow one, sells when it falls back.",
            "url": "/strategies/new/?template=averages",
        },
        {
            "name": "Oversold bounce",
            "text": "Buys when RSI is under 30 and the price closes back inside the lower band.",
            "url": "/strategies/new/?template=rsi",
        },
        {
            "name": "MACD with the trend",
            "text": "Takes MACD crossings only while the price is above its 200-candle average.",
            "url": "/strategies/new/?template=macd",
        },
    ]
    return [{"key": card["name"].lower(), "sentence": "In words: " + card["text"], **card} for card in cards]


def strategies_empty() -> dict[str, Any]:
    context = strategies()
    return {**context, "page": {**context["page"], "strategies": []}}


def operand(kind: str, params: str = "", error: str = "", *, special: bool = False) -> dict[str, Any]:
    return {
        "kind": kind,
        "params": params,
        "source": "",
        "shift": "1" if special else "",
        "error": error,
        "is_special": special,
    }


def rule(index: str, left: dict[str, Any], operator: str, right: dict[str, Any]) -> dict[str, Any]:
    return {"index": index, "left": left, "operator": operator, "right": right}


def conditions(name: str, join: str, rules: list[dict[str, Any]], **more: str) -> dict[str, Any]:
    return {"name": name, "mode": "rows", "join": join, "rules": rules, "text": "", "error": "", **more}


def more_rules() -> Any:
    return text_field(
        "more",
        "More rules as JSON",
        value='{"trailing_stop_percent": "4"}',
        required=False,
        help_text="Trailing stop, time stop, buying more, cool-down and the like.",
    )


def strategy_form() -> dict[str, Any]:
    kinds = [
        ("close", "Close", "", 0),
        ("SMA", "SMA", "20", 1),
        ("EMA", "EMA", "20", 1),
        ("RSI", "RSI", "14", 1),
        ("MACD", "MACD line", "12, 26, 9", 3),
        ("BB_LOWER", "Bollinger, lower", "20, 2", 2),
        ("value", "Number", "30", 1),
    ]
    builder = {
        "kinds": [dict(zip(("value", "label", "params", "count"), kind, strict=True)) for kind in kinds],
        "operators": [
            ("gt", "is above"),
            ("lt", "is below"),
            ("crosses_above", "crosses above"),
            ("crosses_below", "crosses below"),
        ],
        "joins": [("and", "all of these hold"), ("or", "any of these holds")],
        "sources": [("", "close (usual)"), ("open", "open")],
    }
    form = {
        "name": text_field("name", "Name", value="ETH channel"),
        "timeframe": text_field("timeframe", "Candles", kind="select", choices=INTERVALS, value="5m"),
        "sizing_kind": text_field(
            "sizing_kind", "Size by", kind="select", choices=[("percent", "Share of free funds")], value="percent"
        ),
        "sizing_amount": text_field(
            "sizing_amount",
            "Size of a trade",
            value="50",
            help_text="Share of the bot's free funds put into one trade.",
        ),
        "stop_loss_percent": text_field(
            "stop_loss_percent", "Stop loss", value="250", required=False, errors=["Must be under 100."]
        ),
        "take_profit_percent": text_field("take_profit_percent", "Take profit", value="", required=False),
        "more": more_rules(),
    }
    entry = [
        rule("0", operand("EMA", "12"), "crosses_above", operand("EMA", "26", special=True)),
        rule("1", operand("RSI", "14"), "lt", operand("value", "seventy", "Give a number.")),
    ]
    page = {
        "heading": "Edit ETH channel",
        "parent_url": "/strategies/",
        "save_label": "Save version 8",
        "errors": ["Nothing was saved: two fields need a change."],
        "action_url": "/strategies/1/edit/",
        "expected": 7,
        "form": form,
        "builder": builder,
        "entry": conditions("entry", "and", entry),
        "exit": conditions("exit", "or", [rule("0", operand("close"), "lt", operand("BB_LOWER", "20, 2"))]),
        "blank": rule("__i__", operand("close"), "gt", operand("SMA", "20")),
        "preview": "Buys when EMA 12 crosses above EMA 26 and RSI 14 is below 70. Sells when the close is below the lower Bollinger band (20, 2).",
    }
    return {"shell": shell("strategies"), "page": page}


def strategies() -> dict[str, Any]:
    rows = [
        {
            "name": "ETH channel",
            "url": "/strategies/1/",
            "market": "ETH/USDT",
            "interval": "5m",
            "version": 7,
            "changed": "2 Jun, 09:02",
            "last_result": up("+138.4"),
            "last_result_url": "/backtests/14/",
            "holding": up("+109.7"),
            "bots": 1,
            "backtest_url": "/backtests/new/",
        },
        {
            "name": "BTC trend",
            "url": "/strategies/2/",
            "market": "BTC/USDT",
            "interval": "1h",
            "version": 2,
            "changed": "28 May, 17:40",
            "last_result": None,
            "last_result_url": "",
            "holding": None,
            "bots": 0,
            "backtest_url": "/backtests/new/",
        },
    ]
    page = {
        "new_url": "/strategies/new/",
        "gallery_url": "/strategies/gallery/",
        "other_label": "Archived",
        "other_url": "?archived=1",
        "strategies": rows,
        "templates": templates(),
        "page": Page("2 strategies"),
    }
    return {"shell": shell("strategies"), "page": page}


def strategy_json() -> dict[str, Any]:
    """The builder when the rules are nested deeper than rows can show."""
    context = strategy_form()
    nested = conditions(
        "entry", "and", [], mode="json", text='{"op": "and", "of": []}', error="An empty group says nothing."
    )
    return {**context, "page": {**context["page"], "entry": nested}}


def gallery() -> dict[str, Any]:
    return {"shell": shell("strategies"), "page": {"parent_url": "/strategies/", "templates": templates()}}


def diff() -> dict[str, Any]:
    changes = [
        {"part": "Size", "before": "1 % of funds", "after": "0.5 % of funds"},
        {"part": "Stop loss", "before": "", "after": "3 %"},
    ]
    return {
        "shell": shell("strategies"),
        "page": {"name": "ETH channel", "parent_url": "/strategies/1/", "title": "Version 6 to 7", "changes": changes},
    }


def strategy() -> dict[str, Any]:
    versions = [
        {
            "number": 7,
            "url": "?version=7",
            "current": True,
            "time": "2 Jun, 09:02",
            "diff_url": "/strategies/1/diff/",
            "change": "Risk of a trade 0.5 % (was 1 %)",
            "result": up("+138.4"),
            "result_url": "/backtests/14/",
        },
        {
            "number": 6,
            "url": "?version=6",
            "current": False,
            "time": "28 May, 17:40",
            "diff_url": "/strategies/1/diff/",
            "change": "Channel 120 / 60 (was 96 / 48)",
            "result": up("+37.0"),
            "result_url": "/backtests/9/",
        },
        {
            "number": 5,
            "url": "?version=5",
            "current": False,
            "time": "20 May, 08:11",
            "diff_url": "",
            "change": "First saved version",
            "result": None,
            "result_url": "",
        },
    ]
    page = {
        "name": "ETH channel",
        "parent_url": "/strategies/",
        "note": "ETH/USDT, 5-minute candles, version 7",
        "edit_url": "/strategies/1/edit/",
        "backtest_url": "/backtests/new/",
        "optimise_url": "/studies/new/",
        "bot_url": "/bots/new/",
        "is_archived": False,
        "archive_url": "/strategies/1/archive/",
        "sentence": "Buys when EMA 12 crosses above EMA 26 and RSI 14 is below 70.",
        "entry_join": "all hold",
        "exit_join": "any holds",
        "entry": ["EMA 12 crosses above EMA 26", "RSI 14 is below 70"],
        "exit": ["Close is below the lower Bollinger band (20, 2)"],
        "facts": [Fact("Size of a trade", "50 % of free funds"), Fact("Stop loss", "3 %"), Fact("Take profit", "none")],
        "versions": versions,
        "backtests": backtest_rows(),
    }
    return {"shell": shell("strategies"), "page": page}


STRATEGY_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "strategies": ("trading/strategies/list.html", strategies()),
    "strategies-empty": ("trading/strategies/list.html", strategies_empty()),
    "strategy-form": ("trading/strategies/form.html", strategy_form()),
    "strategy": ("trading/strategies/detail.html", strategy()),
    "strategy-json": ("trading/strategies/form.html", strategy_json()),
    "gallery": ("trading/strategies/gallery.html", gallery()),
    "diff": ("trading/strategies/diff.html", diff()),
}
