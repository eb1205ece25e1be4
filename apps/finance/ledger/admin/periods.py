"""Closed periods: closing, and asking to reopen."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from unfold.widgets import UnfoldAdminDateWidget

from apps.core.actors import Actor
from apps.core.desk import Desk, DeskAdmin, OperationAction, desk_admin
from apps.finance.ledger import operations
from apps.finance.ledger.models import PeriodClose
from apps.finance.ledger.operations.periods import CLOSE


class CloseForm(forms.Form):
    """The last day of the period."""

    until = forms.DateField(
        label="Last day of the period",
        widget=UnfoldAdminDateWidget(),
        help_text="In UTC. Afterwards nothing that counts on this day or before can be booked.",
    )

    def clean_until(self) -> datetime:
        """Return the first moment after the period; raises ValidationError for a day that cannot be."""
        day: date = self.cleaned_data["until"]
        if not 2000 <= day.year <= 2199:
            raise forms.ValidationError("Write a day between 2000 and 2199.")
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _close(actor: Actor, _row: None, given: dict[str, Any]) -> PeriodClose:
    return operations.close_period(actor=actor, until=given["until"], reason=given["reason"])


def _ask_to_reopen(actor: Actor, row: PeriodClose, given: dict[str, Any]) -> Any:
    return operations.ask_to_reopen_period(actor=actor, period_id=row.pk, reason=given["reason"])


@desk_admin(PeriodClose)
class PeriodCloseAdmin(DeskAdmin):
    """Up to where the books are closed. The newest closing can be undone with four eyes."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("until", "created_at", "closed_by", "reason", "reopened_at")
    ordering: ClassVar = ("-until", "-id")
    table_operations = (OperationAction("close", "Close a period", CLOSE, _close, form=CloseForm, is_dangerous=True),)
    operations = (
        OperationAction(
            "reopen",
            "Ask to reopen",
            CLOSE,
            _ask_to_reopen,
            available=lambda row: row.reopened_at is None,
            is_dangerous=True,
        ),
    )
