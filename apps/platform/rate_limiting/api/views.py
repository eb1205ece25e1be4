"""The limits over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.platform.rate_limiting.queries import list_limits


class LimitSerializer(serializers.Serializer[Any]):
    """A limit."""

    name = serializers.CharField()
    capacity = serializers.IntegerField(help_text="Tokens of a full bucket")
    period = serializers.IntegerField(help_text="Seconds until an empty bucket is full")
    description = serializers.CharField()


class LimitsView(APIView):
    """The limits that hold here."""

    @extend_schema(operation_id="limits_list", responses={200: LimitSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Return all limits by name; replies carry where you stand in X-RateLimit headers."""
        return Response(LimitSerializer(list_limits(), many=True).data)
