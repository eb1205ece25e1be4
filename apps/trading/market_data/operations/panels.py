"""A question upward: what a customer has on a symbol. Orders and positions lie above and fill it in."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core.errors import Defect

OwnFees = Callable[[UUID], Mapping[str, Decimal]]
Panel = Callable[[UUID, str], Sequence[Any]]
PANELS = ("orders", "positions", "marks", "lines", "tickets")
"""`orders`: rows of trading/orders/_table.html; `positions`: rows of symbol.html; `marks`: {ts, side, text}, `lines`:
{price, label, tone} on the chart; `tickets`: one or no form of a new order, for trading/orders/_ticket.html."""

_panels: dict[str, Panel] = {}
_own_fees: list[OwnFees] = []


def fill_symbol_page(panel: str, function: Panel) -> None:
    """Say how a panel of the symbol page is found for (owner, symbol)."""
    if panel not in PANELS:
        raise Defect(f"The symbol page has no panel {panel}.")
    _panels[panel] = function


def panel_rows(panel: str, owner_id: UUID, symbol: str) -> list[Any]:
    """Return the rows of a panel; none while nobody fills it."""
    function = _panels.get(panel)
    return list(function(owner_id, symbol)) if function is not None else []


def fill_own_fees(function: OwnFees) -> None:
    """Say how the taker fees (shares of the worth) that a customer's connections are charged are found, by venue."""
    if function not in _own_fees:
        _own_fees.append(function)


def own_fees(owner_id: UUID) -> dict[str, Decimal]:
    """Return the taker fees that a customer is known to pay, by venue."""
    return {venue: fee for function in _own_fees for venue, fee in function(owner_id).items()}
