"""What the API takes and says about bots. Amounts are decimal texts."""

from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.trading.bots.choices import LATE_BARS
from apps.trading.bots.models import Bot, BotConfig, BotEquity, BotLog, BotSignal
from apps.trading.bots.queries import BotWorth
from apps.trading.bots.shown import state_of


def amount(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount: a text without trailing zeros."""
    return serializers.DecimalField(max_digits=38, decimal_places=18, normalize_output=True, **more)


class BotSerializer(serializers.ModelSerializer[Bot]):
    """A bot: what its owner wants, what it does, how far it has read."""

    state = serializers.SerializerMethodField()

    class Meta:
        model = Bot
        fields: ClassVar = [
            "id", "name", "connection_id", "book_id", "symbol", "interval", "desired_state", "activity", "state",
            "consumed_ts", "order_count", "config_number", "created_at", "started_at", "stopped_at", "last_error",
        ]  # fmt: skip

    @extend_schema_field(serializers.CharField())
    def get_state(self, bot: Bot) -> str:
        """Return the state in words."""
        return state_of(bot).sentence


class ConfigSerializer(serializers.ModelSerializer[BotConfig]):
    """A bot's configuration."""

    budget = amount()
    max_day_loss_percent = amount(allow_null=True)

    class Meta:
        model = BotConfig
        fields: ClassVar = ["number", "strategy_version_id", "budget", "max_day_loss_percent", "late_bars"]


class WorthSerializer(serializers.Serializer[BotWorth]):
    """What a bot is worth now, in quote."""

    equity = amount()
    result = amount()
    result_percent = serializers.DecimalField(max_digits=24, decimal_places=6, rounding="ROUND_HALF_EVEN")
    today = amount()
    realised = amount()
    unrealised = amount()
    fees = amount()
    position = amount()
    entry = amount(allow_null=True)
    price = amount(allow_null=True)
    against_holding = serializers.DecimalField(
        max_digits=24, decimal_places=6, rounding="ROUND_HALF_EVEN", allow_null=True
    )


class BotDetailSerializer(serializers.Serializer[dict[str, Any]]):
    """A bot with its configuration and its worth."""

    bot = BotSerializer()
    config = ConfigSerializer()
    worth = WorthSerializer()


class NewBotSerializer(serializers.Serializer[dict[str, Any]]):
    """A bot to make; it begins stopped."""

    name = serializers.CharField(max_length=80)
    strategy_version_id = serializers.UUIDField()
    connection_id = serializers.UUIDField()
    symbol = serializers.RegexField(r"^[A-Z0-9]{2,32}\Z")
    budget = serializers.DecimalField(
        max_digits=28, decimal_places=8, min_value=Decimal(0), max_value=Decimal(10) ** 12
    )
    max_day_loss_percent = serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        min_value=Decimal("0.01"),
        max_value=Decimal(100),
        required=False,
        allow_null=True,
        default=None,
    )
    late_bars = serializers.IntegerField(min_value=0, max_value=1000, required=False, default=LATE_BARS)


class StopSerializer(serializers.Serializer[dict[str, Any]]):
    """How a bot is stopped: with `flatten` its position is sold."""

    flatten = serializers.BooleanField(required=False, default=False)


class CloneSerializer(serializers.Serializer[dict[str, Any]]):
    """The name of the copy."""

    name = serializers.CharField(max_length=80)


class LogSerializer(serializers.ModelSerializer[BotLog]):
    """A line of the log."""

    class Meta:
        model = BotLog
        fields: ClassVar = ["id", "at", "tone", "title", "text", "order_id"]


class SignalSerializer(serializers.ModelSerializer[BotSignal]):
    """A candle on which the strategy asked for something, and what became of it."""

    close = amount()
    position = amount()
    cash = amount()
    average_entry = amount(allow_null=True)

    class Meta:
        model = BotSignal
        fields: ClassVar = [
            "id", "ts", "entry", "exit", "close", "position", "cash", "average_entry", "decision", "reason", "detail",
            "order_id",
        ]  # fmt: skip


class EquitySerializer(serializers.ModelSerializer[BotEquity]):
    """What a bot was worth at the close of a candle."""

    equity = amount()
    position = amount()
    close = amount()

    class Meta:
        model = BotEquity
        fields: ClassVar = ["ts", "equity", "position", "close"]
