"""Ending sessions, and the sockets that hang on them."""

from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db import transaction

from apps.core.actors import Actor
from apps.core.context import current_schema
from apps.core.operation import operation
from apps.platform.authentication.errors import SessionMissing
from apps.platform.authentication.operations.api_keys import MANAGE_OWN
from apps.platform.authentication.sessions import session_hash
from apps.platform.authentication.sockets import on_revoked


@operation("authentication.revoke_session", permission=MANAGE_OWN)
def revoke_session(*, actor: Actor, session_id: str) -> None:
    """End one of the actor's own sessions, named by its hash, from the next request on. Raises SessionMissing."""
    rows = [row for row in UserSession.objects.filter(user_id=actor.id) if session_hash(row.session_key) == session_id]
    if not rows:
        raise SessionMissing
    rows[0].end()


@operation("authentication.revoke_others", permission=MANAGE_OWN)
def revoke_others(*, actor: Actor, keep: str) -> int:
    """End all of the actor's sessions but the one of key `keep`; return how many ended."""
    rows = list(UserSession.objects.filter(user_id=actor.id).exclude(session_key=keep))
    for row in rows:
        row.end()
    return len(rows)


def end_all_sessions(user_id: UUID) -> int:
    """End every session of a person (a closed account, a reset password); return how many there were."""
    rows = list(UserSession.objects.filter(user_id=user_id))
    for row in rows:
        row.end()
    end_sockets(user_id)
    return len(rows)


def end_sockets(user_id: UUID, session: str | None = None) -> None:
    """Close a person's sockets after the commit (None: all; else those of one session's hash)."""
    schema = current_schema()
    transaction.on_commit(lambda: on_revoked(schema, user_id, session), robust=True)
