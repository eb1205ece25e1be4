"""First rows: strategies for each demo customer, one of them quick enough to watch."""

from typing import Any

from apps.core.actors import Actor
from apps.core.seeding import SeedTenant, seeds_tenant
from apps.trading.strategies.operations import create_strategy
from apps.trading.strategies.queries import list_examples, list_strategies

HOW_MANY = 2


def _average(period: int) -> dict[str, Any]:
    return {"kind": "indicator", "name": "SMA", "params": {"period": period}, "source": "close"}


QUICK: dict[str, Any] = {
    "version": 1,
    "name": "Quick cross, 5 minutes",
    "timeframe": "5m",
    "entry": {"kind": "crosses_above", "left": _average(3), "right": _average(8)},
    "exit": {"kind": "crosses_below", "left": _average(3), "right": _average(8)},
    "sizing": {"kind": "percent_equity", "percent": "50"},
}
"""Trades every few minutes of the replay; costs eat it, which its back-test shows."""


@seeds_tenant("strategies.examples", order=310)
def first_strategies(tenant: SeedTenant) -> None:
    """Copy the first examples and the quick one, unless the customer has a strategy already."""
    for user in tenant.people.values():
        if user.is_staff or list_strategies(user.pk, None).exists():
            continue
        documents = [example.document.model_dump(mode="json") for example in list_examples()[:HOW_MANY]]
        for document in [*documents, QUICK]:
            named = {**document, "name": tenant.text(document["name"])}
            create_strategy(actor=Actor.of(user), owner_id=user.pk, document=named)
