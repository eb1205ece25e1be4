"""The form of a large order."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from apps.core.forms import StrictDecimalFormField
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.queries import list_connections
from apps.trading.instruments.choices import AssetClass
from apps.trading.instruments.queries import list_instruments
from apps.trading.orders.algos.choices import AlgoKind, CatchUpRule, RestRule
from apps.trading.orders.algos.operations import AlgoWish
from apps.trading.positions.queries import list_contracts
from kernel.instruments import Side
from kernel.simulation import Costs

PERCENT = 100
"""Basis points of a percent."""


def _amount(label: str, help_text: str = "", *, required: bool = False) -> StrictDecimalFormField:
    return StrictDecimalFormField(
        label=label, help_text=help_text, min_value=Decimal(0), max_digits=38, decimal_places=18, required=required
    )


def _percent(label: str, most: int, help_text: str = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, help_text=help_text, min_value=Decimal(0), max_value=Decimal(most), max_digits=5,
        decimal_places=2, required=False,
    )  # fmt: skip


class AlgoForm(forms.Form):
    """What is bought or sold, how, how long, and within which bounds."""

    connection = forms.ChoiceField(label="Account")
    symbol = forms.ChoiceField(label="Market")
    side = forms.ChoiceField(label="Side", choices=[(side.value, side.value.capitalize()) for side in Side])
    quantity = _amount("Quantity", "In the first of the pair's assets.", required=True)
    algo = forms.ChoiceField(label="How", choices=AlgoKind.choices)
    minutes = forms.IntegerField(
        label="Over, minutes",
        min_value=1,
        max_value=7 * 24 * 60,
        required=False,
        help_text="An iceberg may do without.",
    )
    slices = forms.IntegerField(
        label="In parts", min_value=1, max_value=500, required=False, help_text="For TWAP and VWAP."
    )
    participation = _percent("Share of the volume", 100, "For POV its share; for the others at most so much.")
    limit_price = _amount("Worst price", "An iceberg rests at it.")
    display_quantity = _amount("Shown at a time", "For icebergs.")
    guard = _percent("Stop when worse by", 100, "Than the price at the start: its mean price, or the market.")
    time_jitter = _percent("Shift times by up to", 100)
    size_jitter = _percent("Shift sizes by up to", 50)
    catch_up = forms.ChoiceField(label="What was missed", choices=CatchUpRule.choices)
    rest = forms.ChoiceField(label="What is left at the end", choices=RestRule.choices)
    reduce_only = forms.BooleanField(label="Reduce-only: never open or turn a position", required=False)
    position_side = forms.ChoiceField(
        label="Position", choices=[("", "Net"), ("long", "Long"), ("short", "Short")], required=False,
        help_text="Long and short apart only for contracts in hedge mode.",
    )  # fmt: skip

    def __init__(self, *args: Any, owner_id: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        active = list_connections(owner_id).filter(state=ConnectionState.ACTIVE)
        if "connection" in self.fields:
            self._choose("connection", [(str(row.pk), f"{row.label}, {row.mode}") for row in active])
        markets = [(row.symbol, f"{row.base}/{row.quote}") for row in list_instruments()]
        if list_contracts(owner_id).exists():
            listed = list_instruments(asset_class=AssetClass.PERPETUAL)
            markets += [(row.symbol, f"{row.base}/{row.quote} contract") for row in listed]
        self._choose("symbol", markets)

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def wish(self) -> AlgoWish:
        """Return what a valid form asks for."""
        given: dict[str, Any] = self.cleaned_data
        minutes = given["minutes"]
        return AlgoWish(
            symbol=given["symbol"],
            side=Side(given["side"]),
            algo=AlgoKind(given["algo"]),
            quantity=given["quantity"],
            duration=None if minutes is None else timedelta(minutes=minutes),
            slices=given["slices"] or 0,
            participation_bps=int((given["participation"] or 0) * PERCENT),
            guard_bps=int((given["guard"] or 0) * PERCENT),
            limit_price=given["limit_price"],
            display_quantity=given["display_quantity"],
            time_jitter_bps=int((given["time_jitter"] or 0) * PERCENT),
            size_jitter_bps=int((given["size_jitter"] or 0) * PERCENT),
            catch_up=CatchUpRule(given["catch_up"]),
            rest=RestRule(given["rest"]),
            reduce_only=given["reduce_only"],
            position_side=given["position_side"],
        )


class TrialForm(AlgoForm):
    """The same, on recorded candles: from when on, and what trading costs."""

    connection = None  # type: ignore[assignment]  # it is tried on no account
    day = forms.DateField(label="From the day", widget=forms.DateInput(attrs={"type": "date"}))
    clock = forms.TimeField(label="At, UTC", widget=forms.TimeInput(attrs={"type": "time"}))
    minutes = forms.IntegerField(label="Over, minutes", min_value=1, max_value=7 * 24 * 60)
    fee = forms.DecimalField(label="Fee", max_digits=6, decimal_places=4, min_value=0, max_value=10)
    slippage = forms.DecimalField(label="Slippage", max_digits=7, decimal_places=4, min_value=0, max_value=999)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kind in (("day", "date"), ("clock", "time")):
            self.fields[name].widget.input_type = kind

    def start(self) -> datetime:
        """Return from when on a valid form is tried."""
        return datetime.combine(self.cleaned_data["day"], self.cleaned_data["clock"], UTC)

    def costs(self) -> Costs:
        """Return what trading costs in a valid form."""
        fee = self.cleaned_data["fee"] / PERCENT
        return Costs(maker_fee=fee, taker_fee=fee, slippage_bps=self.cleaned_data["slippage"])
