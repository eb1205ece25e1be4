"""A history as CSV, line by line."""

import csv
import io
from collections.abc import Iterator
from uuid import UUID

from apps.trading.orders.history.choices import Wanted
from apps.trading.orders.history.queries import walk_history
from apps.trading.orders.models import Order
from apps.trading.orders.shown import slippage_of

COLUMNS = (
    "id", "decided_at", "ended_at", "account", "venue", "symbol", "side", "kind", "state", "origin", "origin_id",
    "quantity", "price", "filled", "average_price", "fees", "realised", "slippage_bps", "client_id", "venue_order_id",
    "reject_code",
)  # fmt: skip
CHUNK = 500
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def lines(owner_id: UUID, wanted: Wanted) -> Iterator[str]:
    """Yield a heading and one line an order, newest first; texts that a spreadsheet would run are quoted."""
    yield _line(COLUMNS)
    for order in walk_history(owner_id, wanted):
        yield _line(_cells(order))


def chunks(owner_id: UUID, wanted: Wanted) -> Iterator[str]:
    """Yield the same file a few hundred lines at a time."""
    held: list[str] = []
    for line in lines(owner_id, wanted):
        held.append(line)
        if len(held) == CHUNK:
            yield "".join(held)
            held = []
    if held:
        yield "".join(held)


def _cells(order: Order) -> tuple[str, ...]:
    slippage = slippage_of(order)
    return (
        str(order.pk),
        order.decided_at.isoformat(),
        "" if order.ended_at is None else order.ended_at.isoformat(),
        _safe(order.connection.label),
        order.connection.venue.code,
        order.symbol,
        order.side,
        order.kind,
        order.state,
        order.origin_kind,
        str(order.origin_id or ""),
        _plain(order.quantity),
        _plain(order.price),
        _plain(order.filled),
        _plain(order.average_price),
        " ".join(f"{amount} {asset}" for asset, amount in order.fees.items()),
        _plain(order.realised),
        "" if slippage == "–" else slippage.replace("−", "-").replace(",", ""),
        order.client_id,
        _safe(order.venue_order_id),
        _safe(order.reject_code),
    )


def _plain(value: object) -> str:
    return "" if value is None else f"{value.normalize():f}"  # type: ignore[attr-defined]  # a Decimal


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _line(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
