"""The form of own limits."""

from decimal import Decimal
from typing import Any

from django import forms

from apps.core.forms import StrictDecimalFormField
from apps.trading.orders.choices import SelfMatch
from apps.trading.orders.limits.confirming import LABELS


def _limit(name: str) -> Any:
    return StrictDecimalFormField(
        label=LABELS[name], required=False, min_value=Decimal("0.01"), max_digits=14, decimal_places=2,
        widget=forms.TextInput, help_text="Empty: the platform's limit.",
    )  # fmt: skip


class LimitsForm(forms.Form):
    """A customer's own limits; an empty amount is the platform's."""

    confirm_above = _limit("confirm_above")
    most_per_order = _limit("most_per_order")
    most_per_day = _limit("most_per_day")
    self_match = forms.ChoiceField(label=LABELS["self_match"], choices=SelfMatch.choices)
