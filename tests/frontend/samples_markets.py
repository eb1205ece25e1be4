# ruff: noqa: E501 (a sample row reads best on one line)
"""Sample contexts of markets, venues side by side, watchlists and alerts."""

from typing import Any

from apps.core.view import Choice, Curve, Figure, Stat, State
from apps.trading.instruments.pages.forms import MEASURES, RELATIONS
from tests.frontend.samples_shell import shell, text_field
from tests.frontend.samples_ticket import contract_ticket, ticket
from tests.frontend.samples_trading import down, markets, symbol, up

LIVE, OLD, CLOSED = State("good", "Live"), State("warn", "Old"), State("off", "Market closed")
SIZES = ("0.412", "1.090", "0.007", "2.500", "0.310", "0.840", "4.005", "0.120", "0.950", "1.330")


def market_list() -> dict[str, Any]:
    context = markets()
    heads = [
        ("Market", "", "ascending"),
        ("Price", "end", ""),
        ("24 h, %", "end", ""),
        ("High", "end desktop-only", ""),
        ("Low", "end desktop-only", ""),
        ("Volume, 24 h", "end desktop-only", ""),
    ]
    page = {
        **context["page"],
        "columns": [
            {"label": label, "classes": classes, "url": "?sort=market", "sorted": order}
            for label, classes, order in heads
        ],
        "classes": [Choice(label, "?", label == "All") for label in ("All", "Crypto", "Forex", "Stocks")],
        "arbitrage_url": "/arbitrage/",
    }
    return {**context, "page": page}


def market_list_empty() -> dict[str, Any]:
    context = market_list()
    return {**context, "page": {**context["page"], "query": "zzz", "rows": []}}


def ladder_rows(start: float, step: float) -> list[dict[str, Any]]:
    total, rows = 0.0, []
    for at, size in enumerate(SIZES):
        total += float(size)
        rows.append(
            {
                "price": f"{start + at * step:,.1f}",
                "size": size,
                "total": f"{total:.3f}",
                "per_mille": int(total / 11.564 * 1000),
            }
        )
    return rows


def venues() -> list[dict[str, Any]]:
    rows = [
        ("binance", "104,063.1", "104,063.2", LIVE, True, False),
        ("kraken", "104,060.4", "104,062.9", LIVE, False, True),
        ("coinbase", "104,051.0", "104,066.3", OLD, False, False),
    ]
    return [
        {
            "venue": venue,
            "bid": bid,
            "ask": ask,
            "last": bid,
            "spread": Figure("0.002 %"),
            "volume": "18,204",
            "state": state,
            "is_best_bid": best_bid,
            "is_best_ask": best_ask,
        }
        for venue, bid, ask, state, best_bid, best_ask in rows
    ]


def market_page() -> dict[str, Any]:
    context = symbol()
    figures = [
        ("spread_bps", "Spread, bp", "0.10"),
        ("imbalance", "Imbalance", "+0.31"),
        ("depth_bid", "Bids, base", "42.11"),
        ("depth_ask", "Asks, base", "22.08"),
        ("vwap", "VWAP", "104,011.3"),
        ("kyle_lambda", "Kyle's lambda", "–"),
    ]
    page = {
        **context["page"],
        "alert_url": "/alerts/?symbol=BTCUSDT",
        "arbitrage_url": "/arbitrage/?symbol=BTCUSDT",
        "watch": [Choice("Majors", "/watchlists/0/"), Choice("A list with a rather long name", "/watchlists/1/")],
        "ladder": {
            "asks": ladder_rows(104_063.2, 0.7),
            "bids": ladder_rows(104_063.1, -0.6),
            "spread": "0.1",
            "state": LIVE,
            "size_places": 3,
        },
        "tape": [
            {
                "time": f"14:03:{50 - at:02d}",
                "price": f"104,06{at % 4}.2",
                "size": size,
                "side": "buy" if at % 3 else "sell",
            }
            for at, size in enumerate(SIZES)
        ],
        "statistics": [
            {"field": field, "label": label, "text": text, "format": "text"} for field, label, text in figures
        ],
        "venues": venues(),
        "tickets": [ticket()],
    }
    return {**context, "page": page}


def market_page_contract() -> dict[str, Any]:
    context = market_page()
    return {**context, "page": {**context["page"], "tickets": [ticket(), contract_ticket()]}}


def market_page_silent() -> dict[str, Any]:
    context = market_page()
    silent = {
        "asks": [],
        "bids": [],
        "spread": "–",
        "state": State("off", "No book: the feed is silent"),
        "size_places": 3,
    }
    page = {
        **context["page"],
        "ladder": silent,
        "tape": [],
        "venues": [],
        "watch": [],
        "orders": [],
        "positions": [],
        "tickets": [],
    }
    return {**context, "page": page}


def arbitrage() -> dict[str, Any]:
    pairs = [
        ("binance", "104,063.2", "kraken", "104,310.9", "0.310", "0.100 % + 0.260 %", up("+0.238 %"), up("+0.038 %")),
        ("kraken", "104,062.9", "binance", "104,063.1", "1.090", "0.260 % + 0.100 %", up("+0.000 %"), down("−0.200 %")),
    ]
    page = {
        "symbol": "BTCUSDT", "pair": "BTC/USDT", "markets_url": "/markets/", "state": State("good", "1 of 2 pairs pay"),
        "choices": [Choice(name, f"?symbol={name}", name == "BTCUSDT") for name in ("BTCUSDT", "ETHUSDT", "SOLUSDT")],
        "stats": [Stat("Best bid", Figure("104,310.9"), "kraken"), Stat("Best ask", Figure("104,063.2"), "binance"), Stat("Index price", Figure("104,140.0"), "2 venues"), Stat("Best pair after fees", up("+0.038 %"))],
        "venues": venues(),
        "fees": [{"venue": "binance", "taker": "0.100 %", "source": "Your own trades there"}, {"venue": "kraken", "taker": "0.260 %", "source": "Published by the exchange"}],
        "history": Curve("arbitrage-history", {"times": [1_700_000_000 + 60 * at for at in range(90)], "series": [{"label": "Best pair after fees", "kind": "own", "values": [f"{(at % 17 - 9) / 100:.4f}" for at in range(90)]}], "unit": "%", "places": 3}, "In 35 of 90 samples of the last day a pair of venues for BTC paid after taker fees."),
        "pairs": [dict(zip(("buy_venue", "buy_price", "sell_venue", "sell_price", "size", "fees", "gross", "net"), row, strict=True)) for row in pairs],
    }  # fmt: skip
    return {"shell": shell("markets"), "page": page}


def arbitrage_empty() -> dict[str, Any]:
    context = arbitrage()
    page = {
        **context["page"],
        "stats": [],
        "venues": [],
        "pairs": [],
        "fees": [],
        "history": None,
        "state": State("warn", "No venue has a fresh price"),
    }
    return {**context, "page": page}


def watchlists() -> dict[str, Any]:
    rows = [
        ("BTCUSDT", "BTC/USDT", "Bitcoin", "104,063.2", 1, down("−0.29"), LIVE),
        ("EURUSD", "EUR/USD", "Euro against US dollar", "1.08451", 5, up("+0.11"), LIVE),
        ("AAPL", "AAPL/USD", "Apple Inc.", "–", 2, Figure("–"), CLOSED),
    ]
    page = {
        "lists": [Choice("Majors", "/watchlists/0/", True), Choice("A list with a rather long name", "/watchlists/1/")],
        "name": "Majors", "url": "/watchlists/0/", "new_url": "/watchlists/", "errors": [],
        "form": {"name": text_field("name", "Name of a new list")}, "rename_form": {"name": text_field("rename", "Name", value="Majors")},
        "suggestions": [("BTCUSDT", "BTC/USDT Bitcoin")],
        "rows": [
            {"symbol": name, "pair": pair, "name": title, "url": f"/markets/{name}/", "price": price, "places": places, "change": change, "bid": price, "ask": price, "volume": "145,776", "state": state, "alert_url": f"/alerts/?symbol={name}"}
            for name, pair, title, price, places, change, state in rows
        ],
    }  # fmt: skip
    return {"shell": shell("markets"), "page": page}


def watchlists_empty() -> dict[str, Any]:
    context = watchlists()
    page = {
        **context["page"],
        "lists": [],
        "rows": [],
        "url": "",
        "name": "",
        "errors": ["You have a watchlist “Majors” already."],
    }
    return {**context, "page": page}


def alert_form() -> dict[str, Any]:
    choices = {
        "symbol": [("BTCUSDT", "BTC/USDT")],
        "measure": MEASURES,
        "relation": RELATIONS,
        "measure_2": MEASURES,
        "relation_2": RELATIONS,
    }
    words = {
        "symbol": "Market",
        "measure": "Tell me when the",
        "relation": "Relation",
        "measure_2": "Second measure",
        "relation_2": "Second relation",
    }
    selects = {name: text_field(name, words[name], kind="select", choices=rows) for name, rows in choices.items()}
    return {
        **selects,
        "non_field_errors": [],
        "name": text_field("name", "Name"),
        "value": text_field("value", "Value"),
        "value_2": text_field("value_2", "Second value"),
        "join": text_field(
            "join", "Then", kind="select", choices=[("", "nothing else"), ("and", "and also")], value="and"
        ),
        "rearm": text_field("rearm", "How often", kind="select", choices=[("once", "once, then stop")]),
        "pause_minutes": text_field("pause_minutes", "Least pause between two", value="5"),
        "condition": text_field("condition", "Whole condition as JSON"),
    }


def alerts() -> dict[str, Any]:
    rows = [
        ("Breaks 70,000", "BTCUSDT", "the price crosses above 70,000", State("good", "Watching"), "never", False),
        (
            "A name that somebody made far too long for its card",
            "ETHUSDT",
            "the 24 h change in percent is below -5 and the book imbalance is at or below -0.6",
            State("off", "Fired"),
            "2 times, last 2 Jun 2025, 14:03 UTC",
            True,
        ),
    ]
    page = {
        "note": "1 watching", "url": "/alerts/", "form": alert_form(), "errors": [],
        "alerts": [
            {"id": str(at), "name": name, "symbol": market, "market_url": f"/markets/{market}/", "sentence": sentence, "state": state, "rearm": "Once", "fired": fired, "url": f"/alerts/{at}/", "can_arm": over, "can_pause": not over}
            for at, (name, market, sentence, state, fired, over) in enumerate(rows)
        ],
    }  # fmt: skip
    return {"shell": shell("markets"), "page": page}


def alerts_empty() -> dict[str, Any]:
    context = alerts()
    return {
        **context,
        "page": {
            **context["page"],
            "alerts": [],
            "note": "",
            "errors": ["The condition cannot be accepted: left.field: unknown field."],
        },
    }


MARKET_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "markets": ("trading/market_data/list.html", market_list()),
    "markets-empty": ("trading/market_data/list.html", market_list_empty()),
    "symbol": ("trading/market_data/symbol.html", market_page()),
    "symbol-contract": ("trading/market_data/symbol.html", market_page_contract()),
    "symbol-silent": ("trading/market_data/symbol.html", market_page_silent()),
    "arbitrage": ("trading/market_data/arbitrage.html", arbitrage()),
    "arbitrage-empty": ("trading/market_data/arbitrage.html", arbitrage_empty()),
    "watchlists": ("trading/instruments/watchlists.html", watchlists()),
    "watchlists-empty": ("trading/instruments/watchlists.html", watchlists_empty()),
    "alerts": ("trading/instruments/alerts.html", alerts()),
    "alerts-empty": ("trading/instruments/alerts.html", alerts_empty()),
}
