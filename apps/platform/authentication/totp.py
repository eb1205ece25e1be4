"""One-time codes that are used one time: the row remembers the last time step (allauth asks a cache, for 30 s)."""

import hmac
from typing import Any

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from allauth.mfa.utils import decrypt
from django.db import transaction

from apps.core.clock import now


def matching_step(secret: str, code: str) -> int | None:
    """Return the newest time step (RFC 6238, §4.2) within the tolerance whose code this is, or None."""
    written = normalize_user_code(code).encode(errors="replace")
    present = int(now().timestamp()) // app_settings.TOTP_PERIOD
    for step in range(present + app_settings.TOTP_TOLERANCE, present - app_settings.TOTP_TOLERANCE - 1, -1):
        expected = auth.format_hotp_value(auth.hotp_value(secret, step)).encode()
        if hmac.compare_digest(written, expected):
            return step
    return None


def validate_once(wrapper: Any, code: str) -> bool:
    """Return whether the code is right and its step newer than the last one accepted; then remember the step.

    The row's lock lets one of many parallel uses through, and no cache can forget it.
    """
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().filter(pk=wrapper.instance.pk).first()
        if row is None:
            return False
        step = matching_step(decrypt(row.data["secret"]), code)
        if step is None or row.data.get("last_step", -1) >= step:
            return False
        row.data["last_step"] = step
        row.save(update_fields=["data"])
        wrapper.instance.data = row.data
        return True


def install() -> None:
    """Put `validate_once` in the place of allauth's check."""
    auth.TOTP.validate_code = validate_once
