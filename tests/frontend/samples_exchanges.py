# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts of the pages of exchanges."""

from typing import Any

from apps.core.view import Fact, State
from tests.frontend.samples_shell import shell, text_field

KEY = "0190-sample-key"
GOOD = State("good", "Operational")
SLOW = State("warn", "Degraded. One request in twenty takes longer than 1.6 s.")


def card(name: str, mode: str, state: State) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "Outcry Sandbox" if mode == "paper" else "Binance",
        "mode": mode,
        "state": state,
        "facts": [
            Fact("Key", "…f3a9, 41 days old"),
            Fact("May", "read and trade"),
            Fact("Connected", "2 Jun 2026"),
            Fact("Last answer", "12 s ago"),
        ],
        "balances": [
            {"asset": "USDT", "free": "11,904.20", "locked": "5,925.51", "total": "17,829.71"},
            {"asset": "BTC", "free": "0.20110000", "locked": "0.00000000", "total": "0.20110000"},
        ],
        "check_url": "/connections/1/check/",
        "remove_url": "/connections/1/remove/",
        "reset_url": "/connections/1/reset/" if mode == "paper" else "",
        "idempotency_key": KEY,
        "detail_url": "/exchanges/1/",
        "health": GOOD,
        "no_balances": "",
    }


def connections() -> dict[str, Any]:
    page = {
        "incidents": [
            {
                "title": "Binance",
                "sentence": "Maintenance since 13:58 UTC. Engine upgrade. Until 2 Jun, 16:00 UTC.",
                "tone": "warn",
            }
        ],
        "new_url": "/exchanges/new/",
        "catalogue_url": "/exchanges/list/",
        "connections": [
            card("Sandbox", "paper", State("good", "Connected")),
            card("Main account", "live", State("good", "Connected")),
        ],
        "can_connect_sandbox": True,
        "connect_url": "/connections/",
        "idempotency_key": KEY,
        "start_funds": "50,000.00 USDT",
    }
    return {"shell": shell("connections"), "page": page}


def health_facts() -> list[Fact]:
    return [
        Fact("Last checked", "12 s ago"),
        Fact("Answers within", "50 ms, one in twenty 200 ms"),
        Fact("Requests that fail", "0 %"),
        Fact("Live data comes after", "100 ms"),
        Fact("Clock", "5.0 s ahead of ours; requests carry the exchange's time"),
    ]


def gauge() -> dict[str, Any]:
    return {"text": "1,284 of 6,000 used", "percent": 21, "frozen": "The exchange asked us to pause for 42 s."}


def key_fields() -> dict[str, Any]:
    return {
        "api_key": text_field(
            "api_key", "API key", help_text="Give it the rights to read and to trade, never to withdraw."
        ),
        "secret": text_field("secret", "Secret", kind="password"),
        "passphrase": text_field(
            "passphrase", "Passphrase", kind="password", help_text="Only where the exchange gave you one."
        ),
    }


def connection() -> dict[str, Any]:
    rows = [
        (
            "2 Jun 2026, 13:59",
            "Key accepted",
            "By itself",
            "It is good from any address; bind it to ours. Our requests come from 203.0.113.7.",
        ),
        ("2 Jun 2026, 13:58", "Key entered", "You", ""),
    ]
    page = {
        "card": card("Main account", "live", State("good", "Connected")),
        "parent_url": "/exchanges/",
        "exchange_url": "/exchanges/list/binance/",
        "facts": health_facts(),
        "gauge": gauge(),
        "address": "This key is good from any address: bind it to ours at the exchange. Our requests come from 203.0.113.7.",
        "activity": [dict(zip(("at", "what", "who", "detail"), row, strict=True)) for row in rows],
        "form": key_fields(),
        "form_title": "Enter a newer key",
        "form_text": "The present key serves until the exchange has accepted the newer one.",
        "key_url": "/exchanges/1/key/",
        "errors": [],
    }
    return {"shell": shell("connections"), "page": page}


def new_key() -> dict[str, Any]:
    form = {
        **key_fields(),
        "venue": text_field(
            "venue", "Exchange", kind="select", choices=[("binance", "Binance"), ("okx", "OKX")], value="okx"
        ),
        "label": text_field("label", "Name", help_text="To tell several accounts apart."),
    }
    page = {
        "form": form,
        "errors": ["OKX needs the passphrase of the key too."],
        "address": "Our requests come from 203.0.113.7.",
    }
    return {"shell": shell("connections"), "page": page}


def catalogue() -> dict[str, Any]:
    rows = [
        ("Binance", "spot, margin, perpetual, future, option", "7 of 7", GOOD, "recorded"),
        ("Bybit", "spot, margin, perpetual, future, option", "7 of 7", SLOW, "recorded"),
        ("KuCoin", "spot, margin, perpetual, future", "7 of 7", State("off", "Not looked at yet"), "synthetic"),
    ]
    named = [
        dict(zip(("name", "markets", "streams", "health", "metadata"), row, strict=True))
        | {"url": f"/exchanges/list/{at}/"}
        for at, row in enumerate(rows)
    ]
    others = [
        (name, f"/exchanges/list/{name.lower()}/")
        for name in ("AscendEX", "Bitfinex", "bitFlyer", "Bitstamp", "Deribit", "Gemini", "Poloniex")
    ]
    return {
        "shell": shell("connections"),
        "page": {"rows": named, "others": others, "new_url": "/exchanges/new/", "parent_url": "/exchanges/"},
    }


def exchange() -> dict[str, Any]:
    def answers(*words: str) -> list[dict[str, str]]:
        return [{"words": word, "answer": ("Yes", "By other requests", "No")[at % 3]} for at, word in enumerate(words)]

    page = {
        "name": "OKX",
        "parent_url": "/exchanges/list/",
        "new_url": "/exchanges/new/?venue=okx",
        "health": SLOW,
        "facts": [Fact("Needs", "API key, secret, passphrase"), *health_facts()],
        "gauge": gauge(),
        "groups": [
            ("Markets", answers("Spot", "Margin", "Perpetual", "Future", "Option")),
            ("Orders", answers("Market order", "Limit order", "Stop order", "Trailing order", "Amend")),
            ("Live streams", answers("Stream candles", "Stream trades", "Stream book")),
        ],
        "notes": [
            "Keys that may withdraw are refused. Give a key the rights to read and to trade only.",
            "Its adapter was tested on price ticks, amount steps and least orders that were recorded from the exchange for a "
            "few markets; the rest of those descriptions is synthetic.",
            "Other hosts it answers at: aws.okx.com.",
        ],
        "history": [("2 Jun, 13:58 UTC", SLOW), ("1 Jun, 09:12 UTC", GOOD)],
    }
    return {"shell": shell("connections"), "page": page}


EXCHANGE_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "connections": ("trading/exchanges/list.html", connections()),
    "connection": ("trading/exchanges/connection.html", connection()),
    "connection-new": ("trading/exchanges/new.html", new_key()),
    "exchanges": ("trading/exchanges/catalogue.html", catalogue()),
    "exchange": ("trading/exchanges/exchange.html", exchange()),
}
