"""Reading targets and rebalancing, and working a rebalancing out: pure of effects."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from apps.finance.ledger.queries import list_mirrors
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_instrument, spec_of
from apps.trading.market_data.queries import list_taker_fees
from apps.trading.portfolios import queries
from apps.trading.portfolios.choices import PlanState
from apps.trading.portfolios.errors import PlanImpossible, PlanMissing, PriceMissing
from apps.trading.portfolios.models import Portfolio, RebalancePlan, TargetWeight
from apps.trading.portfolios.valuing import EXACT, AssetPrice, Prices, missing_of, rounded
from kernel.instruments import Filter, Side
from kernel.portfolio import Drift, drifts

WORDS = {
    Filter.LOT_SIZE: "the quantity is below the smallest step of the market",
    Filter.NOTIONAL: "the order would be smaller than the market takes",
    Filter.PRICE_FILTER: "the price is off the grid of the market",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A line of a rebalancing; with a `reason` it cannot be ordered. Worth and fee in the portfolio's currency."""

    asset: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal | None
    worth: Decimal
    fee: Decimal
    drift: Decimal
    reason: str = ""


def list_targets(portfolio: Portfolio) -> dict[str, Decimal]:
    """Return the target weights of a portfolio, in percent by asset."""
    found = TargetWeight.objects.filter(portfolio=portfolio).order_by("asset")
    return dict(found.values_list("asset", "percent"))


def get_plan(plan_id: UUID, owner_id: UUID) -> RebalancePlan:
    """Return a rebalancing of a customer, or raise PlanMissing."""
    found = RebalancePlan.objects.select_related("portfolio", "book__connection__venue")
    row = found.filter(pk=plan_id, portfolio__owner_id=owner_id).first()
    if row is None:
        raise PlanMissing
    return row


def list_running() -> list[UUID]:
    """Return the rebalancings of this tenant that are under way."""
    return list(RebalancePlan.objects.filter(state=PlanState.RUNNING).values_list("pk", flat=True))


def exists_running() -> bool:
    """Return whether a rebalancing is under way in this tenant."""
    return RebalancePlan.objects.filter(state=PlanState.RUNNING).exists()


def newest_plan(portfolio: Portfolio) -> RebalancePlan | None:
    """Return the newest rebalancing of a portfolio, or None."""
    return RebalancePlan.objects.filter(portfolio=portfolio).order_by("-id").first()


def drift_of(portfolio: Portfolio, prices: Prices | None = None) -> tuple[Decimal, list[Drift]]:
    """Return what a portfolio is worth and how far each target is. Raises PriceMissing and PlanImpossible."""
    value, rows = queries.value_now(portfolio, prices)
    if value is None:
        raise PriceMissing(assets=", ".join(missing_of(rows)))
    if value <= 0:
        raise PlanImpossible(why="it is worth nothing")
    worths = {row.asset: row.worth for row in rows if row.worth is not None}
    return value, drifts(worths, list_targets(portfolio), value)


def work_out(portfolio: Portfolio, venue: str, connection_id: UUID) -> tuple[Decimal, list[Proposed]]:
    """Return a portfolio's worth and the orders that bring it to its targets, sales first.

    Market orders at the present price, on the grid of their market; the fee is what a taker pays at the venue. Lines
    that cannot be ordered say why. Raises PriceMissing and PlanImpossible.
    """
    prices = Prices(portfolio.currency)
    value, found = drift_of(portfolio, prices)
    held = {asset: row.available for asset, row in list_mirrors(connection_id, portfolio.owner_id).items()}
    lines = [_line(portfolio, venue, row, prices.of(row.asset), held) for row in found if row.move]
    return value, sorted(lines, key=lambda line: (line.side is Side.BUY, line.asset))


def _line(
    portfolio: Portfolio, venue: str, row: Drift, price: AssetPrice | None, held: Mapping[str, Decimal]
) -> Proposed:
    side = Side.BUY if row.move > 0 else Side.SELL
    symbol = f"{row.asset}{portfolio.currency}"
    nothing = Proposed(
        asset=row.asset, symbol=symbol, side=side, quantity=Decimal(0), price=None, worth=Decimal(0), fee=Decimal(0),
        drift=row.drift, reason="no price is known",
    )  # fmt: skip
    if price is None:
        return nothing
    try:
        spec = spec_of(get_instrument(symbol))
    except UnknownSymbol:
        return replace(nothing, reason=f"there is no market {symbol}")
    quantity = spec.floor_quantity(EXACT.divide(row.move.copy_abs(), price.price))
    worth = rounded(EXACT.multiply(quantity, price.price))
    rate = list_taker_fees(symbol, [venue])[0].taker
    reason = ""
    wrong = spec.check_order(quantity, market_price=price.price)
    if price.is_stale:
        reason = "the price is too old to trade on"
    elif wrong is not None:
        reason = WORDS[wrong]
    elif side is Side.SELL and quantity > held.get(row.asset, Decimal(0)):
        reason = f"the account has only {held.get(row.asset, Decimal(0)).normalize():f} {row.asset} free"
    return Proposed(
        asset=row.asset, symbol=symbol, side=side, quantity=quantity, price=rounded(price.price), worth=worth,
        fee=rounded(EXACT.multiply(worth, rate)), drift=row.drift, reason=reason,
    )  # fmt: skip
