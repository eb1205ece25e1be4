"""Who opens a live socket: exactly our own pages with their cookie, or a program with a one-time ticket."""

import json
import secrets
from functools import partial
from typing import Any
from uuid import UUID

import redis
from django.conf import settings
from django.http import parse_cookie

from apps.core.context import PUBLIC, current_schema, in_schema, in_tenant_thread
from apps.core.live import Identity, revoke
from apps.core.sealing import Ring, seal, unseal
from apps.platform.authentication.keys import digest
from apps.platform.authentication.queries import exists_usable_key
from apps.platform.authentication.sessions import open_session, session_hash
from apps.platform.rate_limiting.errors import LimitsUnavailable
from apps.platform.rate_limiting.operations import limits_client
from apps.platform.tenants.queries import get_tenant_by_host

PREFIX = "ticket."
TICKET_SECONDS = 30


def issue_ticket(*, user_id: UUID, session_key: str | None, key_id: UUID | None) -> str:
    """Return a ticket that opens one socket in this schema within 30 s, for a session or an API key.

    Raises LimitsUnavailable when Redis does not answer.
    """
    value = secrets.token_urlsafe(32)
    place = _place(current_schema(), value)
    facts = {
        "user": str(user_id),
        "session": seal(session_key, ring=Ring.PERSONAL, place=place).hex() if session_key else None,
        "key": str(key_id) if key_id else None,
    }
    try:
        limits_client().set(place, json.dumps(facts), ex=TICKET_SECONDS, nx=True)
    except (redis.RedisError, OSError):
        raise LimitsUnavailable(retry_after=1) from None
    return value


async def resolve(scope: dict[str, Any]) -> Identity | None:
    """Return who opens the socket, or None to refuse; one hop to the database."""
    identity: Identity | None = await in_tenant_thread(PUBLIC, _identify)(scope)
    return identity


def on_revoked(schema: str, user_id: UUID, session_key_hash: str | None) -> None:
    """Close the sockets of a person (None: all; else those of one session)."""
    revoke(schema, user_id, session_key_hash)


def _identify(scope: dict[str, Any]) -> Identity | None:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}
    host, origin = headers.get("host", ""), headers.get("origin")
    if origin is not None and origin != f"{_page_scheme(scope)}://{host}":
        return None
    tenant = get_tenant_by_host(host.rpartition(":")[0] or host)
    if tenant is None or tenant.is_suspended:
        return None
    offered = [name for name in scope.get("subprotocols", []) if name.startswith(PREFIX)]
    with in_schema(tenant.schema):
        if offered:
            return _by_ticket(tenant.schema, offered[0])
        if origin is None:
            return None
        return _by_session(tenant.schema, parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, ""))


def _by_session(schema: str, session_key: str, subprotocol: str | None = None) -> Identity | None:
    found = open_session(session_key)
    if found is None:
        return None
    return Identity(
        schema=schema,
        user_id=found[0].pk,
        session_hash=session_hash(session_key),
        subprotocol=subprotocol,
        recheck=partial(_is_open, session_key),
    )


def _by_ticket(schema: str, offered: str) -> Identity | None:
    value = offered.removeprefix(PREFIX)
    place = _place(schema, value)
    try:
        stored: Any = limits_client().getdel(place)
    except (redis.RedisError, OSError):
        return None
    if stored is None:
        return None
    facts = json.loads(stored)
    if facts["session"] is not None:
        session_key = unseal(bytes.fromhex(facts["session"]), ring=Ring.PERSONAL, place=place)
        return _by_session(schema, session_key, offered)
    key_id = UUID(facts["key"])
    if not exists_usable_key(key_id):
        return None
    return Identity(
        schema=schema,
        user_id=UUID(facts["user"]),
        session_hash=digest(str(key_id)),
        subprotocol=offered,
        recheck=partial(exists_usable_key, key_id),
    )


def _is_open(session_key: str) -> bool:
    return open_session(session_key) is not None


def _place(schema: str, value: str) -> str:
    return f"wst:{schema}:{digest(value)}"


def _page_scheme(scope: dict[str, Any]) -> str:
    return {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), "http")
