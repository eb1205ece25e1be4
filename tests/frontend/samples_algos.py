# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts of the pages of large orders."""

from typing import Any

from apps.core.view import Fact, Figure, Limit, Page, Stat, State
from tests.frontend.samples_shell import shell, text_field
from tests.frontend.samples_ticket import ACCOUNTS
from tests.frontend.samples_trading import order_rows

KEY = "0190-sample-key"
HOWS = [("twap", "TWAP: evenly over time"), ("iceberg", "Iceberg: a small part shown at a time")]
RULES = [("at_once", "With the next part"), ("leave", "Not before the end")]


def field(name: str, label: str, **given: Any) -> Any:
    return text_field(name, label, **{"required": False, **given})


def algos() -> dict[str, Any]:
    names = ("time", "title", "pair", "side", "size", "filled", "average", "slippage", "state")
    rows = [
        ("2 Jun 02:15", "TWAP", "BTC/USDT", "buy", "12.5", "42 %", "67,512.31", "3.2", State("good", "Working")),
        ("1 Jun 16:10", "Iceberg", "ETH/USDT", "sell", "300", "80 %", "2,531.96", "−1.1", State("warn", "Paused: three orders one after the other were refused")),
        ("1 Jun 00:15", "POV", "SOL/USDT", "buy", "1,000", "100 %", "158.96", "0.4", State("off", "Over: all of it is filled")),
    ]  # fmt: skip
    shown = [
        {"id": f"a{at}", "url": f"/orders/algos/{at}/", **dict(zip(names, row, strict=True))}
        for at, row in enumerate(rows)
    ]
    return {
        "shell": shell("orders"),
        "page": {"new_url": "/orders/algos/new/", "rows": shown, "page": Page("3 large orders")},
    }


def form() -> dict[str, Any]:
    fields = {
        "connection": field("connection", "Account", kind="select", choices=ACCOUNTS, value="018f", required=True),
        "symbol": field("symbol", "Market", kind="select", choices=[("BTCUSDT", "BTC/USDT")], value="BTCUSDT", required=True),
        "side": field("side", "Side", kind="select", choices=[("buy", "Buy"), ("sell", "Sell")], value="buy", required=True),
        "quantity": field("quantity", "Quantity", value="12.5", required=True, help_text="In the first of the pair's assets."),
        "algo": field("algo", "How", kind="select", choices=HOWS, value="twap", required=True),
        "minutes": field("minutes", "Over, minutes", value="60", help_text="An iceberg may do without."),
        "slices": field("slices", "In parts", value="12", help_text="For TWAP and VWAP."),
        "participation": field("participation", "Share of the volume", help_text="For POV its share; for the others at most so much."),
        "guard": field("guard", "Stop when worse by", value="0.5", help_text="Than the price at the start: its mean price, or the market."),
        "limit_price": field("limit_price", "Worst price", help_text="An iceberg rests at it."),
        "display_quantity": field("display_quantity", "Shown at a time", help_text="For icebergs."),
        "time_jitter": field("time_jitter", "Shift times by up to"),
        "size_jitter": field("size_jitter", "Shift sizes by up to"),
        "catch_up": field("catch_up", "What was missed", kind="select", choices=RULES, value="at_once", required=True),
        "rest": field("rest", "What is left at the end", kind="select", choices=[("finish", "Send it")], value="finish", required=True),
        "position_side": field("position_side", "Position", kind="select", choices=[("", "Net"), ("long", "Long")], help_text="Long and short apart only for contracts in hedge mode."),
        "reduce_only": field("reduce_only", "Reduce-only: never open or turn a position", kind="checkbox"),
    }  # fmt: skip
    page = {
        "action_url": "/orders/algos/new/",
        "parent_url": "/orders/algos/",
        "errors": ["Choose 1 to 500 parts."],
        "idempotency_key": KEY,
        "form": fields,
    }
    return {"shell": shell("orders"), "page": page}


def algo() -> dict[str, Any]:
    page = {
        "id": "0190-algo",
        "seen": "paused|refused|5.25",
        "title": "Buy 12.5 BTC, TWAP",
        "parent_url": "/orders/algos/",
        "mode": "paper",
        "state": State("warn", "Paused: three orders one after the other were refused"),
        "warning": "Three orders one after the other were refused. The last one said: This order needs 70,312 USDT, and 50,000 USDT are available on this account.",
        "progress": Limit("Filled", "5.25", "12.5 BTC", 42),
        "stats": [
            Stat("Average price", Figure("67,512.31"), "67,490.70 at start"),
            Stat("Slippage, bp", Figure("3.2"), definition="How much worse than the price at the start."),
            Stat("Share of the volume", Figure("0.41 %"), definition="What was filled, of all that traded since the start."),
            Stat("Off the schedule", Figure("0.83 %"), "at worst", "The most by which a part's end missed the schedule."),
        ],
        "facts": [Fact("Account", "Paper account"), Fact("How", "TWAP: evenly over time"), Fact("Ends", "2 Jun 2024 03:15 UTC"), Fact("Parts", "12")],
        "children": order_rows(),
        "children_note": "4 sent, newest first",
        "match": "bot_id=0190",
        "pause_url": "",
        "resume_url": "/orders/algos/1/resume/",
        "cancel_url": "/orders/algos/1/cancel/",
        "idempotency_key": KEY,
    }  # fmt: skip
    return {"shell": shell("orders"), "page": page}


def trial() -> dict[str, Any]:
    names = ("time", "size", "price", "fee", "liquidity")
    fills = [
        ("2 Jun 02:15", "1.0417", "67,490.70", "70.30", "taker"),
        ("2 Jun 02:20", "1.0417", "67,512.31", "70.33", "taker"),
    ]
    more = {
        "day": field("day", "From the day", kind="date", value="2024-06-02", required=True),
        "clock": field("clock", "At, UTC", kind="time", value="02:15", required=True),
        "minutes": field("minutes", "Over, minutes", value="60", required=True),
        "fee": field("fee", "Fee", value="0.1", required=True),
        "slippage": field("slippage", "Slippage", value="2", required=True),
    }
    result = {
        "state": State("warn", "Its mean price or the market is worse than its slippage guard allows."),
        "progress": Limit("Filled", "2.0834", "12.5 BTC", 16),
        "stats": [
            *algo()["page"]["stats"][:2],
            Stat(
                "Against the market, bp",
                Figure("−1.4"),
                "67,521.77 on average",
                "How much worse than the market's mean price.",
            ),
            *algo()["page"]["stats"][2:],
        ],
        "facts": [
            Fact("From", "2 Jun 2024 02:15 UTC"),
            Fact("To", "2 Jun 2024 03:15 UTC"),
            Fact("Parts sent", "2"),
            Fact("Fees", "140.63 USDT"),
            Fact("Stopped", "2 Jun 2024 02:25 UTC"),
        ],
        "fills": [dict(zip(names, row, strict=True)) for row in fills],
        "fills_note": "2 fills",
        "start_url": "/orders/algos/new/?symbol=BTCUSDT",
    }
    page = {
        "action_url": "/orders/algos/try/",
        "parent_url": "/orders/algos/",
        "errors": [],
        "form": {**form()["page"]["form"], **more},
        "recorded": "Candles of 5 minutes are recorded from 1 Jan 2024 00:00 to 3 Jun 2024 00:00 UTC.",
        "result": result,
    }  # fmt: skip
    return {"shell": shell("orders"), "page": page}


ALGO_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "algos": ("trading/orders/algos.html", algos()),
    "algo": ("trading/orders/algo.html", algo()),
    "algo-try": ("trading/orders/algo_try.html", trial()),
    "algo-new": ("trading/orders/algo_form.html", form()),
}
