# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts of the history of orders and its sums."""

from typing import Any

from apps.core.view import Choice, Figure, Limit, Page, Stat
from tests.frontend.samples_shell import shell, text_field
from tests.frontend.samples_trading import order_rows

ALL = ("", "All")


def field(name: str, label: str, **given: Any) -> Any:
    return text_field(name, label, **{"required": False, **given})


def form() -> dict[str, Any]:
    return {
        "symbol": field("symbol", "Market", kind="select", choices=[ALL, ("BTCUSDT", "BTCUSDT")], value="BTCUSDT"),
        "side": field("side", "Side", kind="select", choices=[ALL, ("buy", "Buy"), ("sell", "Sell")], value=""),
        "state": field("state", "State", kind="select", choices=[ALL, ("filled", "Filled")], value="filled"),
        "origin": field("origin", "Placed by", kind="select", choices=[ALL, ("manual", "By hand"), ("bot", "Bot")], value=""),
        "connection": field("connection", "Account", kind="select", choices=[ALL, ("018f", "Main account at an exchange with a long name")], value=""),
        "start": field("start", "From", kind="date", value="2024-06-01"),
        "end": field("end", "To", kind="date"),
        "bot": field("bot", "Bot", kind="hidden"),
    }  # fmt: skip


def tabs(current: str) -> list[Choice]:
    names = {"Orders": "/orders/history/", "Statistics": "/orders/history/statistics/"}
    return [Choice(name, url, name == current) for name, url in names.items()]


def history(*, empty: bool = False) -> dict[str, Any]:
    page = {
        "tabs": tabs("Orders"),
        "form": form(),
        "reset_url": "/orders/history/",
        "export_url": "/orders/history.csv?state=filled",
        "orders": [] if empty else order_rows(),
        "page": Page("4 orders", "", "/orders/history/?after=1"),
        "is_narrowed": True,
    }
    return {"shell": shell("orders"), "page": page}


def statistics() -> dict[str, Any]:
    rows = [
        {"label": "BTCUSDT", "orders": "1,204", "fill_rate": "92.1 %", "worth": "1,204,551.20", "realised": Figure("+1,811.40", "up")},
        {"label": "A bot with a name that somebody made far too long", "orders": "18", "fill_rate": "–", "worth": "0.00", "realised": Figure("−27.49", "down")},
    ]  # fmt: skip
    page = {
        "tabs": tabs("Statistics"),
        "form": form(),
        "reset_url": "/orders/history/statistics/",
        "period": "1 Jun 2024 to today",
        "stats": [
            Stat("Orders", Figure("1,222"), "1,340 fills"),
            Stat("Filled", Figure("91.8 %"), "of those that are over"),
            Stat("Cancelled", Figure("6.0 %")),
            Stat("Refused", Figure("2.2 %")),
            Stat("Fills as maker", Figure("12.0 %")),
            Stat("Volume, USDT", Figure("1,204,551.20")),
            Stat("Fees, USDT", Figure("1,204.5512")),
            Stat("Result, USDT", Figure("+1,783.91", "up"), "before fees"),
        ],
        "tables": [
            {"title": "By day", "heading": "Day", "rows": []},
            {"title": "By market", "heading": "Market", "rows": rows},
            {"title": "By bot and origin", "heading": "Placed by", "rows": rows},
        ],
    }
    return {"shell": shell("orders"), "page": page}


HISTORY_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "order-history": ("trading/orders/history.html", history()),
    "order-history-empty": ("trading/orders/history.html", history(empty=True)),
    "order-statistics": ("trading/orders/statistics.html", statistics()),
}


def quality(*, empty: bool = False) -> dict[str, Any]:
    names = ("label", "orders", "worth", "slippage", "worst", "shortfall", "decision", "send", "answer", "fill")
    rows = [
        ("binance", "1,204", "1,204,551.20", "3.2", "41.0", Figure("−385.45", "down"), "2 / 9", "11 / 60", "84 / 410", "90 / 433"),
        ("an exchange with a long name", "18", "8,402.00", "−0.4", "2.1", Figure("+0.34", "up"), "–", "12 / 55", "–", "–"),
    ]  # fmt: skip
    form = {
        "worst_slippage_bps": field("worst_slippage_bps", "Worse than the price at decision by more than", value="25"),
        "slowest_answer_ms": field("slowest_answer_ms", "Answered by the exchange later than"),
    }
    tabs = [
        Choice(name, f"?by={name}", name == "Exchange") for name in ("Exchange", "Market", "Placed by", "Algorithm")
    ]
    lines = [] if empty else [dict(zip(names, row, strict=True)) for row in rows]
    page = {"tabs": tabs, "heading": "Exchange", "lines": lines, "form": form, "action_url": "/orders/quality/"}
    return {"shell": shell("orders"), "page": page}


HISTORY_PAGES["execution-quality"] = ("trading/orders/quality.html", quality())
HISTORY_PAGES["execution-quality-empty"] = ("trading/orders/quality.html", quality(empty=True))


def limits() -> dict[str, Any]:
    names = ("label", "value", "set_by", "platform")
    rows = [
        ("Ask for a code above", "500.00", "You", "1,000.00"),
        ("At most in one order", "1,000,000.00", "The platform", "1,000,000.00"),
        ("At most in a day", "9,000.00", "You", "5,000,000.00"),
    ]
    form = {
        "confirm_above": field("confirm_above", "Ask for a code above", value="500"),
        "most_per_order": field("most_per_order", "At most in one order"),
        "most_per_day": field("most_per_day", "At most in a day", value="9,000", errors=["Enter a number."]),
        "self_match": field("self_match", "An order that would meet your own", kind="select", choices=[("refuse", "Refuse it"), ("reduce", "Make it smaller")], value="refuse"),
    }  # fmt: skip
    page = {
        "lines": [dict(zip(names, row, strict=True)) for row in rows],
        "today": Limit("Live orders today", "8,120.50", "9,000.00 USDT", 90),
        "left": "879.50",
        "self_match": "Refuse it",
        "form": form,
        "action_url": "/risk/live-limits/",
        "key": "1",
    }
    return {"shell": shell("risk"), "page": page}


HISTORY_PAGES["live-limits"] = ("trading/orders/limits.html", limits())


def commissions(*, empty: bool = False) -> dict[str, Any]:
    names = ("market", "volume", "maker", "taker", "mine")
    rates = [
        ("All markets", "0", "0.1 %", "0.2 %", False),
        ("All markets", "1,000,000", "0.05 %", "0.12 %", True),
        ("BTCUSDT", "0", "0 %", "0.123457 %", True),
    ]
    parts = ("time", "market", "order_url", "share", "amount", "state")
    charges = [
        ("1 Jun 2024, 12:00:01", "BTCUSDT", "/orders/1/", "0.123457 %", "0.370368123456789012 USDT", "Booked"),
        ("1 Jun 2024, 12:00:00", "ETHUSDT", "/orders/1/", "0.05 %", "0.00000123 ETH", "Due"),
    ]
    page = {
        "modes": [Choice("Live", "?mode=live", True), Choice("Paper", "?mode=paper")],
        "name": "" if empty else "Usual rates, winter",
        "note": "Charged per fill as a share of the worth of a fill, in quote, from your wallet, beside the fee of the exchange.",
        "stats": [] if empty else [Stat("Traded in 30 days, USDT", Figure("1,204,551.20")), Stat("Charged, USDT", Figure("1,811.40"), "12.5 due")],
        "rates": [] if empty else [dict(zip(names, row, strict=True)) for row in rates],
        "promotions": [] if empty else ["50 % off on all markets, 1 Dec 2026 to 31 Dec 2026 (UTC)."],
        "charges": [] if empty else [dict(zip(parts, row, strict=True)) for row in charges],
        "page": Page("2 charges", "", "/orders/commissions/?after=1"),
    }  # fmt: skip
    return {"shell": shell("orders"), "page": page}


HISTORY_PAGES["commissions"] = ("trading/orders/commissions.html", commissions())
HISTORY_PAGES["commissions-empty"] = ("trading/orders/commissions.html", commissions(empty=True))
