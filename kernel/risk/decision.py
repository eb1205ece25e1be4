"""Whether an order may be sent: one pure function over positions, open orders, limits and the state of trading.

All worths are in one reference currency; quantities are in base, signed for positions. Every open order is taken as if
it filled in the worst way there is, so that no later fill can pass a limit that the decision kept.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from kernel.instruments import Side
from kernel.money.exact import ZERO, add, multiply, subtract

HUNDRED = Decimal(100)
Place = tuple[str, str]
"""(book, symbol): where a position stands."""


class Rule(StrEnum):
    """What a limit limits."""

    ORDER_SIZE = "order_size"  # the worth of one order
    POSITION = "position"  # the worth of one book's position in one symbol, its open orders filled
    SYMBOL_EXPOSURE = "symbol_exposure"  # the same over all books
    TOTAL_EXPOSURE = "total_exposure"  # the same over all books and symbols, long and short added up
    GROUP_EXPOSURE = "group_exposure"  # the same over the symbols of a group that moves together
    LEVERAGE = "leverage"  # total exposure in times of the equity
    FREE_MARGIN = "free_margin"  # equity that no position or open order ties up, at least, in percent
    OPEN_POSITIONS = "open_positions"  # how many positions there may be
    SYMBOL_POSITIONS = "symbol_positions"  # how many of them in one symbol
    OPEN_ORDERS = "open_orders"  # how many orders may be open
    ORDER_RATE = "order_rate"  # how many orders in 60 seconds
    DAILY_LOSS = "daily_loss"  # what may be lost from midnight UTC on
    DRAWDOWN = "drawdown"  # what may be lost since the highest result, in percent of the equity there


LEAST = frozenset({Rule.FREE_MARGIN})
"""Rules whose limit is a least; all others are a most."""
TARGETED = frozenset({Rule.ORDER_SIZE, Rule.POSITION, Rule.SYMBOL_EXPOSURE, Rule.SYMBOL_POSITIONS})
"""Rules that may name a symbol; a group limit always names its group."""
OF_EQUITY = frozenset({Rule.LEVERAGE, Rule.FREE_MARGIN})


class TradingState(StrEnum):
    """What may be traded, freest first."""

    ACTIVE = "active"  # everything within the limits
    REDUCING = "reducing"  # only what makes a position smaller
    HALTED = "halted"  # nothing


@dataclass(frozen=True, slots=True)
class Holding:
    """A position: `quantity` in base, signed; `unit` is the worth of one base now; margin as a part of the worth."""

    place: Place
    quantity: Decimal
    unit: Decimal
    margin_rate: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that may still fill `remaining` base, each at most worth `unit`; of a group only one leg fills."""

    key: str
    place: Place
    side: Side
    remaining: Decimal
    unit: Decimal
    group: str = ""
    margin_rate: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of a rule at a scope; `target` narrows it to a symbol (or names the group), "" is every one."""

    scope: str
    rule: Rule
    value: Decimal
    target: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is before the order. None: not known."""

    holdings: Mapping[Place, Holding]
    orders: Sequence[OpenOrder]
    equity: Decimal | None = None
    lost_today: Decimal | None = None
    drawdown: Decimal | None = None
    orders_lately: int = 0
    groups: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which rule stands against the order; `value` is what it would come to, None where that is not known."""

    rule: Rule | TradingState
    scope: str
    limit: Decimal | None = None
    value: Decimal | None = None
    target: str = ""


def decide(
    order: OpenOrder, standing: Standing, limits: Iterable[Limit], state: TradingState = TradingState.ACTIVE
) -> Refusal | None:
    """Return what stands against an order, the first rule that is broken with its tightest limit, or None.

    An order that only reduces passes all limits in ACTIVE and REDUCING; in HALTED nothing passes.
    """
    if state is TradingState.HALTED:
        return Refusal(state, "")
    if is_reducing(order, standing):
        return None
    if state is TradingState.REDUCING:
        return Refusal(state, "")
    after = Exposure(standing, order)
    for rule, fitting in _by_rule(limits, after).items():
        for limit in fitting:
            value = after.measure(rule, limit.target)
            if value is None or is_broken(rule, value, limit.value):
                return Refusal(rule, limit.scope, limit.value, value, limit.target)
    return None


def is_broken(rule: Rule, value: Decimal, limit: Decimal) -> bool:
    """Whether a value stands on the wrong side of a limit; a loss that reaches its limit counts as broken."""
    if rule in LEAST:
        return value < limit
    if rule in (Rule.DAILY_LOSS, Rule.DRAWDOWN):
        return value >= limit
    return value > limit


def is_reducing(order: OpenOrder, standing: Standing) -> bool:
    """Whether an order can only make its book's position smaller, even after all other open orders of its side."""
    held = standing.holdings.get(order.place)
    if held is None or not held.quantity or (held.quantity > 0) == (order.side is Side.BUY):
        return False
    same = [item for item in standing.orders if item.place == order.place and item.side is order.side]
    closing = sum_of_legs([*same, order])[0]
    return closing <= held.quantity.copy_abs()


def sum_of_legs(orders: Iterable[OpenOrder]) -> tuple[Decimal, Decimal, Decimal]:
    """Return (quantity, worth, highest unit) of orders of one side; of each group only the largest leg counts."""
    quantity = worth = highest = ZERO
    groups: dict[str, tuple[Decimal, Decimal]] = {}
    for item in orders:
        highest = max(highest, item.unit)
        if item.group:
            most, unit = groups.get(item.group, (ZERO, ZERO))
            groups[item.group] = max(most, item.remaining), max(unit, item.unit)
        else:
            quantity = add(quantity, item.remaining)
            worth = add(worth, multiply(item.remaining, item.unit))
    for most, unit in groups.values():
        quantity = add(quantity, most)
        worth = add(worth, multiply(most, unit))
    return quantity, worth, highest


class Exposure:
    """What a standing comes to at worst; with `order`, as if it were open already."""

    def __init__(self, standing: Standing, order: OpenOrder | None = None) -> None:
        self.standing = standing
        self.order = order
        self.orders = [*standing.orders, order] if order else list(standing.orders)
        self.worths: dict[Place, Decimal] = {}
        self.margins: dict[Place, Decimal] = {}
        sides: dict[Place, tuple[list[OpenOrder], list[OpenOrder]]] = {
            place: ([], []) for place, held in standing.holdings.items() if held.quantity
        }
        for item in self.orders:
            sides.setdefault(item.place, ([], []))[item.side is Side.SELL].append(item)
        for place, (buys, sells) in sides.items():
            held = standing.holdings.get(place)
            worth = _worst(held, buys, sells)
            if worth:
                rates = [item.margin_rate for item in (*buys, *sells)]
                self.worths[place] = worth
                self.margins[place] = multiply(worth, max([*rates, held.margin_rate] if held else rates))

    def measure(self, rule: Rule, target: str = "") -> Decimal | None:
        """Return what a rule measures (of the order's symbol and book where it speaks of one); None: not known."""
        return _MEASURES[rule](self, target)

    def symbols(self, target: str) -> Collection[str]:
        """Return the symbols of a group."""
        return self.standing.groups.get(target, ())

    def exposure(self, symbols: Collection[str] | None = None) -> Decimal:
        """Return the worth of all positions at worst, or of those in `symbols`."""
        total = ZERO
        for (_, symbol), worth in self.worths.items():
            if symbols is None or symbol in symbols:
                total = add(total, worth)
        return total

    def count(self, symbol: str = "") -> Decimal:
        """Return how many positions there would be at worst, in all or in one symbol."""
        return Decimal(sum(1 for place in self.worths if not symbol or place[1] == symbol))

    def of_symbol(self, target: str) -> str:
        """Return the symbol that a measure speaks of."""
        return target or (self.order.place[1] if self.order else "")


def _by_rule(limits: Iterable[Limit], after: Exposure) -> dict[Rule, list[Limit]]:
    """Return the limits that speak of the order, by rule in the order of `Rule`, the tightest first."""
    assert after.order is not None
    symbol = after.order.place[1]
    found: dict[Rule, list[Limit]] = {}
    for limit in limits:
        of_group = limit.rule is Rule.GROUP_EXPOSURE
        if symbol in after.symbols(limit.target) if of_group else limit.target in ("", symbol):
            found.setdefault(limit.rule, []).append(limit)
    return {
        rule: sorted(found[rule], key=lambda limit: limit.value, reverse=rule in LEAST)
        for rule in Rule
        if rule in found
    }


def _worst(held: Holding | None, buys: Sequence[OpenOrder], sells: Sequence[OpenOrder]) -> Decimal:
    """Return the largest worth of a position over all ways in which its open orders may fill, never too little."""
    quantity = held.quantity if held else ZERO
    worth = multiply(quantity.copy_abs(), held.unit) if held else ZERO
    adding, closing = (buys, sells) if quantity >= 0 else (sells, buys)
    far = add(worth, sum_of_legs(adding)[1])
    back, _, highest = sum_of_legs(closing)
    beyond = subtract(back, quantity.copy_abs())
    return max(far, multiply(beyond, highest)) if beyond > 0 else far


def _order_size(after: Exposure, _target: str) -> Decimal | None:
    return multiply(after.order.remaining, after.order.unit) if after.order else None


def _position(after: Exposure, target: str) -> Decimal | None:
    if after.order is not None:
        return after.worths.get(after.order.place, ZERO)
    return max((worth for place, worth in after.worths.items() if target in ("", place[1])), default=ZERO)


def _symbol_exposure(after: Exposure, target: str) -> Decimal | None:
    if after.of_symbol(target):
        return after.exposure({after.of_symbol(target)})
    return max((after.exposure({symbol}) for _, symbol in after.worths), default=ZERO)


def _leverage(after: Exposure, _target: str) -> Decimal | None:
    equity = after.standing.equity
    if equity is None or equity <= 0:
        return None
    return after.exposure() / equity


def _free_margin(after: Exposure, _target: str) -> Decimal | None:
    equity = after.standing.equity
    if equity is None or equity <= 0:
        return None
    tied = ZERO
    for margin in after.margins.values():
        tied = add(tied, margin)
    return HUNDRED * subtract(equity, tied) / equity


def _symbol_positions(after: Exposure, target: str) -> Decimal | None:
    if after.of_symbol(target):
        return after.count(after.of_symbol(target))
    return max((after.count(symbol) for _, symbol in after.worths), default=ZERO)


_MEASURES: dict[Rule, Callable[[Exposure, str], Decimal | None]] = {
    Rule.ORDER_SIZE: _order_size,
    Rule.POSITION: _position,
    Rule.SYMBOL_EXPOSURE: _symbol_exposure,
    Rule.TOTAL_EXPOSURE: lambda after, _target: after.exposure(),
    Rule.GROUP_EXPOSURE: lambda after, target: after.exposure(after.symbols(target)),
    Rule.LEVERAGE: _leverage,
    Rule.FREE_MARGIN: _free_margin,
    Rule.OPEN_POSITIONS: lambda after, _target: after.count(),
    Rule.SYMBOL_POSITIONS: _symbol_positions,
    Rule.OPEN_ORDERS: lambda after, _target: Decimal(len(after.orders)),
    Rule.ORDER_RATE: lambda after, _target: Decimal(after.standing.orders_lately + (1 if after.order else 0)),
    Rule.DAILY_LOSS: lambda after, _target: after.standing.lost_today,
    Rule.DRAWDOWN: lambda after, _target: after.standing.drawdown,
}
