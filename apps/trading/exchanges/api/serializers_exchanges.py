"""What the API says about exchanges: what each declares, and how it is."""

from typing import Any

from rest_framework import serializers


class ExchangeSerializer(serializers.Serializer[Any]):
    """An exchange of the list."""

    id = serializers.CharField()
    name = serializers.CharField()
    tested = serializers.CharField(help_text="recorded (rules), synthetic, or empty: its adapter was not tested here")
    needs = serializers.ListField(child=serializers.CharField())
    condition = serializers.CharField(help_text="unknown, operational, degraded, down or maintenance")


class BudgetSerializer(serializers.Serializer[dict[str, object]]):
    """A request budget: units used in the present window, the limit (0: none), ms for which it is frozen."""

    used = serializers.IntegerField()
    limit = serializers.IntegerField()
    frozen_ms = serializers.IntegerField()


class HealthSerializer(serializers.Serializer[dict[str, object]]):
    """How an exchange is; times in ms, null: not measured."""

    condition = serializers.CharField()
    reason = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True)
    p50_ms = serializers.IntegerField(allow_null=True)
    p95_ms = serializers.IntegerField(allow_null=True)
    error_percent = serializers.IntegerField()
    clock_offset_ms = serializers.IntegerField(allow_null=True)
    stream_lag_ms = serializers.IntegerField(allow_null=True)
    budget = BudgetSerializer(allow_null=True)


class ExchangeDetailSerializer(ExchangeSerializer):
    """An exchange with all it declares."""

    home = serializers.CharField()
    capabilities = serializers.DictField(
        child=serializers.CharField(), help_text='By capability: "yes", "emulated", or "" for no'
    )
    health = HealthSerializer()


class KeyActivitySerializer(serializers.Serializer[Any]):
    """A line of what happened to a key."""

    at = serializers.DateTimeField(source="created_at")
    event = serializers.CharField()
    detail = serializers.CharField()
    by = serializers.CharField(source="actor_kind")


class NewKeySerializer(serializers.Serializer[dict[str, object]]):
    """A newer key of a connection; never sent back."""

    api_key = serializers.CharField(max_length=300, write_only=True)
    secret = serializers.CharField(max_length=4_000, write_only=True)
    passphrase = serializers.CharField(max_length=300, required=False, default="", write_only=True)
