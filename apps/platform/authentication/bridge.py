"""One second factor, two libraries: allauth stores and checks it, django-otp's `is_verified()` asks there."""

from functools import partial
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib.auth import middleware as auth_middleware
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django_otp.middleware import OTPMiddleware, is_verified

from apps.core.clock import now
from apps.core.context import current_schema, in_tenant_thread

Session = Any


class SecondFactorBridge(OTPMiddleware):  # type: ignore[misc]  # the library ships no types
    """Sets `request.user.otp_device` from allauth's records of the session.

    The stock middleware wraps the user object that stood there before; with a session token in a header that object is
    still anonymous. This one asks anew, each time the lazy user is opened.
    """

    def _install_lazy_accessors(self, request: HttpRequest) -> None:
        lazy: Any = SimpleLazyObject(lambda: attach(auth_middleware.get_user(request), request.session))
        request.user = lazy
        request.auser = partial(_aattached, request)


def attach(user: Any, session: Session, *, max_age: int | None = None) -> Any:
    """Give the user `otp_device` and `is_verified()` as the session has earned them, and return it."""
    user.otp_device = device_for(session, user, max_age=max_age) if user.is_authenticated else None
    user.is_verified = partial(is_verified, user)
    return user


def device_for(session: Session, user: Any, *, max_age: int | None = None) -> Authenticator | None:
    """Return the second factor with which this session proved itself (at most `max_age` seconds ago), or None.

    The proof counts only while that factor still exists and belongs to the user.
    """
    moment = factor_proved_at(session, user)
    if moment is None:
        return None
    at, authenticator_id = moment
    if max_age is not None and now().timestamp() - at > max_age:
        return None
    return Authenticator.objects.filter(pk=authenticator_id, user_id=user.pk).first()


def factor_proved_at(session: Session, user: Any) -> tuple[float, int] | None:
    """Return (Unix seconds, id of the factor) of the session's newest proof by a second factor, or None."""
    records = [row for row in _records(session, user) if row.get("method") == "mfa" and row.get("id") is not None]
    if not records:
        return None
    newest = max(records, key=lambda row: row["at"])
    return newest["at"], newest["id"]


def _records(session: Session, user: Any) -> list[dict[str, Any]]:
    carrier = HttpRequest()
    carrier.session = session
    return list(get_authentication_records(carrier, user))


async def _aattached(request: HttpRequest) -> Any:
    """Answer `request.auser()`: one hop to the database, in the schema of the request."""

    def found() -> Any:
        return attach(auth_middleware.get_user(request), request.session)

    return await in_tenant_thread(current_schema(), found)()
