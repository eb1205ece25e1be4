# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts of the order ticket: on a market's page, checked, refused."""

from dataclasses import replace
from typing import Any

from apps.core.view import Fact
from tests.frontend.samples_shell import shell, text_field

KINDS = [
    ("market", "Market"),
    ("limit", "Limit"),
    ("stop", "Stop"),
    ("stop_limit", "Stop limit"),
    ("take_profit", "Take profit"),
    ("take_profit_limit", "Take profit limit"),
    ("trailing_stop", "Trailing stop"),
]
TIMES = [("GTC", "Until cancelled"), ("IOC", "At once or cancel"), ("GTD", "Until a moment")]
ACCOUNTS = [("018f", "Paper account (paper)"), ("0190", "Main account at an exchange with a long name (live)")]


def ticket(**changes: Any) -> dict[str, Any]:
    """The form as it stands on a market's page; `changes` are further facts of its fields."""

    def field(name: str, label: str, **given: Any) -> Any:
        return text_field(name, label, **{"required": False, **given, **changes.get(name, {})})

    form = {
        "non_field_errors": [],
        "symbol": field("symbol", "Symbol", kind="hidden", value="BTCUSDT"),
        "connection": field("connection", "Account", kind="select", choices=ACCOUNTS, value="018f", required=True),
        "kind": field("kind", "Order", kind="select", choices=KINDS, value="limit", required=True),
        "quantity": field("quantity", "Quantity", value="0.0100", required=True),
        "price": field("price", "Limit price", value="104,063.2"),
        "stop_price": field("stop_price", "Trigger price"),
        "trail_percent": field("trail_percent", "Distance from the best price"),
        "time_in_force": field("time_in_force", "Stays", kind="select", choices=TIMES, value="GTC"),
        "good_until": field("good_until", "Ends", help_text="UTC, as 2026-12-31 17:00"),
        "max_slippage": field("max_slippage", "At most worse by"),
        "post_only": field("post_only", "Post-only: never take from the book", kind="checkbox"),
        "reduce_only": field("reduce_only", "Reduce-only: never open or turn a position", kind="checkbox"),
        "take_profit": field("take_profit", "Take profit at"),
        "stop_loss": field("stop_loss", "Stop loss at"),
        "stop_trail": field("stop_trail", "Or stop behind the best price by"),
    }
    return {"pair": "BTC/USDT", "base": "BTC", "quote": "USDT", "url": "/orders/ticket/", "form": form,
            "title": "New order", "terms": [], "route_url": "/orders/routes/new/?symbol=BTCUSDT"}  # fmt: skip


def contract_ticket(**changes: Any) -> dict[str, Any]:
    """The form of a contract: a position side, and what was chosen on each account."""
    shown = ticket(symbol={"value": "BTCUSDTPERP"}, **changes)
    form = dict(shown["form"])
    sides = [("", "Net"), ("long", "Long"), ("short", "Short")]
    form["position_side"] = text_field(
        "position_side",
        "Position",
        kind="select",
        choices=sides,
        value="",
        required=False,
        help_text="Long and short apart only in hedge mode.",
    )
    form = {
        name: replace(field, auto_id="id_contract_%s") if name != "non_field_errors" else []
        for name, field in form.items()
    }
    terms = ["Paper account: 20× cross", "Main account at an exchange with a long name: 5× isolated"]
    changed = {"pair": "BTC/USDT perpetual", "title": "New contract order", "terms": terms, "route_url": ""}
    return {**shown, **changed, "form": form}


def contract_checked() -> dict[str, Any]:
    facts = [
        Fact("Account", "Paper account"),
        Fact("Price now", "104,063.2 USDT at 14:02:41 UTC"),
        Fact("Leverage", "20×, cross margin"),
        Fact("Margin needed", "520.32 USDT"),
        Fact("Position then liquidated", "at 99,214.6 USDT"),
        Fact("Reserved until it is over", "525.52 USDT"),
        Fact("Fee, if it takes", "about 5.2 USDT, 0.05 % (your own trades there)"),
        Fact("Position now", "-0.02 BTC"),
    ]
    page = {**checked()["page"], "ticket": contract_ticket(), "sentence": "Buy 0.1 BTC, market", "facts": facts}
    return {"shell": shell("orders"), "page": page}


def checked(mode: str = "paper") -> dict[str, Any]:
    facts = [
        Fact("Account", "Paper account" if mode == "paper" else "Main account at an exchange with a long name"),
        Fact("Price now", "104,063.2 USDT at 14:02:41 UTC"),
        Fact("Limit", "104,000.0 USDT (GTC)"),
        Fact("Take profit at", "110,000.0 USDT, once the entry is filled"),
        Fact("Stop loss at", "99,500.0 USDT, once the entry is filled"),
        Fact("Reserved until it is over", "1,040 USDT"),
        Fact("Fee, if it takes", "about 1.04 USDT, 0.1 % (your own trades there)"),
        Fact("Position by hand now", "0.25 BTC"),
    ]
    page = {"ticket": ticket(take_profit={"value": "110000"}, stop_loss={"value": "99500"}), "market_url": "/markets/BTCUSDT/", "refusal": "", "sentence": "Buy 0.01 BTC, limit", "mode": mode, "side": "buy", "facts": facts, "values": [("symbol", "BTCUSDT"), ("side", "buy")], "idempotency_key": "018f-ticket"}  # fmt: skip
    return {"shell": shell("orders", mode=mode), "page": page}


def refused() -> dict[str, Any]:
    words = "This order needs 6,000,000 USDT, and 50,000 USDT are available on this account: what open orders may cost is reserved for them. Choose a smaller quantity, or cancel an open order."
    page = {
        **checked()["page"],
        "ticket": ticket(quantity={"value": "57.7", "errors": ["Quantity must be a multiple of 0.00001 BTC."]}),
        "refusal": words,
        "sentence": "",
        "mode": "",
        "facts": [],
    }
    return {"shell": shell("orders"), "page": page}


TICKET_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "ticket-checked": ("trading/orders/ticket.html", checked()),
    "ticket-contract": ("trading/orders/ticket.html", contract_checked()),
    "ticket-live": ("trading/orders/ticket.html", checked("live")),
    "ticket-refused": ("trading/orders/ticket.html", refused()),
}
