"""A portfolio with money of its own, whose value is to be noted."""

from decimal import Decimal
from typing import Any

from apps.core.actors import Actor
from apps.trading.portfolios.operations import FlowWish, create_portfolio, open_defaults, record_flow


def leave_portfolio(person: Any, name: str, amount: str) -> None:
    """Make a portfolio of paper money with a deposit that carries its owner's amount."""
    whose: dict[str, Any] = {"actor": Actor.of(person), "owner_id": person.pk}
    open_defaults(**whose)
    row = create_portfolio(**whose, name=name[:60], mode="paper")
    wish = FlowWish(asset="USDT", quantity=Decimal(amount), note=name)
    record_flow(**whose, portfolio_id=row.pk, wish=wish)
