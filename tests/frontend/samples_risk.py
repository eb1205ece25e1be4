# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts of the risk page."""

from dataclasses import replace
from typing import Any

from apps.core.view import Choice, Fact, Figure, Limit, Stat, State
from apps.trading.risk.pages.context import (
    CorrelationRow,
    MeasuredPart,
    RiskPage,
    StressRow,
    SwitchRow,
    TailRow,
    Target,
    UseRow,
)
from apps.trading.risk.pages.forms import LimitForm, ProfileForm, ScenarioForm
from tests.frontend.samples_shell import shell


def down(text: str) -> Figure:
    return Figure(text, "down")


MEASURED = MeasuredPart(
    stats=[
        Stat("Worth, long and short", Figure("42,180.00"), "net 31,420.00 USDT"),
        Stat("Volatility a year", Figure("54.2 %")),
        Stat("Beta to Bitcoin", Figure("1.12")),
        Stat("Drawdown in a year", Figure("28.4 %")),
        Stat("Days to close", Figure("0.04"), "at a tenth of the daily turnover"),
    ],
    tails=[
        TailRow(
            "Historical",
            "Historical, order statistic; CVaR is the mean of the k worst days.",
            "1,482.11",
            "2,210.40",
            "2,911.80",
            "3,410.02",
        ),
        TailRow(
            "Historical, interpolated",
            "Historical, interpolated quantile; CVaR by fractional tail.",
            "1,480.02",
            "2,231.90",
            "2,874.11",
            "3,402.88",
        ),
        TailRow(
            "Parametric",
            "Normal distribution with the sample's mean and covariance.",
            "1,610.55",
            "2,033.12",
            "2,301.70",
            "2,640.20",
        ),
        TailRow(
            "Monte Carlo", "Seeded draws of a normal distribution.", "1,602.20", "2,019.74", "2,288.03", "2,611.95"
        ),
    ],
    stress=[
        StressRow("Worst 7 days of the history", "2024-08-01 to 2024-08-08", down("−8,204.11"), down("−9,112.40")),
        StressRow("Everything −30%", "all prices at once", down("−9,426.00"), down("−9,426.00")),
        StressRow("Everything +20%", "all prices at once", Figure("+6,284.00", "up"), Figure("0.00", "zero")),
        StressRow("Bitcoin −20 %", "others by their beta to it", down("−7,037.20"), down("−7,037.20")),
    ],
    components=[Fact("BTCUSDT", figure=Figure("1,102.40")), Fact("ETHUSDT", figure=Figure("508.15"))],
    correlation_head=["BTCUSDT", "ETHUSDT", "SOLUSDT"],
    correlations=[
        CorrelationRow("BTCUSDT", ["1.00", "0.84", "0.71"]),
        CorrelationRow("ETHUSDT", ["0.84", "1.00", "0.78"]),
        CorrelationRow("SOLUSDT", ["0.71", "0.78", "1.00"]),
    ],
    source="365 daily returns, positions held as they are, one day ahead, in USDT. Source: daily closes of stored candles, 2024-01-01 to 2024-12-31; positions of the customer's books at the newest prices.",
    missing="Not in these figures, for want of a price or of 30 days of history: PEPEUSDT.",
)
PAGE = RiskPage(
    mode="paper",
    modes=[Choice("Paper", "/risk/?mode=paper", True), Choice("Live", "/risk/?mode=live")],
    state=State("warn", "Only orders that make a position smaller are accepted"),
    state_text="loss of a day 512.20 USDT of 500 USDT",
    resume_url="/risk/resume/",
    stats=[
        Stat("Equity", Figure("58,204.77"), "USDT, all accounts of this mode"),
        Stat("Exposure", Figure("42,180.00"), "open orders counted as filled"),
        Stat("Leverage", Figure("0.72 ×"), "exposure over equity"),
        Stat("Result today", down("−512.20"), "losses only, from midnight UTC"),
        Stat(
            "Drawdown",
            Figure("4.12 %"),
            "from the highest result",
            "How far the result stands below its highest point.",
        ),
        Stat("Result", Figure("+3,204.18", "up")),
    ],
    uses=[
        UseRow("Size of an order", "You", None, "10,000 USDT", "Checked for each order."),
        UseRow("Total exposure", "You", Limit("Total exposure", "42,180", "50,000 USDT", 84), "50,000 USDT", ""),
        UseRow("Leverage", "Organisation", Limit("Leverage", "0.72", "3 × equity", 24), "3 × equity", ""),
        UseRow("Loss of a day", "You", Limit("Loss of a day", "512.20", "500 USDT", 100, over=True), "500 USDT", ""),
        UseRow(
            "Exposure in a symbol BTCUSDT",
            "Platform",
            Limit("Exposure in a symbol BTCUSDT", "31,000", "100,000 USDT", 31),
            "100,000 USDT",
            "",
        ),
    ],
    waiting=["Total exposure: 80,000 from 3 Jun, 09:14 UTC on."],
    switches=[
        SwitchRow(
            "1", "Bot ETH grid", State("danger", "Engaged"), "since 2 Jun 2024, 09:14 UTC", "/risk/switches/1/lift/"
        ),
        SwitchRow("2", "Your organisation", State("off", "Lifted"), "since 1 Jun 2024, 08:00 UTC", ""),
    ],
    targets=[
        Target("switch-account", "your account and all its bots", "customer", "", "0190-a"),
        Target("switch-b1", "bot ETH grid", "bot", "0190", "0190-b"),
    ],
    measured=MEASURED,
    scenario=StressRow("Your scenario", "BTCUSDT -25 %", down("−7,750.00"), down("−7,750.00")),
    forms={"limit": LimitForm(), "profile": ProfileForm(), "scenario": ScenarioForm(initial={"shock": "-20"})},
    urls={"limit": "/risk/limit/", "profile": "/risk/profile/", "engage": "/risk/engage/", "page": "/risk/"},
    keys={"limit": "0190-l", "profile": "0190-p", "resume": "0190-r"},
)


def risk() -> dict[str, Any]:
    return {"shell": shell("risk"), "page": PAGE}


def risk_empty() -> dict[str, Any]:
    refused = LimitForm({"rule": "leverage", "target": "?", "value": "much"})
    page = replace(
        PAGE, state=State("good", "Everything within your limits is accepted"), state_text="", resume_url="", uses=[],
        waiting=[], switches=[], targets=PAGE.targets[:1], measured=None, scenario=None,
        forms={**PAGE.forms, "limit": refused},
    )  # fmt: skip
    return {"shell": shell("risk"), "page": page}


RISK_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "risk": ("trading/risk/overview.html", risk()),
    "risk-empty": ("trading/risk/overview.html", risk_empty()),
}
