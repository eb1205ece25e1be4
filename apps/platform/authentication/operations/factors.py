"""The second factor: enrolling, proving, removing. Apps without a browser use allauth's own flows."""

from typing import Any

from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes, post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.http import HttpRequest

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.operation import operation
from apps.platform.authentication.choices import Credential
from apps.platform.authentication.errors import KeysCannotDoThis, SecondFactorMissing, SecondFactorOn, WrongCode
from apps.platform.authentication.operations.api_keys import MANAGE_OWN
from apps.platform.authentication.queries import session_of
from apps.platform.authentication.totp import matching_step
from apps.platform.rate_limiting.choices import SECOND_FACTOR
from apps.platform.rate_limiting.operations import give_back, take
from apps.platform.users.queries import get_user
from kernel.events.platform import CredentialChanged


def prove_second_factor(request: HttpRequest, code: str) -> Authenticator:
    """Check a code of the signed-in person, use it up, note the proof in the session, and return the factor.

    Raises RateReached after ten wrong codes in five minutes, SecondFactorMissing, WrongCode.
    """
    user: Any = request.user
    take(SECOND_FACTOR, str(user.pk))
    factors = list(Authenticator.objects.filter(user_id=user.pk).exclude(type=Authenticator.Type.WEBAUTHN))
    if not factors:
        raise SecondFactorMissing
    proved = next((factor for factor in factors if factor.wrap().validate_code(code)), None)
    if proved is None:
        raise WrongCode(field="code")
    give_back(SECOND_FACTOR, str(user.pk))
    session = session_of(request)
    if session is None:
        raise KeysCannotDoThis
    carrier = HttpRequest()
    carrier.META, carrier.user, carrier.session = request.META, user, session
    proved.refresh_from_db()
    proved.user = user
    post_authentication(carrier, proved, reauthenticated=True)
    carrier.session.save()
    return proved


@operation("authentication.enrol_totp", permission=MANAGE_OWN)
def enrol_totp(*, actor: Actor, secret: str, code: str) -> list[str]:
    """Turn the second factor on with a secret whose code the person typed; return the recovery codes, shown once.

    The code is used up by this. Raises SecondFactorOn, WrongCode.
    """
    user = get_user(_id(actor))
    take(SECOND_FACTOR, str(user.pk))
    if Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        raise SecondFactorOn
    step = matching_step(secret, code)
    if step is None:
        raise WrongCode(field="code")
    factor = TOTP.activate(user, secret).instance
    factor.data["last_step"] = step
    factor.save(update_fields=["data"])
    codes = RecoveryCodes.activate(user).get_unused_codes()
    outbox.publish(CredentialChanged(user_id=user.pk, credential=Credential.TOTP_ADDED), actor=actor)
    return list(codes)


@operation("authentication.remove_totp", permission=MANAGE_OWN)
def remove_totp(*, actor: Actor, request: HttpRequest, code: str) -> None:
    """Turn the second factor off by a code of it, with its recovery codes. Raises WrongCode, SecondFactorMissing."""
    prove_second_factor(request, code)
    Authenticator.objects.filter(user_id=actor.id, type=Authenticator.Type.TOTP).delete()
    delete_dangling_recovery_codes(request.user)
    outbox.publish(CredentialChanged(user_id=_id(actor), credential=Credential.TOTP_REMOVED), actor=actor)


@operation("authentication.new_recovery_codes", permission=MANAGE_OWN)
def new_recovery_codes(*, actor: Actor, request: HttpRequest, code: str) -> list[str]:
    """Replace the recovery codes, by a code of the second factor; return the new ones, shown once."""
    prove_second_factor(request, code)
    user = get_user(_id(actor))
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    codes = RecoveryCodes.activate(user).get_unused_codes()
    outbox.publish(CredentialChanged(user_id=user.pk, credential=Credential.RECOVERY_CODES), actor=actor)
    return list(codes)


def _id(actor: Actor) -> Any:
    if actor.id is None:
        raise SecondFactorMissing
    return actor.id
