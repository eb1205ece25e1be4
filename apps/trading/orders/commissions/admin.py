"""The finance desk: commission schedules, terms and charges. A schedule waits for a second person at the approvals."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.core.actors import Actor
from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, OperationAction, Queue, add_queue, desk_admin
from apps.core.models import Approval, ApprovalState
from apps.trading.orders.commissions import operations
from apps.trading.orders.commissions.choices import ChargedIn, ScheduleState
from apps.trading.orders.commissions.models import (
    CommissionCharge,
    CommissionPromotion,
    CommissionRate,
    CommissionSchedule,
    CommissionVolume,
    OrderCommission,
)
from apps.trading.orders.commissions.operations import PROPOSE, PromotionLine, RateLine
from apps.trading.orders.commissions.operations.drafting import ACTIVATE, END
from kernel.money import InvalidAmountError, parse_decimal

Given = dict[str, Any]
PARTS = 4


class Lines(forms.CharField):
    """A table as text, one line a row of four words."""

    def __init__(self, words: str, *, required: bool = True) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 5})
        super().__init__(max_length=20_000, help_text=words, required=required, widget=widget)

    def clean(self, value: Any) -> Any:
        """Return the rows; raises ValidationError."""
        rows = [line.split() for line in (super().clean(value) or "").splitlines() if line.strip()]
        if any(len(row) != PARTS for row in rows):
            raise ValidationError("Each line has four words with blanks between them.")
        return [self.row(*row) for row in rows]

    def row(self, *parts: str) -> Any:
        """Return what a line says; raises ValidationError."""
        return parts


class RateLines(Lines):
    """Rates."""

    def row(self, *parts: str) -> RateLine:
        """Return a rate; raises ValidationError."""
        symbol, volume, maker, taker = parts
        return RateLine(symbol, _decimal(volume), _decimal(maker), _decimal(taker))


class PromotionLines(Lines):
    """Promotions."""

    def row(self, *parts: str) -> PromotionLine:
        """Return a promotion of whole UTC days, the last one included; raises ValidationError."""
        symbol, first, last, percent = parts
        return PromotionLine(symbol, _day(first), _day(last) + timedelta(days=1), _decimal(percent))


def _decimal(text: str) -> Any:
    try:
        return parse_decimal(text)
    except InvalidAmountError:
        raise ValidationError("Write numbers in digits, for example 0.001.") from None


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ValidationError("Write days as 2026-12-31.") from None


class ScheduleForm(forms.Form):
    """A whole schedule."""

    name = forms.CharField(max_length=80, widget=UnfoldAdminTextInputWidget())
    mode = forms.ChoiceField(
        choices=[("live", "Real money"), ("paper", "Play money")], widget=UnfoldAdminSelectWidget()
    )
    charged_in = forms.ChoiceField(choices=ChargedIn.choices, widget=UnfoldAdminSelectWidget())
    rates = RateLines(
        "Market or *, worth of 30 days from which it holds (USDT), rate for makers, rate for takers;"
        " 0.001 is 0.1 %. “* 0 0.001 0.002” is needed."
    )
    promotions = PromotionLines("Market or *, first day, last day, percent off: “* 2026-12-01 2026-12-31 50”.",
                                required=False)  # fmt: skip


def _draft(actor: Actor, _row: Any, given: Given) -> Any:
    return operations.draft_schedule(actor=actor, **given)


def _propose(actor: Actor, row: CommissionSchedule, given: Given) -> Any:
    return operations.propose_schedule(actor=actor, schedule_id=row.pk, reason=given["reason"])


def _end(actor: Actor, row: CommissionSchedule, given: Given) -> Any:
    return operations.propose_end(actor=actor, schedule_id=row.pk, reason=given["reason"])


def _discard(actor: Actor, row: CommissionSchedule, given: Given) -> Any:
    return operations.discard_schedule(actor=actor, schedule_id=row.pk, reason=given["reason"])


def _is(state: ScheduleState) -> Any:
    return lambda row: row.state == state


@desk_admin(CommissionSchedule)
class CommissionScheduleAdmin(DeskAdmin):
    """What executions cost customers. One schedule is in force for real money, one for play money."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("name", "mode", "charged_in", "state", "active_from", "ended_at")
    list_filter: ClassVar = ("state", "mode")
    table_operations = (OperationAction("draft", "Write a schedule", PROPOSE, _draft, form=ScheduleForm),)
    operations = (
        OperationAction(
            "propose", "Propose to put in force", PROPOSE, _propose, available=_is(ScheduleState.DRAFT)
        ),
        OperationAction("discard", "Discard", PROPOSE, _discard, available=_is(ScheduleState.DRAFT)),
        OperationAction(
            "end", "Propose to end", PROPOSE, _end, available=_is(ScheduleState.ACTIVE), is_dangerous=True
        ),
    )  # fmt: skip


@desk_admin(CommissionRate)
class CommissionRateAdmin(LedgerAdmin):
    """Rates of schedules by market and worth of 30 days."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("schedule", "symbol", "from_volume", "maker", "taker")
    list_filter: ClassVar = ("schedule",)


@desk_admin(CommissionPromotion)
class CommissionPromotionAdmin(LedgerAdmin):
    """Promotions of schedules."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("schedule", "symbol", "starts", "ends", "percent_off")


@desk_admin(CommissionVolume)
class CommissionVolumeAdmin(LedgerAdmin):
    """What customers traded in the 30 days before a day."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("day", "owner_id", "mode", "worth")


@desk_admin(OrderCommission)
class OrderCommissionAdmin(LedgerAdmin):
    """Terms of orders, as they were placed."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("created_at", "order", "schedule", "maker", "taker", "percent_off", "volume")


@desk_admin(CommissionCharge)
class CommissionChargeAdmin(DeskAdmin):
    """What fills were charged."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("created_at", "owner_id", "mode", "asset", "share", "amount", "state", "booked_at")
    list_filter: ClassVar = ("state", "mode", "asset")


add_queue(
    Queue(
        Desk.FINANCE,
        "commission schedules to approve",
        lambda: Approval.objects.filter(state=ApprovalState.PENDING, action__in=(ACTIVATE, END)).count(),
        lambda: reverse("admin:core_approval_changelist"),
    )
)
