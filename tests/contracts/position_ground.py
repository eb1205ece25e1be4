"""A valid request for every write of contract accounts, positions and rebalancings over the API."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from apps.trading.portfolios import operations as portfolios
from apps.trading.positions.choices import Purpose
from apps.trading.positions.models import ContractTerms
from apps.trading.positions.operations import open_book, open_contracts
from tests.contracts.money_ground import SYSTEM, D, Person, Request, on_row
from tests.factories.prices import say_price


def book_of(person: Person) -> Any:
    """Return the customer's book by hand."""
    return open_book(actor=SYSTEM, owner_id=person.user.pk, connection_id=person.connection_id, purpose=Purpose.MANUAL)


def contracts_of(person: Person) -> Any:
    """Return the customer's contract account; the leverage of BTCUSDT goes to 125."""
    row = open_contracts(actor=person.actor, owner_id=person.user.pk, connection_id=person.connection_id)
    terms = {"leverage": 20, "is_isolated": False, "tiers": [["300000", 125, "0.004"]]}
    ContractTerms.objects.get_or_create(account=row, symbol="BTCUSDT", defaults=terms)
    return row


def portfolio_of(person: Person) -> Any:
    """Return a paper portfolio whose weights take one purchase of BTC."""
    book_of(person)
    say_price("BTCUSDT", D(60_000))
    row = portfolios.open_defaults(actor=person.actor, owner_id=person.user.pk)[0]
    portfolios.set_targets(actor=person.actor, owner_id=person.user.pk, portfolio_id=row.pk, targets={"BTC": D(50)})
    return row


def plan_of(person: Person) -> Any:
    """Return the preview of a rebalancing."""
    row = portfolio_of(person)
    return portfolios.preview_rebalance(actor=person.actor, owner_id=person.user.pk, portfolio_id=row.pk)


def _open(person: Person) -> Request:
    body = {"connection_id": str(person.connection_id)}
    return Request("/api/v1/contracts", body, {"connection_id": str(uuid4())}, ("", {"connection_id": str(uuid4())}))


def _on_contracts(
    part: str, method: str, body: dict[str, Any], other: dict[str, Any], wrong: dict[str, Any]
) -> Callable[[Person], Request]:
    def made(person: Person) -> Request:
        path = f"/api/v1/contracts/{contracts_of(person).pk}{part}"
        return Request(path, body, {**body, **other}, ("", {**body, **wrong}), method=method)

    return made


def _correct(person: Person) -> Request:
    body = {
        "book_id": str(book_of(person).pk), "symbol": "ETHUSDT", "kind": "correction", "quantity": "1", "price": "3000",
        "reason": "Held before", "key": uuid4().hex,
    }  # fmt: skip
    return Request("/api/v1/positions/corrections", body, {**body, "quantity": "2"}, ("", {**body, "symbol": "NO"}))


def _targets(person: Person) -> Request:
    body, other, wrong = ({"targets": [{"asset": "BTC", "percent": part}]} for part in ("20", "30", "99.5"))
    return Request(f"/api/v1/portfolios/{portfolio_of(person).pk}/targets", body, other, ("", wrong), method="PUT")


BAND = {"symbol": "BTCUSDT", "low": "-1", "high": "1", "target": "0", "most": "2"}
TERMS = {"symbol": "BTCUSDTPERP", "leverage": 5, "is_isolated": True}

POSITION_SAMPLES: dict[str, Callable[[Person], Request]] = {
    "ContractList.post": _open,
    "ContractDetail.patch": _on_contracts("", "PATCH", {"protects": False}, {"protects": True}, {"protects": "maybe"}),
    "ContractMoves.post": _on_contracts("/moves", "POST", {"amount": "10"}, {"amount": "11"}, {"amount": "0"}),
    "ContractHedges.put": _on_contracts("/hedges", "PUT", BAND, {"most": "3"}, {"low": "2"}),
    "ContractChoices.put": _on_contracts("/terms", "PUT", TERMS, {"leverage": 6}, {"leverage": 126}),
    "ContractModes.put": _on_contracts("/mode", "PUT", {"is_hedged": True}, {"is_hedged": False}, {"is_hedged": "no!"}),
    "Corrections.post": _correct,
    "Targets.put": _targets,
    "PlanPreview.post": lambda person: on_row("/portfolios/{}/rebalances", portfolio_of(person).pk),
    "PlanStart.post": lambda person: on_row("/rebalances/{}/start", plan_of(person).pk),
    "PlanCancel.post": lambda person: on_row("/rebalances/{}/cancel", plan_of(person).pk),
}
"""View and method → a valid request of a person, and what makes it be refused."""
