"""Worths in the reference currency: prices read once for many symbols, equity, results."""

from collections.abc import Iterable
from decimal import Context, Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Sum

from apps.finance.ledger.choices import AccountKind, Book, Mode
from apps.finance.ledger.queries import get_balances
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import Quote, list_quotes
from apps.trading.positions.queries import get_mark, list_positions
from apps.trading.risk.choices import REFERENCE
from kernel.money.exact import ZERO, add, multiply, subtract

STEP = Decimal("1e-18")
_currencies: dict[str, str] = {}
"""What this process has read: the quote currency of a symbol never changes."""


class Prices:
    """Newest prices of symbols and assets, each read once; None where there is none."""

    def __init__(self, symbols: Iterable[str] = ()) -> None:
        self._quotes: dict[str, Quote] = {}
        self._known: dict[str, Decimal | None] = {}
        self.load(symbols)

    def load(self, symbols: Iterable[str]) -> None:
        """Read the quotes of symbols in one go."""
        wanted = sorted(set(symbols) - self._quotes.keys())
        if wanted:
            self._quotes.update({quote.symbol: quote for quote in list_quotes(wanted)})

    def price(self, symbol: str) -> Decimal | None:
        """Return the middle of the newest quote of a symbol, else its newest close, in its quote currency."""
        if symbol not in self._known:
            quote = self._quotes.get(symbol)
            if quote is not None:
                self._known[symbol] = (quote.bid + quote.ask) / 2
            else:
                self._known[symbol] = _marked(symbol)
        return self._known[symbol]

    def rate(self, asset: str) -> Decimal | None:
        """Return the worth of one unit of an asset."""
        return Decimal(1) if asset == REFERENCE else self.price(f"{asset}{REFERENCE}")

    def unit(self, symbol: str) -> Decimal | None:
        """Return the worth of one base of a symbol."""
        return self.worth(self.price(symbol), symbol)

    def worth(self, amount: Decimal | None, symbol: str) -> Decimal | None:
        """Return what an amount of the symbol's quote currency is worth."""
        currency = quote_of(symbol)
        rate = None if currency is None else self.rate(currency)
        return None if amount is None or rate is None else multiply(amount, rate)


def quote_of(symbol: str) -> str | None:
    """Return the currency that a symbol is quoted in, None for a symbol that nobody lists."""
    if symbol not in _currencies:
        try:
            _currencies[symbol] = get_spec(symbol).quote
        except UnknownSymbol:
            return None
    return _currencies[symbol]


def equity_of(owner_id: UUID, prices: Prices, *, is_live: bool) -> Decimal | None:
    """Return the worth of all that a customer's accounts at venues hold; None without any, or without a price.

    A coin counts by its price; a contract, which is no coin of the account, by its unrealised result.
    """
    mode = Mode.LIVE if is_live else Mode.PAPER
    rows = [row for row in get_balances(owner_id, mode=mode, book=Book.VENUE) if row.kind == AccountKind.MIRROR]
    total = ZERO
    for row in rows:
        if not row.natural:
            continue
        rate = prices.rate(row.asset)
        if rate is None:
            return None
        total = add(total, multiply(row.natural, rate))
    if not rows:
        return None
    for item in positions_of(owner_id, is_live=is_live).filter(is_contract=True).exclude(quantity=0):
        price, rate = prices.price(item.symbol), prices.rate(item.quote)
        if price is None or rate is None:
            return None
        total = add(total, multiply(subtract(multiply(item.quantity, price), item.cost), rate))
    return total


def positions_of(owner_id: UUID, *, is_live: bool, bot_id: UUID | None = None) -> "QuerySet[Any]":
    """Return a customer's positions in paper or live trading with their books; of a bot those of its own book."""
    mode = Mode.LIVE if is_live else Mode.PAPER
    rows = list_positions(owner_id).filter(book__connection__mode=mode.value)
    return rows if bot_id is None else rows.filter(book__purpose_id=bot_id)


def result_of(owner_id: UUID, prices: Prices, *, is_live: bool, bot_id: UUID | None = None) -> tuple[Decimal, bool]:
    """Return realised + unrealised − fees + funding of all positions since ever, and whether every price was known.

    Fees in assets that are neither base nor quote are not in it. Of a bot: the positions of its own book.
    """
    rows = positions_of(owner_id, is_live=is_live, bot_id=bot_id)
    total, exact = ZERO, True
    flat = (
        rows.filter(quantity=0)
        .order_by()
        .values("quote")
        .annotate(net=Sum(F("realised_average") - F("fees") + F("funding")))
    )
    for row in flat:
        rate = prices.rate(row["quote"])
        exact = exact and rate is not None
        total = add(total, multiply(row["net"], rate or ZERO))
    held = list(rows.exclude(quantity=0))
    prices.load(row.symbol for row in held)
    for row in held:
        price, rate = prices.price(row.symbol), prices.rate(row.quote)
        if price is None or rate is None:
            exact = False
            continue
        open_result = subtract(multiply(row.quantity, price), row.cost)
        net = add(subtract(add(open_result, row.realised_average), row.fees), row.funding)
        total = add(total, multiply(net, rate))
    return total.quantize(STEP, context=Context(prec=60)), exact


def _marked(symbol: str) -> Decimal | None:
    try:
        mark = get_mark(symbol)
    except UnknownSymbol:
        return None
    return None if mark is None else mark.price
