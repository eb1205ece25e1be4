"""The compliance desk: tiers of customers, limits, thresholds, what was used up."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget
from unfold.widgets import UnfoldAdminTextInputWidget as TextWidget

from apps.compliance.limits import operations
from apps.compliance.limits.choices import SPANS, Tier, TierBasis, Window
from apps.compliance.limits.models import CustomerTier, LimitRow, LimitUse, ScreeningThreshold, VelocityRow
from apps.core.actors import Actor
from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, OperationAction, Queue, add_queue, desk_admin
from apps.core.forms import StrictDecimalFormField
from apps.core.models import Approval, ApprovalState
from apps.core.permissions import may

ROLLING = [(window.value, window.label) for window in SPANS]


class TierForm(forms.Form):
    """Which tier, and on what grounds."""

    tier = forms.TypedChoiceField(choices=Tier.choices, coerce=int, widget=UnfoldAdminSelectWidget())
    basis = forms.ChoiceField(choices=TierBasis.choices[1:], widget=UnfoldAdminSelectWidget())


class AmountForm(forms.Form):
    """How much."""

    amount = StrictDecimalFormField(
        min_value=0, max_digits=38, decimal_places=18, widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"})
    )


class AssetForm(AmountForm):
    """How much of which asset."""

    asset = forms.CharField(max_length=16, widget=TextWidget())
    field_order: tuple[str, ...] = ("asset", "amount")


class LimitForm(AssetForm):
    """How much of which asset over which time."""

    window = forms.ChoiceField(choices=Window.choices, widget=UnfoldAdminSelectWidget())
    field_order: tuple[str, ...] = ("asset", "window", "amount")


class NumberForm(forms.Form):
    """How many times."""

    max_count = forms.IntegerField(min_value=0, widget=UnfoldAdminIntegerFieldWidget())


class VelocityForm(NumberForm):
    """How many times over which time."""

    window = forms.ChoiceField(choices=ROLLING, widget=UnfoldAdminSelectWidget())
    field_order: tuple[str, ...] = ("window", "max_count")


def _set_tier(actor: Actor, row: CustomerTier, given: dict[str, Any]) -> Any:
    return operations.set_tier(actor=actor, owner_id=row.owner_id, **given)


def _change_limit(actor: Actor, row: LimitRow, given: dict[str, Any]) -> Any:
    return operations.change_limit(
        actor=actor, tier=row.tier, verb=row.verb, **{"asset": row.asset, "window": row.window, **given}
    )


def _change_velocity(actor: Actor, row: VelocityRow, given: dict[str, Any]) -> Any:
    return operations.change_velocity(actor=actor, tier=row.tier, verb=row.verb, **{"window": row.window, **given})


def _change_threshold(actor: Actor, row: ScreeningThreshold, given: dict[str, Any]) -> Any:
    return operations.change_threshold(actor=actor, **{"asset": row.asset, **given})


def _may_read(request: HttpRequest) -> bool:
    return may(request, operations.READ)


class LimitsDesk(DeskAdmin):
    """Seen by who may read limits, whatever their desk."""

    desk = Desk.COMPLIANCE

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether a role of the person reads limits."""
        return _may_read(request)


@desk_admin(CustomerTier)
class CustomerTierAdmin(LimitsDesk):
    """Customers by tier. The highest tier waits for a second person."""

    list_display: ClassVar = ["owner", "tier", "basis", "changed_at", "created_at"]
    list_filter: ClassVar = ["tier", "basis"]
    list_select_related: ClassVar = ["owner"]
    search_fields: ClassVar = ["owner__email"]
    ordering: ClassVar = ["-id"]
    operations = (OperationAction("tier", "Set the tier", operations.SET_TIER, _set_tier, form=TierForm),)


@desk_admin(LimitRow)
class LimitRowAdmin(LimitsDesk):
    """How much each tier may move. A change waits for a second person at the approvals."""

    list_display: ClassVar = ["tier", "verb", "asset", "window", "amount"]
    list_filter: ClassVar = ["tier", "verb", "asset", "window"]
    ordering: ClassVar = ["tier", "-verb", "asset", "amount"]
    operations = (
        OperationAction("change", "Propose another amount", operations.PROPOSE, _change_limit, form=AmountForm),
        OperationAction(
            "add", "Propose a limit for another asset or time", operations.PROPOSE, _change_limit, form=LimitForm
        ),
    )


@desk_admin(VelocityRow)
class VelocityRowAdmin(LimitsDesk):
    """How often each tier may. A change waits for a second person at the approvals."""

    list_display: ClassVar = ["tier", "verb", "window", "max_count"]
    list_filter: ClassVar = ["tier", "verb"]
    ordering: ClassVar = ["tier", "-verb", "max_count"]
    operations = (
        OperationAction("change", "Propose another number", operations.PROPOSE, _change_velocity, form=NumberForm),
        OperationAction(
            "add", "Propose a number over another time", operations.PROPOSE, _change_velocity, form=VelocityForm
        ),
    )


@desk_admin(ScreeningThreshold)
class ScreeningThresholdAdmin(LimitsDesk):
    """Above these amounts staff look at a movement before it goes on; without a row, at every one."""

    list_display: ClassVar = ["asset", "amount"]
    ordering: ClassVar = ["asset"]
    operations = (
        OperationAction("change", "Propose another amount", operations.PROPOSE, _change_threshold, form=AmountForm),
        OperationAction(
            "add", "Propose a threshold for another asset", operations.PROPOSE, _change_threshold, form=AssetForm
        ),
    )


@desk_admin(LimitUse)
class LimitUseAdmin(LedgerAdmin):
    """What was used up and given back."""

    desk = Desk.COMPLIANCE
    list_display: ClassVar = ["at", "owner_id", "verb", "asset", "amount", "value", "reverses_id"]
    list_filter: ClassVar = ["verb", "asset"]
    search_fields: ClassVar = ["owner__email"]
    ordering: ClassVar = ["-id"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether a role of the person reads limits."""
        return _may_read(request)


add_queue(
    Queue(
        Desk.COMPLIANCE,
        "changes of limits and tiers to approve",
        lambda: Approval.objects.filter(state=ApprovalState.PENDING, action__startswith="limits.").count(),
        lambda: reverse("admin:core_approval_changelist"),
    )
)
