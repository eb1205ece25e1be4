"""Which events concern credentials."""

from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.platform.authentication.models import KnownDevice
from apps.platform.authentication.operations.sessions import end_all_sessions
from apps.platform.notifications.choices import CREDENTIAL_CHANGED, NEW_DEVICE
from apps.platform.notifications.operations import notify
from kernel.events.platform import CredentialChanged, NewDevice, UserDeactivated

WORDS = {
    "password": "Your password was changed",
    "totp_added": "Your second factor is on",
    "totp_removed": "Your second factor was turned off",
    "recovery_codes": "New recovery codes were made",
    "recovery_code_used": "A recovery code was used",
    "second_factor_guessed": "Somebody with your password tries codes of your second factor",
    "api_key_created": "An API key was created",
    "api_key_revoked": "An API key was revoked",
}


@handles(CredentialChanged, name="authentication.tell_credential_change")
def tell_credential_change(event: CredentialChanged, row: OutboxEvent) -> None:
    """Tell the owner, who may not be the one who did it."""
    notify(event.user_id, CREDENTIAL_CHANGED.name, {"what": WORDS[event.credential]}, dedupe_key=str(row.uid))


@handles(NewDevice, name="authentication.tell_new_device")
def tell_new_device(event: NewDevice, row: OutboxEvent) -> None:
    """Tell the owner which browser signed in."""
    device = KnownDevice.objects.filter(pk=event.device_id).first()
    label = device.label if device is not None else "A browser"
    notify(event.user_id, NEW_DEVICE.name, {"device": label}, dedupe_key=str(row.uid))


@handles(UserDeactivated, name="authentication.end_sessions")
def end_sessions(event: UserDeactivated, _row: OutboxEvent) -> None:
    """End what a closed account still has open; its credentials are refused from the moment it was closed."""
    end_all_sessions(event.user_id)
