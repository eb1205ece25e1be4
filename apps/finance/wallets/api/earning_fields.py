"""What the API says and takes about saving and earning. Amounts and rates are decimal texts."""

from typing import Any

from rest_framework import serializers

from apps.core.api.amounts import AmountField, AssetField
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.choices_earning import (
    ContributionOutcome,
    DayCount,
    Every,
    GoalState,
    ProductState,
    SkipReason,
    StakeState,
    YieldState,
)


class Figure(serializers.DecimalField):
    """A figure that is shown, as text without zeros at its end; it may be 0."""

    def __init__(self, **given: Any) -> None:
        super().__init__(max_digits=60, decimal_places=30, normalize_output=True, **given)


class ModeFilter(serializers.Serializer[dict[str, Any]]):
    """Real or play money."""

    mode = serializers.ChoiceField(choices=Mode.choices, required=False)


class ProductFilter(ModeFilter):
    """What a list of products can be narrowed by."""

    asset = AssetField(required=False)


class ScheduleFields(serializers.Serializer[dict[str, Any]]):
    """An amount on each due day. `anchor_day`: 1 to 7 for a week (1: Monday), 1 to 31 for a month."""

    amount = AmountField(help_text="In the goal's asset")
    every = serializers.ChoiceField(choices=Every.choices)
    anchor_day = serializers.IntegerField(min_value=1, max_value=31, required=False, allow_null=True, default=None)


class PlanFields(serializers.Serializer[dict[str, Any]]):
    """What a goal is for."""

    name = serializers.CharField(max_length=80)
    target = AmountField(help_text="In the goal's asset")
    deadline = serializers.DateField(required=False, allow_null=True, default=None)
    schedule = ScheduleFields(required=False, allow_null=True, default=None)


class NewGoalFields(PlanFields):
    """A goal to make."""

    asset = AssetField()
    mode = serializers.ChoiceField(choices=Mode.choices, required=False, default=Mode.LIVE)


class MovementFields(serializers.Serializer[dict[str, Any]]):
    """How much to move, in the goal's asset."""

    amount = AmountField()


class GoalFields(serializers.Serializer[Any]):
    """A goal and what is in it; `progress` is of the target, at most 1."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    asset = AssetField()
    mode = serializers.ChoiceField(choices=Mode.choices)
    target = Figure()
    saved = Figure()
    progress = Figure()
    deadline = serializers.DateField(allow_null=True)
    amount = Figure(allow_null=True)
    every = serializers.ChoiceField(choices=Every.choices, allow_blank=True)
    anchor_day = serializers.IntegerField(allow_null=True)
    next_due_on = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(choices=GoalState.choices)
    reached_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class ContributionFields(serializers.Serializer[Any]):
    """What became of a due day."""

    due_on = serializers.DateField()
    outcome = serializers.ChoiceField(choices=ContributionOutcome.choices)
    reason = serializers.ChoiceField(choices=SkipReason.choices, allow_blank=True)
    amount = Figure()
    done_at = serializers.DateTimeField()


class TierFields(serializers.Serializer[Any]):
    """From an amount on, all of it earns this rate (0.05 is 5 %)."""

    from_amount = Figure()
    rate = Figure()


class ProductFields(serializers.Serializer[Any]):
    """What both kinds of product share. `rates` hold today, `coming` from `coming_from` on."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    asset = AssetField()
    minimum = Figure()
    capacity = Figure(allow_null=True)
    left = Figure(allow_null=True)
    compounds = serializers.BooleanField()
    state = serializers.ChoiceField(choices=ProductState.choices)
    rates = TierFields(many=True)
    coming_from = serializers.DateField(allow_null=True)
    coming = TierFields(many=True)


class YieldProductFields(ProductFields):
    """A yield product; rates are a year's."""

    day_count = serializers.ChoiceField(choices=DayCount.choices)
    lock_days = serializers.IntegerField()


class StakingProductFields(ProductFields):
    """A staking product; rates are a day's."""

    bonding_days = serializers.IntegerField()
    unbonding_days = serializers.IntegerField()


class NewPositionFields(serializers.Serializer[dict[str, Any]]):
    """Money to put into a product, in its asset."""

    product_id = serializers.UUIDField()
    amount = AmountField()
    mode = serializers.ChoiceField(choices=Mode.choices, required=False, default=Mode.LIVE)


class PositionFields(serializers.Serializer[Any]):
    """What both kinds of position share: put in, in it now, earned so far, and the rate it earns by today."""

    id = serializers.UUIDField()
    product_id = serializers.UUIDField()
    product = serializers.CharField()
    asset = AssetField()
    mode = serializers.ChoiceField(choices=Mode.choices)
    amount = Figure()
    principal = Figure()
    earned = Figure()
    rate = Figure()
    compounds = serializers.BooleanField()
    accrued_through = serializers.DateField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    paid_out = Figure(allow_null=True)


class YieldPositionFields(PositionFields):
    """A yield position."""

    state = serializers.ChoiceField(choices=YieldState.choices)
    unlocks_at = serializers.DateTimeField(allow_null=True)


class StakePositionFields(PositionFields):
    """A staking position."""

    state = serializers.ChoiceField(choices=StakeState.choices)
    bonds_at = serializers.DateTimeField()
    releases_at = serializers.DateTimeField(allow_null=True)


class AccrualFields(serializers.Serializer[Any]):
    """What a day came to."""

    day = serializers.DateField()
    principal = Figure()
    rate = Figure()
    amount = Figure()


class AnalyticsFilter(ModeFilter):
    """Which currency, how many days back."""

    currency = AssetField(required=False)
    days = serializers.IntegerField(min_value=1, max_value=730, required=False, default=30)


class PriceFields(serializers.Serializer[Any]):
    """A price, who says so, and as of when."""

    value = Figure()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of ours that is called so
    as_of = serializers.DateTimeField()


class ValuedFields(serializers.Serializer[Any]):
    """An amount and its worth; null where there is no price."""

    asset = AssetField()
    amount = Figure()
    price = PriceFields(allow_null=True)
    value = Figure(allow_null=True)


class HoldingFields(serializers.Serializer[Any]):
    """One place of the wallet."""

    kind = serializers.CharField()
    subject_id = serializers.UUIDField(allow_null=True)
    held = Figure()
    available = Figure()
    valued = ValuedFields()


class ShareFields(serializers.Serializer[Any]):
    """A part of the whole (0.25 is 25 %)."""

    name = serializers.CharField()
    value = Figure(allow_null=True)
    share = Figure(allow_null=True)


class ValueFields(serializers.Serializer[Any]):
    """The wallet now. `total` is of all that has a price; `unpriced` names the rest."""

    currency = AssetField()
    mode = serializers.ChoiceField(choices=Mode.choices)
    at = serializers.DateTimeField()
    total = Figure(allow_null=True)
    unpriced = serializers.ListField(child=serializers.CharField())
    holdings = HoldingFields(many=True)
    by_asset = ShareFields(many=True)
    by_place = ShareFields(many=True)


class DayValueFields(serializers.Serializer[Any]):
    """The wallet at the end of a day."""

    day = serializers.DateField()
    at = serializers.DateTimeField()
    total = Figure(allow_null=True)
    unpriced = serializers.ListField(child=serializers.CharField())
    parts = ValuedFields(many=True)


class AnalyticsFields(serializers.Serializer[Any]):
    """The wallet's worth now and day by day."""

    now = ValueFields()
    days = DayValueFields(many=True)
