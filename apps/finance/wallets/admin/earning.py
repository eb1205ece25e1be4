"""The finance desk: products and rates of yield and staking, runs of accruals, goals, exchange rates."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, OperationAction, Queue, add_queue, desk_admin
from apps.core.forms import AssetFormField
from apps.core.models import Approval, ApprovalState
from apps.finance.wallets import operations, queries_earning
from apps.finance.wallets.choices_earning import DayCount, Family, ProductState
from apps.finance.wallets.models import (
    Accrual,
    AccrualRun,
    FiatRate,
    GoalContribution,
    SavingsGoal,
    StakePosition,
    StakingProduct,
    StakingRate,
    YieldPosition,
    YieldProduct,
    YieldRate,
)
from apps.finance.wallets.operations.permissions_earning import PROPOSE_PRODUCTS, SET_RATES
from kernel.money import InvalidAmountError, parse_decimal

Given = dict[str, Any]
Text, Number = UnfoldAdminTextInputWidget, UnfoldAdminIntegerFieldWidget


class DecimalText(forms.CharField):
    """A decimal number as text; an empty field that may be empty is None."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"max_length": 64, "widget": Text(), **given})

    def clean(self, value: Any) -> Any:
        """Return the Decimal; raises ValidationError."""
        text = super().clean(value)
        return _decimal(text) if text else None


class TierLines(forms.CharField):
    """A table of rates, one line a tier: from amount, blank, rate."""

    def __init__(self) -> None:
        words = "One line a tier: from amount, a blank, the rate. “0 0.05” is 5 % from the first unit on."
        super().__init__(max_length=2000, help_text=words, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))

    def clean(self, value: Any) -> Any:
        """Return the tiers; raises ValidationError."""
        rows = [line.split() for line in super().clean(value).splitlines() if line.strip()]
        if any(len(row) != 2 for row in rows):
            raise ValidationError("Each line has an amount and a rate, for example 0 0.05.")
        return [operations.Tier(_decimal(least), _decimal(rate)) for least, rate in rows]


def _decimal(text: str) -> Decimal:
    try:
        return parse_decimal(text)
    except InvalidAmountError:
        raise ValidationError("Write numbers in digits, for example 0.05.") from None


class RatesForm(forms.Form):
    """Which rates, from which day on."""

    valid_from = forms.DateField(widget=UnfoldAdminDateWidget())
    tiers = TierLines()


class TermsForm(forms.Form):
    """What a new product promises; it never changes."""

    name = forms.CharField(max_length=80, widget=Text())
    asset = AssetFormField(max_length=16, widget=Text())
    minimum = DecimalText()
    capacity = DecimalText(required=False)
    compounds = forms.BooleanField(required=False, widget=UnfoldBooleanWidget())


class YieldForm(TermsForm):
    """A yield product."""

    day_count = forms.ChoiceField(choices=DayCount.choices, widget=UnfoldAdminSelectWidget())
    lock_days = forms.IntegerField(min_value=0, max_value=3660, initial=0, widget=Number())


class StakingForm(TermsForm):
    """A staking product."""

    bonding_days = forms.IntegerField(min_value=0, max_value=366, initial=0, widget=Number())
    unbonding_days = forms.IntegerField(min_value=0, max_value=366, initial=0, widget=Number())


class FiatRateForm(forms.Form):
    """One base is worth so much of the quote, as of now."""

    base = AssetFormField(max_length=16, widget=Text())
    quote = AssetFormField(max_length=16, widget=Text())
    rate = DecimalText()


class TableForm(forms.Form):
    """A table of rates."""

    text = forms.CharField(
        max_length=500_000,
        help_text="CSV with the first line base,quote,rate,as_of; moments as 2025-01-31T16:00:00+00:00.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 10}),
    )
    source = forms.CharField(max_length=60, widget=Text())


TERMS = ("name", "asset", "minimum", "capacity", "compounds")


def _terms(given: Given) -> operations.ProductTerms:
    return operations.ProductTerms(**{name: given[name] for name in TERMS})


def _prepare_yield(actor: Actor, _row: Any, given: Given) -> Any:
    more = {name: given[name] for name in ("day_count", "lock_days", "reason")}
    return operations.prepare_yield_product(actor=actor, terms=_terms(given), **more)


def _prepare_staking(actor: Actor, _row: Any, given: Given) -> Any:
    more = {name: given[name] for name in ("bonding_days", "unbonding_days", "reason")}
    return operations.prepare_staking_product(actor=actor, terms=_terms(given), **more)


def _on_product(act: Callable[..., Any], family: Family) -> Callable[[Actor, Any, Given], Any]:
    def run(actor: Actor, row: Any, given: Given) -> Any:
        return act(actor=actor, family=family, product_id=row.pk, **given)

    return run


def _withdraw(family: Family) -> Callable[[Actor, Any, Given], Any]:
    def run(actor: Actor, row: Any, given: Given) -> Any:
        return operations.withdraw_product(
            actor=actor, family=family, product_id=row.pk, expected=row.state, reason=given["reason"]
        )

    return run


def _product_actions(family: Family) -> tuple[OperationAction, ...]:
    return (
        OperationAction(
            "rates", "Propose rates", PROPOSE_PRODUCTS, _on_product(operations.propose_rates, family), form=RatesForm
        ),
        OperationAction(
            "offer",
            "Propose to offer",
            PROPOSE_PRODUCTS,
            _on_product(operations.propose_offer, family),
            available=lambda row: row.state != ProductState.OFFERED,
        ),
        OperationAction(
            "withdraw",
            "Take no new money",
            PROPOSE_PRODUCTS,
            _withdraw(family),
            available=lambda row: row.state == ProductState.OFFERED,
            is_dangerous=True,
        ),
        OperationAction(
            "accrue", "Make up accruals now", PROPOSE_PRODUCTS, _on_product(operations.accrue_again, family)
        ),
    )


PRODUCT_COLUMNS = ("name", "asset", "state", "minimum", "capacity", "compounds")


@desk_admin(YieldProduct)
class YieldProductAdmin(DeskAdmin):
    """Yield products. Terms never change; rates and offers wait for a second person at the approvals."""

    desk = Desk.FINANCE
    list_display: ClassVar = (*PRODUCT_COLUMNS, "day_count", "lock_days")
    list_filter: ClassVar = ("state", "asset")
    ordering: ClassVar = ("asset", "name")
    operations = (
        *_product_actions(Family.YIELD),
        OperationAction("prepare", "Prepare another product", PROPOSE_PRODUCTS, _prepare_yield, form=YieldForm),
    )


@desk_admin(StakingProduct)
class StakingProductAdmin(DeskAdmin):
    """Staking products, as yield products."""

    desk = Desk.FINANCE
    list_display: ClassVar = (*PRODUCT_COLUMNS, "bonding_days", "unbonding_days")
    list_filter: ClassVar = ("state", "asset")
    ordering: ClassVar = ("asset", "name")
    operations = (
        *_product_actions(Family.STAKING),
        OperationAction("prepare", "Prepare another product", PROPOSE_PRODUCTS, _prepare_staking, form=StakingForm),
    )


@desk_admin(YieldRate)
class YieldRateAdmin(LedgerAdmin):
    """Dated rates of yield products."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("product", "valid_from", "from_amount", "rate", "created_at")
    list_filter: ClassVar = ("product",)
    list_select_related: ClassVar = ("product",)
    ordering: ClassVar = ("product", "-valid_from", "from_amount")


@desk_admin(StakingRate)
class StakingRateAdmin(LedgerAdmin):
    """Dated rates of staking products."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("product", "valid_from", "rate", "created_at")
    list_filter: ClassVar = ("product",)
    list_select_related: ClassVar = ("product",)
    ordering: ClassVar = ("product", "-valid_from")


@desk_admin(YieldPosition)
class YieldPositionAdmin(LedgerAdmin):
    """Positions of customers; they open and close them themselves."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("id", "owner_id", "product", "mode", "amount", "state", "accrued_through", "unlocks_at")
    list_filter: ClassVar = ("state", "product", "mode")
    list_select_related: ClassVar = ("product",)
    ordering: ClassVar = ("-id",)


@desk_admin(StakePosition)
class StakePositionAdmin(LedgerAdmin):
    """Staking positions of customers."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("id", "owner_id", "product", "mode", "amount", "state", "accrued_through", "releases_at")
    list_filter: ClassVar = ("state", "product", "mode")
    list_select_related: ClassVar = ("product",)
    ordering: ClassVar = ("-id",)


@desk_admin(AccrualRun)
class AccrualRunAdmin(LedgerAdmin):
    """What each day of each product came to."""

    desk = Desk.FINANCE
    list_display: ClassVar = (
        "day",
        "product",
        "staking_product",
        "mode",
        "positions",
        "principal",
        "amount",
        "updated_at",
    )
    list_filter: ClassVar = ("mode", "product", "staking_product")
    list_select_related: ClassVar = ("product", "staking_product")
    ordering: ClassVar = ("-day", "id")


@desk_admin(Accrual)
class AccrualAdmin(LedgerAdmin):
    """What accrued on each position, day by day."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("day", "position_id", "stake_id", "principal", "rate", "amount", "remainder")
    search_fields: ClassVar = ("position__id", "stake__id")
    ordering: ClassVar = ("-id",)


@desk_admin(SavingsGoal)
class SavingsGoalAdmin(LedgerAdmin):
    """Goals of customers, without their names."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("id", "owner_id", "asset", "mode", "target", "every", "next_due_on", "state")
    list_filter: ClassVar = ("state", "every", "mode")
    exclude: ClassVar = ("name",)
    ordering: ClassVar = ("-id",)


@desk_admin(GoalContribution)
class GoalContributionAdmin(LedgerAdmin):
    """What became of the due days of goals."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("due_on", "goal_id", "outcome", "reason", "amount", "created_at")
    list_filter: ClassVar = ("outcome", "reason")
    ordering: ClassVar = ("-id",)


def _set_rate(actor: Actor, _row: FiatRate, given: Given) -> Any:
    fact = operations.RateFact(given["base"], given["quote"], given["rate"], now())
    return operations.set_fiat_rate(actor=actor, fact=fact, reason=given["reason"])


def _import_rates(actor: Actor, _row: FiatRate, given: Given) -> Any:
    return operations.import_fiat_rates(actor=actor, **given)


@desk_admin(FiatRate)
class FiatRateAdmin(DeskAdmin):
    """Exchange rates of currencies; the newest of a pair counts."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("base", "quote", "rate", "as_of", "source")
    list_filter: ClassVar = ("base", "quote", "source")
    ordering: ClassVar = ("base", "quote", "-as_of")
    operations = (
        OperationAction("set", "Enter a rate of now", SET_RATES, _set_rate, form=FiatRateForm),
        OperationAction("import", "Import a table", SET_RATES, _import_rates, form=TableForm),
    )


add_queue(
    Queue(
        Desk.FINANCE,
        "positions behind with accruals",
        queries_earning.count_behind,
        lambda: reverse("admin:wallets_accrualrun_changelist"),
    )
)
add_queue(
    Queue(
        Desk.FINANCE,
        "rates and offers to approve",
        lambda: Approval.objects.filter(
            state=ApprovalState.PENDING, action__in=("wallets.put_rates", "wallets.offer_product")
        ).count(),
        lambda: reverse("admin:core_approval_changelist"),
    )
)
