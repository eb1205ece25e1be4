"""What books hold and what that is worth. A missing price stays missing; nothing is counted as zero."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal
from uuid import UUID

from apps.core.clock import now
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_instrument
from apps.trading.market_data.queries import get_quote
from apps.trading.portfolios.choices import FlowKind, PriceSource
from apps.trading.portfolios.models import CashFlow, Portfolio, PortfolioBook
from apps.trading.positions.queries import PositionValue, get_mark, list_positions, value_position

EXACT = Context(prec=100)
STEP = Decimal(1).scaleb(-18)
HELD = (FlowKind.ACCOUNT, FlowKind.DEPOSIT, FlowKind.WITHDRAWAL)
"""Flows that moved an asset themselves."""


@dataclass(frozen=True, slots=True)
class AssetPrice:
    """A price of one asset in a currency: when it was true and where it is known from."""

    price: Decimal
    at: datetime
    is_stale: bool
    source: PriceSource


@dataclass(frozen=True, slots=True)
class AssetWorth:
    """So much of an asset and its worth in the currency; `worth` None: no price."""

    asset: str
    quantity: Decimal
    price: AssetPrice | None
    worth: Decimal | None


@dataclass(slots=True)
class Prices:
    """Prices in one currency, each looked up once."""

    currency: str
    _known: dict[str, AssetPrice | None] = field(default_factory=dict)

    def of(self, asset: str) -> AssetPrice | None:
        """Return the price of an asset (by ASSET/CURRENCY, or turned round), or None when there is none."""
        if asset not in self._known:
            self._known[asset] = self._look(asset)
        return self._known[asset]

    def _look(self, asset: str) -> AssetPrice | None:
        if asset == self.currency:
            return AssetPrice(Decimal(1), now(), is_stale=False, source=PriceSource.ITSELF)
        straight = _market(f"{asset}{self.currency}")
        if straight is not None:
            return straight
        turned = _market(f"{self.currency}{asset}")
        if turned is None:
            return None
        return AssetPrice(EXACT.divide(Decimal(1), turned.price), turned.at, turned.is_stale, turned.source)


def _market(symbol: str) -> AssetPrice | None:
    try:
        get_instrument(symbol)
    except UnknownSymbol:
        return None
    mark = get_mark(symbol)
    if mark is None or mark.price <= 0:
        return None
    source = PriceSource.QUOTE if get_quote(symbol) is not None else PriceSource.CANDLE
    return AssetPrice(mark.price, mark.at, mark.is_stale, source)


@dataclass(slots=True)
class Held:
    """What is held: quantities by asset, and contracts, which are worth what they stand to bring."""

    assets: dict[str, Decimal] = field(default_factory=dict)
    contracts: list[PositionValue] = field(default_factory=list)

    def add(self, asset: str, quantity: Decimal) -> None:
        """Count a quantity in."""
        self.assets[asset] = EXACT.add(self.assets.get(asset, Decimal(0)), quantity)


def held_in_books(owner_id: UUID, book_ids: Iterable[UUID]) -> Held:
    """Return what a customer's books hold: base, and the quote that really moved; fees taken off, funding counted in.

    Of a contract nothing was delivered: its settled result is quote, its open one stands under `contracts`.
    """
    held = Held()
    for row in list_positions(owner_id).filter(book_id__in=list(book_ids)):
        if row.is_contract:
            held.add(row.quote, EXACT.subtract(EXACT.add(row.realised_average, row.funding), row.fees))
            if row.quantity:
                held.contracts.append(value_position(row))
        else:
            held.add(row.base, row.quantity)
            held.add(row.quote, EXACT.subtract(row.cash_flow, row.fees))
        for asset, paid in row.other_fees.items():
            held.add(asset, -Decimal(paid))
    return held


def held_in_portfolio(portfolio: Portfolio) -> Held:
    """Return what a portfolio holds: its books, and the money assigned to it."""
    members = PortfolioBook.objects.filter(portfolio=portfolio).values_list("book_id", flat=True)
    held = held_in_books(portfolio.owner_id, members)
    flows = CashFlow.objects.filter(portfolio=portfolio, kind__in=HELD)
    for asset, quantity in flows.values_list("asset", "quantity"):
        held.add(asset, quantity)
    return held


def worth_of(held: Held, prices: Prices) -> list[AssetWorth]:
    """Return the worth of each asset and open contract, largest first, those without a price last."""
    rows = []
    for asset, quantity in held.assets.items():
        if quantity:
            price = prices.of(asset)
            worth = None if price is None else EXACT.multiply(quantity, price.price)
            rows.append(AssetWorth(asset, quantity, price, worth))
    rows += [_contract(value, prices) for value in held.contracts]
    return sorted(rows, key=lambda row: (row.worth is None, -(row.worth or Decimal(0)).copy_abs(), row.asset))


def _contract(value: PositionValue, prices: Prices) -> AssetWorth:
    row, quote = value.position, prices.of(value.position.quote)
    name = f"{row.symbol} contract"
    if value.mark is None or value.unrealised is None or quote is None:
        return AssetWorth(name, row.quantity, None, None)
    price = AssetPrice(
        EXACT.multiply(value.mark.price, quote.price), value.mark.at, value.mark.is_stale, PriceSource.MARK
    )
    return AssetWorth(name, row.quantity, price, EXACT.multiply(value.unrealised, quote.price))


def total_of(rows: Iterable[AssetWorth]) -> Decimal | None:
    """Return the worth of all, or None when one of them has no price."""
    total = Decimal(0)
    for row in rows:
        if row.worth is None:
            return None
        total = EXACT.add(total, row.worth)
    return rounded(total)


def missing_of(rows: Iterable[AssetWorth]) -> list[str]:
    """Return the assets that have no price."""
    return [row.asset for row in rows if row.worth is None]


def rounded(value: Decimal) -> Decimal:
    """Return a value with the 18 decimals of a column."""
    return value.quantize(STEP, context=EXACT)
