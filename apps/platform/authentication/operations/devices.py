"""Browsers that an account has used before."""

import secrets
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.clock import now
from apps.platform.authentication.keys import digest
from apps.platform.authentication.models import KnownDevice
from apps.platform.authentication.queries import describe_agent
from kernel.events.platform import NewDevice

COOKIE = "__Host-device"
COOKIE_SECONDS = 400 * 24 * 3600


def find_known_device(request: HttpRequest, email: str) -> KnownDevice | None:
    """Return the device of the request's cookie if the account of this address has used it, or None."""
    token = request.COOKIES.get(COOKIE, "")
    if not token:
        return None
    return KnownDevice.objects.filter(owner__email=email.strip().lower(), token_hash=digest(token)).first()


def remember_device(request: HttpRequest, response: Any, user: Any) -> UUID:
    """Note the browser of a completed log-in, set its cookie, and publish NewDevice when it is new; return its id.

    The very first device of an account is not news to its owner.
    """
    known = find_known_device(request, user.email)
    if known is not None:
        KnownDevice.objects.filter(pk=known.pk).update(last_seen_at=now())
        return known.pk
    token = request.COOKIES.get(COOKIE, "") or secrets.token_urlsafe(32)
    is_first = not KnownDevice.objects.filter(owner=user).exists()
    label = describe_agent(request.headers.get("User-Agent", ""))[:200]
    row = KnownDevice.objects.create(owner=user, token_hash=digest(token), label=label, last_seen_at=now())
    response.set_cookie(COOKIE, token, max_age=COOKIE_SECONDS, secure=True, httponly=True, samesite="Lax")
    if not is_first:
        outbox.publish(NewDevice(user_id=user.pk, device_id=row.pk), actor=Actor.of(user))
    return row.pk
