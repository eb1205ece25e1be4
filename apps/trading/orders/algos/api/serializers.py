"""What the API takes and says about large orders. Amounts are decimal texts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api.amounts import PositiveDecimalField, StrictDecimalField
from apps.trading.orders.algos.choices import WHY, AlgoKind, CatchUpRule, RestRule
from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.algos.operations import AlgoWish
from apps.trading.orders.algos.trying import Trial
from apps.trading.positions.choices import PositionSide
from kernel.instruments import Side


def amount(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount: a text without trailing zeros."""
    return serializers.DecimalField(max_digits=38, decimal_places=18, normalize_output=True, **more)


class AlgoOrderSerializer(serializers.ModelSerializer[AlgoOrder]):
    """A large order. Times of the schedule are ms of `clock`; `reason` says in words what `why` names.

    `guard_price` is the price from which its slippage guard measures: that at the start, or at the last resuming.
    """

    quantity = amount()
    limit_price = amount(allow_null=True)
    display_quantity = amount(allow_null=True)
    filled = amount()
    average_price = amount(allow_null=True)
    arrival_price = amount(allow_null=True)
    volume = amount()
    guard_price = amount(allow_null=True)
    reason = serializers.SerializerMethodField()
    slices = serializers.SerializerMethodField()

    class Meta:
        model = AlgoOrder
        fields: ClassVar = [
            "id", "connection_id", "symbol", "side", "algo", "quantity", "limit_price", "display_quantity",
            "participation_bps", "guard_bps", "guard_price", "slices", "clock", "start_ms", "end_ms",
            "time_jitter_bps", "size_jitter_bps", "seed", "catch_up", "rest", "reduce_only", "position_side", "status",
            "why", "reason", "filled", "average_price", "arrival_price", "volume", "share_bps", "schedule_error_bps",
            "last_refusal", "created_at", "ended_at",
        ]  # fmt: skip

    def get_reason(self, algo: AlgoOrder) -> str:
        """Return what `why` names, in words."""
        return WHY[algo.why]

    def get_slices(self, algo: AlgoOrder) -> int:
        """Return the number of parts of its schedule."""
        return len(algo.weights)


def _given_amount() -> StrictDecimalField:
    return PositiveDecimalField(max_digits=38, decimal_places=18, required=False, allow_null=True, default=None)


class NewAlgoSerializer(serializers.Serializer[dict[str, Any]]):
    """A large order to work off.

    `minutes` for all but icebergs; `slices` for TWAP and VWAP; `participation_bps` is POV's share of the volume, and a
    cap for the others; `limit_price` is the worst price, at which an iceberg rests showing `display_quantity`.
    `guard_bps` pauses it when its mean price or the market is worse than the price at the start by more (0: no guard).
    `position_side` is for contracts of accounts in hedge mode.
    """

    connection_id = serializers.UUIDField()
    symbol = serializers.RegexField(r"^[A-Z0-9]{2,32}\Z")
    side = serializers.ChoiceField(choices=[side.value for side in Side])
    algo = serializers.ChoiceField(choices=AlgoKind.choices)
    quantity = PositiveDecimalField(max_digits=38, decimal_places=18)
    minutes = serializers.IntegerField(min_value=1, max_value=10_080, required=False, allow_null=True, default=None)
    slices = serializers.IntegerField(min_value=0, max_value=500, required=False, default=0)
    participation_bps = serializers.IntegerField(min_value=0, max_value=10_000, required=False, default=0)
    guard_bps = serializers.IntegerField(min_value=0, max_value=10_000, required=False, default=0)
    limit_price = _given_amount()
    display_quantity = _given_amount()
    time_jitter_bps = serializers.IntegerField(min_value=0, max_value=10_000, required=False, default=0)
    size_jitter_bps = serializers.IntegerField(min_value=0, max_value=5_000, required=False, default=0)
    seed = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False, allow_null=True, default=None)
    catch_up = serializers.ChoiceField(choices=CatchUpRule.choices, required=False, default=CatchUpRule.AT_ONCE)
    rest = serializers.ChoiceField(choices=RestRule.choices, required=False, default=RestRule.FINISH)
    reduce_only = serializers.BooleanField(required=False, default=False)
    position_side = serializers.ChoiceField(choices=PositionSide.choices, required=False, default="")


class AlgoTrialFilter(NewAlgoSerializer):
    """A large order to try on recorded candles, from the candle that opens at `start` or after it.

    `fee` is a share (0.001 is 0.1 %), `slippage_bps` by how much worse than the open its parts are filled.
    """

    connection_id = None  # type: ignore[assignment]  # it is tried on no account
    start = serializers.DateTimeField()
    minutes = serializers.IntegerField(min_value=1, max_value=10_080)
    fee = StrictDecimalField(
        max_digits=9, decimal_places=8, min_value=Decimal(0), max_value=Decimal("0.1"), required=False,
        default=Decimal("0.001"),
    )  # fmt: skip
    slippage_bps = StrictDecimalField(
        max_digits=7, decimal_places=4, min_value=Decimal(0), max_value=Decimal(999), required=False, default=Decimal(0)
    )


class AlgoTrialFillSerializer(serializers.Serializer[Any]):
    """One fill at the open of a candle, or of what rested, within it."""

    at = serializers.DateTimeField()
    number = serializers.IntegerField()
    quantity = amount()
    price = amount()
    fee = amount()
    is_maker = serializers.BooleanField()


class AlgoTrialSerializer(serializers.Serializer[Any]):
    """What came of it. `market_price` is the market's own mean by volume; basis points are worse above zero.

    `share_bps` is what was filled of all that traded until its end; the errors of the schedule are of the size.
    """

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    why = serializers.CharField()
    reason = serializers.SerializerMethodField()
    paused_at = serializers.DateTimeField(allow_null=True)
    parts = serializers.IntegerField()
    filled = amount()
    arrival_price = amount()
    average_price = amount(allow_null=True)
    market_price = amount(allow_null=True)
    fees = amount()
    slippage_bps = amount(allow_null=True)
    against_market_bps = amount(allow_null=True)
    share_bps = amount(allow_null=True)
    worst_error_bps = amount(source="tracking.worst_bps", allow_null=True, default=None)
    mean_error_bps = amount(source="tracking.mean_bps", allow_null=True, default=None)
    fills = AlgoTrialFillSerializer(many=True)

    def get_reason(self, trial: Trial) -> str:
        """Return what `why` names, in words."""
        return WHY[trial.why]


NOT_OF_THE_WISH = frozenset({"connection_id", "minutes", "start", "fee", "slippage_bps"})


def wish_of(given: dict[str, Any]) -> AlgoWish:
    """Return the wish of a valid NewAlgoSerializer."""
    facts = {key: value for key, value in given.items() if key not in NOT_OF_THE_WISH}
    minutes = given["minutes"]
    return AlgoWish(
        **{
            **facts,
            "side": Side(given["side"]),
            "algo": AlgoKind(given["algo"]),
            "catch_up": CatchUpRule(given["catch_up"]),
            "rest": RestRule(given["rest"]),
            "duration": None if minutes is None else timedelta(minutes=minutes),
        }
    )
