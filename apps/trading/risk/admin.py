"""The trading desk: customers by use of their limits, switches, limits, groups; the platform's own on the console."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget
from unfold.widgets import UnfoldAdminTextInputWidget as TextWidget

from apps.core.actors import Actor
from apps.core.desk import (
    Alarm,
    Desk,
    DeskAdmin,
    LedgerAdmin,
    OperationAction,
    Queue,
    add_alarm,
    add_queue,
    desk_admin,
)
from apps.core.forms import StrictDecimalFormField
from apps.core.models import Approval, ApprovalState
from apps.core.permissions import may
from apps.trading.risk import operations, queries
from apps.trading.risk.choices import RuleName, Scope, State
from apps.trading.risk.models import (
    CorrelationGroup,
    KillSwitch,
    PlatformRiskLimit,
    PlatformSwitch,
    RiskClaim,
    RiskLimit,
    RiskMeasure,
    RiskStanding,
)

Given = dict[str, Any]


class ValueForm(forms.Form):
    """How much; empty takes the limit away."""

    value = StrictDecimalFormField(
        min_value=0, max_digits=38, decimal_places=8, required=False, help_text="Empty: no limit.", widget=TextWidget()
    )


class RuleForm(ValueForm):
    """Which rule, for what, how much."""

    rule = forms.ChoiceField(choices=RuleName.choices, widget=UnfoldAdminSelectWidget())
    target = forms.CharField(
        max_length=32, required=False, help_text="A symbol, or the name of a group. Empty: all.", widget=TextWidget()
    )
    field_order: tuple[str, ...] = ("rule", "target", "value")


class FlattenForm(forms.Form):
    """What happens to open positions."""

    flatten = forms.TypedChoiceField(
        label="Open positions",
        choices=[("yes", "Close them at market"), ("no", "Leave them")],
        coerce=lambda text: text == "yes",
        widget=UnfoldAdminSelectWidget(),
    )


class StateForm(forms.Form):
    """How far trading is restricted."""

    state = forms.ChoiceField(choices=State.choices[1:], widget=UnfoldAdminSelectWidget())


class GroupForm(forms.Form):
    """A name and its symbols."""

    name = forms.CharField(max_length=32, widget=TextWidget())
    symbols = forms.CharField(max_length=1000, help_text="Separated by blanks or commas.", widget=TextWidget())


def _set_tenant_limit(actor: Actor, _row: None, given: Given) -> Any:
    return operations.set_limit(actor=actor, scope=Scope.TENANT.value, **given)


def _change_limit(actor: Actor, row: RiskLimit, given: Given) -> Any:
    return operations.set_limit(
        actor=actor, scope=row.scope, subject_id=row.subject_id, rule=row.rule, target=row.target, **given
    )


def _limit_subject(actor: Actor, row: RiskStanding, given: Given) -> Any:
    return operations.set_limit(actor=actor, scope=row.scope, subject_id=row.subject_id, **given)


def _restrict(actor: Actor, row: RiskStanding, given: Given) -> Any:
    return operations.restrict(actor=actor, scope=row.scope, subject_id=row.subject_id, is_live=row.is_live, **given)


def _engage_subject(actor: Actor, row: RiskStanding, given: Given) -> Any:
    return operations.engage_switch(actor=actor, scope=row.scope, subject_id=row.subject_id, **given)


def _engage_tenant(actor: Actor, _row: None, given: Given) -> Any:
    return operations.engage_switch(actor=actor, scope=Scope.TENANT.value, **given)


def _engage_again(actor: Actor, row: KillSwitch, given: Given) -> Any:
    return operations.engage_switch(actor=actor, scope=row.scope, subject_id=row.subject_id, **given)


def _set_group(actor: Actor, _row: None, given: Given) -> Any:
    symbols = given.pop("symbols").replace(",", " ").split()
    return operations.set_group(actor=actor, symbols=symbols, **given)


class RiskDesk(DeskAdmin):
    """Seen by who may read risk, whatever their desk."""

    desk = Desk.TRADING

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether a role of the person reads risk."""
        return may(request, operations.READ)


@desk_admin(RiskStanding)
class RiskStandingAdmin(RiskDesk):
    """Customers and bots, those nearest to a limit first (1 = used up). Resuming waits for a second person."""

    list_display: ClassVar = [
        "owner", "scope", "is_live", "state", "state_rule", "most_used", "exposure", "equity", "result", "reviewed_at",
    ]  # fmt: skip
    list_filter: ClassVar = ["state", "scope", "is_live"]
    list_select_related: ClassVar = ["owner"]
    search_fields: ClassVar = ["owner__email", "subject_id"]
    ordering: ClassVar = ["-most_used", "-id"]
    operations = (
        OperationAction("restrict", "Reduce or halt", operations.HALT, _restrict, form=StateForm, is_dangerous=True),
        OperationAction(
            "resume",
            "Ask to let it trade again",
            operations.HALT,
            lambda actor, row, given: operations.ask_resume(actor=actor, standing_id=row.pk, **given),
            available=lambda row: row.state != State.ACTIVE,
        ),
        OperationAction("limit", "Set a limit", operations.HALT, _limit_subject, form=RuleForm),
        OperationAction(
            "engage", "Engage the kill switch", operations.HALT, _engage_subject, form=FlattenForm, is_dangerous=True
        ),
    )


@desk_admin(KillSwitch)
class KillSwitchAdmin(RiskDesk):
    """Kill switches. Engaging holds at once; lifting waits for a second person."""

    list_display: ClassVar = [
        "scope", "owner", "subject_id", "is_engaged", "flattens", "by_staff", "engaged_at", "lifted_at", "times",
    ]  # fmt: skip
    list_filter: ClassVar = ["is_engaged", "scope"]
    list_select_related: ClassVar = ["owner"]
    ordering: ClassVar = ["-is_engaged", "-engaged_at"]
    table_operations = (
        OperationAction(
            "engage_all",
            "Stop the whole organisation",
            operations.HALT,
            _engage_tenant,
            form=FlattenForm,
            is_dangerous=True,
        ),
    )
    operations = (
        OperationAction(
            "engage", "Engage", operations.HALT, _engage_again, form=FlattenForm, is_dangerous=True,
            available=lambda row: not row.is_engaged and row.scope != Scope.PLATFORM,
        ),
        OperationAction(
            "lift",
            "Ask to lift it",
            operations.HALT,
            lambda actor, row, given: operations.ask_lift(actor=actor, switch_id=row.pk, **given),
            available=lambda row: row.is_engaged and row.scope != Scope.PLATFORM,
        ),
    )  # fmt: skip


@desk_admin(RiskLimit)
class RiskLimitAdmin(RiskDesk):
    """Limits of the tenant, of customers and bots. Tighter holds at once; looser waits for a second person."""

    list_display: ClassVar = [
        "scope",
        "owner",
        "subject_id",
        "rule",
        "target",
        "value",
        "by_staff",
        "next_value",
        "next_at",
    ]
    list_filter: ClassVar = ["scope", "rule", "by_staff"]
    list_select_related: ClassVar = ["owner"]
    ordering: ClassVar = ["-scope", "rule", "target"]
    table_operations = (
        OperationAction("add", "Set a limit for each customer", operations.HALT, _set_tenant_limit, form=RuleForm),
    )
    operations = (OperationAction("change", "Change", operations.HALT, _change_limit, form=ValueForm),)


@desk_admin(CorrelationGroup)
class CorrelationGroupAdmin(RiskDesk):
    """Symbols that move together."""

    list_display: ClassVar = ["name", "symbols"]
    table_operations = (
        OperationAction("set", "Make a group, or add to one", operations.HALT, _set_group, form=GroupForm),
    )


@desk_admin(RiskClaim)
class RiskClaimAdmin(RiskDesk):
    """What orders may still come to."""

    list_display: ClassVar = [
        "decided_at",
        "owner",
        "symbol",
        "side",
        "remaining",
        "worst_price",
        "is_live",
        "ended_at",
    ]
    list_filter: ClassVar = ["symbol", "is_live"]
    list_select_related: ClassVar = ["owner"]
    search_fields: ClassVar = ["owner__email", "order_id"]
    ordering: ClassVar = ["-id"]


@desk_admin(RiskMeasure)
class RiskMeasureAdmin(LedgerAdmin):
    """Figures that were kept, with definition and source."""

    desk = Desk.TRADING
    list_display: ClassVar = ["at", "owner", "is_live", "worth", "definition"]
    list_select_related: ClassVar = ["owner"]
    search_fields: ClassVar = ["owner__email"]
    ordering: ClassVar = ["-id"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether a role of the person reads risk."""
        return may(request, operations.READ)


@desk_admin(PlatformSwitch, site="console")
class PlatformSwitchConsole(RiskDesk):
    """The one switch over every tenant."""

    list_display: ClassVar = ["name", "is_engaged", "flattens", "engaged_at", "lifted_at", "times"]
    table_operations = (
        OperationAction(
            "engage",
            "Stop all trading on the platform",
            operations.HALT_PLATFORM,
            lambda actor, _row, given: operations.engage_platform_switch(actor=actor, **given),
            form=FlattenForm,
            is_dangerous=True,
        ),
    )
    operations = (
        OperationAction(
            "lift",
            "Ask to lift it",
            operations.HALT_PLATFORM,
            lambda actor, _row, given: operations.ask_lift_platform(actor=actor, **given),
            available=lambda row: row.is_engaged,
        ),
    )


@desk_admin(PlatformRiskLimit, site="console")
class PlatformRiskLimitConsole(RiskDesk):
    """Limits for each customer of every tenant."""

    list_display: ClassVar = ["rule", "target", "value", "changed_at"]
    list_filter: ClassVar = ["rule"]
    ordering: ClassVar = ["rule", "target"]
    table_operations = (
        OperationAction(
            "add",
            "Set a limit for every customer",
            operations.HALT_PLATFORM,
            lambda actor, _row, given: operations.set_platform_limit(actor=actor, **given),
            form=RuleForm,
        ),
    )
    operations = (
        OperationAction(
            "change",
            "Change",
            operations.HALT_PLATFORM,
            lambda actor, row, given: operations.set_platform_limit(
                actor=actor, rule=row.rule, target=row.target, **given
            ),
            form=ValueForm,
        ),
    )


def _engaged() -> Alarm | None:
    count = queries.count_engaged()
    if not count:
        return None
    words = "A kill switch is engaged" if count == 1 else f"{count} kill switches are engaged"
    return Alarm(f"{words}.", reverse("admin:risk_killswitch_changelist") + "?is_engaged__exact=1")


add_alarm(Desk.TRADING, _engaged)
add_queue(
    Queue(
        Desk.TRADING,
        "customers and bots that may not trade freely",
        queries.count_restricted,
        lambda: reverse("admin:risk_riskstanding_changelist") + "?state__exact=reducing",
    )
)
add_queue(
    Queue(
        Desk.TRADING,
        "changes of risk to approve",
        lambda: Approval.objects.filter(state=ApprovalState.PENDING, action__startswith="risk.").count(),
        lambda: reverse("admin:core_approval_changelist"),
    )
)
