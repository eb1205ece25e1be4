"""Shapes of requests and replies. Input is strict: no NUL, no endless text, no numbers out of range."""

from typing import Any

from rest_framework import serializers


class MeSerializer(serializers.Serializer[Any]):
    """Who is asking."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    display_name = serializers.CharField()
    is_staff = serializers.BooleanField()
    is_verified = serializers.BooleanField(help_text="A second factor was proved in this session")
    has_second_factor = serializers.BooleanField()
    credential = serializers.ChoiceField(choices=["session", "api_key"])
    scopes = serializers.ListField(child=serializers.CharField(), allow_null=True)


class SessionSerializer(serializers.Serializer[Any]):
    """A session; `id` is a hash, never the key."""

    id = serializers.CharField()
    device = serializers.CharField()
    ip = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    is_current = serializers.BooleanField()


class CountSerializer(serializers.Serializer[Any]):
    """How many."""

    count = serializers.IntegerField()


class ApiKeySerializer(serializers.Serializer[Any]):
    """A key without its secret."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField()
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    cidrs = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class NewApiKeySerializer(ApiKeySerializer):
    """A key just made; `key` is shown this once."""

    key = serializers.CharField()


class ApiKeyInput(serializers.Serializer[Any]):
    """What a new key shall be."""

    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(child=serializers.CharField(max_length=80), max_length=100, default=list)
    cidrs = serializers.ListField(child=serializers.CharField(max_length=50), max_length=20, default=list)
    expires_days = serializers.IntegerField(min_value=1, max_value=365, default=90)


class FactorSerializer(serializers.Serializer[Any]):
    """The state of the second factor."""

    is_on = serializers.BooleanField()
    since = serializers.DateTimeField(allow_null=True)
    recovery_left = serializers.IntegerField()


class CodeInput(serializers.Serializer[Any]):
    """A code of the second factor."""

    code = serializers.CharField(max_length=40)


class TicketSerializer(serializers.Serializer[Any]):
    """A socket ticket: offer `subprotocol` when the socket is opened."""

    ticket = serializers.CharField()
    subprotocol = serializers.CharField()
    expires_in = serializers.IntegerField()
