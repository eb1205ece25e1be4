"""The webhook of daily results over the API."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import given, owner_of, whose
from apps.trading.portfolios import operations, webhooks
from apps.trading.portfolios.confirming import confirm_webhook
from apps.trading.portfolios.models import ResultWebhook, WebhookDelivery

TAGS = ["portfolios"]


class WebhookAddressSerializer(serializers.Serializer[dict[str, Any]]):
    """Where to send: https, ports 443 and 8443, on the public internet."""

    url = serializers.CharField(max_length=500)


class ResultWebhookSerializer(serializers.Serializer[Any]):
    """The address, and the day that is sent next; `secret` is there only in the answer that makes it."""

    url = serializers.SerializerMethodField()
    next_day = serializers.DateField()
    paused_at = serializers.DateTimeField(allow_null=True)
    secret = serializers.CharField(required=False)

    def get_url(self, row: Any) -> str:
        """Return the address."""
        return webhooks.url_of(row) if isinstance(row, ResultWebhook) else str(row["url"])


class WebhookDeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """The results of one day, and how sending them went; `id` is the webhook-id of the message."""

    class Meta:
        model = WebhookDelivery
        fields: ClassVar = ["id", "day", "state", "attempts", "next_attempt_at", "answered", "error", "ended_at"]


class WebhookDetail(APIView):
    """The caller's webhook."""

    @extend_schema(
        operation_id="get_result_webhook", tags=TAGS, responses=ResultWebhookSerializer
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return where the results of each day are sent."""
        row = webhooks.get_webhook(owner_of(request))
        body = {"url": webhooks.url_of(row), "next_day": row.next_day, "paused_at": row.paused_at}
        return Response(ResultWebhookSerializer(body).data)

    @extend_schema(
        operation_id="set_result_webhook", tags=TAGS, request=WebhookAddressSerializer,
        responses=ResultWebhookSerializer,
    )  # fmt: skip
    def put(self, request: Request) -> Response:
        """Send the results of each day there, signed as Standard Webhooks says, with a new secret. Takes the second
        factor."""
        who, url = whose(request), given(WebhookAddressSerializer, request.data)["url"]
        confirm_webhook(request._request, url)
        row, secret = operations.set_webhook(**who, url=url)
        body = {"url": webhooks.url_of(row), "next_day": row.next_day, "paused_at": row.paused_at, "secret": secret}
        return Response(ResultWebhookSerializer(body).data)

    @extend_schema(operation_id="remove_result_webhook", tags=TAGS, request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Send nothing any more."""
        operations.remove_webhook(**whose(request))
        return Response(status=204)


class WebhookDeliveries(GenericAPIView[WebhookDelivery]):
    """What was sent."""

    serializer_class = WebhookDeliverySerializer

    @extend_schema(
        operation_id="list_webhook_deliveries", tags=TAGS, responses={200: WebhookDeliverySerializer(many=True)}
    )
    def get(self, request: Request) -> Response:
        """Return the days that were sent, newest first."""
        page = self.paginate_queryset(webhooks.list_deliveries(owner_of(request)))
        return self.get_paginated_response(WebhookDeliverySerializer(page, many=True).data)
