# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts of the positions page."""

from dataclasses import replace
from typing import Any

from apps.core.view import Choice, Figure, Limit, Stat, State
from apps.trading.positions.pages.context import Account, ContractRow, GroupRow, PositionsPage, RequestRow, Row
from apps.trading.positions.pages.forms import CorrectionForm, HedgeForm, ModeForm, MoveForm, TermsForm
from tests.frontend.samples_shell import shell

BOOKS = [("b1", "Sandbox exchange, by hand"), ("b2", "Sandbox exchange, bot …4f1a")]
NONE = Figure("–")


def forms() -> dict[str, Any]:
    return {"correct": CorrectionForm(books=BOOKS)}


def row(number: int, symbol: str, side: str, unrealised: Figure, percent: Figure, **more: Any) -> Row:
    found = Row(
        id=str(number), symbol=symbol, where="Sandbox exchange, by hand", side=side, quote="USDT", quantity=Figure("0.5"),
        entry=Figure("67,210.00"), mark=Figure("68,004.10"), mark_note="bid, 02 Jun, 09:14:05 UTC", unrealised=unrealised,
        percent=percent, realised=Figure("+120.40", "up"), fees=Figure("33.61"), fees_note="", funding=NONE,
        net=Figure("+483.84", "up"),
    )  # fmt: skip
    return replace(found, **more)


ROWS = [
    row(1, "BTCUSDT", "Long", Figure("+397.05", "up"), Figure("+1.18 %", "up")),
    row(
        2,
        "ETHUSDT",
        "Long",
        Figure("−61.30", "down"),
        Figure("−0.82 %", "down"),
        fees_note="and 0.01 BNB (worth 5.90 USDT)",
        where="Sandbox exchange, bot …4f1a",
    ),
    row(
        3,
        "BTCUSDT",
        "Short",
        Figure("−1,000.00", "down"),
        Figure("−1.67 %", "down"),
        funding=Figure("+6.10", "up"),
        where="Sandbox exchange, contracts",
        mark_note="mark of the exchange, 02 Jun, 09:14:05 UTC, old",
        quantity=Figure("−1"),
    ),
]
GROUPS = [
    GroupRow(
        "Sandbox exchange",
        "USDT",
        Figure("−664.25", "down"),
        Figure("−0.61 %", "down"),
        Figure("+361.20", "up"),
        Figure("+344.01", "up"),
        Figure("100.83"),
        Figure("+6.10", "up"),
        Figure("−397.78", "down"),
        "",
    ),
    GroupRow(
        "Kraken",
        "EUR",
        NONE,
        NONE,
        Figure("0.00", "zero"),
        Figure("0.00", "zero"),
        Figure("0.00"),
        Figure("0.00", "zero"),
        NONE,
        "no price of XMREUR",
    ),
]
ACCOUNT = Account(
    id="a1",
    title="Sandbox exchange, USDT",
    state=State("warn", "Margin call"),
    stats=[
        Stat("Wallet", Figure("10,000.00"), "without what positions would bring"),
        Stat("Margin balance", Figure("9,000.00"), "wallet and unrealised result"),
        Stat("Unrealised", Figure("−1,000.00", "down"), "at the exchange's marks"),
        Stat("Initial margin", Figure("3,050.00"), "set aside for positions and orders"),
        Stat("Maintenance margin", Figure("7,380.00"), "below it the exchange liquidates"),
        Stat("Available", Figure("0.00"), "free for new positions"),
    ],
    ratio=Limit("Margin ratio", "82.00 %", "100 %", 82, over=True),
    source="Read from Outcry Sandbox 02 Jun, 09:14:05 UTC. Amounts in USDT; hedge mode off.",
    error="",
    positions=[
        ContractRow("BTCUSDT", "Short", Figure("−1"), Figure("60,000.00"), Figure("61,000.00"), "62,620.50", "2.66 %", "20× cross", Figure("−1,000.00", "down"), "82.00 %", "BTCUSDT", "/positions/contracts/p1/close/", "k5"),
        ContractRow("ETHUSDT", "Long", Figure("2.5"), Figure("3,100.00"), Figure("3,120.00"), "none", "", "5× isolated, 1,550.00", Figure("+50.00", "up"), "1.94 %", "ETHUSDT", "/positions/contracts/p2/close/", "k6"),
    ],
    requests=[
        RequestRow("02 Jun, 09:14:05 UTC", "Buy BTCUSDT", "0.4", "Stage 1: margin ratio 82.00 %, to be 60 % or less", State("wait", "Sent, no answer yet")),
        RequestRow("02 Jun, 08:00:12 UTC", "To contracts", "10,000 USDT", "Asked for", State("good", "Done")),
        RequestRow("01 Jun, 22:41:10 UTC", "To the spot wallet", "90,000 USDT", "Asset transfer failed: insufficient balance", State("warn", "Refused")),
    ],
    funding=[("02 Jun, 08:00:00 UTC", "BTCUSDT", Figure("+6.1000", "up")), ("02 Jun, 00:00:00 UTC", "BTCUSDT", Figure("−3.2000", "down"))],
    hedges=[("BTCUSDT", "−0.1 to 0.1, back to 0", "held 0.05 at 02 Jun, 09:14:05 UTC")],
    protects=True,
    forms={"move": MoveForm(), "hedge": HedgeForm(auto_id="id_a1_%s"), "terms": TermsForm(auto_id="id_a1_terms_%s", symbols=["BTCUSDTPERP", "ETHUSDTPERP"]), "mode": ModeForm(auto_id="id_a1_mode_%s")},
    urls={"move": "/positions/contracts/a1/move/", "protect": "/positions/contracts/a1/protect/", "hedge": "/positions/contracts/a1/hedge/", "terms": "/positions/contracts/a1/terms/", "mode": "/positions/contracts/a1/mode/"},
    keys={"move": "k1", "protect": "k2", "hedge": "k3", "terms": "k4", "mode": "k7"},
    terms=[("BTCUSDTPERP", "20×, cross", "asked for 10×"), ("ETHUSDTPERP", "5×, isolated", "")],
    mode="one-way mode; Position side cannot be changed if there exists position.",
)  # fmt: skip
PAGE = PositionsPage(
    note="3 open",
    rows=ROWS,
    by="Account",
    groups=GROUPS,
    choices=[
        Choice("Account", "?by=connection", True),
        Choice("Book", "?by=book"),
        Choice("Bot", "?by=bot"),
        Choice("Strategy", "?by=strategy"),
        Choice("Symbol", "?by=symbol"),
    ],
    accounts=[ACCOUNT],
    offers=[("c2", "Second account")],
    forms=forms(),
    urls={"open": "/positions/contracts/open/", "correct": "/positions/correct/"},
    keys={"open": "k4", "correct": "k5"},
)


def positions() -> dict[str, Any]:
    return {"shell": shell("positions"), "page": PAGE}


def positions_empty() -> dict[str, Any]:
    return {
        "shell": shell("positions"),
        "page": replace(
            PAGE,
            note="none open",
            rows=[],
            groups=[],
            accounts=[],
            offers=[],
            forms=forms() | {"correct": CorrectionForm(books=[])},
        ),
    }


POSITION_PAGES = {
    "positions": ("trading/positions/overview.html", positions()),
    "positions-empty": ("trading/positions/overview.html", positions_empty()),
}
