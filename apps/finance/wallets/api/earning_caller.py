"""Who asks, and how a body is read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from apps.core.actors import Actor
from apps.core.errors import Defect
from apps.finance.ledger.choices import Mode

IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True)


def caller(request: Request) -> tuple[Actor, UUID]:
    """Return who asks (an API key keeps its scopes) and the customer's id."""
    actor = getattr(request, "actor", None) or Actor.of(request.user)
    if actor.id is None:
        raise Defect("The API was entered without a person.")
    return actor, actor.id


def body_of(request: Request, fields: type[Serializer[Any]]) -> Mapping[str, Any]:
    """Return the checked body; raises ValidationError."""
    given = fields(data=request.data)
    given.is_valid(raise_exception=True)
    checked: Mapping[str, Any] = given.validated_data
    return checked


def filter_of(request: Request, fields: type[Serializer[Any]]) -> Mapping[str, Any]:
    """Return the checked query; raises ValidationError."""
    given = fields(data=request.query_params.dict())
    given.is_valid(raise_exception=True)
    checked: Mapping[str, Any] = given.validated_data
    return checked


def mode_of(given: Mapping[str, Any]) -> Mode | None:
    """Return the mode that was asked for, None for both."""
    return Mode(given["mode"]) if "mode" in given else None
