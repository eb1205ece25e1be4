"""The order ticket of the symbol page."""

from decimal import Decimal
from typing import Any

from django import forms

from apps.core.forms import StrictDecimalFormField
from apps.trading.orders.choices import Kind
from apps.trading.orders.operations import NewOrder
from kernel.instruments import Side


class TicketForm(forms.Form):
    """What is posted: connection, symbol, side, kind, quantity, and a price for a limit order."""

    connection = forms.UUIDField()
    symbol = forms.RegexField(r"^[A-Z0-9]{2,32}$")
    side = forms.ChoiceField(choices=[(side.value, side.value) for side in Side])
    kind = forms.ChoiceField(choices=Kind.choices)
    quantity = StrictDecimalFormField(min_value=Decimal(0), max_digits=38, decimal_places=18)
    price = StrictDecimalFormField(min_value=Decimal(0), max_digits=38, decimal_places=18, required=False)

    def wanted(self) -> NewOrder:
        """Return the order of a valid form."""
        given: dict[str, Any] = self.cleaned_data
        return NewOrder(
            symbol=given["symbol"],
            side=Side(given["side"]),
            kind=Kind(given["kind"]),
            quantity=given["quantity"],
            price=given["price"] if given["kind"] == Kind.LIMIT else None,
        )
