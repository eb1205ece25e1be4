"""Sample contexts of the pages of compliance."""

from typing import Any

from apps.core.view import Fact, Limit
from tests.frontend.samples_shell import shell


def limits() -> dict[str, Any]:
    bars = [
        {
            "bar": Limit("USDT, in 24 hours", "18,500", "20,000 USDT", 92),
            "note": "1,500 USDT left. Room comes back from 3 Jun, 09:14 UTC on.",
        },
        {
            "bar": Limit("All other assets, in 24 hours", "20,000", "20,000 USDT", 100, over=True),
            "note": "0 USDT left. Room comes back from 3 Jun, 11:02 UTC on.",
        },
        {"bar": Limit("Number, in 24 hours", "2", "10", 20), "note": "8 left."},
    ]
    page = {
        "tier": "Verified",
        "number": 2,
        "verbs": [
            {
                "key": "withdraw",
                "title": "Withdrawals",
                "closed": "",
                "singles": [Fact("USDT, at a time", "10,000 USDT")],
                "bars": bars,
            },
            {
                "key": "transfer",
                "title": "Transfers",
                "closed": "Transfers are not open at your tier.",
                "singles": [],
                "bars": [],
            },
        ],
        "next_tier": "Enhanced",
        "next_text": "Support checks where your funds come from; two people decide about Enhanced.",
        "next_facts": [Fact("Withdrawals, in 24 hours", "250,000 USDT")],
    }
    return {"shell": shell("limits"), "page": page}


def limits_highest() -> dict[str, Any]:
    context = limits()
    page = {**context["page"], "tier": "Enhanced", "number": 3, "next_tier": "", "next_text": "", "next_facts": []}
    return {**context, "page": page}


COMPLIANCE_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "limits": ("compliance/limits/own.html", limits()),
    "limits-highest": ("compliance/limits/own.html", limits_highest()),
}
