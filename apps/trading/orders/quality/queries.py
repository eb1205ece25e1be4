"""The figures of execution, from the prices and times that every order keeps."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.db.models import TextChoices

from apps.core.clock import now
from apps.trading.orders.history.queries import first_key
from apps.trading.orders.models import Order
from apps.trading.orders.quality.models import QualityAlert
from kernel.execution import slippage_bps
from kernel.instruments import Side

USUAL, LONGEST = timedelta(days=30), timedelta(days=366)


class By(TextChoices):
    """What a report is divided by."""

    VENUE = "venue", "Exchange"
    """The exchange it was sent to."""
    SYMBOL = "symbol", "Market"
    """What was traded."""
    ORIGIN = "origin", "Placed by"
    """A person, a bot, an algorithm and so on."""
    ALGO = "algo", "Algorithm"
    """TWAP, VWAP, POV, iceberg; all else is “none”."""


COLUMNS = {
    By.VENUE: "v.code",
    By.SYMBOL: "o.symbol",
    By.ORIGIN: "o.origin_kind",
    By.ALGO: "COALESCE(a.algo, 'none')",
}
REPORT = """
    WITH found AS (
        SELECT {key} AS key, o.filled * o.average_price AS worth,
            CASE WHEN o.wanted_price > 0 AND o.average_price IS NOT NULL AND {has_arrival} THEN
                (o.average_price - o.wanted_price) * CASE o.side WHEN 'buy' THEN 1 ELSE -1 END END AS worse,
            o.wanted_price AS arrival, o.filled,
            EXTRACT(EPOCH FROM o.created_at - o.decided_at) * 1000 AS decision,
            EXTRACT(EPOCH FROM o.sent_at - o.created_at) * 1000 AS send,
            EXTRACT(EPOCH FROM o.answered_at - o.sent_at) * 1000 AS answer,
            EXTRACT(EPOCH FROM o.first_fill_at - o.sent_at) * 1000 AS fill
        FROM orders_order o JOIN exchanges_connection c ON c.id = o.connection_id
            JOIN exchanges_venue v ON v.id = c.venue_id
            LEFT JOIN orders_algoorder a ON o.origin_kind = 'algo' AND a.id = o.origin_id
        WHERE o.owner_id = %s AND o.id >= %s AND o.id < %s AND o.sent_at IS NOT NULL
    )
    SELECT key, count(*), count(worse), COALESCE(sum(worth), 0),
        sum(worse * filled) / NULLIF(sum(arrival * filled) FILTER (WHERE worse IS NOT NULL), 0) * 10000,
        COALESCE(sum(worse * filled), 0), max(worse / arrival) * 10000,
        percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY decision),
        percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY send),
        percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY answer),
        percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY fill)
    FROM found GROUP BY key ORDER BY sum(worth) DESC NULLS LAST, key
"""
MEASURED = ("bot", "algo", "route")
HAS_ARRIVAL = "(o.price IS NULL OR o.max_slippage_bps IS NOT NULL OR o.origin_kind IN ('bot', 'algo', 'route'))"
"""Orders whose `wanted_price` is the market's at decision; for a limit order by hand it is its own limit."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Milliseconds of one leg: half of the orders and 99 of 100 took no longer; None where none was measured."""

    p50: Decimal | None
    p99: Decimal | None


@dataclass(frozen=True, slots=True)
class QualityRow:
    """Executions of one exchange, market, origin or algorithm.

    `slippage_bps` is weighted by worth, over the `measured` orders; `shortfall` what that cost, in quote. Legs: from
    decision to stored and checked, to sent, from there to the answer, and to the first fill by the exchange's clock.
    """

    key: str
    orders: int
    measured: int
    worth: Decimal
    slippage_bps: Decimal | None
    shortfall: Decimal
    worst_bps: Decimal | None
    decision: Leg
    send: Leg
    answer: Leg
    fill: Leg


def report_quality(
    owner_id: UUID, *, by: By, start: datetime | None = None, end: datetime | None = None
) -> list[QualityRow]:
    """Return the executions of a customer's orders decided in a period (30 days; a year at most), most worth first."""
    until = end or now()
    since = max(start or until - USUAL, until - LONGEST)
    text = REPORT.format(key=COLUMNS[by], has_arrival=HAS_ARRIVAL)
    with database.cursor() as cursor:
        cursor.execute(text, [owner_id, first_key(since), first_key(until)])
        return [_row(found) for found in cursor.fetchall()]


def arrival_of(order: Order) -> Decimal | None:
    """Return the market's price when an order was decided, where the order keeps it."""
    price: Decimal | None = order.wanted_price
    has_it = order.price is None or order.max_slippage_bps is not None or order.origin_kind in MEASURED
    return price if has_it and price else None


def slippage_of_order(order: Order) -> Decimal | None:
    """Return by how many bp an order filled worse than the price at its decision, or None."""
    arrival = arrival_of(order)
    if arrival is None or order.average_price is None:
        return None
    return slippage_bps(Side(order.side), arrival, order.average_price)


def get_quality_alert(owner_id: UUID) -> QualityAlert | None:
    """Return a customer's bounds, or None."""
    return QualityAlert.objects.filter(owner_id=owner_id).first()


def _row(found: tuple[Any, ...]) -> QualityRow:
    legs = [Leg(*((None if ms is None else _places(ms)) for ms in (pair or (None, None)))) for pair in found[7:]]
    return QualityRow(
        key=found[0],
        orders=found[1],
        measured=found[2],
        worth=found[3],
        slippage_bps=_places(found[4]),
        shortfall=found[5],
        worst_bps=_places(found[6]),
        decision=legs[0],
        send=legs[1],
        answer=legs[2],
        fill=legs[3],
    )


def _places(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.0001"))
