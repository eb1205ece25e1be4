"""Writes on credentials, sessions, devices and API keys."""

from apps.platform.authentication.operations.api_keys import MANAGE_OWN, NewKey, create_api_key, revoke_api_key
from apps.platform.authentication.operations.devices import find_known_device, remember_device
from apps.platform.authentication.operations.factors import (
    enrol_totp,
    new_recovery_codes,
    prove_second_factor,
    remove_totp,
)
from apps.platform.authentication.operations.sessions import (
    end_all_sessions,
    end_sockets,
    revoke_others,
    revoke_session,
)

__all__ = [
    "MANAGE_OWN",
    "NewKey",
    "create_api_key",
    "end_all_sessions",
    "end_sockets",
    "enrol_totp",
    "find_known_device",
    "new_recovery_codes",
    "prove_second_factor",
    "remember_device",
    "remove_totp",
    "revoke_api_key",
    "revoke_others",
    "revoke_session",
]
