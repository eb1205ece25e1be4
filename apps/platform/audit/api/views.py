"""The trail over the API, for auditors."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.pagination import CreatedCursor
from apps.core.models import AuditEvent
from apps.core.permissions import require
from apps.platform.audit.queries import READ_AUDIT, get_seal_state, list_events

PROBLEM = OpenApiResponse(description="application/problem+json")
PROBLEMS = {401: PROBLEM, 403: PROBLEM, 404: PROBLEM, 422: PROBLEM, 429: PROBLEM}
FILTERS = ("operation", "outcome", "actor_id", "object_type", "object_id")


class AuditEventSerializer(serializers.ModelSerializer[AuditEvent]):
    """An audit row; `uid` is its name, `seal_number` the seal it lies under."""

    seal_number = serializers.IntegerField(source="seal.number", default=None, allow_null=True, read_only=True)

    class Meta:
        model = AuditEvent
        fields = (
            "uid", "at", "operation", "outcome", "error_code", "actor_kind", "actor_id", "actor_label", "object_type",
            "object_id", "reason", "request_id", "data", "content_hash", "seal_number",
        )  # fmt: skip


class AuditPage(serializers.Serializer[Any]):
    """A page of audit rows."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = AuditEventSerializer(many=True)


class AuditFilters(serializers.Serializer[Any]):
    """What to look for; all are exact."""

    operation = serializers.CharField(max_length=80, required=False)
    outcome = serializers.ChoiceField(choices=["done", "refused"], required=False)
    actor_id = serializers.UUIDField(required=False)
    object_type = serializers.CharField(max_length=80, required=False)
    object_id = serializers.CharField(max_length=64, required=False)


class SealStateSerializer(serializers.Serializer[Any]):
    """How far the trail is sealed."""

    rows = serializers.IntegerField()
    unsealed = serializers.IntegerField()
    seals = serializers.IntegerField()
    newest_hash = serializers.CharField()


class AuditEventsView(APIView):
    """The trail."""

    @extend_schema(
        operation_id="audit_events_list",
        parameters=[AuditFilters, OpenApiParameter("cursor", str), OpenApiParameter("limit", int)],
        responses={200: AuditPage, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """Return rows, newest first. Needs the permission `audit.read`."""
        require(request.actor, READ_AUDIT)  # type: ignore[attr-defined]
        given = AuditFilters(data={key: request.query_params[key] for key in FILTERS if key in request.query_params})
        given.is_valid(raise_exception=True)
        paginator = CreatedCursor()
        rows = paginator.paginate_queryset(list_events().filter(**given.validated_data), request) or []
        return paginator.get_paginated_response(AuditEventSerializer(rows, many=True).data)


class SealStateView(APIView):
    """The state of sealing."""

    @extend_schema(operation_id="audit_seal_state", responses={200: SealStateSerializer, **PROBLEMS})
    def get(self, request: Request) -> Response:
        """Return how far the trail is sealed. Needs the permission `audit.read`."""
        require(request.actor, READ_AUDIT)  # type: ignore[attr-defined]
        return Response(SealStateSerializer(get_seal_state()).data)
