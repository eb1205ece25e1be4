"""The form of a routed order."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from apps.core.forms import StrictDecimalFormField
from apps.trading.exchanges.choices import ConnectionState, Mode
from apps.trading.exchanges.queries import list_connections
from apps.trading.instruments.queries import list_instruments
from apps.trading.orders.routing.operations import RouteWish
from kernel.instruments import Side

NAMES = {Mode.PAPER.value: "All paper accounts", Mode.LIVE.value: "All live accounts"}


def _amount(label: str, help_text: str, *, required: bool) -> StrictDecimalFormField:
    return StrictDecimalFormField(
        label=label, help_text=help_text, min_value=Decimal(0), max_digits=38, decimal_places=18, required=required
    )


class RouteForm(forms.Form):
    """What is bought or sold over which accounts, and the worst price."""

    mode = forms.ChoiceField(label="Over")
    symbol = forms.ChoiceField(label="Market")
    side = forms.ChoiceField(label="Side", choices=[(side.value, side.value.capitalize()) for side in Side])
    quantity = _amount("Quantity", "In the first of the pair's assets.", required=True)
    limit_price = _amount("Worst price", "Without one: the worst price of the first decision.", required=False)

    def __init__(self, *args: Any, owner_id: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        modes = list_connections(owner_id).filter(state=ConnectionState.ACTIVE).values_list("mode", flat=True)
        own = set(modes) or {Mode.PAPER.value}
        self._choose("mode", [(mode, name) for mode, name in NAMES.items() if mode in own])
        self._choose("symbol", [(row.symbol, f"{row.base}/{row.quote}") for row in list_instruments()])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def wish(self) -> RouteWish:
        """Return what a valid form asks for."""
        given: dict[str, Any] = self.cleaned_data
        return RouteWish(
            symbol=given["symbol"],
            side=Side(given["side"]),
            quantity=given["quantity"],
            mode=given["mode"],
            limit_price=given["limit_price"],
        )

    def values(self) -> list[tuple[str, str]]:
        """Return what was typed, for the form that places exactly what was checked."""
        return [(name, str(self.data.get(name, ""))) for name in self.fields]
