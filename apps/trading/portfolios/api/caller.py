"""Who asks, and what they sent."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request

from apps.core.actors import Actor


def whose(request: Request) -> dict[str, Any]:
    """Return actor and owner as operations take them; an API key keeps its scopes."""
    return {"actor": request.actor, "owner_id": owner_of(request)}  # type: ignore[attr-defined]  # by the authenticator


def actor_of(request: Request) -> Actor:
    """Return the actor that the authenticator found."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the authenticator
    return actor


def owner_of(request: Request) -> UUID:
    """Return the key of the person who asks."""
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # only people get here
    return owner_id


def given(serializer: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return what was sent, judged; raises ValidationError."""
    asked = serializer(data=data)
    asked.is_valid(raise_exception=True)
    found: dict[str, Any] = asked.validated_data
    return found
