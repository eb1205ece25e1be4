"""A customer with an account at a venue, a quote, and orders that are only proposed."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from apps.core.actors import Actor
from apps.core.clock import now, to_ms
from apps.core.live.publishing import client
from apps.trading.exchanges.operations import Balance, add_connection, record_balances, seed_venues
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data.gateways.quote_cache import key_of, to_text
from apps.trading.orders.operations import open_mirror
from apps.trading.positions.choices import Purpose
from apps.trading.positions.operations import FillFacts, apply_fill, open_book
from apps.trading.risk.models import RiskLimit
from apps.trading.risk.operations import OrderProposal, claim_risk
from kernel.instruments import Side

SYSTEM = Actor.system("tests")
D = Decimal


class Ground:
    """One customer's account; prices stand still."""

    def __init__(self, owner: Any) -> None:
        seed_venues()
        seed_instruments()
        self.owner = owner
        made = add_connection(
            actor=SYSTEM, owner_id=owner.pk, venue="sandbox", label="Mine", api_key="k", api_secret="s"
        )
        self.connection_id = made.pk
        held = [Balance("USDT", D(100_000), D(0))]
        record_balances(actor=SYSTEM, connection_id=made.pk, balances=held, seen_at=now())
        open_mirror(actor=SYSTEM, connection_id=made.pk)
        self.book = open_book(actor=SYSTEM, owner_id=owner.pk, connection_id=made.pk, purpose=Purpose.MANUAL)
        quote("BTCUSDT", "100")
        quote("ETHUSDT", "10")

    def bot_book(self, bot_id: UUID) -> Any:
        whose = {"owner_id": self.owner.pk, "connection_id": self.connection_id}
        return open_book(actor=SYSTEM, purpose=Purpose.BOT, purpose_id=bot_id, **whose)

    def proposal(self, side: str = "buy", quantity: str = "1", price: str = "100", **more: Any) -> OrderProposal:
        facts = {
            "order_id": uuid4(), "owner_id": self.owner.pk, "connection_id": self.connection_id,
            "book_id": self.book.pk, "bot_id": None, "symbol": "BTCUSDT", "venue": "sandbox", "is_live": False,
            "side": Side(side), "quantity": D(quantity), "worst_price": D(price), "decided_at": now(), **more,
        }  # fmt: skip
        return OrderProposal(**facts)

    def claim(self, side: str = "buy", quantity: str = "1", price: str = "100", **more: Any) -> UUID:
        wanted = self.proposal(side, quantity, price, **more)
        claim_risk(actor=SYSTEM, proposal=wanted)
        return wanted.order_id

    def fill(self, side: str, quantity: str, price: str = "100", symbol: str = "BTCUSDT", book: Any = None) -> None:
        facts = FillFacts(
            fill_id=uuid4(), symbol=symbol, base=symbol[:3], quote="USDT", side=Side(side), quantity=D(quantity),
            price=D(price), fee=D(0), fee_asset="USDT", at=now(),
        )  # fmt: skip
        apply_fill(actor=SYSTEM, book_id=(book or self.book).pk, fill=facts)

    def limit(self, rule: str, value: str, scope: str = "customer", target: str = "", subject: Any = None) -> RiskLimit:
        """Put a limit without asking anybody."""
        whose = {"customer": self.owner.pk, "tenant": None}.get(scope, subject)
        row, _ = RiskLimit.objects.update_or_create(
            scope=scope, subject_id=whose, rule=rule, target=target,
            defaults={"value": D(value), "owner_id": self.owner.pk if whose else None, "changed_at": now()},
        )  # fmt: skip
        return row


def quote(symbol: str, price: str) -> None:
    """Have the feed say a price."""
    at = str(to_ms(now()))
    text = to_text({"symbol": symbol, "bid": price, "ask": price, "last": price, "at": at})
    client().set(key_of(symbol), text, ex=600)


def silence(symbol: str) -> None:
    """Have the feed say nothing of a symbol."""
    client().delete(key_of(symbol))
