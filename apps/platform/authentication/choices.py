"""Words with a fixed meaning."""

from enum import StrEnum


class Credential(StrEnum):
    """What proves who somebody is; the word in a CredentialChanged event."""

    PASSWORD = "password"  # noqa: S105 - a word
    """The password was set, changed or reset."""
    TOTP_ADDED = "totp_added"
    """An authenticator app was enrolled."""
    TOTP_REMOVED = "totp_removed"
    """The authenticator app was removed, the second factor is off."""
    RECOVERY_CODES = "recovery_codes"
    """New recovery codes were made."""
    RECOVERY_CODE_USED = "recovery_code_used"
    """A recovery code stood in for the app."""
    SECOND_FACTOR_GUESSED = "second_factor_guessed"
    """Somebody who knows the password tries codes."""
    API_KEY_CREATED = "api_key_created"
    """A key for a program was made."""
    API_KEY_REVOKED = "api_key_revoked"
    """A key for a program was revoked."""


NEVER_IN_SCOPE = (
    "authentication.",
    "security.",
    "users.",
    "desk.",
    "configurations.",
    "audit.",
    "rate_limiting.",
    "withdrawals.",
)
"""Beginnings of permissions that no API key ever carries: credentials, rights, staff work, money leaving."""
