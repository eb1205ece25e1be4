"""Sample contexts of the wallet's pages that move money: deposits, withdrawals, addresses, transfers."""

from typing import Any

from apps.core.view import Choice, Fact, State, Step
from tests.frontend.samples_shell import text_field
from tests.frontend.samples_wallet_parts import KEY, amount_form, context, figure

GROUPS = ["0x7b", "E42f", "1A90", "C3D6", "e855", "B01A", "7Fc3", "4dE2", "0B6A", "8e91", "Fc"]
ADDRESS = "0x7bE42f1A90C3D6e855B01A7Fc34dE20B6A8e91Fc"
SVG = ""


def deposit(**more: Any) -> dict[str, Any]:
    place = {
        "id": "1",
        "address": ADDRESS,
        "groups": GROUPS,
        "qr_svg": SVG,
        "is_ready": True,
        "confirmations": "12 confirmations",
        "is_simulated": True,
    }
    rows = [
        {
            "url": "/wallet/deposits/1/",
            "time": "2 Jun, 13:40",
            "reference": "7GFWYER3XE",
            "amount": figure("0.02000000"),
            "asset": "BTC",
            "state": State("wait", "Being confirmed"),
            "progress": "1 of 2",
        }
    ]
    page = {
        "asset": "USDT",
        "assets": [Choice("USDT, Tether USD", "USDT", True), Choice("EUR, Euro", "EUR")],
        "networks": [Choice("Ethereum", "?network=ethereum", True), Choice("TRON", "?network=tron")],
        "network": "ethereum",
        "network_title": "Ethereum",
        "is_bank": False,
        "place": place,
        "has_bank_account": True,
        "form": amount_form(),
        "errors": [],
        "idempotency_key": KEY,
        "simulate_key": KEY,
        "deposits": rows,
        "parent_url": "/wallet/",
        "paper_url": "/wallet/paper/",
        "here": "/wallet/deposit/?asset=USDT",
        **more,
    }
    return context(page)


def deposit_detail() -> dict[str, Any]:
    bank = [
        {"id": "pay-iban", "label": "IBAN", "text": "DE89 3704 0044 0532 0130 00"},
        {"id": "pay-reference", "label": "Text of the transfer, exactly this", "text": "7GFWYER3XE"},
    ]
    page = {
        "title": "Deposit of 250.00 EUR",
        "parent_url": "/wallet/deposit/",
        "state": State("wait", "On its way"),
        "text": "Send it with the text below.",
        "steps": [
            Step("done", "Announced", "2 Jun 2025, 14:00 UTC"),
            Step("now", "On its way"),
            Step("later", "In your wallet"),
        ],
        "facts": [Fact("Announced", "250.00 EUR")],
        "bank": bank,
        "here": "/wallet/deposits/1/",
        "per_mille": 500,
        "progress": "1 of 2 confirmations",
        "can_take_back": True,
        "idempotency_key": KEY,
    }
    return context(page)


def preview(**more: Any) -> dict[str, Any]:
    steps = [
        Step("now", "Your second factor", "", "Within 15 minutes."),
        Step("later", "Waiting times", "", "The address is new, until 3 Jun 2025, 13:30 UTC (23 h 30 min left)."),
        Step("later", "Sent to Ethereum"),
    ]
    return {
        "problem": "",
        "payout": "1,496.00",
        "asset": "USDT",
        "facts": [Fact("Leaves your wallet", "1,500.00 USDT"), Fact("Fee", "4.00 USDT")],
        "steps": steps,
        **more,
    }


def withdraw(**more: Any) -> dict[str, Any]:
    form = {
        "entry": text_field(
            "entry",
            "To",
            kind="select",
            choices=[("1", "Exchange account · USDT, Ethereum · 0x7bE4…91Fc, waits")],
            value="1",
        ),
        "amount": text_field(
            "amount", "Amount", value="1500", help_text="It leaves your wallet in full; the fee is kept of it."
        ),
    }
    rows = [
        {
            "url": "/wallet/withdrawals/1/",
            "time": "2 Jun, 13:40",
            "to": "Exchange account",
            "amount": figure("1,500.00"),
            "asset": "USDT",
            "state": State("wait", "Waiting"),
        }
    ]
    page = {
        "parent_url": "/wallet/",
        "form": form,
        "errors": [],
        "idempotency_key": KEY,
        "preview": preview(),
        "asset": "USDT",
        "available": "11,904.20 USDT",
        "available_raw": "11904.2",
        "has_addresses": True,
        "addresses_url": "/wallet/addresses/",
        "limits_url": "/limits/",
        "preview_url": "/wallet/withdraw/preview/",
        "notices": ["A new device signed in, until 3 Jun 2025, 09:00 UTC (19 h left)"],
        "withdrawals": rows,
        **more,
    }
    return context(page)


def withdrawal(**more: Any) -> dict[str, Any]:
    steps = [
        Step("done", "Requested and set aside", "2 Jun, 13:40"),
        Step("done", "Confirmed", "2 Jun, 13:41"),
        Step("now", "Waiting times", "", "The address is new, until 3 Jun 2025, 13:40 UTC (23 h 36 min left)."),
        Step("later", "Checks"),
        Step("later", "Sent to Ethereum"),
    ]
    page = {
        "title": "Withdrawal of 1,500.00 USDT",
        "parent_url": "/wallet/withdraw/",
        "state": State("wait", "Waiting"),
        "amount": "1,500.00",
        "asset": "USDT",
        "arrives": "Arrives 1,496.00 USDT after the fee of 4.00 USDT",
        "label": "Exchange account",
        "network": "Ethereum",
        "groups": GROUPS,
        "facts": [Fact("Fee", "4.00 USDT"), Fact("Reference", "W-AECFB65A")],
        "steps": steps,
        "text": "",
        "is_bad": False,
        "here": "/wallet/withdrawals/1/",
        "can_confirm": False,
        "is_proved": False,
        "can_cancel": True,
        "confirm_key": KEY,
        "cancel_key": KEY,
        "cancel_facts": [Fact("To", "Exchange account")],
        **more,
    }
    return context(page)


def address_card(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"a{number}",
        "label": "Hardware wallet",
        "asset": "USDT",
        "network": "Ethereum",
        "groups": GROUPS,
        "state": State("good", "Ready"),
        "note": "Proved on 1 Jun 2025.",
        "needs_code": False,
        "form": {"code": text_field(f"code{number}", "Code from the mail")},
        "errors": [],
        "prove_url": "/p/",
        "again_url": "/a/",
        "remove_url": "/r/",
        "withdraw_url": "/wallet/withdraw/",
        "is_usable": True,
        "prove_key": KEY,
        "again_key": KEY,
        "remove_key": KEY,
        "remove_facts": [Fact("Name", "Hardware wallet")],
        **more,
    }


def addresses(cards: list[dict[str, Any]]) -> dict[str, Any]:
    form = {
        "label": text_field("label", "Name"),
        "way": text_field("way", "What is sent to it", kind="select", choices=[("", "Choose")], value=""),
        "address": text_field("address", "Address or IBAN", errors=["This is no Ethereum address."]),
    }
    page = {
        "note": "2 of your own",
        "cards": cards,
        "form": form,
        "errors": [],
        "idempotency_key": KEY,
        "add_url": "/wallet/addresses/",
        "hours": 24,
        "lock_words": "No lock.",
        "lock_url": "/wallet/lock/",
        "is_locked": bool(cards),
    }
    return context(page)


def lock() -> dict[str, Any]:
    page = {
        "parent_url": "/wallet/addresses/",
        "state": State("warn", "Locked"),
        "text": "Nothing leaves and no address is added. It opens 5 days after you lift it.",
        "form": {
            "days": text_field("days", "Days it takes to open", value="5", help_text="1 to 30; 0 lifts the lock.")
        },
        "errors": [],
        "idempotency_key": KEY,
        "is_locked": True,
        "is_proved": True,
    }
    return context(page)


def send(**more: Any) -> dict[str, Any]:
    form = {
        "to": text_field("to", "E-mail address of the recipient", kind="email", value="bob@example.test"),
        "asset": text_field("asset", "Asset", kind="select", choices=[("USDT", "USDT")], value="USDT"),
        "amount": text_field("amount", "Amount", value="400"),
    }
    rows = [
        {
            "url": "/wallet/transfers/1/",
            "time": "2 Jun, 13:40",
            "who": "to bob@example.test",
            "amount": figure("−12.50"),
            "asset": "USDT",
            "state": State("good", "Delivered"),
        }
    ]
    page = {
        "parent_url": "/wallet/",
        "form": form,
        "errors": ["This is your own address. Write the recipient's."],
        "idempotency_key": KEY,
        "has_money": True,
        "available": [Fact("USDT", "120.00")],
        "threshold": "100 USDT",
        "is_confirmed": True,
        "deposit_url": "/wallet/deposit/",
        "transfers": rows,
        **more,
    }
    return context(page)


def transfer() -> dict[str, Any]:
    page = {
        "title": "Sent 12.50 USDT",
        "parent_url": "/wallet/send/",
        "state": State("good", "Delivered"),
        "amount": figure("−12.50"),
        "asset": "USDT",
        "steps": [Step("done", "Sent", "2 Jun 2025, 14:00 UTC"), Step("done", "Delivered", "2 Jun 2025, 14:00 UTC")],
        "facts": [Fact("To", "bob@example.test")],
        "here": "/wallet/transfers/1/",
    }
    return context(page)


def paper() -> dict[str, Any]:
    return context(
        {
            "parent_url": "/wallet/",
            "amount": "10,000 USDT",
            "available": [Fact("USDT", "7.00")],
            "idempotency_key": KEY,
        },
        mode="paper",
    )


T = "finance/wallets/"
MOVING_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "wallet-deposit": (f"{T}deposit.html", deposit()),
    "wallet-deposit-bank": (f"{T}deposit.html", deposit(is_bank=True, place=None, networks=[])),
    "wallet-deposit-detail": (f"{T}deposit_detail.html", deposit_detail()),
    "wallet-withdraw": (f"{T}withdraw.html", withdraw()),
    "wallet-withdraw-empty": (
        f"{T}withdraw.html",
        withdraw(has_addresses=False, preview=None, notices=[], withdrawals=[]),
    ),
    "wallet-withdrawal": (f"{T}withdrawal.html", withdrawal()),
    "wallet-withdrawal-requested": (f"{T}withdrawal.html", withdrawal(can_confirm=True, is_proved=True)),
    "wallet-withdrawal-failed": (
        f"{T}withdrawal.html",
        withdrawal(state=State("warn", "Did not go out"), text="It did not go out; nothing has left.", is_bad=True),
    ),
    "wallet-addresses": (
        f"{T}addresses.html",
        addresses(
            [
                address_card(1),
                address_card(2, needs_code=True, is_usable=False, state=State("warn", "Waits for the code")),
            ]
        ),
    ),
    "wallet-addresses-empty": (f"{T}addresses.html", addresses([])),
    "wallet-lock": (f"{T}lock.html", lock()),
    "wallet-send": (f"{T}send.html", send()),
    "wallet-send-empty": (f"{T}send.html", send(has_money=False, transfers=[])),
    "wallet-transfer": (f"{T}transfer.html", transfer()),
    "wallet-paper": (f"{T}paper.html", paper()),
}
