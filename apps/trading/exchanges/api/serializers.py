"""What the API says about connections. Keys are never in it."""

from typing import ClassVar

from rest_framework import serializers

from apps.trading.exchanges.models import Connection, ConnectionBalance


class BalanceSerializer(serializers.ModelSerializer[ConnectionBalance]):
    """What was last seen of an asset; amounts are decimal texts."""

    free = serializers.DecimalField(max_digits=38, decimal_places=18, normalize_output=True)
    locked = serializers.DecimalField(max_digits=38, decimal_places=18, normalize_output=True)

    class Meta:
        model = ConnectionBalance
        fields: ClassVar = ["asset", "free", "locked", "seen_at"]


class ConnectionSerializer(serializers.ModelSerializer[Connection]):
    """A connection of the caller."""

    venue = serializers.CharField(source="venue.code")
    balances = BalanceSerializer(many=True)

    class Meta:
        model = Connection
        fields: ClassVar = [
            "id", "venue", "label", "mode", "state", "key_hint", "key_since", "can_trade", "is_ip_bound", "problem",
            "last_checked_at", "last_error", "created_at", "balances",
        ]  # fmt: skip


class NewConnectionSerializer(serializers.Serializer[dict[str, object]]):
    """A connection to make: with a key, or without one where the venue opens accounts (the sandbox)."""

    venue = serializers.CharField(max_length=32)
    label = serializers.CharField(max_length=60, required=False, default="")  # type: ignore[assignment]
    api_key = serializers.CharField(max_length=300, required=False, default="", write_only=True)
    secret = serializers.CharField(max_length=4_000, required=False, default="", write_only=True)
    passphrase = serializers.CharField(max_length=300, required=False, default="", write_only=True)


class ConnectionIdSerializer(serializers.Serializer[dict[str, object]]):
    """The connection that was asked for."""

    id = serializers.UUIDField()
    state = serializers.CharField()
