"""Who asks, and what was given."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.serializers import Serializer


def owner_of(request: Request) -> UUID:
    """Return the id of the customer who asks."""
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # the API lets only people in
    return owner_id


def whose(request: Request) -> dict[str, Any]:
    """Return actor and owner as operations take them; an API key keeps its scopes."""
    return {"actor": request.actor, "owner_id": owner_of(request)}  # type: ignore[attr-defined]  # by the authenticator


def given(serializer: type[Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return what was sent, checked."""
    found = serializer(data=data)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)
