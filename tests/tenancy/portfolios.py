"""A portfolio with money of its own, whose value is to be noted, and a rebalancing that is to be finished."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core import work
from apps.core.actors import Actor
from apps.core.clock import now
from apps.trading.portfolios.choices import REBALANCING, PlanState
from apps.trading.portfolios.models import RebalancePlan, WebhookDelivery
from apps.trading.portfolios.operations import (
    FlowWish,
    create_portfolio,
    open_defaults,
    record_flow,
    set_result_alert,
    set_webhook,
)
from apps.trading.portfolios.queries import list_books
from apps.trading.portfolios.webhooks import body_of


def leave_delivery(person: Any, name: str) -> UUID:
    """Leave the results of another day due for a webhook whose address is never called, because it is refused."""
    hook, _ = set_webhook(actor=Actor.of(person), owner_id=person.pk, url="https://example.com/hook")
    hook.url = f"https://{name.split(maxsplit=1)[0].lower()}.invalid/hook"
    hook.save()
    day = date(2024, 1, 1) + timedelta(days=WebhookDelivery.objects.filter(owner_id=person.pk).count())
    body = body_of(person.pk, day)
    return WebhookDelivery.objects.create(owner_id=person.pk, day=day, body=body, next_attempt_at=now()).pk


def leave_portfolio(person: Any, name: str, amount: str) -> dict[str, list[str]]:
    """Make a portfolio of paper money with a deposit that carries its owner's amount; return the work left, by task."""
    whose: dict[str, Any] = {"actor": Actor.of(person), "owner_id": person.pk}
    open_defaults(**whose)
    row = create_portfolio(**whose, name=name[:60], mode="paper")
    wish = FlowWish(asset="USDT", quantity=Decimal(amount), note=name)
    record_flow(**whose, portfolio_id=row.pk, wish=wish)
    set_result_alert(**whose, bound=Decimal(amount), portfolio_id=row.pk)
    book = list_books(person.pk, "paper").first()
    assert book is not None
    work.keep(REBALANCING)
    plan = RebalancePlan.objects.create(portfolio=row, book_id=book.pk, value=Decimal(amount), state=PlanState.RUNNING)
    delivery = leave_delivery(person, name)
    return {"portfolios.sample": [], "portfolios.advance": [str(plan.pk)], "portfolios.deliver": [str(delivery)]}
