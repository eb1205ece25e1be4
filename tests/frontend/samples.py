# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts for every page: name → (template, context). The browser test photographs them, the template test renders them."""

from typing import Any

from apps.core.view import Attention, Choice, Curve, Figure, LegendItem, Limit, Stat, Step
from tests.frontend.sample_series import DAY, START, walk
from tests.frontend.samples_algos import ALGO_PAGES
from tests.frontend.samples_backtests import BACKTEST_PAGES
from tests.frontend.samples_bots import BOT_PAGES
from tests.frontend.samples_compliance import COMPLIANCE_PAGES
from tests.frontend.samples_history import HISTORY_PAGES
from tests.frontend.samples_ledger import LEDGER_PAGES
from tests.frontend.samples_markets import MARKET_PAGES
from tests.frontend.samples_platform import PLATFORM_PAGES
from tests.frontend.samples_portfolios import PORTFOLIO_PAGES
from tests.frontend.samples_positions import POSITION_PAGES
from tests.frontend.samples_risk import RISK_PAGES
from tests.frontend.samples_routes import ROUTE_PAGES
from tests.frontend.samples_shell import shell
from tests.frontend.samples_strategies import STRATEGY_PAGES
from tests.frontend.samples_ticket import TICKET_PAGES
from tests.frontend.samples_trading import TRADING_PAGES, bot_rows
from tests.frontend.samples_wallets import WALLET_PAGES


def account_curve() -> Curve:
    times = [START + at * DAY // 4 for at in range(360)]
    series = [
        {"label": "Account", "kind": "own", "values": walk(7, 360, start=44_200, swing=0.006, drift=0.0004)},
        {"label": "Holding BTC", "kind": "benchmark", "values": walk(11, 360, start=44_200, swing=0.011, drift=0.0008)},
    ]
    data: dict[str, object] = {"times": times, "series": series, "unit": "USDT", "places": 2, "unseen_from": None}
    return Curve("account-curve", data, "Account value over three months, up 11.4 %, against holding BTC, up 25.2 %.")


def account() -> dict[str, Any]:
    return {
        "label": "Account value",
        "value": Figure("49,258.01"),
        "unit": "USDT",
        "today": Figure("−239.24 (−0.48 %) today", "down"),
        "ranges": [Choice(name, f"?range={name}", name == "3M") for name in ("1D", "1W", "1M", "3M", "1Y", "All")],
        "legend": [
            LegendItem("own", "Account", Figure("+11.4 %", "up")),
            LegendItem("benchmark", "Holding BTC", Figure("+25.2 %", "up")),
        ],
        "curve": account_curve(),
        "stats": [
            Stat("3-month result", Figure("+5,048.01", "up")),
            Stat("Below the peak", Figure("−6.5 %")),
            Stat(
                "Worst fall, 3 months",
                Figure("−10.3 %"),
                definition="The deepest drop from a high to the low that followed it.",
            ),
            Stat("Fees paid, 3 months", Figure("212.48")),
            Stat("Free to trade", Figure("11,904.20")),
        ],
    }


def home() -> dict[str, Any]:
    page = {
        "date_text": "Monday 2 June, 14:03 UTC",
        "new_bot_url": "/bots/new/",
        "account": account(),
        "next_step": {
            "title": "Next step: run ETH channel live",
            "text": "29 days on paper, 6 of 6 gates passed. Fills were 0.6 bp better than the back-test assumed.",
            "url": "/bots/2/",
            "action": "Review gates",
            "hint": "Nothing starts without your code",
        },
        "steps": [],
        "needs_you": [
            Attention(
                "warn",
                "warn",
                "LTC reversion paused itself",
                "Day loss limit 2.0 % reached at 11:20",
                "/bots/1/",
                "Review",
            ),
            Attention(
                "warn", "key", "Sandbox key expires in 5 days", "Two bots will stop on 7 June", "/connections/", "Renew"
            ),
            Attention(
                "plain",
                "hourglass",
                "One order has no answer yet",
                "Buy 0.1010 BTC, asked 40 s ago",
                "/orders/1/",
                "Open",
            ),
        ],
        "bots": bot_rows(),
        "bots_note": "5 running, 1 paused",
        "bots_url": "/bots/",
        "limits": [
            Limit("Exposure", "19,916", "45,000 USDT", 44),
            Limit("Loss if every stop fills", "512", "900 USDT", 57),
            Limit("Today's loss", "239", "600 USDT", 40),
            Limit("Held at one venue", "Kraken 62 %", "60 %", 100, over=True),
        ],
        "limits_note": "One-day 95 % VaR 684 USDT. Kraken is 2 pp over its limit, so new buys there are refused.",
    }
    return {"shell": shell("home", mode="live"), "page": page}


def home_new() -> dict[str, Any]:
    context = home()
    page = {
        **context["page"],
        "next_step": {
            "title": "Next step: connect the sandbox",
            "text": "One click makes a sandbox account with 50,000 virtual USDT.",
            "url": "/connections/",
            "action": "Connect the sandbox",
            "hint": "No real money",
        },
        "account": {**context["page"]["account"], "value": Figure("0.00"), "today": None, "ranges": [], "curve": None},
        "steps": [
            Step("done", "Account created", "13:58"),
            Step(
                "now",
                "Connect the sandbox exchange",
                "",
                "Recorded candles and virtual funds, so that nothing can be lost.",
            ),
            Step("later", "Back-test a strategy"),
            Step("later", "Start a bot on paper"),
        ],
        "needs_you": [],
        "bots": [],
        "bots_note": "",
        "limits": [],
        "limits_note": "",
    }
    return {"shell": shell("home"), "page": page}


PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "home": ("home.html", home()),
    "home-new": ("home.html", home_new()),
    **TRADING_PAGES,
    **POSITION_PAGES,
    **RISK_PAGES,
    **MARKET_PAGES,
    **PORTFOLIO_PAGES,
    **TICKET_PAGES,
    **ALGO_PAGES,
    **ROUTE_PAGES,
    **HISTORY_PAGES,
    **STRATEGY_PAGES,
    **BOT_PAGES,
    **BACKTEST_PAGES,
    **PLATFORM_PAGES,
    **COMPLIANCE_PAGES,
    **LEDGER_PAGES,
    **WALLET_PAGES,
}
