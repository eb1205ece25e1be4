"""One question, asked by every operation: may this actor do this? Default deny; security gives the answer."""

from typing import Protocol

from django.http import HttpRequest

from apps.core.actors import Actor
from apps.core.errors import Defect, NotAllowed


class PermissionSource(Protocol):
    """What security fills in: the permissions that an actor's roles give."""

    def allows(self, actor: Actor, permission: str) -> bool:
        """Return whether the roles of the actor include the permission ("orders.place")."""
        ...


class PermissionMissing(NotAllowed):
    """No role of the actor gives the permission."""

    code = "core.permission_missing"
    message = "Your role does not include “{permission}”. Ask an administrator of your organisation."


_registered: list[PermissionSource] = []
_known: dict[str, str] = {}


def register_source(source: PermissionSource) -> None:
    """Install the one source of permissions (called by security when the product starts)."""
    _registered[:] = [source]


def declare(permission: str, description: str) -> str:
    """Make a permission known, with the words that staff read; return its name."""
    _known[permission] = description
    return permission


def declared() -> dict[str, str]:
    """Return all known permissions with their descriptions."""
    return dict(_known)


def allows(actor: Actor, permission: str) -> bool:
    """Return whether the actor may; the product itself may do all that its own code calls."""
    if permission not in _known:
        raise Defect(f"Permission {permission} was never declared.")
    if actor.is_system:
        return True
    if actor.scopes is not None and permission not in actor.scopes:
        return False
    if not _registered:
        raise Defect("No source of permissions is registered.")
    return _registered[0].allows(actor, permission)


def require(actor: Actor, permission: str) -> None:
    """Raise PermissionMissing unless the actor may."""
    if not allows(actor, permission):
        raise PermissionMissing(permission=permission)


def may(request: HttpRequest, permission: str) -> bool:
    """Return whether the person of a request may: for what a page shows, so the source is asked once a request.

    Operations ask `require` themselves, at the moment they write.
    """
    known: dict[str, bool] = request.__dict__.setdefault("known_permissions", {})
    if permission not in known:
        known[permission] = request.user.is_authenticated and allows(Actor.of(request.user), permission)
    return known[permission]
