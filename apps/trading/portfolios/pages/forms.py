"""Forms of portfolios."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from apps.trading.exchanges.choices import Mode
from kernel.money import parse_decimal
from kernel.money.exact import plain

Options = Sequence[tuple[str, str]]


class AmountField(forms.CharField):
    """An amount as text, exact."""

    def clean(self, value: Any) -> Any:
        """Return a Decimal, or None for an empty field; raises ValidationError."""
        text = super().clean(value).replace("−", "-").replace(",", "").strip()
        if not text:
            return None
        try:
            found: Decimal = plain(parse_decimal(text, integer_digits=15, decimal_places=18))
        except (ValueError, ArithmeticError):
            raise forms.ValidationError("Write a number in digits, for example 1000 or 0.5.") from None
        return found


class NewPortfolioForm(forms.Form):
    """A new portfolio."""

    name = forms.CharField(max_length=60, label="Name of a new portfolio")
    mode = forms.ChoiceField(choices=Mode.choices, label="For which money", initial=Mode.PAPER)


class NameForm(forms.Form):
    """Another name."""

    name = forms.CharField(max_length=60, label="Name")


class BookForm(forms.Form):
    """A book to put in."""

    book_id = forms.UUIDField(label="Book", widget=forms.Select)

    def __init__(self, *args: Any, books: Options = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["book_id"].choices = books  # type: ignore[attr-defined]  # read by the template


class FlowForm(forms.Form):
    """Money that works in a portfolio."""

    way = forms.ChoiceField(choices=[("in", "Assign to it"), ("out", "Take out of it")], label="What to do")
    quantity = AmountField(max_length=40, label="Amount")
    asset = forms.RegexField(r"\A[A-Za-z0-9]{2,16}\Z", label="Asset", initial="USDT")
    note = forms.CharField(max_length=200, required=False, label="Note")


class BenchmarkForm(forms.Form):
    """What to compare with: nothing, a market, or another portfolio (its key)."""

    benchmark = forms.ChoiceField(label="Compare with", required=False)

    def __init__(self, *args: Any, options: Options = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["benchmark"].choices = options  # type: ignore[attr-defined]  # a ChoiceField
