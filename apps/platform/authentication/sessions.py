"""Sessions by their key: the cookie of a browser and the token of an app are the same thing."""

from typing import Any

from allauth.core.internal.sessionkit import get_session_user
from allauth.headless.internal.sessionkit import lookup_session
from django.contrib.sessions.backends.base import SessionBase

from apps.platform.authentication.keys import digest


def session_hash(session_key: str) -> str:
    """Return what names a session to the outside: a hash, never the key."""
    return digest(session_key)


def open_session(session_key: str) -> tuple[Any, SessionBase] | None:
    """Return (active user, session) of a key in this schema, or None.

    A session whose user is disabled, or whose password changed since, is none.
    """
    if not session_key or len(session_key) > 40 or not session_key.isascii():
        return None
    session = lookup_session(session_key)
    if session is None:
        return None
    user = get_session_user(session)
    return None if user is None else (user, session)
