"""The inbox over the API."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.pagination import CreatedCursor
from apps.platform.notifications.operations import mark_all_read, mark_read
from apps.platform.notifications.queries import count_unread, list_inbox, message_of

PROBLEM = OpenApiResponse(description="application/problem+json")


class MessageSerializer(serializers.Serializer[Any]):
    """A message in words."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    topic = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    tone = serializers.CharField()
    url = serializers.CharField()
    is_read = serializers.BooleanField()


class MessagePage(serializers.Serializer[Any]):
    """A page of messages."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = MessageSerializer(many=True)


class UnreadSerializer(serializers.Serializer[Any]):
    """How many messages are unread."""

    unread = serializers.IntegerField()


class InboxView(APIView):
    """The caller's messages."""

    @extend_schema(
        operation_id="inbox_list",
        parameters=[
            OpenApiParameter("unread", bool, description="Only unread messages"),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses={200: MessagePage, 401: PROBLEM, 404: PROBLEM, 429: PROBLEM},
    )
    def get(self, request: Request) -> Response:
        """Return messages, newest first."""
        unread_only = request.query_params.get("unread", "").lower() in {"1", "true"}
        paginator = CreatedCursor()
        rows = paginator.paginate_queryset(list_inbox(_id(request), unread_only=unread_only), request) or []
        return paginator.get_paginated_response([MessageSerializer(message_of(row)).data for row in rows])


class UnreadView(APIView):
    """How many messages wait."""

    @extend_schema(operation_id="inbox_unread", responses={200: UnreadSerializer, 401: PROBLEM, 429: PROBLEM})
    def get(self, request: Request) -> Response:
        """Return the number of unread messages."""
        return Response({"unread": count_unread(_id(request))})


class ReadAllView(APIView):
    """Reading them all."""

    @extend_schema(
        operation_id="inbox_read_all", request=None, responses={200: UnreadSerializer, 401: PROBLEM, 429: PROBLEM}
    )
    def post(self, request: Request) -> Response:
        """Mark all messages as read."""
        mark_all_read(actor=request.actor)  # type: ignore[attr-defined]
        return Response({"unread": 0})


class ReadView(APIView):
    """Reading one."""

    @extend_schema(
        operation_id="inbox_read",
        request=None,
        responses={200: MessageSerializer, 401: PROBLEM, 404: PROBLEM, 429: PROBLEM},
    )
    def post(self, request: Request, item_id: UUID) -> Response:
        """Mark a message as read."""
        item = mark_read(actor=request.actor, item_id=item_id)  # type: ignore[attr-defined]
        return Response(MessageSerializer(message_of(item)).data)


def _id(request: Request) -> UUID:
    user: Any = request.user
    owner_id: UUID = user.pk
    return owner_id
