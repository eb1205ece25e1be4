"""Forms of the positions page."""

from decimal import Decimal
from typing import Any

from django import forms

from apps.core.forms import StrictDecimalFormField
from apps.trading.positions.choices import Correction

SYMBOL = r"^[A-Z0-9]{2,32}\Z"


def _number(label: str, **more: Any) -> StrictDecimalFormField:
    return StrictDecimalFormField(
        label=label, max_digits=30, decimal_places=more.pop("places", 12), widget=forms.TextInput, **more
    )


class MoveForm(forms.Form):
    """An amount between the spot wallet and the one of contracts."""

    amount = _number("Amount, USDT", places=2, help_text="Positive: to contracts. Negative: back to the spot wallet.")


class HedgeForm(forms.Form):
    """A hedge band."""

    symbol = forms.RegexField(SYMBOL, label="Symbol", widget=forms.TextInput)
    low = _number("At least")
    high = _number("At most")
    target = _number("Bring back to")
    most = _number("Largest order", min_value=Decimal(0))
    is_on = forms.BooleanField(label="On", required=False, initial=True)


class TermsForm(forms.Form):
    """Leverage and margin mode of a contract."""

    symbol = forms.ChoiceField(label="Contract")
    leverage = forms.IntegerField(label="Leverage", min_value=1, max_value=1_000, widget=forms.TextInput)
    mode = forms.ChoiceField(label="Margin", choices=[("cross", "Cross"), ("isolated", "Isolated")])

    def __init__(self, *arguments: Any, symbols: list[str], **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.fields["symbol"].choices = [(name, name) for name in symbols]  # type: ignore[attr-defined]  # as below


class ModeForm(forms.Form):
    """One position for each contract, or long and short ones apart."""

    mode = forms.ChoiceField(
        label="Positions",
        choices=[("one_way", "One-way: buys and sells net"), ("hedge", "Hedge: long and short apart")],
    )


class CorrectionForm(forms.Form):
    """A change of a position without an order."""

    book_id = forms.ChoiceField(label="Book")
    symbol = forms.RegexField(SYMBOL, label="Symbol", widget=forms.TextInput)
    kind = forms.ChoiceField(label="What", choices=Correction.choices)
    quantity = _number("Quantity", places=18, help_text="In base. Only a correction may be negative.")
    price = _number(
        "Price or cost", places=18, required=False, help_text="In quote. A withdrawal goes at average cost."
    )
    reason = forms.CharField(label="Reason", max_length=200)

    def __init__(self, *arguments: Any, books: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.fields["book_id"].choices = books  # type: ignore[attr-defined]  # a choice field
