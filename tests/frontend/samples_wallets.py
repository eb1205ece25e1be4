# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts of the wallet's pages: what it holds, activity, goals, earning."""

from typing import Any

from apps.core.view import Attention, Choice, Curve, Fact, Figure, Page, Stat, State, Step
from tests.frontend.sample_series import DAY, START, walk
from tests.frontend.samples_shell import text_field
from tests.frontend.samples_wallet_parts import KEY, amount_form, context, figure
from tests.frontend.samples_wallets_moving import MOVING_PAGES


def asset_row(code: str, name: str, amounts: tuple[str, str, str], value: str, **more: Any) -> dict[str, Any]:
    balance, available, held = (figure(text) for text in amounts)
    places = {
        "holds": [],
        "aside": [],
        "is_frozen": False,
        "url": "/wallet/",
        "explain_url": "/wallet/",
        "account_id": "1",
    }
    return {
        **places,
        "code": code,
        "name": name,
        "balance": balance,
        "available": available,
        "held": held,
        "value": value,
        **more,
    }


def note(reason: str, amount: str) -> dict[str, str]:
    return {"reason": reason, "amount": amount}


def part(label: str, value: str, share: str) -> dict[str, str]:
    return {"label": label, "value": value, "share": f"{share} %" if share else "", "percent": share or "0"}


def movement(what: str, subject: str, amount: Figure, balance: str, asset: str = "USDT") -> dict[str, Any]:
    return {
        "url": "/wallet/activity/1/1/",
        "time": "2 Jun, 13:40",
        "what": what,
        "subject": subject,
        "subject_url": "/wallet/goals/1/" if subject else "",
        "asset": asset,
        "amount": amount,
        "balance": balance,
    }


def movements() -> list[dict[str, Any]]:
    return [
        movement("Withdrawal", "to Hardware wallet", figure("−1,500.00"), "25,336.10"),
        movement("Interest or reward", "USDT flexible", figure("+0.41095891", "up"), "26,836.10"),
        movement("Deposit", "7GFWYER3XE", figure("+2,000.00", "up"), "26,835.69"),
        movement("Into staking", "ETH staking", figure("−2.00000000"), "1.00060000", "ETH"),
    ]


def curve() -> Curve:
    values = walk(9, 30, start=46_000, swing=0.01, drift=0.002)
    data: dict[str, object] = {
        "times": [START + at * DAY for at in range(30)],
        "series": [{"label": "Wallet", "kind": "own", "values": values}],
        "unit": "USD",
        "places": 2,
        "unseen_from": None,
    }
    return Curve("wallet-value", data, "Worth at the end of each of 30 days, from 46,000.00 to 49,258.01 USD, +7.08 %.")


def action(label: str, **more: Any) -> dict[str, Any]:
    return {"label": label, "url": "/wallet/", "icon": "", "is_primary": False, **more}


def overview() -> dict[str, Any]:
    rows = [
        asset_row(
            "USDT",
            "Tether USD",
            ("25,336.10", "11,904.20", "13,431.90"),
            "25,334.00",
            holds=[note("Withdrawal", "1,500.00"), note("Order", "11,931.90")],
            aside=[note("In savings goals", "433.33")],
        ),
        asset_row("BTC", "Bitcoin", ("0.20110000", "0.20110000", "0.00000000"), "20,927.12", is_frozen=True),
        asset_row("DOT", "Polkadot", ("70.000000", "70.000000", "0.000000"), "no price"),
    ]
    page = {
        "currency": "USD", "total": "49,258.01", "at": "2 Jun 2025, 14:03 UTC", "unpriced": "DOT",
        "stats": [Stat("Available", figure("32,831.32")), Stat("Held", figure("13,431.90")), Stat("Put aside", figure("433.33"))],
        "rows": rows,
        "prices": [{"asset": "BTC", "price": "104,063.2", "source": "market data", "as_of": "2 Jun 2025, 14:00 UTC", "age": "3 min ago"}, {"asset": "DOT", "price": "no price", "source": "nobody we ask knows one", "as_of": "", "age": ""}],
        "curve": curve(), "ranges": [Choice(label, "?days=30", label == "30D") for label in ("30D", "90D", "1Y")],
        "by_asset": [part("USDT", "25,334.00 USD", "54.8"), part("BTC", "20,927.12 USD", "45.2"), part("DOT", "no price", "")],
        "by_place": [part("In the wallet", "45,827.79 USD", "99.1"), part("In savings goals", "433.33 USD", "0.9")],
        "asides": [{"icon": "scale", "title": "Savings goals", "text": "2 open goals", "url": "/wallet/goals/"}],
        "activity": movements(),
        "needs": [Attention("warn", "warn", "Withdrawal of 1,500.00 USDT", "To confirm. It waits for the code of your second factor.", "/wallet/withdrawals/1/", "Open")],
        "actions": [action("Send"), action("Withdraw"), action("Deposit", icon="plus", is_primary=True)],
        "start": {"title": "Your wallet is empty", "text": "Send a bank transfer or coins.", "url": "/wallet/deposit/", "label": "Make the first deposit"},
        "limits_url": "/limits/", "statements_url": "/wallet/statements/", "activity_url": "/wallet/activity/", "more": [action("Address book"), action("Lock")],
    }  # fmt: skip
    return context(page, tab="Overview")


def overview_empty() -> dict[str, Any]:
    page = {
        **overview()["page"],
        "mode": "paper",
        "total": "0.00",
        "unpriced": "",
        "rows": [],
        "prices": [],
        "curve": None,
        "activity": [],
        "needs": [],
        "by_asset": [],
        "by_place": [],
    }
    return context(page, tab="Overview", mode="paper")


def filter_form() -> dict[str, Any]:
    return {
        "asset": text_field(
            "asset", "Asset", kind="select", choices=[("", "All assets"), ("USDT", "USDT")], value="", required=False
        ),
        "kind": text_field("kind", "What", kind="select", choices=[("", "Everything")], value="", required=False),
        "since": text_field("since", "From", kind="date", required=False),
        "until": text_field("until", "To", kind="date", required=False, errors=["Enter a valid date."]),
    }


def activity(rows: list[dict[str, Any]], *, is_filtered: bool) -> dict[str, Any]:
    page = {
        "form": filter_form(),
        "rows": rows,
        "page": Page("4 movements, newest first", "", "?after=1" if rows else ""),
        "is_filtered": is_filtered,
        "all_url": "/wallet/activity/",
        "deposit_url": "/wallet/deposit/",
        "statements_url": "/wallet/statements/",
    }
    return context(page, tab="Activity")


def receipt() -> dict[str, Any]:
    facts = [
        Fact("What", "Deposit"),
        Fact("Amount", "2,000.00 USDT"),
        Fact("Booked", "1 Jun 2025, 17:05 UTC"),
        Fact("Reference", "018f7a52-aaaa-7bbb-8ccc-1234567890ab"),
    ]
    return context(
        {
            "title": "Deposit",
            "parent_url": "/wallet/activity/",
            "amount": figure("+2,000.00", "up"),
            "asset": "USDT",
            "facts": facts,
            "subject_url": "/wallet/deposits/1/",
            "books_url": "/wallet/accounts/1/",
        },
        tab="Activity",
    )


def goal_card(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "name": name,
        "url": "/wallet/goals/1/",
        "asset": "USDT",
        "state": State("good", "Saving"),
        "saved": "433.33",
        "target": "2,000.00",
        "share": "21.7 %",
        "per_mille": 216,
        "plan": "25.00 USDT every Monday, next on 9 Jun 2025",
        "until": "until 1 Dec 2025, 179 days left",
        **more,
    }


def goals() -> dict[str, Any]:
    cards = [
        goal_card("A new laptop"),
        goal_card(
            "A very long name for a savings goal that somebody wrote in one go",
            state=State("warn", "Paused"),
            per_mille=0,
            share="0.0 %",
        ),
    ]
    return context(
        {
            "note": "2 open",
            "new_url": "/wallet/goals/new/",
            "goals": cards,
            "closed": [goal_card("Old one", state=State("off", "Closed"))],
        },
        tab="Goals",
    )


def goals_empty() -> dict[str, Any]:
    return context({"note": "", "new_url": "/wallet/goals/new/", "goals": [], "closed": []}, tab="Goals")


def goal() -> dict[str, Any]:
    page = {
        "card": goal_card("A new laptop"), "facts": [Fact("Target", "2,000.00 USDT"), Fact("Still missing", "1,566.67 USDT")],
        "contributions": [{"day": "5 Jun 2025", "state": State("good", "Put in"), "amount": "25.00"}, {"day": "4 Jun 2025", "state": State("warn", "Skipped: not enough was available"), "amount": "–"}],
        "parent_url": "/wallet/goals/", "edit_url": "/wallet/goals/1/edit/", "here": "/wallet/goals/1/",
        "add_form": amount_form(errors=["Only 120 USDT are available. Choose a smaller amount."], prefix="add_"), "take_form": amount_form(prefix="take_"),
        "available": "120.00 USDT", "available_raw": "120", "saved_raw": "433.33", "keys": dict.fromkeys(("add", "take", "pause", "resume", "close"), KEY),
        "close_facts": [Fact("Goal", "A new laptop")], "is_open": True, "can_pause": True, "can_resume": False, "can_edit": True,
    }  # fmt: skip
    return context(page, tab="Goals")


def goal_closed() -> dict[str, Any]:
    page = {
        **goal()["page"],
        "card": goal_card("Old one", state=State("off", "Closed")),
        "contributions": [],
        "is_open": False,
        "can_pause": False,
        "can_edit": False,
    }
    return context(page, tab="Goals")


def goal_form() -> dict[str, Any]:
    form = {
        "name": text_field("name", "What for", value="", errors=["This field is required."]),
        "asset": text_field("asset", "Asset", kind="select", choices=[("USDT", "USDT, Tether USD")], value="USDT"),
        "target": text_field("target", "Target", value="2000"),
        "deadline": text_field(
            "deadline", "Until", kind="date", required=False, help_text="Leave it empty if there is no hurry."
        ),
        "every": text_field(
            "every",
            "How money goes in",
            kind="select",
            choices=[("", "By hand only"), ("week", "Every week")],
            value="week",
            required=False,
        ),
        "amount": text_field("amount", "Each time", value="25", required=False),
        "weekday": text_field("weekday", "On", kind="select", choices=[("1", "Monday")], value="1", required=False),
        "monthday": text_field("monthday", "On day", kind="select", choices=[("1", "1")], value="1", required=False),
    }
    page = {
        "title": "New goal",
        "parent_url": "/wallet/goals/",
        "parent_label": "Goals",
        "action_url": "/wallet/goals/new/",
        "verb": "Make the goal",
        "form": form,
        "asset": "",
        "errors": ["You have 50 open savings goals. Close one first."],
        "idempotency_key": KEY,
    }
    return context(page, tab="Goals")


def product_card(**more: Any) -> dict[str, Any]:
    facts = [Fact("At least", "10.00 USDT"), Fact("Lock", "none, any time"), Fact("Interest goes", "to your wallet")]
    tiers = [{"start": "0.00", "rate": "3 %", "per_year": ""}, {"start": "10,000.00", "rate": "2 %", "per_year": ""}]
    return {
        "name": "USDT flexible",
        "url": "/wallet/earn/products/1/",
        "asset": "USDT",
        "rate": "3 %",
        "rate_note": "a year",
        "tiers": tiers,
        "coming": "From 1 Jul 2025: 2.5 %",
        "facts": facts,
        "is_full": False,
        **more,
    }


def position_row(**more: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "url": "/wallet/earn/1/",
        "product": "USDT 30 days",
        "asset": "USDT",
        "inside": figure("1,000.41095891"),
        "earned": figure("0.41095891"),
        "rate": "5 % a year",
        "state": State("good", "Earning"),
        "note": "locked until 2 Jul 2025",
        **more,
    }


def earning() -> dict[str, Any]:
    closed = [position_row(state=State("off", "Paid back"), note="on 1 Jun 2025")]
    page = {
        "title": "Earn",
        "lead": "Interest for every full day, booked each night. The money stays yours.",
        "noun": "interest",
        "products": [product_card(), product_card(name="USDT 30 days", is_full=True, coming="")],
        "positions": [position_row()],
        "closed": closed,
    }
    return context(page, tab="Earn")


def earning_empty() -> dict[str, Any]:
    return context(
        {
            "title": "Stake",
            "lead": "Rewards for every full day.",
            "noun": "rewards",
            "products": [],
            "positions": [],
            "closed": [],
        },
        tab="Stake",
        mode="paper",
    )


def product() -> dict[str, Any]:
    steps = [
        Step("now", "Put in", "now", "It leaves your wallet."),
        Step("later", "First interest", "4 Jun 2025"),
        Step("later", "Paid back", "", "At once when you ask."),
    ]
    page = {
        "card": product_card(),
        "parent_url": "/wallet/earn/",
        "parent_label": "Earn",
        "form": amount_form(errors=["This product takes at least 10 USDT."]),
        "errors": [],
        "idempotency_key": KEY,
        "available": "120.00 USDT",
        "available_raw": "120",
        "steps": steps,
        "verb": "Put in",
        "is_offered": True,
        "deposit_url": "/wallet/deposit/",
    }
    return context(page, tab="Earn")


def position() -> dict[str, Any]:
    page = {
        "row": position_row(), "parent_url": "/wallet/earn/", "parent_label": "Earn", "noun": "interest",
        "stats": [Stat("In it now, USDT", figure("1,000.41095891")), Stat("Earned, USDT", figure("0.41095891"), note="added to the position")],
        "steps": [Step("done", "Put in", "1 Jun 2025, 09:00 UTC"), Step("now", "Earning"), Step("later", "Lock ends", "2 Jul 2025, 00:00 UTC", "29 d left")],
        "facts": [Fact("Product", "USDT 30 days")], "accruals": [{"day": "4 Jun 2025", "on": "1,000.27", "rate": "5 %", "amount": "0.13698630"}],
        "take_out": "Redeem", "take_out_text": "It is locked until 2 Jul 2025.", "take_out_facts": [Fact("Position", "USDT 30 days")], "take_out_url": "/wallet/earn/1/take-out/", "idempotency_key": KEY, "can_take_out": True,
    }  # fmt: skip
    return context(page, tab="Earn")


T = "finance/wallets/"
WALLET_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "wallet": (f"{T}overview.html", overview()),
    "wallet-empty": (f"{T}overview.html", overview_empty()),
    "wallet-activity": (f"{T}activity.html", activity(movements(), is_filtered=True)),
    "wallet-activity-empty": (f"{T}activity.html", activity([], is_filtered=False)),
    "wallet-receipt": (f"{T}receipt.html", receipt()),
    "wallet-goals": (f"{T}goals.html", goals()),
    "wallet-goals-empty": (f"{T}goals.html", goals_empty()),
    "wallet-goal": (f"{T}goal.html", goal()),
    "wallet-goal-closed": (f"{T}goal.html", goal_closed()),
    "wallet-goal-form": (f"{T}goal_form.html", goal_form()),
    "wallet-earn": (f"{T}earning.html", earning()),
    "wallet-stake-empty": (f"{T}earning.html", earning_empty()),
    "wallet-product": (f"{T}product.html", product()),
    "wallet-position": (f"{T}position.html", position()),
    **MOVING_PAGES,
}
