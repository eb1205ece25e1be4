"""A customer with accounts, books and fills, at prices that stand still."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from apps.core.actors import Actor
from apps.core.clock import now
from apps.trading.exchanges.models import Connection
from apps.trading.exchanges.operations import Balance, add_connection, record_balances, seed_venues
from apps.trading.instruments.operations import seed_instruments
from apps.trading.orders.operations import open_mirror
from apps.trading.portfolios.models import Portfolio
from apps.trading.portfolios.operations import add_book, create_portfolio
from apps.trading.positions.choices import Purpose
from apps.trading.positions.models import Book
from apps.trading.positions.operations import FillFacts, apply_fill, open_book
from kernel.instruments import Side
from tests.factories.prices import say_price

SYSTEM = Actor.system("tests")
D = Decimal


class Ground:
    """One customer's account with 10,000 USDT of paper money; BTC is worth 100, ETH 10."""

    def __init__(self, owner: Any, *, mode: str = "paper") -> None:
        seed_venues()
        seed_instruments()
        self.owner, self.actor = owner, Actor.of(owner)
        self.connection = self.account(mode)
        self.book = self.open_book()
        say_price("BTCUSDT", D(100))
        say_price("ETHUSDT", D(10))

    def account(self, mode: str = "paper") -> Connection:
        made = add_connection(
            actor=SYSTEM, owner_id=self.owner.pk, venue="sandbox", label="Mine", api_key="k", api_secret="s"
        )
        if mode == "live":
            Connection.objects.filter(pk=made.pk).update(mode="live")
            made.refresh_from_db()
        return made

    def fund(self, **held: str) -> None:
        seen = [Balance(asset, D(amount), D(0)) for asset, amount in held.items()]
        record_balances(actor=SYSTEM, connection_id=self.connection.pk, balances=seen, seen_at=now())
        open_mirror(actor=SYSTEM, connection_id=self.connection.pk)

    def open_book(self, bot_id: UUID | None = None) -> Book:
        purpose = Purpose.MANUAL if bot_id is None else Purpose.BOT
        return open_book(
            actor=SYSTEM, owner_id=self.owner.pk, connection_id=self.connection.pk, purpose=purpose, purpose_id=bot_id
        )

    def portfolio(self, name: str = "Mine", *books: Book) -> Portfolio:
        row = create_portfolio(actor=self.actor, owner_id=self.owner.pk, name=name, mode=self.connection.mode)
        for book in books:
            add_book(actor=self.actor, owner_id=self.owner.pk, portfolio_id=row.pk, book_id=book.pk)
        row.refresh_from_db()
        return row

    def fill(
        self, side: str, quantity: str, price: str, *, symbol: str = "BTCUSDT", fee: str = "0", fee_asset: str = "USDT",
        book: Book | None = None, at: datetime | None = None,
    ) -> None:  # fmt: skip
        facts = FillFacts(
            fill_id=uuid4(), symbol=symbol, base=symbol[:3], quote="USDT", side=Side(side), quantity=D(quantity),
            price=D(price), fee=D(fee), fee_asset=fee_asset, at=at or now(),
        )  # fmt: skip
        apply_fill(actor=SYSTEM, book_id=(book or self.book).pk, fill=facts)


def whose(ground: Ground) -> dict[str, Any]:
    """Actor and owner as operations take them."""
    return {"actor": ground.actor, "owner_id": ground.owner.pk}
