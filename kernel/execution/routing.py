"""One order over several venues: where it is cheapest after fees, as deep as their books and the funds reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from typing import Final

from kernel.instruments import InstrumentSpec, Side

EXACT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)


class Limited(StrEnum):
    """What stopped a venue from getting more."""

    NOTHING = ""  # it gets all it is asked for
    PRICE = "price"  # another venue is cheaper, or the worst price is reached
    DEPTH = "depth"  # its book holds no more
    BUDGET = "budget"  # the account has no more
    SIZE = "size"  # one order there may not be larger
    TOO_SMALL = "too_small"  # its part would be below the smallest order
    SILENT = "silent"  # no fresh book


@dataclass(frozen=True, slots=True)
class Venue:
    """One way to trade: `levels` (price, quantity) of the other side, best first; `fee` is the taker's share.

    `budget` is what the account may use: quote for a purchase, base for a sale. A purchase ties up all of it at its
    worst price, and `on_top` of that (None: the fee). Accounts with the same `book` share its levels ("": its own).
    """

    key: str
    levels: tuple[tuple[Decimal, Decimal], ...]
    fee: Decimal
    budget: Decimal
    spec: InstrumentSpec
    is_fresh: bool = True
    book: str = ""
    on_top: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What one venue gets: base, the mean and worst price, what it costs or brings after fees, what stopped it."""

    key: str
    quantity: Decimal
    average: Decimal | None
    worst: Decimal | None
    fee: Decimal
    net: Decimal
    limited: Limited


@dataclass(frozen=True, slots=True)
class Route:
    """The parts of all venues, and how much no venue could take."""

    parts: tuple[Part, ...]
    missing: Decimal


@dataclass(slots=True)
class _Taken:
    quantity: Decimal = Decimal(0)
    worth: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    worst: Decimal | None = None
    limited: Limited = Limited.NOTHING


def route(side: Side, quantity: Decimal, venues: Sequence[Venue], *, limit: Decimal | None = None) -> Route:
    """Share a quantity out, level by level, the best price after fees first; equal prices go to the first venue.

    Never more than a book or a budget holds and, with `limit`, never at a worse price. Parts are on the venue's grid;
    one below its smallest order goes to the others. The same input is the same route.
    """
    dropped: set[str] = set()
    while True:
        taken = _share_out(side, quantity, [venue for venue in venues if venue.key not in dropped], limit)
        small = [venue.key for venue in venues if venue.key in taken and _is_small(venue, taken[venue.key])]
        if not small:
            break
        dropped.add(min(small, key=lambda key: (taken[key].quantity, key)))
    parts = tuple(_part(side, venue, taken.get(venue.key), venue.key in dropped) for venue in venues)
    return Route(parts, quantity - sum((part.quantity for part in parts), Decimal(0)))


def _share_out(side: Side, quantity: Decimal, venues: Sequence[Venue], limit: Decimal | None) -> dict[str, _Taken]:
    taken = {venue.key: _Taken() for venue in venues if venue.is_fresh and venue.levels}
    offers = sorted(
        (
            (_net(side, price, venue.fee), order, place, venue, price, size)
            for order, venue in enumerate(venues)
            if venue.key in taken
            for place, (price, size) in enumerate(venue.levels)
        ),
        key=lambda row: (row[0] if side is Side.BUY else -row[0], row[1], row[2]),
    )
    left = quantity
    gone: dict[tuple[str, int], Decimal] = {}
    for _net_price, _order, place, venue, price, whole in offers:
        mine, level = taken[venue.key], (venue.book or venue.key, place)
        size = whole - gone.get(level, Decimal(0))
        if left <= 0 or (limit is not None and (price > limit if side is Side.BUY else price < limit)):
            mine.limited = mine.limited or Limited.PRICE
            continue
        if mine.limited:
            continue
        possible, most = _affordable(side, venue, mine, price), venue.spec.max_quantity - mine.quantity
        amount = venue.spec.floor_quantity(min(left, size, possible, most))
        if min(possible, most) < min(left, size):
            mine.limited = Limited.BUDGET if possible <= most else Limited.SIZE
        if amount <= 0:
            continue
        left -= amount
        gone[level] = gone.get(level, Decimal(0)) + amount
        mine.quantity += amount
        worth = EXACT.multiply(amount, price)
        mine.worth += worth
        mine.fee += EXACT.multiply(worth, venue.fee)
        mine.worst = price
    if left > 0:
        for mine in taken.values():
            mine.limited = mine.limited or Limited.DEPTH
    return taken


def _affordable(side: Side, venue: Venue, mine: _Taken, price: Decimal) -> Decimal:
    if side is Side.SELL:
        return max(Decimal(0), venue.budget - mine.quantity)
    held = EXACT.multiply(price, 1 + (venue.fee if venue.on_top is None else venue.on_top))
    return max(Decimal(0), EXACT.divide(venue.budget, held) - mine.quantity)


def _is_small(venue: Venue, mine: _Taken) -> bool:
    return mine.quantity > 0 and venue.spec.check_order(mine.quantity, market_price=mine.worst) is not None


def _part(side: Side, venue: Venue, mine: _Taken | None, is_dropped: bool) -> Part:
    if mine is None:
        why = Limited.TOO_SMALL if is_dropped else Limited.SILENT
        return Part(venue.key, Decimal(0), None, None, Decimal(0), Decimal(0), why)
    average = EXACT.divide(mine.worth, mine.quantity) if mine.quantity else None
    net = mine.worth + mine.fee if side is Side.BUY else mine.worth - mine.fee
    return Part(venue.key, mine.quantity, average, mine.worst, mine.fee, net, mine.limited)


def _net(side: Side, price: Decimal, fee: Decimal) -> Decimal:
    return EXACT.multiply(price, 1 + fee if side is Side.BUY else 1 - fee)
