"""Forms of watchlists and alerts."""

import json
from typing import Any

from django import forms

from apps.trading.instruments.choices import Rearm
from apps.trading.instruments.queries import list_instruments
from kernel.money import parse_decimal
from kernel.money.exact import plain

MEASURES = [
    ("price", "Price"),
    ("change_percent", "Change in 24 hours, %"),
    ("spread_percent", "Spread, %"),
    ("imbalance", "Book imbalance, −1 to 1"),
    ("volume", "Volume of 24 hours, base"),
    ("index", "Index price over venues"),
    ("pressure", "Trade pressure, −1 to 1"),
]
RELATIONS = [
    ("gt", "is above"),
    ("lt", "is below"),
    ("crosses_above", "crosses above"),
    ("crosses_below", "crosses below"),
]


class NewListForm(forms.Form):
    """A new watchlist."""

    name = forms.CharField(max_length=60, label="Name of a new list")


class RenameForm(forms.Form):
    """Another name."""

    name = forms.CharField(max_length=60, label="Name")


class AddForm(forms.Form):
    """What to add: a symbol, a pair, or the name of something."""

    text = forms.CharField(max_length=40, label="Add a market")


class FigureField(forms.CharField):
    """A number as text, exact."""

    def clean(self, value: Any) -> Any:
        """Return the canonical text; raises ValidationError."""
        text = super().clean(value).replace("−", "-").strip()
        if not text:
            return ""
        try:
            return f"{plain(parse_decimal(text, integer_digits=15, decimal_places=12)):f}"
        except (ValueError, ArithmeticError):
            raise forms.ValidationError("Write a number in digits, for example 68000 or -0.5.") from None


class AlertForm(forms.Form):
    """A new alert: one or two comparisons, or a whole condition as JSON."""

    symbol = forms.ChoiceField(label="Market")
    name = forms.CharField(max_length=80, label="Name")
    measure = forms.ChoiceField(choices=MEASURES, label="Tell me when the")
    relation = forms.ChoiceField(choices=RELATIONS, label="Relation")
    value = FigureField(max_length=40, label="Value", required=False)
    join = forms.ChoiceField(
        choices=[("", "nothing else"), ("and", "and also"), ("or", "or else")], required=False, label="Then"
    )
    measure_2 = forms.ChoiceField(choices=MEASURES, required=False, label="Second measure")
    relation_2 = forms.ChoiceField(choices=RELATIONS, required=False, label="Second relation")
    value_2 = FigureField(max_length=40, label="Second value", required=False)
    rearm = forms.ChoiceField(
        choices=[(Rearm.ONCE, "once, then stop"), (Rearm.AGAIN, "each time anew")], label="How often"
    )
    pause_minutes = forms.IntegerField(min_value=1, max_value=10_080, initial=5, label="Least pause between two")
    condition = forms.CharField(
        required=False,
        max_length=20_000,
        label="Whole condition as JSON",
        help_text="For more than two comparisons. When it is filled, the lines above do not count.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        symbols = [(row.symbol, f"{row.base}/{row.quote}") for row in list_instruments()[:500]]
        self.fields["symbol"].choices = symbols  # type: ignore[attr-defined]  # a ChoiceField

    def clean_condition(self) -> Any:
        """Return decoded JSON, or None for an empty field."""
        text = self.cleaned_data["condition"].strip()
        if not text:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise forms.ValidationError("This is no JSON.") from None

    def clean(self) -> dict[str, Any]:
        """Ask for the numbers that the chosen lines need."""
        found = super().clean() or {}
        if found.get("condition") is None and "condition" in found:
            for name, wanted in (("value", True), ("value_2", bool(found.get("join")))):
                if wanted and not found.get(name) and name not in self.errors:
                    self.add_error(name, "Write a number.")
        return found

    def tree(self) -> object:
        """Return the condition as the operation takes it."""
        found = self.cleaned_data
        if found["condition"] is not None:
            return found["condition"]
        first = _compared(found["measure"], found["relation"], found["value"])
        if not found["join"]:
            return first
        second = _compared(found["measure_2"] or "price", found["relation_2"] or "gt", found["value_2"])
        return {"kind": found["join"], "conditions": [first, second]}


def _compared(measure: str, relation: str, value: str) -> dict[str, object]:
    return {
        "kind": relation,
        "left": {"kind": "price", "field": measure},
        "right": {"kind": "constant", "value": value},
    }
