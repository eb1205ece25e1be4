"""What a bot owns, as the kernel takes it: its book, never the whole account."""

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from apps.trading.bots.models import Bot
from apps.trading.exchanges.queries import list_balances
from apps.trading.positions.queries import get_position
from kernel.instruments import InstrumentSpec, Side
from kernel.strategy import QUOTE_SCALE

EXACT = Context(prec=80)
HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class BotAccount:
    """Position in base, cash in quote (both exact), and their whole-number forms for the kernel.

    `lots` is what can be sold: whole lots, and nothing at all of a remainder that a sale left behind and that is worth
    less than the smallest order. `average_ticks` is the average entry in ticks, rounded half up.
    """

    quantity: Decimal
    cash: Decimal
    average_entry: Decimal | None
    lots: int
    cash_units: int
    average_ticks: int

    def equity(self, close: Decimal) -> Decimal:
        """Return cash plus the position at `close`."""
        return EXACT.add(self.cash, EXACT.multiply(self.quantity, close))


def read_account(bot: Bot, budget: Decimal, spec: InstrumentSpec, close: Decimal) -> BotAccount:
    """Return what the bot's book holds now; `close` decides whether a remainder is dust."""
    position = get_position(bot.book_id, bot.symbol)
    if position is None:
        return BotAccount(Decimal(0), budget, None, 0, _units(budget), 0)
    cash = EXACT.subtract(EXACT.add(budget, position.cash_flow), position.fees)
    lots, average = 0, None
    if position.quantity > 0:
        average = EXACT.divide(position.cost, position.quantity)
        lots = spec.lots(spec.floor_quantity(position.quantity))
        if position.last_side == Side.SELL and EXACT.multiply(position.quantity, close) < spec.min_notional:
            lots = 0
    ticks = _average_ticks(position.quantity, position.cost, spec)
    return BotAccount(position.quantity, cash, average, lots, _units(cash), ticks)


def sellable_lots(bot: Bot, lots: int, spec: InstrumentSpec) -> int:
    """Return how many of `lots` the account can give: less only if it was seen, after the last fill, to hold less."""
    position = get_position(bot.book_id, bot.symbol)
    if position is None or position.last_fill_at is None:
        return lots
    for balance in list_balances(bot.connection_id):
        if balance.asset == spec.base and balance.seen_at > position.last_fill_at:
            return min(lots, spec.lots(spec.floor_quantity(balance.free)))
    return lots


def _units(cash: Decimal) -> int:
    units = Fraction(cash) * QUOTE_SCALE
    return max(0, units.numerator // units.denominator)


def _average_ticks(quantity: Decimal, cost: Decimal, spec: InstrumentSpec) -> int:
    if quantity <= 0:
        return 0
    exact = Fraction(cost) / Fraction(quantity) / Fraction(spec.tick) + HALF
    return exact.numerator // exact.denominator
