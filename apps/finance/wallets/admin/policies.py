"""The finance desk: fees, approvals, numbers and bank accounts. A change waits for a second person at the approvals."""

from typing import Any, ClassVar

from django import forms
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.core.actors import Actor
from apps.core.desk import Desk, DeskAdmin, OperationAction, Queue, add_queue, desk_admin
from apps.core.models import Approval, ApprovalState
from apps.finance.wallets import operations
from apps.finance.wallets.admin.earning import DecimalText
from apps.finance.wallets.choices import NETWORK_CHOICES, Network
from apps.finance.wallets.models import ApprovalPolicy, PayInAccount, WalletRule, WithdrawalFee
from apps.finance.wallets.models.policies import MOST_APPROVERS
from apps.finance.wallets.operations import policies
from apps.finance.wallets.operations.permissions import PROPOSE_POLICIES

Given = dict[str, Any]
Text = UnfoldAdminTextInputWidget


class RuleForm(forms.Form):
    """Which number."""

    value = forms.IntegerField(min_value=0, widget=UnfoldAdminIntegerFieldWidget())


class ApproversForm(forms.Form):
    """How many people."""

    required = forms.IntegerField(min_value=0, max_value=MOST_APPROVERS, widget=UnfoldAdminIntegerFieldWidget())


class BandForm(ApproversForm):
    """How many people, above how much of what (“*”: of all assets, in USDT)."""

    asset = forms.CharField(max_length=16, widget=Text())
    above = DecimalText()
    field_order: tuple[str, ...] = ("asset", "above", "required")


class FeeForm(forms.Form):
    """What it costs: fixed, a share of the amount (0.001 is 0.1 %), and the least that is paid out."""

    fixed = DecimalText()
    share = DecimalText()
    minimum = DecimalText()


class WayForm(FeeForm):
    """What it costs for another asset or network."""

    asset = forms.CharField(max_length=16, widget=Text())
    network = forms.ChoiceField(choices=NETWORK_CHOICES, widget=UnfoldAdminSelectWidget())
    field_order: tuple[str, ...] = ("asset", "network", "fixed", "share", "minimum")


class AccountForm(forms.Form):
    """A bank account of the house."""

    holder = forms.CharField(max_length=80, widget=Text())
    iban = forms.CharField(max_length=60, widget=Text())
    bank = forms.CharField(max_length=80, widget=Text())


def _rule(actor: Actor, row: WalletRule, given: Given) -> Any:
    return operations.propose_rule(actor=actor, name=row.name, **given)


def _approvers(actor: Actor, row: ApprovalPolicy, given: Given) -> Any:
    band = {"asset": row.asset, "above": row.above, **given}
    return operations.propose_approvals(actor=actor, subject=row.subject, **band)


def _fee(actor: Actor, row: WithdrawalFee, given: Given) -> Any:
    return operations.propose_fee(actor=actor, **{"asset": row.asset_id, "network": row.network, **given})


def _account(actor: Actor, row: WithdrawalFee | PayInAccount, given: Given) -> Any:
    return operations.propose_pay_in_account(actor=actor, asset=row.asset_id, **given)


@desk_admin(WalletRule)
class WalletRuleAdmin(DeskAdmin):
    """Waiting times and thresholds of this tenant."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("name", "value")
    ordering: ClassVar = ("name",)
    operations = (OperationAction("change", "Propose another number", PROPOSE_POLICIES, _rule, form=RuleForm),)


@desk_admin(ApprovalPolicy)
class ApprovalPolicyAdmin(DeskAdmin):
    """How many people approve what. The highest row below an amount counts."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("subject", "asset", "above", "required")
    list_filter: ClassVar = ("subject", "asset")
    ordering: ClassVar = ("subject", "asset", "above")
    operations = (
        OperationAction("change", "Propose another number", PROPOSE_POLICIES, _approvers, form=ApproversForm),
        OperationAction("add", "Propose for another amount or asset", PROPOSE_POLICIES, _approvers, form=BandForm),
    )


@desk_admin(WithdrawalFee)
class WithdrawalFeeAdmin(DeskAdmin):
    """What withdrawals cost. An asset without a row on a network cannot be withdrawn over it."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("asset", "network", "fixed", "share", "minimum")
    list_filter: ClassVar = ("asset", "network")
    ordering: ClassVar = ("asset", "network")
    operations = (
        OperationAction("change", "Propose another fee", PROPOSE_POLICIES, _fee, form=FeeForm),
        OperationAction("add", "Propose a fee for another asset or network", PROPOSE_POLICIES, _fee, form=WayForm),
        OperationAction(
            "account",
            "Propose the bank account customers pay in to",
            PROPOSE_POLICIES,
            _account,
            form=AccountForm,
            available=lambda row: row.network == Network.SEPA,
        ),
    )


@desk_admin(PayInAccount)
class PayInAccountAdmin(DeskAdmin):
    """Where customers' bank transfers go."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("asset", "holder", "iban", "bank")
    operations = (OperationAction("change", "Propose another account", PROPOSE_POLICIES, _account, form=AccountForm),)


ACTIONS = tuple(policy.action for policy in (policies.RULE, policies.APPROVALS, policies.FEE, policies.ACCOUNT))
add_queue(
    Queue(
        Desk.FINANCE,
        "changes of wallet policies to approve",
        lambda: Approval.objects.filter(state=ApprovalState.PENDING, action__in=ACTIONS).count(),
        lambda: reverse("admin:core_approval_changelist"),
    )
)
