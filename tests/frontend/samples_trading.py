# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts of the trading pages."""

from typing import Any

from apps.core.view import Chart, Choice, Fact, Figure, Page, State, Step
from tests.frontend.sample_series import spark
from tests.frontend.samples_exchanges import EXCHANGE_PAGES
from tests.frontend.samples_shell import shell, text_field
from tests.frontend.view_data import BotRow

MARKETS = [("BTCUSDT", "BTC/USDT"), ("ETHUSDT", "ETH/USDT"), ("SOLUSDT", "SOL/USDT")]
INTERVALS = [("5m", "5 minutes"), ("1h", "1 hour"), ("1d", "1 day")]
KEY = "0190-sample-key"
NONE = Figure("–")


def up(text: str) -> Figure:
    return Figure(text, "up")


def down(text: str) -> Figure:
    return Figure(text, "down")


def bot_rows() -> list[BotRow]:
    none = Figure("0.00", "zero")
    rows = [
        ("BTC trend", "live", "BTC/USDT", State("good", "In position, stop at 102,600")),
        ("LTC reversion", "paper", "LTC/USDT", State("warn", "Paused: day loss limit")),
        ("ETH channel", "paper", "ETH/USDT", State("wait", "Waiting for the 14:05 candle")),
        ("BTC weekly buy", "paper", "BTC/USDT", State("good", "Next buy Friday 09:00")),
        ("SOL grid", "paper", "SOL/USDT", State("good", "12 orders resting, 148 to 162")),
        ("A bot with a name that somebody made far too long", "paper", "ETH/USDT", State("off", "Stopped")),
    ]
    figures = [
        (down("−199.47"), up("+18.4"), up("+3.1")),
        (down("−61.30"), up("+6.2"), down("−4.8")),
        (none, up("+10.6"), down("−26.8")),
        (none, up("+31.7"), Figure("0.0", "zero")),
        (up("+18.42"), up("+2.9"), down("−1.4")),
        (up("+3.11"), up("+1.2"), None),
    ]
    return [
        BotRow(f"0190-{at}", name, f"/bots/{at}/", mode, pair, state, today, since, against, spark(at))
        for at, ((name, mode, pair, state), (today, since, against)) in enumerate(zip(rows, figures, strict=True))
    ]


def order_rows() -> list[dict[str, Any]]:
    filled = State("good", "Filled")
    rows = [
        ("2 Jun 02:15", "sell", "1.066", "2,516.72", "2,515.96", "2.1", "142", "2.02", down("−21.08"), filled),
        ("1 Jun 16:10", "buy", "1.066", "2,531.20", "2,531.96", "2.6", "118", "2.03", None, filled),
        ("1 Jun 00:15", "sell", "1.063", "2,519.72", "2,518.96", "3.0", "96", "2.02", down("−27.49"), filled),
        (
            "31 May 13:05",
            "buy",
            "1.063",
            "2,540.30",
            "2,541.06",
            "1.9",
            "104",
            "2.03",
            None,
            State("wait", "Sent, no answer yet"),
        ),
        ("29 May 12:45", "sell", "1.010", "2,687.17", "2,686.36", "1.4", "187", "2.02", up("+9.58"), filled),
        (
            "28 May 12:25",
            "buy",
            "1.010",
            "2,672.05",
            "–",
            "–",
            "209",
            "0.00",
            None,
            State("warn", "Refused: too little free"),
        ),
    ]
    names = ("time", "side", "size", "wanted", "got", "slippage", "latency", "fee", "result", "state")
    fixed = {"bot": "ETH channel", "bot_url": "/bots/2/", "pair": "ETH/USDT", "kind": "market", "filled": "100 %"}
    return [
        {"id": f"order-{at}", "url": f"/orders/{at}/", **fixed, **dict(zip(names, row, strict=True))}
        for at, row in enumerate(rows)
    ]


def markets() -> dict[str, Any]:
    rows = [
        {
            "symbol": symbol,
            "pair": pair,
            "name": name,
            "url": f"/markets/{symbol}/",
            "price": price,
            "places": places,
            "change": change,
            "high": high,
            "low": low,
            "volume": volume,
            "spark_points": spark(at),
            "backtest_url": f"/backtests/new/?symbol={symbol}",
        }
        for at, (symbol, pair, name, price, places, change, high, low, volume) in enumerate(
            [
                ("BTCUSDT", "BTC/USDT", "Bitcoin", "104,063.2", 1, down("−0.29"), "105,900.0", "103,600.6", "145,776"),
                ("ETHUSDT", "ETH/USDT", "Ether", "2,510.46", 2, up("+1.12"), "2,547.10", "2,466.30", "1,204,118"),
                ("SOLUSDT", "SOL/USDT", "Solana", "153.84", 2, Figure("0.00", "zero"), "158.20", "151.32", "9,447,020"),
            ]
        )
    ]
    return {
        "shell": shell("markets"),
        "page": {"note": "Recorded 2024 candles, replayed at 60×", "query": "", "rows": rows},
    }


def symbol() -> dict[str, Any]:
    chart = Chart(
        "BTCUSDT",
        "5m",
        300,
        1,
        "BTC/USDT, 5-minute candles. Last 104,063.2, down 0.29 % in 24 hours.",
        live=True,
        marks=[
            {"ts": 1_748_850_000_000, "side": "buy", "text": "Buy 0.15"},
            {"ts": 1_748_866_200_000, "side": "sell", "text": "+131.52", "tone": "up"},
        ],
        lines=[
            {"price": "104000.0", "label": "Entry", "tone": "plain"},
            {"price": "103500.0", "label": "Buy 0.01 at", "tone": "up", "url": "/orders/2/amend/", "field": "price"},
        ],
    )
    page = {
        "symbol": "BTCUSDT",
        "pair": "BTC/USDT",
        "name": "Spot",
        "interval": "5m",
        "places": 1,
        "price": Figure("104,063.2"),
        "change": down("−0.29 %"),
        "facts": [Fact("High", "105,900.0"), Fact("Low", "103,600.6"), Fact("Volume, BTC", "145,776")],
        "feed": State("good", "Sandbox, live"),
        "intervals": [
            Choice(name, f"?interval={name}", name == "5m") for name in ("1m", "5m", "15m", "1h", "4h", "1d")
        ],
        "chart": chart,
        "markets_url": "/markets/",
        "backtest_url": "/backtests/new/",
        "bot_url": "/bots/new/",
        "orders": order_rows(),
        "positions": [
            {
                "bot": "BTC trend",
                "bot_url": "/bots/0/",
                "side": "long",
                "size": "0.1500",
                "entry": "103,180.0",
                "mark": "104,056.8",
                "result": up("+131.52 (+0.8 %)"),
            }
        ],
    }
    return {"shell": shell("markets"), "page": page}


def backtest_rows() -> list[dict[str, Any]]:
    done = State("good", "Done")
    return [
        {
            "id": "14",
            "name": "ETH channel, result 14",
            "url": "/backtests/14/",
            "period": "1 Jan 2023 to 2 Jun 2025",
            "result": up("+138.4"),
            "holding": up("+109.7"),
            "worst_fall": Figure("−30.2"),
            "trades": 54,
            "state": done,
        },
        {
            "id": "13",
            "name": "ETH channel, result 13",
            "url": "/backtests/13/",
            "period": "1 Jan to 31 Dec 2024",
            "result": down("−4.1"),
            "holding": up("+46.3"),
            "worst_fall": Figure("−18.0"),
            "trades": 21,
            "state": done,
        },
        {
            "id": "12",
            "name": "ETH channel, result 12",
            "url": "/backtests/12/",
            "period": "1 Jan to 31 Dec 2024",
            "result": NONE,
            "holding": NONE,
            "worst_fall": NONE,
            "trades": 0,
            "state": State("wait", "Running, 42 %"),
        },
    ]


def orders() -> dict[str, Any]:
    filters = [Choice(name, f"?state={name}", name == "All") for name in ("All", "Open", "Filled", "Refused")]
    return {
        "shell": shell("orders"),
        "page": {
            "note": "newest first",
            "filters": filters,
            "orders": order_rows(),
            "page": Page("6 of 42 orders", "", "?after=6"),
        },
    }


def order() -> dict[str, Any]:
    page = {
        "id": "0190d2c4-7c1e-7a33-9a57-1f0e6b2f9a10",
        "seen": "sent|0.04",
        "title": "Buy 0.1010 BTC, market",
        "parent_url": "/orders/",
        "mode": "paper",
        "state": State("wait", "Sent, no answer yet"),
        "reason": "The exchange has not answered for 40 s. Nothing is sent again until it is known whether the order arrived; we ask every few seconds.",
        "code": "orders.outcome_unknown",
        "facts": [
            Fact("Bot", "BTC trend"),
            Fact("Limit", "none, at market"),
            Fact("Wanted", "104,063.2 USDT"),
            Fact("Order number", "0190d2c4-7c1e-7a33-9a57-1f0e6b2f9a10"),
            Fact("Client order id", "oc-0190d2c4"),
        ],
        "steps": [
            Step("done", "Intent stored", "14:02:41"),
            Step("done", "Sent to the sandbox", "14:02:41", "client order id oc-0190d2c4"),
            Step("now", "Answer", "", "Asked again 3 times."),
            Step("later", "Filled"),
        ],
        "fills": [
            {
                "time": "14:02:42",
                "trade_id": "T-88213",
                "price": "104,063.2",
                "size": "0.0400",
                "fee": "3.12",
                "liquidity": "taker",
            }
        ],
        "fills_total": "0.0400 of 0.1010 BTC",
        "base": "BTC",
        "quote": "USDT",
        "cancel_url": "/orders/1/cancel/",
        "idempotency_key": KEY,
        "can_cancel": True,
        "note_url": "/journal/?about=order&about_id=1",
        "amend_url": "/orders/1/amend/",
        "amend": [
            text_field("quantity", "Quantity", value="0.1010", required=False),
            text_field("price", "Limit price", value="104000", required=False),
        ],
        "amend_key": KEY,
    }
    return {"shell": shell("orders"), "page": page}


TRADING_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "markets": ("trading/market_data/list.html", markets()),
    "symbol": ("trading/market_data/symbol.html", symbol()),
    "orders": ("trading/orders/list.html", orders()),
    "order": ("trading/orders/detail.html", order()),
    **EXCHANGE_PAGES,
}
