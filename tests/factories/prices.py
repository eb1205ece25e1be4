"""Prices as the feed keeps them, for tests without a feed."""

from datetime import timedelta
from decimal import Decimal

from apps.core.clock import now, to_ms
from apps.core.live.publishing import client
from apps.trading.market_data.gateways.quote_cache import key_of, to_text


def say_price(symbol: str, price: Decimal, *, age: timedelta = timedelta(0)) -> None:
    """Keep a quote without spread, `age` old."""
    text = f"{price:f}"
    at = str(to_ms(now() - age))
    client().set(key_of(symbol), to_text({"bid": text, "ask": text, "last": text, "at": at}), ex=60)


def forget_price(symbol: str) -> None:
    """Let no quote be known."""
    client().delete(key_of(symbol))
