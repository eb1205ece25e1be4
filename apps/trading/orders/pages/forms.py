"""The order ticket: one order, or an entry with its exits."""

from datetime import UTC
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from apps.core.forms import StrictDecimalFormField
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.queries import list_connections
from apps.trading.orders.choices import LIMITED, WAITING, Kind, Origin, TimeInForce
from apps.trading.orders.models import Order
from apps.trading.orders.operations import Exit, NewGroup, NewOrder, NewTerms
from apps.trading.orders.operations.amending import CHANGEABLE
from apps.trading.positions.queries import list_contracts
from kernel.instruments import Side, is_perpetual

NEITHER = "Give both, or neither: a bracket has a take profit and a stop."
ONE_STOP = "Give one of them: a stop at a price, or one that follows the best price."
PERCENT_IN_BPS = 100


def is_changeable(order: Order) -> bool:
    """Return whether its owner may be offered to change an order; the operation decides."""
    is_own = order.origin_kind == Origin.MANUAL and (order.group_id is None or order.triggered_at is None)
    return is_own and order.state in CHANGEABLE and order.cancel_requested_at is None


def _amount(label: str, **more: Any) -> StrictDecimalFormField:
    given = {"min_value": Decimal(0), "max_digits": 38, "decimal_places": 18, "required": False}
    return StrictDecimalFormField(label=label, widget=forms.TextInput, **{**given, **more})


class AmendForm(forms.Form):
    """New terms of an order: what its kind has, filled in; an empty field leaves its term as it is."""

    quantity = _amount("Quantity")
    price = _amount("Limit price")
    stop_price = _amount("Trigger price")
    trail_percent = _amount("Distance from the best price, %", max_digits=4, decimal_places=2)

    @classmethod
    def of(cls, order: Order) -> "AmendForm":
        """Return the form of an order with its present terms."""
        kind = Kind(order.kind)
        has = {
            "quantity": order.group_id is None,
            "price": kind in LIMITED,
            "stop_price": kind in WAITING and order.triggered_at is None,
            "trail_percent": kind == Kind.TRAILING_STOP and order.triggered_at is None,
        }
        names = [name for name, is_there in has.items() if is_there]
        form = cls(initial={name: f"{getattr(order, name).normalize():f}" for name in names})
        form.fields = {name: form.fields[name] for name in names}
        return form

    def terms(self) -> NewTerms:
        """Return the new terms of a valid form."""
        return NewTerms(**self.cleaned_data)


class TicketForm(forms.Form):
    """What is posted. A kind takes the fields that belong to it and leaves the others; exits make it a bracket."""

    connection = forms.UUIDField(label="Account", widget=forms.Select)
    symbol = forms.RegexField(r"^[A-Z0-9]{2,32}\Z", widget=forms.HiddenInput)
    side = forms.ChoiceField(choices=[(side.value, side.value.capitalize()) for side in Side])
    kind = forms.ChoiceField(label="Order", choices=Kind.choices)
    quantity = _amount("Quantity", required=True)
    price = _amount("Limit price")
    stop_price = _amount("Trigger price")
    trail_percent = _amount("Distance from the best price", max_digits=4, decimal_places=2)
    time_in_force = forms.ChoiceField(label="Stays", choices=TimeInForce.choices, required=False)
    good_until = forms.DateTimeField(
        label="Ends", required=False, widget=forms.TextInput, help_text="UTC, as 2026-12-31 17:00"
    )
    max_slippage = _amount("At most worse by", max_digits=4, decimal_places=2)
    post_only = forms.BooleanField(label="Post-only: never take from the book", required=False)
    reduce_only = forms.BooleanField(label="Reduce-only: never open or turn a position", required=False)
    position_side = forms.ChoiceField(
        label="Position", choices=[("", "Net"), ("long", "Long"), ("short", "Short")], required=False,
        help_text="Long and short apart only in hedge mode.",
    )  # fmt: skip
    take_profit = _amount("Take profit at")
    stop_loss = _amount("Stop loss at")
    stop_trail = _amount("Or stop behind the best price by", max_digits=4, decimal_places=2)

    def __init__(self, *args: Any, owner_id: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner_id = owner_id
        is_contract = is_perpetual(str(self["symbol"].value() or ""))
        traded = {row.connection_id for row in list_contracts(owner_id)} if is_contract else set()
        if not is_contract:
            del self.fields["position_side"]
        # Only what is shown to choose from: whose connection it is, the operation asks.
        self.fields["connection"].choices = [  # type: ignore[attr-defined]
            (str(row.pk), f"{row.label} ({row.mode})")
            for row in list_connections(owner_id)
            if row.state == ConnectionState.ACTIVE and (not is_contract or row.pk in traded)
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse half a bracket, and one with two stops."""
        given: dict[str, Any] = super().clean() or {}
        profit, *stops = (given.get(name) is not None for name in ("take_profit", "stop_loss", "stop_trail"))
        if all(stops):
            self.add_error("stop_trail", ONE_STOP)
        elif profit is not any(stops):
            self.add_error("stop_loss" if profit else "take_profit", NEITHER)
        return given

    def wanted(self) -> NewOrder | NewGroup:
        """Return the order, or the bracket, of a valid form."""
        given: dict[str, Any] = self.cleaned_data
        order = self._order(given)
        if given.get("take_profit") is None:
            return order
        return NewGroup(
            entry=order,
            take_profit=Exit(price=given["take_profit"]),
            stop=Exit(stop_price=given["stop_loss"], trail_percent=given["stop_trail"]),
        )

    def _order(self, given: dict[str, Any]) -> NewOrder:
        kind = Kind(given["kind"])
        is_limited, slippage, end = kind in LIMITED, given["max_slippage"], given["good_until"]
        time_in_force = given["time_in_force"] if is_limited else ""
        return NewOrder(
            symbol=given["symbol"],
            side=Side(given["side"]),
            kind=kind,
            quantity=given["quantity"],
            price=given["price"] if is_limited else None,
            time_in_force=time_in_force,
            stop_price=given["stop_price"] if kind in WAITING else None,
            trail_percent=given["trail_percent"] if kind == Kind.TRAILING_STOP else None,
            post_only=given["post_only"] and kind == Kind.LIMIT,
            reduce_only=given["reduce_only"],
            position_side=given.get("position_side", ""),
            good_until=end.replace(tzinfo=UTC) if end is not None and time_in_force == TimeInForce.GTD else None,
            max_slippage_bps=None if slippage is None or is_limited else int(slippage * PERCENT_IN_BPS),
        )
