"""Sample contexts of the ledger's pages."""

from typing import Any

from apps.core.view import Choice, Fact, Figure, Page, Stat
from tests.frontend.samples_shell import shell, text_field

BASE = "/wallet/accounts/0190/"
KINDS = [("", "Everything"), ("deposit", "Deposit"), ("transfer", "Transfer")]


def period_form() -> dict[str, Any]:
    return {
        "since": text_field("since", "From", kind="date", required=False, value="2025-03-05"),
        "until": text_field("until", "To", kind="date", required=False, value="2025-06-02"),
        "kind": text_field("kind", "What", kind="select", required=False, value="", choices=KINDS),
    }


def line(version: int, booked: str, what: str, amount: Figure, balance: str, counts: str = "") -> dict[str, Any]:
    return {
        "url": f"{BASE}entries/{version}/",
        "booked": booked,
        "counts": counts,
        "what": what,
        "amount": amount,
        "balance": balance,
    }


def statement() -> dict[str, Any]:
    page = {
        "title": "USDT · Wallet",
        "mode": "live",
        "asset": "USDT",
        "period": "5 March 2025 to 2 June 2025",
        "notice": "",
        "form": period_form(),
        "ranges": [Choice(name, f"{BASE}?r={name}", name == "90 days") for name in ("This month", "90 days", "A year")],
        "stats": [
            Stat("Opening", Figure("12,400.5")),
            Stat("In", Figure("5,000")),
            Stat("Out", Figure("−1,249.75")),
            Stat("Closing", Figure("16,150.75"), note="3 lines"),
        ],
        "lines": [
            line(44, "2 Jun 2025, 09:12", "Withdrawal", Figure("−1,248.5", "down"), "16,150.75"),
            line(43, "2 Jun 2025, 09:12", "Fee", Figure("−1.25", "down"), "17,399.25"),
            line(42, "14 May 2025, 16:40", "Deposit", Figure("+5,000", "up"), "17,400.5", "12 May 2025"),
        ],
        "page": Page("3 lines, newest first", "", f"{BASE}?below=42"),
        "csv_url": f"{BASE}statement.csv",
        "pdf_url": f"{BASE}statement.pdf",
        "explain_url": f"{BASE}explain/",
        "statements_url": "/wallet/statements/",
    }
    return {"shell": shell("wallet"), "page": page}


def statement_frozen() -> dict[str, Any]:
    context = statement()
    zero = [Stat(name, Figure("0", "zero")) for name in ("Opening", "In", "Out", "Closing")]
    changes = {"mode": "paper", "lines": [], "stats": zero, "notice": "This account is frozen: nothing may leave it."}
    return {**context, "page": {**context["page"], **changes}}


def explain() -> dict[str, Any]:
    def part(label: str, note: str, figure: Figure, url: str = BASE, is_sum: bool = False) -> dict[str, Any]:
        return {"label": label, "note": note, "figure": figure, "url": url, "is_sum": is_sum}

    page = {
        "title": "USDT · Wallet",
        "mode": "live",
        "asset": "USDT",
        "period": "5 March 2025 to 2 June 2025",
        "form": period_form(),
        "parts": [
            part("Balance before 5 March 2025", "", Figure("12,400.5"), is_sum=True),
            part("Deposit, in", "1 line", Figure("+5,000", "up")),
            part("Withdrawal, out", "1 line", Figure("−1,248.5", "down")),
            part("Balance now", "", Figure("16,150.75"), is_sum=True),
            part("Held: order", "2 reservations", Figure("−4,200"), "#holds"),
            part("Available now", "", Figure("11,950.75"), "", is_sum=True),
        ],
        "holds": [
            {"purpose": "Order", "amount": "4,200", "since": "2 Jun 2025, 13:50", "until": "until it is given back"}
        ],
        "is_now": True,
        "statement_url": BASE,
    }
    return {"shell": shell("wallet"), "page": page}


def explain_past() -> dict[str, Any]:
    context = explain()
    page = {**context["page"], "is_now": False, "holds": [], "parts": context["page"]["parts"][:4]}
    return {**context, "page": page}


def entry() -> dict[str, Any]:
    page = {
        "title": "Deposit +5,000 USDT",
        "mode": "paper",
        "parent_url": BASE,
        "parent_label": "USDT · Wallet (paper)",
        "stats": [
            Stat("Before", Figure("12,400.5")),
            Stat("Amount", Figure("+5,000", "up")),
            Stat("After", Figure("17,400.5")),
        ],
        "facts": [
            Fact("What", "Deposit"),
            Fact("Booked", "14 May 2025, 16:40:11 UTC"),
            Fact("Journal", "0196d0a3-7c1e-7b52-9f2e-3d5a1f6f2c11"),
        ],
    }
    return {"shell": shell("wallet"), "page": page}


def months() -> dict[str, Any]:
    files = [("June 2025", "so far"), ("May 2025", ""), ("April 2025", "")]
    page = {
        "modes": [Choice("Live", "/wallet/statements/", True), Choice("Paper", "/wallet/statements/?mode=paper")],
        "mode": "live",
        "months": [
            {"label": label, "note": note, "csv_url": f"/s/{at}.csv", "pdf_url": f"/s/{at}.pdf"}
            for at, (label, note) in enumerate(files)
        ],
        "accounts": [
            {"title": "BTC · Wallet", "balance": "0.41000001", "held": "0", "url": BASE, "explain_url": BASE},
            {"title": "USDT · Wallet", "balance": "16,150.75", "held": "4,200", "url": BASE, "explain_url": BASE},
        ],
    }
    return {"shell": shell("wallet"), "page": page}


def months_new() -> dict[str, Any]:
    page = {"modes": [], "mode": "live", "months": [], "accounts": []}
    return {"shell": shell("wallet"), "page": page}


LEDGER_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "statement": ("finance/ledger/statement.html", statement()),
    "statement-frozen": ("finance/ledger/statement.html", statement_frozen()),
    "explain": ("finance/ledger/explain.html", explain()),
    "explain-past": ("finance/ledger/explain.html", explain_past()),
    "entry": ("finance/ledger/entry.html", entry()),
    "statements": ("finance/ledger/months.html", months()),
    "statements-new": ("finance/ledger/months.html", months_new()),
}
