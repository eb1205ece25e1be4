"""What the wallet's pages are asked for."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from apps.core.assets import list_assets
from apps.core.forms import AmountFormField
from apps.finance.wallets.choices_earning import Every
from apps.finance.wallets.operations import GoalPlan, Schedule
from apps.finance.wallets.pages.subjects import FILTER_WORDS, FILTERS

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERY = [
    ("", "By hand only"),
    (Every.DAY.value, "Every day"),
    (Every.WEEK.value, "Every week"),
    (Every.MONTH.value, "Every month"),
]


class DayField(forms.DateField):
    """A day of UTC."""

    def __init__(self, *, label: str, **more: Any) -> None:
        bounds = [MinValueValidator(EARLIEST), MaxValueValidator(LATEST)]
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(**{"required": False, "validators": bounds, "widget": widget, **more}, label=label)


class ActivityForm(forms.Form):
    """Which movements to show."""

    asset = forms.ChoiceField(label="Asset", required=False)
    kind = forms.ChoiceField(
        label="What",
        required=False,
        choices=[("", "Everything"), *((kind.value, FILTER_WORDS[kind]) for kind in FILTERS)],
    )
    since = DayField(label="From")
    until = DayField(label="To")

    def __init__(self, *args: Any, assets: Sequence[str], **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["asset"]
        field.choices = [("", "All assets"), *((code, code) for code in assets)]


class AmountForm(forms.Form):
    """An amount of one asset."""

    amount = AmountFormField(label="Amount")

    def __init__(self, *args: Any, asset: str, label: str = "Amount", **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["amount"] = AmountFormField(label=label, asset=asset)

    def wanted(self) -> Decimal:
        """Return the amount of a valid form."""
        amount: Decimal = self.cleaned_data["amount"]
        return amount


class GoalForm(forms.Form):
    """A savings goal: what for, how much, until when, and how money goes in."""

    name = forms.CharField(max_length=80, label="What for")
    asset = forms.ChoiceField(label="Asset")
    target = AmountFormField(label="Target")
    deadline = DayField(label="Until", help_text="Leave it empty if there is no hurry.")
    every = forms.ChoiceField(label="How money goes in", choices=EVERY, required=False)
    amount = AmountFormField(label="Each time", required=False)
    weekday = forms.ChoiceField(
        label="On", required=False, choices=[(str(number), name) for number, name in enumerate(WEEKDAYS, start=1)]
    )
    monthday = forms.ChoiceField(
        label="On day",
        required=False,
        choices=[(str(number), str(number)) for number in range(1, 32)],
        help_text="A month without that day uses its last.",
    )

    def __init__(self, *args: Any, asset: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        if asset:
            del self.fields["asset"]
            self.fields["target"] = AmountFormField(label="Target", asset=asset)
            self.fields["amount"] = AmountFormField(label="Each time", asset=asset, required=False)
            return
        field: Any = self.fields["asset"]
        field.choices = [(one.code, f"{one.code}, {one.name}") for one in list_assets()]

    def clean(self) -> dict[str, Any]:
        """Ask for the amount of a schedule."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("every") and not given.get("amount") and "amount" not in self.errors:
            self.add_error("amount", "Write how much goes in each time.")
        return given

    def plan(self) -> GoalPlan:
        """Return the plan of a valid form."""
        given: dict[str, Any] = self.cleaned_data
        anchors = {Every.WEEK.value: given["weekday"], Every.MONTH.value: given["monthday"]}
        anchor = anchors.get(given["every"])
        schedule = None
        if given["every"]:
            schedule = Schedule(given["amount"], Every(given["every"]), int(anchor) if anchor else None)
        return GoalPlan(name=given["name"], target=given["target"], deadline=given["deadline"], schedule=schedule)
