"""An alert that has something to do at its next look."""

from datetime import timedelta
from typing import Any

from apps.core.actors import Actor
from apps.core.clock import now, to_ms
from apps.core.live.publishing import client
from apps.trading.instruments.operations import AlertWish, create_alert
from apps.trading.market_data.gateways.quote_cache import key_of, to_text


def leave_alert(person: Any, symbol: str, price: str) -> None:
    """Make an alert that fires at once, and a quote that stays fresh for as long as a crawl may take."""
    condition = {
        "kind": "gt",
        "left": {"kind": "price", "field": "price"},
        "right": {"kind": "constant", "value": "1"},
    }
    wish = AlertWish(symbol=symbol, name="Left", condition=condition)
    create_alert(actor=Actor.of(person), owner_id=person.pk, wish=wish)
    later = to_ms(now() + timedelta(hours=2))
    quote = {"bid": price, "ask": price, "last": price, "at": str(later)}
    client().set(key_of(symbol), to_text(quote), ex=3_600)
