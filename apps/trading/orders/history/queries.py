"""Reading the history: pages by key, sums by day, symbol and origin, each from an index."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate

from apps.core.clock import now, to_ms
from apps.trading.exchanges.queries import list_connections
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import FINAL, OrderState, Origin
from apps.trading.orders.history.choices import OUTCOMES, Outcome, Wanted
from apps.trading.orders.models import Fill, Order
from apps.trading.orders.queries import names_of

CHUNK = 1_000
USUAL, LONGEST = timedelta(days=30), timedelta(days=366)
"""What is summed when no period is given, and at most."""
EXACT = Context(prec=60)
AMOUNT: "DecimalField[Decimal, Decimal]" = DecimalField(max_digits=60, decimal_places=36)
WORTH = ExpressionWrapper(F("filled") * F("average_price"), output_field=AMOUNT)
ENDED = Q(state__in=FINAL)


@dataclass(frozen=True, slots=True)
class Group:
    """Sums over some orders: `worth` and `realised` in the quote of `symbol`, or of all where they share one."""

    key: str
    label: str
    orders: int
    filled: int
    cancelled: int
    rejected: int
    worth: Decimal
    realised: Decimal


@dataclass(frozen=True, slots=True)
class Statistics:
    """What came of the orders of a period. Rates are shares of those that are over, None without any."""

    orders: int
    over: int
    fill_rate: Decimal | None
    cancel_rate: Decimal | None
    reject_rate: Decimal | None
    fills: int
    maker_share: Decimal | None
    worth: dict[str, Decimal]
    fees: dict[str, Decimal]
    realised: dict[str, Decimal]
    by_day: list[Group]
    by_symbol: list[Group]
    by_origin: list[Group]


def list_history(owner_id: UUID, wanted: Wanted) -> QuerySet[Order]:
    """Return a customer's orders, newest first. Keys are in order of time: a period is a range of the index."""
    found = _period(Order.objects.filter(owner_id=owner_id), wanted, "pk")
    if wanted.symbol:
        found = found.filter(symbol=wanted.symbol)
    if wanted.side:
        found = found.filter(side=wanted.side)
    if wanted.outcome:
        found = found.filter(state__in=OUTCOMES[Outcome(wanted.outcome)])
    if wanted.origin:
        found = found.filter(origin_kind=wanted.origin)
    if wanted.origin_id is not None:
        found = found.filter(origin_id=wanted.origin_id)
    if wanted.connection_id is not None:
        found = found.filter(connection_id=wanted.connection_id)
    # Read beside it, not joined: however little is known of the small tables, the page comes from the index.
    return found.prefetch_related("connection__venue").order_by("-id")


def list_trades(owner_id: UUID, wanted: Wanted) -> QuerySet[Fill]:
    """Return the fills of the same orders, newest first."""
    accounts = list(list_connections(owner_id).order_by().values_list("pk", flat=True))
    found = _period(Fill.objects.filter(connection_id__in=accounts), wanted, "pk")
    given = {
        "symbol": wanted.symbol,
        "side": wanted.side,
        "order__origin_kind": wanted.origin,
        "order__origin_id": wanted.origin_id,
        "connection_id": wanted.connection_id,
    }
    found = found.filter(**{name: value for name, value in given.items() if value})
    if wanted.outcome:
        found = found.filter(order__state__in=OUTCOMES[Outcome(wanted.outcome)])
    return found.prefetch_related("order").order_by("-id")


def walk_history(owner_id: UUID, wanted: Wanted) -> Iterator[Order]:
    """Yield all orders of a history, a thousand read at a time: memory stays flat however long it is."""
    last: UUID | None = None
    found = list_history(owner_id, wanted)
    while True:
        rows = list((found if last is None else found.filter(pk__lt=last))[:CHUNK])
        yield from rows
        if len(rows) < CHUNK:
            return
        last = rows[-1].pk


def sum_history(owner_id: UUID, wanted: Wanted) -> Statistics:
    """Return counts, rates, volume, fees and results of a history; sums of different quotes stay apart."""
    found = list_history(owner_id, wanted).order_by().prefetch_related(None)
    by_symbol = _groups(found, "symbol")
    fills = list_trades(owner_id, wanted).order_by().prefetch_related(None)
    trades = fills.aggregate(count=Count("pk"), maker=Count("pk", filter=Q(is_maker=True)))
    fees = fills.exclude(fee=0).values("fee_asset").annotate(paid=Sum("fee")).order_by("fee_asset")
    orders = sum(row.orders for row in by_symbol)
    counts = [sum(getattr(row, name) for row in by_symbol) for name in ("filled", "cancelled", "rejected")]
    over = sum(counts)
    return Statistics(
        orders=orders,
        over=over,
        fill_rate=_share(counts[0], over),
        cancel_rate=_share(counts[1], over),
        reject_rate=_share(counts[2], over),
        fills=trades["count"],
        maker_share=_share(trades["maker"], trades["count"]),
        worth=_by_quote(by_symbol, "worth"),
        fees={row["fee_asset"]: row["paid"] for row in fees},
        realised=_by_quote(by_symbol, "realised"),
        by_day=_groups(found.annotate(day=TruncDate(Coalesce("ended_at", "created_at"))), "day")[::-1],
        by_symbol=by_symbol,
        by_origin=_named(found),
    )


def _groups(found: QuerySet[Order], key: str) -> list[Group]:
    return [_group(str(row[key]), str(row[key]), row) for row in found.values(key).annotate(**_sums()).order_by(key)]


def _named(found: QuerySet[Order]) -> list[Group]:
    """Return sums by origin: all by hand together, each bot, algorithm and so on by itself."""
    rows: list[Any] = list(
        found.values("origin_kind", "origin_id").annotate(**_sums()).order_by("origin_kind", "origin_id")[:CHUNK]
    )
    names = names_of({row["origin_id"] for row in rows})
    groups = []
    for row in rows:
        kind = str(Origin(row["origin_kind"]).label)
        label = names.get(row["origin_id"], kind) if row["origin_id"] else kind
        groups.append(_group(f"{row['origin_kind']}:{row['origin_id'] or ''}", label, row))
    return groups


def _sums() -> dict[str, Any]:
    return {
        "orders": Count("pk"),
        "count_filled": Count("pk", filter=Q(state=OrderState.FILLED)),
        "count_cancelled": Count("pk", filter=Q(state=OrderState.CANCELLED)),
        "count_rejected": Count("pk", filter=Q(state=OrderState.REJECTED)),
        "worth": Sum(WORTH),
        "result": Sum("realised"),
    }


def _group(key: str, label: str, row: dict[str, Any]) -> Group:
    return Group(
        key=key,
        label=label,
        orders=row["orders"],
        filled=row["count_filled"],
        cancelled=row["count_cancelled"],
        rejected=row["count_rejected"],
        worth=row["worth"] or Decimal(0),
        realised=row["result"] or Decimal(0),
    )


def _by_quote(groups: list[Group], name: str) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for group in groups:
        try:
            quote = get_spec(group.key).quote
        except UnknownSymbol:
            quote = group.key
        found[quote] = EXACT.add(found.get(quote, Decimal(0)), getattr(group, name))
    return {quote: amount for quote, amount in sorted(found.items()) if amount}


def _share(part: int, whole: int) -> Decimal | None:
    return EXACT.divide(Decimal(part), Decimal(whole)).quantize(Decimal("0.0001")) if whole else None


def _period(found: "QuerySet[Any]", wanted: Wanted, key: str) -> "QuerySet[Any]":
    if wanted.start is not None:
        found = found.filter(**{f"{key}__gte": first_key(wanted.start)})
    if wanted.end is not None:
        found = found.filter(**{f"{key}__lt": first_key(wanted.end)})
    return found


def first_key(moment: datetime) -> UUID:
    """Return the smallest UUIDv7 of a millisecond."""
    return UUID(int=to_ms(moment) << 80)


def bounded(wanted: Wanted) -> Wanted:
    """Return a filter with a period: the last 30 days where none is given, the newest year of a longer one."""
    end = wanted.end or now()
    start = wanted.start or end - USUAL
    return replace(wanted, start=max(start, end - LONGEST))


def list_symbols(owner_id: UUID) -> list[str]:
    """Return the symbols that a customer ever ordered, one index probe each however many orders there are."""
    found: list[str] = []
    orders = Order.objects.filter(owner_id=owner_id).order_by("symbol").values_list("symbol", flat=True)
    while len(found) < CHUNK:
        following = (orders.filter(symbol__gt=found[-1]) if found else orders).first()
        if following is None:
            break
        found.append(following)
    return found
