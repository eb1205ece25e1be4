"""What allauth and Django report (log-ins, credentials, ended sessions) becomes events, audit rows, closed sockets."""

from datetime import timedelta
from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_login_failed
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from apps.core import audit, outbox
from apps.core.actors import Actor
from apps.core.models import AuditEvent, AuditOutcome
from apps.platform.authentication.choices import Credential
from apps.platform.authentication.errors import WrongPassword
from apps.platform.authentication.operations.devices import remember_device
from apps.platform.authentication.operations.sessions import end_all_sessions, end_sockets
from apps.platform.authentication.sessions import session_hash
from apps.platform.configurations.queries import get_value
from kernel.events.platform import CredentialChanged

ADDED = {Authenticator.Type.TOTP: Credential.TOTP_ADDED, Authenticator.Type.RECOVERY_CODES: Credential.RECOVERY_CODES}
GUESSING_WINDOW, GUESSES_TOLD = timedelta(minutes=5), 3
REMOVED = {Authenticator.Type.TOTP: Credential.TOTP_REMOVED}


@receiver(account_signals.user_logged_in, dispatch_uid="authentication.log_in")
def note_log_in(request: Any, response: Any, user: Any, **_kwargs: Any) -> None:
    """Write the log-in down, remember the browser, and give the session the tenant's hours."""
    request.session.set_expiry(get_value("security.session_hours") * 3600)
    with transaction.atomic():
        audit.record(actor=Actor.of(user), operation="authentication.log_in", subject=user)
        remember_device(request, response, user)


@receiver(user_login_failed, dispatch_uid="authentication.log_in_failed")
def note_failed_log_in(**_kwargs: Any) -> None:
    """Write a wrong password down; neither the address nor the password goes into the row."""
    audit.record(
        actor=Actor.system("log-in"),
        operation="authentication.log_in",
        outcome=AuditOutcome.REFUSED,
        error_code=WrongPassword.code,
    )


@receiver(account_signals.password_changed, dispatch_uid="authentication.password_changed")
@receiver(account_signals.password_set, dispatch_uid="authentication.password_set")
def note_password_change(user: Any, **_kwargs: Any) -> None:
    """Tell of a new password and close all sockets; Django's session hash ends the other sessions."""
    _changed(user, Credential.PASSWORD)
    end_sockets(user.pk)


@receiver(account_signals.password_reset, dispatch_uid="authentication.password_reset")
def note_password_reset(user: Any, **_kwargs: Any) -> None:
    """Tell of a reset password and end every session."""
    _changed(user, Credential.PASSWORD)
    end_all_sessions(user.pk)


@receiver(mfa_signals.authenticator_added, dispatch_uid="authentication.factor_added")
@receiver(mfa_signals.authenticator_reset, dispatch_uid="authentication.factor_reset")
def note_factor_added(user: Any, authenticator: Any, **_kwargs: Any) -> None:
    """Tell of a new factor (made by an app; our pages tell it themselves)."""
    if authenticator.type in ADDED:
        _changed(user, ADDED[authenticator.type])


@receiver(mfa_signals.authenticator_removed, dispatch_uid="authentication.factor_removed")
def note_factor_removed(user: Any, authenticator: Any, **_kwargs: Any) -> None:
    """Tell of a removed factor."""
    if authenticator.type in REMOVED:
        _changed(user, REMOVED[authenticator.type])


@receiver(mfa_signals.authenticator_used, dispatch_uid="authentication.factor_used")
def note_factor_used(user: Any, authenticator: Any, **_kwargs: Any) -> None:
    """Tell when a recovery code stood in for the app."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        _changed(user, Credential.RECOVERY_CODE_USED)


@receiver(mfa_signals.authentication_failed, dispatch_uid="authentication.factor_failed")
def note_factor_failed(user: Any, **_kwargs: Any) -> None:
    """Write a wrong code down: who sends it knows the password. The third in five minutes is told to the owner."""
    row = audit.record(
        actor=Actor.of(user),
        operation="authentication.second_factor",
        outcome=AuditOutcome.REFUSED,
        error_code="authentication.wrong_code",
        subject=user,
    )
    same = AuditEvent.objects.filter(object_type=row.object_type, object_id=row.object_id, operation=row.operation)
    if same.filter(at__gt=row.at - GUESSING_WINDOW).count() == GUESSES_TOLD:
        _changed(user, Credential.SECOND_FACTOR_GUESSED)


@receiver(post_delete, sender=Session, dispatch_uid="authentication.session_ended")
def close_sockets_of_session(instance: Session, **_kwargs: Any) -> None:
    """Close the sockets of a session that ended, however it ended, and forget its row in the list."""
    UserSession.objects.filter(session_key=instance.session_key).delete()
    user_id = instance.get_decoded().get(SESSION_KEY)
    if user_id is not None:
        end_sockets(user_id, session_hash(instance.session_key))


def _changed(user: Any, credential: Credential) -> None:
    actor = Actor.of(user)
    with transaction.atomic():
        outbox.publish(CredentialChanged(user_id=user.pk, credential=credential), actor=actor)
        audit.record(actor=actor, operation=f"authentication.{credential}", subject=user)
