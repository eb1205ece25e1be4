"""Reading API keys, devices, sessions and second factors."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet

from apps.core.clock import now
from apps.platform.authentication.bridge import device_for
from apps.platform.authentication.keys import WrittenKey
from apps.platform.authentication.models import ApiKey
from apps.platform.authentication.sessions import open_session, session_hash

STAMP_EVERY = timedelta(minutes=1)
NAMES = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as its owner sees it; `id` is the hash of the key."""

    id: str
    device: str
    ip: str
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class FactorView:
    """Whether the second factor is on, since when, and how many recovery codes are left."""

    is_on: bool
    since: datetime | None
    recovery_left: int


def session_of(request: Any) -> SessionBase | None:
    """Return the session a page's or API request came with: cookie or token; None for an API key."""
    session: SessionBase | None = getattr(request, "identity_session", None)
    if session is not None or getattr(request, "actor", None) is not None:
        return session
    return cast(SessionBase, request.session)


def hash_of_session(request: Any) -> str | None:
    """Return the hash that names the request's session, or None for an API key."""
    session = session_of(request)
    return None if session is None or not session.session_key else session_hash(session.session_key)


def exists_fresh_proof(request: Any, *, max_age: int = 300) -> bool:
    """Return whether the request's session proved a second factor in the last `max_age` seconds."""
    session = session_of(request)
    return session is not None and device_for(session, request.user, max_age=max_age) is not None


def find_usable_key(text: str, ip: str) -> ApiKey | None:
    """Return the key a program presents if it is known, not revoked, not expired, used from an allowed address and its
    owner active; None otherwise, without saying why."""
    written = WrittenKey.parse(text)
    if written is None:
        return None
    key = ApiKey.objects.select_related("owner").filter(prefix=written.prefix).first()
    if key is None or not written.matches(key.secret_hash) or not is_usable(key):
        return None
    return key if _is_allowed(key, ip) else None


def is_usable(key: ApiKey) -> bool:
    """Return whether a key is neither revoked nor expired and its owner is active."""
    return key.revoked_at is None and key.expires_at > now() and bool(key.owner.is_active)


def exists_usable_key(key_id: UUID) -> bool:
    """Return whether a key can still be used."""
    key = ApiKey.objects.select_related("owner").filter(pk=key_id).first()
    return key is not None and is_usable(key)


def note_use(key: ApiKey) -> None:
    """Remember that a key was used, at most once a minute."""
    present = now()
    if key.last_used_at is None or present - key.last_used_at >= STAMP_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=present)


def list_api_keys(owner_id: UUID) -> QuerySet[ApiKey]:
    """Return a person's keys that are not revoked, newest first."""
    return ApiKey.objects.filter(owner_id=owner_id, revoked_at__isnull=True).order_by("-id")


def list_sessions(user_id: UUID, current_key: str) -> list[SessionView]:
    """Return a person's open sessions, the newest use first."""
    rows = UserSession.objects.filter(user_id=user_id).order_by("-last_seen_at")
    return [
        SessionView(
            id=session_hash(row.session_key),
            device=describe_agent(row.user_agent),
            ip=row.ip,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            is_current=row.session_key == current_key,
        )
        for row in rows
        if open_session(row.session_key) is not None
    ]


def get_factor(user_id: UUID) -> FactorView:
    """Return the state of a person's second factor."""
    factors = {row.type: row for row in Authenticator.objects.filter(user_id=user_id)}
    totp = factors.get(Authenticator.Type.TOTP)
    recovery = factors.get(Authenticator.Type.RECOVERY_CODES)
    left = len(recovery.wrap().get_unused_codes()) if recovery is not None else 0
    return FactorView(totp is not None, totp.created_at if totp is not None else None, left)


def exists_factor(user_id: UUID) -> bool:
    """Return whether the person has a second factor."""
    return bool(Authenticator.objects.filter(user_id=user_id).exists())


def describe_agent(agent: str) -> str:
    """Return a browser's User-Agent in words ("Firefox on Linux")."""
    browser = next((name for mark, name in NAMES if mark in agent), agent.partition("/")[0][:40] or "Unknown program")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser


def _is_allowed(key: ApiKey, ip: str) -> bool:
    if not key.cidrs:
        return True
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(cidr) for cidr in key.cidrs)
