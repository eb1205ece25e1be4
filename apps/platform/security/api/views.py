"""Confirming one exact action by the second factor, over the API."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.platform.security.operations import confirm_step_up
from apps.platform.security.queries import get_step_up

PROBLEM = OpenApiResponse(description="application/problem+json")


class StepUpSerializer(serializers.Serializer[Any]):
    """A challenge: what exactly will be done once it is confirmed and the request is sent again."""

    id = serializers.UUIDField()
    action = serializers.CharField()
    title = serializers.CharField()
    facts = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    payload_hash = serializers.CharField()
    expires_at = serializers.DateTimeField()
    granted_at = serializers.DateTimeField(allow_null=True)


class StepUpInput(serializers.Serializer[Any]):
    """A code of the second factor."""

    code = serializers.CharField(max_length=40)


class StepUpView(APIView):
    """One challenge of the caller's session."""

    @extend_schema(
        operation_id="step_ups_get",
        responses={200: StepUpSerializer, 401: PROBLEM, 404: PROBLEM, 429: PROBLEM},
    )
    def get(self, request: Request, challenge_id: UUID) -> Response:
        """Return what is asked."""
        return Response(StepUpSerializer(get_step_up(request, challenge_id)).data)

    @extend_schema(
        operation_id="step_ups_confirm",
        request=StepUpInput,
        responses={
            200: StepUpSerializer, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM, 422: PROBLEM, 429: PROBLEM, 503: PROBLEM,
        },
    )  # fmt: skip
    def post(self, request: Request, challenge_id: UUID) -> Response:
        """Confirm it by a code; then send the refused request again, unchanged, within its minutes."""
        wanted = StepUpInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        row = confirm_step_up(
            actor=request.actor,  # type: ignore[attr-defined]
            request=request,
            challenge_id=challenge_id,
            code=wanted.validated_data["code"],
        )
        return Response(StepUpSerializer(row).data)
