"""Deciding: what each account would get now, and what one account alone would have cost. Nothing is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from uuid import UUID

from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import VenueFee
from apps.trading.orders.commissions.operations.fixing import Terms, terms_for
from apps.trading.orders.errors import ContractsOnlyPlain
from apps.trading.orders.operations.checking import refusal_of
from apps.trading.orders.routing.choices import BY_WEIGHT, said_of
from apps.trading.orders.routing.errors import NothingToRoute, RouteDoesNotFit
from apps.trading.orders.routing.market import Account, accounts_of, see
from kernel.execution import Limited, Part, Route, route
from kernel.instruments import InstrumentSpec, Side, is_perpetual

EXACT = Context(prec=60)
STEP = Decimal(1).scaleb(-18)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteWish:
    """What is wanted: quantity in base, the worst price in quote (None: that of the first decision).

    Over the customer's active accounts of `mode` ("paper", "live"), or those named.
    """

    symbol: str
    side: Side
    quantity: Decimal
    mode: str
    limit_price: Decimal | None = None
    connection_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Single:
    """All on one account: what it would fill of the whole, and what a unit costs or brings after fees (None: none)."""

    quantity: Decimal
    average: Decimal | None
    net: Decimal
    unit_net: Decimal | None
    missing: Decimal


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """What one account would get, what stopped it in words, and what all on it would come to."""

    account: Account
    part: Part
    words: str
    single: Single

    @property
    def fee(self) -> VenueFee:
        """The taker's fee at its exchange, and where it is known from."""
        return self.account.fee


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """What a wish would come to now. Prices and `net` in quote; `worst` is the worst price in force (None: no part).

    `single` is the best account alone: of those that could take the most, the best after fees. `saves` is how much
    better the whole is than that, for the same quantity. `terms` is what the tenant charges besides.
    """

    wish: RouteWish
    spec: InstrumentSpec
    parts: Sequence[PlannedPart]
    quantity: Decimal
    missing: Decimal
    average: Decimal | None
    worst: Decimal | None
    fee: Decimal
    net: Decimal
    single: PlannedPart | None
    saves: Decimal | None
    terms: Terms | None


def plan_route(*, owner_id: UUID, wish: RouteWish) -> RoutePlan:
    """Return what each of a customer's accounts would get of a wish now.

    Raises UnknownSymbol, ConnectionMissing, ContractsOnlyPlain, RouteDoesNotFit, the refusals of the grid, and
    NothingToRoute without any account.
    """
    spec = get_spec(wish.symbol)
    _check(wish, spec)
    connections = accounts_of(owner_id, wish.mode, wish.connection_ids)
    if not connections:
        raise NothingToRoute(reason=f"You have no open {wish.mode} account.")
    seen = see(owner_id, wish.symbol, wish.side, connections, newer_than={})
    found = route(wish.side, wish.quantity, [account.venue for account in seen], limit=wish.limit_price)
    parts = [
        PlannedPart(account, part, said_of(part.limited, part.quantity, found.missing), single_of(account, wish))
        for account, part in zip(seen, found.parts, strict=True)
    ]
    return _whole(owner_id, wish, spec, parts, found)


def require_parts(plan: RoutePlan) -> Decimal:
    """Return the worst price in force of a plan with a part, or raise NothingToRoute with each account's reason."""
    if plan.worst is None:
        words = " ".join(f"{row.account.connection.label}: {row.words}" for row in plan.parts)
        raise NothingToRoute(reason=words)
    return plan.worst


def single_of(account: Account, wish: RouteWish) -> Single:
    """Return what all of a wish on one account would come to."""
    found = route(wish.side, wish.quantity, [account.venue], limit=wish.limit_price)
    (part,) = found.parts
    unit = EXACT.divide(part.net, part.quantity) if part.quantity else None
    return Single(part.quantity, part.average, part.net, unit, found.missing)


def reason_of(route_found: Route) -> str:
    """Return the reason that names the end of a route without parts."""
    limits = {part.limited for part in route_found.parts}
    return next((reason.value for reason in BY_WEIGHT if reason in limits), Limited.SILENT.value)


def _check(wish: RouteWish, spec: InstrumentSpec) -> None:
    if is_perpetual(wish.symbol):
        raise ContractsOnlyPlain(field="symbol")
    if wish.mode not in ("paper", "live"):
        raise RouteDoesNotFit(field="mode", reason="Choose paper or live accounts.")
    broken = spec.check_order(wish.quantity, wish.limit_price)
    is_large = wish.quantity > spec.max_quantity and spec.floor_quantity(wish.quantity) == wish.quantity
    if broken is not None and not is_large:  # more than one order may have is shared out
        raise refusal_of(broken, spec)


def _whole(owner_id: UUID, wish: RouteWish, spec: InstrumentSpec, parts: list[PlannedPart], found: Route) -> RoutePlan:
    got = [row.part for row in parts if row.part.quantity]
    quantity = wish.quantity - found.missing
    net, fee = sum((part.net for part in got), ZERO), sum((part.fee for part in got), ZERO)
    worth = net - fee if wish.side is Side.BUY else net + fee
    ends = [part.worst for part in got if part.worst is not None]
    worst = None if not ends else max(ends) if wish.side is Side.BUY else min(ends)
    best = _best_single(wish.side, parts)
    return RoutePlan(
        wish=wish,
        spec=spec,
        parts=parts,
        quantity=quantity,
        missing=found.missing,
        average=EXACT.divide(worth, quantity) if quantity else None,
        worst=wish.limit_price if worst is not None and wish.limit_price is not None else worst,
        fee=fee,
        net=net,
        single=best,
        saves=None if best is None or not quantity else _saves(wish.side, quantity, net, best.single),
        terms=terms_for(owner_id, wish.mode, wish.symbol, keeps=False),
    )


def _best_single(side: Side, parts: list[PlannedPart]) -> PlannedPart | None:
    able = [row for row in parts if row.single.unit_net is not None]
    if not able:
        return None
    most = max(row.single.quantity for row in able)
    sign = 1 if side is Side.BUY else -1
    return min((row for row in able if row.single.quantity == most), key=lambda row: sign * (row.single.unit_net or 0))


def _saves(side: Side, quantity: Decimal, net: Decimal, single: Single) -> Decimal:
    assert single.unit_net is not None
    alone = EXACT.multiply(single.unit_net, quantity)
    return (alone - net if side is Side.BUY else net - alone).quantize(STEP, context=EXACT)
