# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts of the bot pages."""

from typing import Any

from apps.core.view import Curve, Fact, Figure, LegendItem, State, Step
from tests.frontend.sample_series import DAY, START, walk
from tests.frontend.samples_shell import shell, text_field
from tests.frontend.samples_trading import KEY, bot_rows, order_rows, up


def bots() -> dict[str, Any]:
    return {
        "shell": shell("bots"),
        "page": {"note": "5 running, 1 paused", "new_url": "/bots/new/", "bots": bot_rows()},
    }


def bots_empty() -> dict[str, Any]:
    return {"shell": shell("bots", unread=0, running_bots=0), "page": {"note": "", "new_url": "/bots/new/", "bots": []}}


def bot_form() -> dict[str, Any]:
    form = {
        "name": text_field("name", "Name", value="ETH channel"),
        "strategy": text_field(
            "strategy",
            "Strategy",
            kind="select",
            choices=[("1", "ETH channel, version 7")],
            value="1",
            help_text="The bot keeps this version until you change it.",
        ),
        "connection": text_field("connection", "Exchange", kind="select", choices=[("1", "Sandbox, paper")], value="1"),
        "capital": text_field("capital", "Funds it may use", value="5,000.00"),
        "max_day_loss_percent": text_field("max_day_loss_percent", "Pause after a day's loss of", value="2.0"),
    }
    gates = [
        Step("done", "Back-tested on this market", "", "+138.4 % against +109.7 % for holding."),
        Step("done", "Exchange answers", "38 ms"),
        Step("now", "Paper run", "", "The bot trades live prices with virtual funds."),
        Step("later", "Review for live"),
    ]
    page = {
        "parent_url": "/bots/",
        "action_url": "/bots/new/",
        "errors": [],
        "idempotency_key": KEY,
        "form": form,
        "gates": gates,
        "mode": "paper",
    }
    return {"shell": shell("bots"), "page": page}


def bot_curve() -> Curve:
    count = 29 * 12
    times = [START + at * DAY // 12 for at in range(count)]
    own = walk(3, count, start=5_000, swing=0.0025, drift=0.0003)
    series = [
        {"label": "Bot", "kind": "own", "values": own},
        {"label": "Holding ETH", "kind": "benchmark", "values": walk(4, count, start=5_000, swing=0.008, drift=0.0009)},
        {"label": "Low", "kind": "low", "values": [f"{5000 - 330 * (at / count) ** 0.5:.2f}" for at in range(count)]},
        {"label": "High", "kind": "high", "values": [f"{5000 + 460 * (at / count) ** 0.5:.2f}" for at in range(count)]},
    ]
    return Curve(
        "bot-curve",
        {"times": times, "series": series, "unit": "USDT", "places": 2, "unseen_from": None},
        "Equity over 29 days, up 10.6 %, against holding ETH, up 37.4 %.",
    )


def drift() -> dict[str, Any]:
    return {
        "verdict": "Better than expected",
        "tone": "warn",
        "text": "After 29 days the bot is at +10.6 %. Only 1 in 100 back-test windows did better; the middle one made −2.2 %. Treat the gain as a strong market, not as skill.",
        "measures": [
            {"name": "Trades a week", "backtest": "5.4", "now": "5.1", "verdict": "in range", "tone": ""},
            {"name": "Slippage, bp", "backtest": "3.0", "now": "2.4", "verdict": "in range", "tone": ""},
            {"name": "Time in market, %", "backtest": "38", "now": "57", "verdict": "above", "tone": "warn"},
        ],
    }


def log() -> list[dict[str, str]]:
    return [
        {"time": "14:00:01", "tone": "off", "title": "No entry", "text": "close 2,507.9 is under 2,568.4"},
        {"time": "12:31:40", "tone": "warn", "title": "Feed was 8 s late", "text": "waited, no order sent"},
        {"time": "09:02:11", "tone": "wait", "title": "Version 7 started", "text": "risk a trade now 0.5 %"},
        {"time": "02:15:01", "tone": "loss", "title": "Sold, channel broken", "text": "order 42, −21.08"},
    ]


def live(label: str, figure: Figure, field: str = "", pattern: str = "", definition: str = "") -> dict[str, Any]:
    return {
        "label": label,
        "figure": figure,
        "definition": definition,
        "note": "",
        "live": field,
        "format": pattern,
    }


def bot() -> dict[str, Any]:
    facts = [
        Fact("Strategy", "ETH channel, version 7"),
        Fact("Exchange", "Sandbox, paper"),
        Fact("Funds", "5,000.00 USDT"),
        Fact("Day loss limit", "2.0 %"),
    ]
    page = {
        "id": "0190-2",
        "name": "ETH channel",
        "mode": "paper",
        "parent_url": "/bots/",
        "note": "ETH/USDT, 5-minute candles, sandbox, version 7",
        "desired": "running",
        "state": State("good", "Waiting for the 14:05 candle"),
        "state_detail": "It buys 0.98 ETH if that candle closes above 2,568.40. The price is 2,510.46 now, 2.3 % below.",
        "clock": [
            Fact("Next look in", "1 min 39 s"),
            Fact("Last candle age", "3 min 21 s"),
            Fact("Runs on", "worker 2, lease 14 s old"),
        ],
        "curve": bot_curve(),
        "legend": [
            LegendItem("own", "Bot", up("+10.6 %")),
            LegendItem("benchmark", "Holding ETH", up("+37.4 %")),
            LegendItem("band", "Where 90 % of 221 back-test windows ended up"),
        ],
        "stats": [
            live("Equity, USDT", Figure("5,530.07"), "equity", "fixed:2"),
            live(
                "Unrealised, USDT",
                up("+12.40"),
                "unrealised",
                "signed:2",
                "What the open position would bring at the current price, before the closing fee.",
            ),
            live("Realised, USDT", up("+517.67"), "realised", "signed:2", "The result of closed lots, after fees."),
            live("Position, ETH", Figure("0.0000"), "position", "fixed:4"),
            live("Worst fall", Figure("−7.6 %")),
            live("Trades won", Figure("8 of 21")),
        ],
        "drift": drift(),
        "orders": order_rows(),
        "orders_note": "42",
        "orders_url": "/orders/?bot=2",
        "log": log(),
        "log_url": "/bots/2/log/",
        "facts": facts,
        "stop_facts": [Fact("Bot", "ETH channel"), Fact("Open orders", "0"), Fact("Position", "0.0000 ETH")],
        "control_url": "/bots/2/control/",
        "keys": {"start": f"{KEY}-1", "pause": f"{KEY}-2", "resume": f"{KEY}-3", "stop": f"{KEY}-4"},
    }
    return {"shell": shell("bots"), "page": page}


def bot_new() -> dict[str, Any]:
    context = bot()
    page = {
        **context["page"],
        "curve": None,
        "drift": None,
        "orders": [],
        "log": [],
        "desired": "paused",
        "state": State("warn", "Paused: the sandbox refused its key"),
    }
    page["stats"] = page["stats"][:4]
    return {**context, "page": page}


def bot_log() -> dict[str, Any]:
    return {"shell": shell("bots"), "page": {"name": "ETH channel", "parent_url": "/bots/2/", "log": log()}}


BOT_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "bots": ("trading/bots/list.html", bots()),
    "bots-empty": ("trading/bots/list.html", bots_empty()),
    "bot-form": ("trading/bots/form.html", bot_form()),
    "bot": ("trading/bots/detail.html", bot()),
    "bot-new": ("trading/bots/detail.html", bot_new()),
    "bot-log": ("trading/bots/log.html", bot_log()),
}
