"""What the pages of the ledger are asked for."""

from datetime import UTC, date, datetime, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from apps.core.clock import now
from apps.finance.ledger.choices import JournalKind

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
USUAL_DAYS = 90


class DayField(forms.DateField):
    """A day that a statement can begin or end with."""

    def __init__(self, *, label: str) -> None:
        super().__init__(
            label=label,
            required=False,
            validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)],
            widget=forms.DateInput(attrs={"type": "date"}),
        )


class PeriodForm(forms.Form):
    """From one day to another, both included, in UTC; usually the last ninety days."""

    since = DayField(label="From")
    until = DayField(label="To")
    kind = forms.ChoiceField(label="What", required=False, choices=[("", "Everything"), *JournalKind.choices])

    def period(self) -> tuple[datetime, datetime]:
        """Return the period; what is missing or cannot be read is the usual."""
        given = self.cleaned_data if self.is_bound and self.is_valid() else getattr(self, "cleaned_data", {})
        today = now().date()
        last = given.get("until") or max(today, given.get("since") or today)
        first = given.get("since") or last - timedelta(days=USUAL_DAYS - 1)
        until = _start(last) + timedelta(days=1)
        return min(_start(first), until - timedelta(days=1)), until

    def chosen_kind(self) -> str:
        """Return the kind to show, empty for all."""
        return str(getattr(self, "cleaned_data", {}).get("kind") or "")


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
