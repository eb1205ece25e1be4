"""Prices as the feed keeps them, for tests without a feed."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from apps.core.clock import now, to_ms
from apps.core.live.publishing import client
from apps.trading.market_data.gateways.live_cache import book_key
from apps.trading.market_data.gateways.quote_cache import key_of, to_text


def say_price(symbol: str, price: Decimal, *, age: timedelta = timedelta(0)) -> None:
    """Keep a quote without spread, `age` old."""
    text = f"{price:f}"
    at = str(to_ms(now() - age))
    client().set(key_of(symbol), to_text({"bid": text, "ask": text, "last": text, "at": at}), ex=60)


def forget_price(symbol: str) -> None:
    """Let no quote be known."""
    client().delete(key_of(symbol))


def say_book(
    symbol: str,
    venue: str,
    *,
    bids: list[tuple[Any, Any]],
    asks: list[tuple[Any, Any]],
    age: timedelta = timedelta(0),
) -> None:
    """Keep a venue's book as its feed would: (price, quantity) best first, `age` old."""
    sides = {name: [[str(price), str(size)] for price, size in rows] for name, rows in (("bids", bids), ("asks", asks))}
    text = json.dumps({**sides, "sequence": "1", "at": str(to_ms(now() - age))})
    client().set(book_key(symbol, venue), text, ex=60)


def forget_book(symbol: str, venue: str) -> None:
    """Let no book of a venue be known."""
    client().delete(book_key(symbol, venue))
