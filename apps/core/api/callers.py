"""Who asks over the API, and what they sent."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.serializers import Serializer

from apps.core.actors import Actor
from apps.core.errors import Defect, DomainError


def actor_of(request: Request) -> Actor:
    """Return the actor that the authenticator found; an API key keeps its scopes."""
    found = getattr(request, "actor", None)
    return found if isinstance(found, Actor) else Actor.of(request.user)


def owner_of(request: Request) -> UUID:
    """Return the id of the customer who asks."""
    owner_id = actor_of(request).id
    if owner_id is None:
        raise Defect("The API was entered without a person.")
    return owner_id


def caller(request: Request) -> tuple[Actor, UUID]:
    """Return who asks, and the customer's id."""
    return actor_of(request), owner_of(request)


def staff_of(request: Request, refusal: type[DomainError]) -> Actor:
    """Return the member of staff who asks, else raise `refusal`: keys of programs prove no second factor."""
    user: Any = request.user
    if not (user.is_active and user.is_staff and user.is_verified()):
        raise refusal
    return actor_of(request)


def whose(request: Request) -> dict[str, Any]:
    """Return actor and owner by the names that operations take them by."""
    return {"actor": actor_of(request), "owner_id": owner_of(request)}


def given(serializer: type[Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return what was sent, checked; raises ValidationError."""
    asked = serializer(data=data)
    asked.is_valid(raise_exception=True)
    found: dict[str, Any] = asked.validated_data
    return found
