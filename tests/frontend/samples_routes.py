# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts of the pages of routed orders."""

from typing import Any

from apps.core.view import Fact, Figure, Limit, Page, Stat, State
from tests.frontend.samples_shell import shell, text_field
from tests.frontend.samples_trading import order_rows

KEY = "0190-sample-key"
LONG = "Main account at an exchange with a long name"


def field(name: str, label: str, **given: Any) -> Any:
    return text_field(name, label, **{"required": False, **given})


def routes() -> dict[str, Any]:
    names = ("time", "pair", "side", "size", "filled", "average", "saved", "state")
    rows = [
        ("2 Jun 02:15", "BTC/USDT", "buy", "1.25", "42 %", "67,512.31", "12.20", State("wait", "Working")),
        ("1 Jun 16:10", "ETH/USDT", "sell", "30", "80 %", "3,531.96", "−1.10", State("warn", "Partly filled")),
        ("1 Jun 00:15", "SOL/USDT", "buy", "1,000", "0 %", "–", "–", State("off", "Nothing filled")),
    ]  # fmt: skip
    shown = [{"url": f"/orders/routes/{at}/", **dict(zip(names, row, strict=True))} for at, row in enumerate(rows)]
    page = {"new_url": "/orders/routes/new/", "rows": shown, "page": Page("3 routed orders")}
    return {"shell": shell("orders"), "page": page}


def check(mode: str) -> dict[str, Any]:
    names = ("account", "venue", "size", "average", "worst", "fee", "net", "words", "alone")
    rows = [
        ("Paper account", "Sandbox exchange", "0.25", "67,002.00", "67,010.00", "0.1 %, published by the exchange", "16,767.25", "", "33,554.52 USDT"),
        (LONG, "Kraken", "0.25", "67,005.00", "67,005.00", "0.05 %, your own trades there", "16,759.63", "Its book holds no more.", "33,547.26 USDT for 0.4 BTC"),
        ("Third", "OKX", "–", "–", "–", "0.1 %, assumed: the exchange publishes none", "–", "There is no fresh book.", "–"),
    ]  # fmt: skip
    return {
        "sentence": f"Buy 0.5 BTC over your {mode} accounts",
        "mode": mode,
        "side": "buy",
        "facts": [Fact("Would fill now", "0.5 of 0.5 BTC"), Fact("Mean price", "67,003.50 USDT"), Fact(f"Better than all on {LONG}", "12.01 USDT")],
        "rows": [dict(zip(names, row, strict=True)) for row in rows],
        "values": [("mode", mode), ("symbol", "BTCUSDT"), ("side", "buy"), ("quantity", "0.5"), ("limit_price", "")],
        "idempotency_key": KEY,
        "is_possible": mode == "live",
    }  # fmt: skip


def form(mode: str = "", errors: tuple[str, ...] = ()) -> dict[str, Any]:
    modes = [("paper", "All paper accounts"), ("live", "All live accounts")]
    fields = {
        "mode": field("mode", "Over", kind="select", choices=modes, value="live", required=True),
        "symbol": field("symbol", "Market", kind="select", choices=[("BTCUSDT", "BTC/USDT")], value="BTCUSDT", required=True),
        "side": field("side", "Side", kind="select", choices=[("buy", "Buy"), ("sell", "Sell")], value="buy", required=True),
        "quantity": field("quantity", "Quantity", value="0.5", required=True, help_text="In the first of the pair's assets."),
        "limit_price": field("limit_price", "Worst price", help_text="Without one: the worst price of the first decision."),
    }  # fmt: skip
    page = {
        "action_url": "/orders/routes/new/",
        "parent_url": "/orders/routes/",
        "errors": list(errors),
        "form": fields,
        "check": check(mode) if mode else None,
    }
    return {"shell": shell("orders", mode="live" if mode == "live" else "paper"), "page": page}


def route() -> dict[str, Any]:
    names = ("round", "account", "size", "average", "worst", "words", "state")
    parts = [
        ("1", "Paper account", "0.25", "67,002.00", "67,010.00", "", State("good", "Placed")),
        ("1", LONG, "0.25", "67,005.00", "67,005.00", "This order would trade with your own sell order at 67,004.00 on this account.", State("warn", "Refused")),
        ("1", "Third", "–", "–", "–", "There is no fresh book.", State("off", "No part")),
        ("2", "Paper account", "0.1", "67,020.00", "67,020.00", "Its book holds no more.", State("wait", "On its way")),
    ]  # fmt: skip
    page = {
        "title": "Buy 0.5 BTC over accounts",
        "parent_url": "/orders/routes/",
        "mode": "paper",
        "state": State("wait", "Working"),
        "reason": "",
        "progress": Limit("Filled", "0.25", "0.5 BTC", 50),
        "stats": [
            Stat("Mean price", Figure("67,002.00"), "67,003.50 when it was decided"),
            Stat("Fees of the exchanges", Figure("0.00025 BTC, 1.2 USDT")),
            Stat("Better, USDT", Figure("5.40"), definition="How much better the fills were, after fees, than the best single account."),
        ],
        "facts": [Fact("Placed", "2 Jun 2024 02:15:11 UTC"), Fact("Worst price", "67,100.00 USDT"), Fact("Rounds", "2")],
        "parts": [dict(zip(names, row, strict=True)) for row in parts],
        "children": order_rows(),
        "children_note": "2 sent, newest first",
        "match": "bot_id=0190",
        "cancel_url": "/orders/routes/1/cancel/",
        "idempotency_key": KEY,
    }  # fmt: skip
    return {"shell": shell("orders"), "page": page}


ROUTE_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "routes": ("trading/orders/routes.html", routes()),
    "route": ("trading/orders/route.html", route()),
    "route-new": ("trading/orders/route_form.html", form(errors=("Choose paper or live accounts.",))),
    "route-check": ("trading/orders/route_form.html", form("live")),
    "route-check-none": ("trading/orders/route_form.html", form("paper")),
}
