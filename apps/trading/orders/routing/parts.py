"""The parts of a routed order as its row keeps them: what was decided for each account, and what became of it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.trading.orders.routing.choices import PartState
from apps.trading.orders.routing.market import Account
from kernel.execution import Part

AMOUNTS = ("quantity", "average", "worst", "best", "fee", "net")


@dataclass(slots=True, kw_only=True)
class RoutedPart:
    """One account in one round. `number` is that of its order (None: it gets nothing).

    `quantity` in base; `average`, `worst` and `best` (the top of the book) are prices of the decision; `fee` and `net`
    in quote. `limited` is what stopped it (kernel.execution.Limited), `said` says it, `refusal`
    why it was refused, in words.
    """

    round: int
    connection_id: UUID
    number: int | None
    quantity: Decimal
    average: Decimal | None
    worst: Decimal | None
    best: Decimal | None
    fee: Decimal
    net: Decimal
    limited: str
    said: str
    state: PartState
    refusal: str = ""


def decided(round_number: int, next_number: int, found: Iterable[tuple[Account, Part, str]]) -> list[RoutedPart]:
    """Return the parts of a round; those that get something are numbered on from `next_number`."""
    made = []
    for account, part, said in found:
        gets = part.quantity > 0
        made.append(
            RoutedPart(
                round=round_number,
                connection_id=account.connection.pk,
                number=next_number if gets else None,
                quantity=part.quantity,
                average=part.average,
                worst=part.worst,
                best=account.best,
                fee=part.fee,
                net=part.net,
                limited=part.limited.value,
                said=said,
                state=PartState.WAITING if gets else PartState.NONE,
            )
        )
        next_number += gets
    return made


def read_parts(rows: Iterable[dict[str, Any]]) -> list[RoutedPart]:
    """Return the parts that a row keeps."""
    return [_read(row) for row in rows]


def write_parts(parts: Iterable[RoutedPart]) -> list[dict[str, Any]]:
    """Return parts as a row keeps them: amounts as texts."""
    return [{name: _plain(value) for name, value in asdict(part).items()} for part in parts]


def _read(row: dict[str, Any]) -> RoutedPart:
    given = {field.name: row[field.name] for field in fields(RoutedPart)}
    for name in AMOUNTS:
        given[name] = None if given[name] is None else Decimal(given[name])
    return RoutedPart(**{**given, "connection_id": UUID(given["connection_id"]), "state": PartState(given["state"])})


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, UUID | PartState) else value
