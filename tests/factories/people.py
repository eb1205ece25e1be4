"""People and their clients."""

from typing import Any
from uuid import uuid4

from django.test import Client
from rest_framework.test import APIClient

from apps.core.actors import Actor
from apps.platform.users.operations import register_user

PASSWORD = "correct horse battery staple"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
HOST = "alpha.localhost"


def make_customer(email: str) -> Any:
    """Return a new customer of the present schema with a verified address."""
    user = register_user(
        actor=Actor.system("tests"), email=email, password=PASSWORD, display_name=email.partition("@")[0]
    )
    return _verified(user)


def make_staff(email: str, *, role: str) -> Any:
    """Return a new member of staff with a role and a second factor."""
    from apps.platform.security.operations import grant_role

    user = register_user(actor=Actor.system("tests"), email=email, password=PASSWORD, is_staff=True)
    grant_role(actor=Actor.system("tests"), user_id=user.pk, role=role, reason="test")
    return _verified(user)


def _verified(user: Any) -> Any:
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def web_client(user: Any | None = None, *, host: str = HOST) -> Client:
    """Return a client of a tenant's pages, signed in as `user`."""
    client = Client(HTTP_HOST=host)
    if user is not None:
        client.force_login(user, backend=BACKEND)
    return client


def api_client(user: Any | None = None, *, host: str = HOST) -> APIClient:
    """Return a client of a tenant's API, signed in as `user` by session."""
    client = APIClient(HTTP_HOST=host)
    if user is not None:
        client.force_login(user, backend=BACKEND)
    return client


def once() -> dict[str, str]:
    """Return the header of a write over the API that nobody sent before."""
    return {"Idempotency-Key": uuid4().hex}


def verified_client(user: Any, *, host: str = HOST) -> Client:
    """Return a client of a member of staff who has just proved the second factor."""
    from allauth.account.internal.flows.login import _AUTHENTICATION_METHODS_USER_SESSION_KEY as WHOSE
    from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY as METHODS
    from allauth.mfa.models import Authenticator

    from apps.core.clock import now

    client = web_client(user, host=host)
    factor = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    session = client.session
    session[WHOSE] = str(user.pk)
    session[METHODS] = [
        {"method": "mfa", "at": now().timestamp(), "type": "totp", "id": factor.pk, "reauthenticated": True}
    ]
    session.save()
    return client
