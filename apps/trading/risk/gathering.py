"""What a decision is made on: limits, state and switches that apply, and the standing of a customer or a bot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.core.clock import now
from apps.trading.positions.queries import list_leverages
from apps.trading.risk.choices import RATE_WINDOW, Scope
from apps.trading.risk.models import (
    CorrelationGroup,
    KillSwitch,
    PlatformRiskLimit,
    PlatformSwitch,
    RiskClaim,
    RiskLimit,
    RiskStanding,
)
from apps.trading.risk.valuing import Prices, equity_of, positions_of, result_of
from kernel.instruments import Side
from kernel.margin import margin_rate
from kernel.money.exact import ZERO, add, subtract
from kernel.risk import OF_EQUITY, Holding, Limit, OpenOrder, Rule, Standing

COUNTED = frozenset({Rule.OPEN_ORDERS, Rule.ORDER_RATE, Rule.OPEN_POSITIONS, Rule.SYMBOL_POSITIONS})
"""Rules that need no price."""
BY_RESULT = frozenset({Rule.DAILY_LOSS, Rule.DRAWDOWN})
PERCENT = Decimal(100)


@dataclass(frozen=True, slots=True)
class Facts:
    """A standing, and whose symbols have no price."""

    standing: Standing
    unpriced: frozenset[str]


def limits_of(owner_id: UUID, bot_id: UUID | None = None) -> tuple[list[Limit], list[Limit]]:
    """Return the limits that a customer's figures are held against, and those of the bot's own figures."""
    wanted = Q(scope=Scope.TENANT) | Q(scope=Scope.CUSTOMER, subject_id=owner_id)
    if bot_id is not None:
        wanted |= Q(scope=Scope.BOT, subject_id=bot_id)
    rows = RiskLimit.objects.filter(wanted, value__isnull=False).values_list("scope", "rule", "value", "target")
    own = [Limit(scope, Rule(rule), value, target) for scope, rule, value, target in rows]
    platform = PlatformRiskLimit.objects.filter(value__isnull=False).values_list("rule", "value", "target")
    own += [Limit(Scope.PLATFORM.value, Rule(rule), value, target) for rule, value, target in platform]
    of_bot = [limit for limit in own if limit.scope == Scope.BOT]
    return [limit for limit in own if limit.scope != Scope.BOT], of_bot


def engaged_scope(owner_id: UUID, bot_id: UUID | None = None) -> Scope | None:
    """Return the widest scope of which a kill switch is engaged over a customer (and bot), or None."""
    if PlatformSwitch.objects.filter(is_engaged=True).exists():
        return Scope.PLATFORM
    wanted = Q(scope=Scope.TENANT) | Q(scope=Scope.CUSTOMER, subject_id=owner_id)
    if bot_id is not None:
        wanted |= Q(scope=Scope.BOT, subject_id=bot_id)
    found = set(KillSwitch.objects.filter(wanted, is_engaged=True).values_list("scope", flat=True))
    return next((scope for scope in (Scope.TENANT, Scope.CUSTOMER, Scope.BOT) if scope in found), None)


def gather(
    owner_id: UUID,
    *,
    is_live: bool,
    rules: Iterable[Rule],
    row: RiskStanding | None = None,
    bot_id: UUID | None = None,
    without: UUID | None = None,
    prices: Prices | None = None,
) -> Facts:
    """Return how a customer (or bot) stands, as far as `rules` ask; `row` has highs and lows, `without` is an order.

    Claims are read before positions: a fill that is booked between the two reads counts twice for a moment, never not.
    """
    wanted = set(rules)
    claims = open_claims(owner_id, is_live=is_live, bot_id=bot_id, without=without)
    held = list(positions_of(owner_id, is_live=is_live, bot_id=bot_id).exclude(quantity=0))
    prices = prices or Prices()
    needs_prices = bool(wanted - COUNTED)
    if needs_prices:
        prices.load({*(item.symbol for item in claims), *(item.symbol for item in held)})
    unpriced: set[str] = set()

    def unit(symbol: str) -> Decimal:
        found = prices.unit(symbol) if needs_prices else None
        if found is None:
            unpriced.add(symbol)
        return found or ZERO

    holdings, rates = {}, margin_rates(held)
    for item in held:
        place = (book_of(item.book_id, item.position_side), item.symbol)
        holdings[place] = Holding(place, item.quantity, unit(item.symbol), rates.get(item.pk, Decimal(1)))
    orders = [open_order(claim, unit(claim.symbol), prices) for claim in claims]
    equity = equity_of(owner_id, prices, is_live=is_live) if wanted & (OF_EQUITY | {Rule.DRAWDOWN}) else None
    lost = drawdown = None
    if wanted & BY_RESULT:
        result, exact = result_of(owner_id, prices, is_live=is_live, bot_id=bot_id)
        if exact:
            lost, drawdown = falls(row, result, equity)
    standing = Standing(
        holdings=holdings,
        orders=orders,
        equity=equity,
        lost_today=lost,
        drawdown=drawdown,
        orders_lately=count_lately(owner_id, is_live=is_live, bot_id=bot_id) if Rule.ORDER_RATE in wanted else 0,
        groups=groups() if Rule.GROUP_EXPOSURE in wanted else {},
    )
    return Facts(standing, frozenset(unpriced if needs_prices else ()))


def margin_rates(held: Sequence[Any]) -> dict[UUID, Decimal]:
    """Return the part of its worth that each contract ties up, by position: one by its leverage."""
    contracts = [item for item in held if item.is_contract]
    leverages = list_leverages({item.book.connection_id for item in contracts}) if contracts else {}
    found = {}
    for item in contracts:
        leverage = leverages.get((item.book.connection_id, item.symbol))
        if leverage is not None:
            found[item.pk] = margin_rate(leverage)
    return found


def falls(row: RiskStanding | None, result: Decimal, equity: Decimal | None) -> tuple[Decimal, Decimal | None]:
    """Return (loss of today, drawdown in percent or None) of a result against what the row remembers."""
    start = result
    if row is not None and row.result is not None:
        start = row.day_result if row.day == now().date() and row.day_result is not None else row.result
    lost = max(subtract(start, result), ZERO)
    peak = row.peak_result if row is not None and row.peak_result is not None else result
    fallen = max(subtract(peak, result), ZERO)
    if not fallen:
        return lost, ZERO
    if equity is None or add(equity, fallen) <= 0:
        return lost, None
    return lost, PERCENT * fallen / add(equity, fallen)


def open_claims(
    owner_id: UUID, *, is_live: bool, bot_id: UUID | None = None, without: UUID | None = None
) -> Sequence[RiskClaim]:
    """Return the open claims of a customer (or bot), without the one of an order."""
    rows = RiskClaim.objects.filter(owner_id=owner_id, is_live=is_live, ended_at__isnull=True)
    if bot_id is not None:
        rows = rows.filter(bot_id=bot_id)
    return list(rows if without is None else rows.exclude(order_id=without))


def open_order(claim: RiskClaim, unit: Decimal, prices: Prices) -> OpenOrder:
    """Return a claim as the kernel takes it: at the mark or at its worst price, whichever is worth more."""
    worst = prices.worth(claim.worst_price, claim.symbol) or ZERO
    return OpenOrder(
        key=str(claim.order_id),
        place=(book_of(claim.book_id, claim.position_side), claim.symbol),
        side=Side(claim.side),
        remaining=claim.remaining,
        unit=max(unit, worst),
        group="" if claim.group_id is None else str(claim.group_id),
        margin_rate=claim.margin_rate,
    )


def book_of(book_id: UUID, position_side: str) -> str:
    """Return the book as a place: in hedge mode the long and the short side stand apart."""
    return f"{book_id}{position_side}"


def count_lately(owner_id: UUID, *, is_live: bool, bot_id: UUID | None = None) -> int:
    """Return how many orders were claimed in the last 60 seconds."""
    rows = RiskClaim.objects.filter(owner_id=owner_id, is_live=is_live, created_at__gt=now() - RATE_WINDOW)
    return (rows if bot_id is None else rows.filter(bot_id=bot_id)).count()


def groups() -> dict[str, frozenset[str]]:
    """Return the symbols of each correlation group."""
    return {name: frozenset(symbols) for name, symbols in CorrelationGroup.objects.values_list("name", "symbols")}
