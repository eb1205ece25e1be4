"""The filter of the history."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms

from apps.trading.exchanges.queries import list_connections
from apps.trading.orders.choices import Origin
from apps.trading.orders.history.choices import Outcome, Wanted
from apps.trading.orders.history.queries import list_symbols
from kernel.instruments import Side

ALL = ("", "All")


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class HistoryForm(forms.Form):
    """Everything is optional; days are of UTC and both included."""

    symbol = forms.ChoiceField(label="Market", required=False)
    side = forms.ChoiceField(
        label="Side", required=False, choices=[ALL, *((side.value, side.value.capitalize()) for side in Side)]
    )
    state = forms.ChoiceField(label="State", required=False, choices=[ALL, *Outcome.choices])
    origin = forms.ChoiceField(label="Placed by", required=False, choices=[ALL, *Origin.choices])
    connection = forms.ChoiceField(label="Account", required=False)
    start = _day("From")
    end = _day("To")
    bot = forms.UUIDField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, owner_id: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose("connection", [(str(row.pk), row.label) for row in list_connections(owner_id)])
        self._choose("symbol", [(symbol, symbol) for symbol in list_symbols(owner_id)])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = [ALL, *choices]

    def wanted(self) -> Wanted:
        """Return the filter; what is not valid narrows nothing (the page says so)."""
        self.is_valid()
        given: dict[str, Any] = self.cleaned_data
        start, end, account = given.get("start"), given.get("end"), given.get("connection")
        return Wanted(
            symbol=given.get("symbol", ""),
            side=given.get("side", ""),
            outcome=given.get("state", ""),
            origin=given.get("origin", ""),
            origin_id=given.get("bot"),
            connection_id=UUID(account) if account else None,
            start=None if start is None else datetime.combine(start, time(), UTC),
            end=None if end is None else datetime.combine(end, time(), UTC) + timedelta(days=1),
        )
