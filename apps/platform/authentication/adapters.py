"""What we tell allauth to do differently. Its private hooks are pinned by version and by tests."""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from apps.core import audit, outbox
from apps.core.actors import Actor
from apps.core.context import PUBLIC, current_schema
from apps.core.sealing import Ring, seal, unseal
from apps.platform.authentication.bridge import device_for
from apps.platform.authentication.mails import text_of
from apps.platform.authentication.operations.devices import find_known_device
from apps.platform.authentication.queries import exists_factor
from apps.platform.configurations.queries import is_enabled
from apps.platform.notifications.operations import queue_mail
from apps.platform.rate_limiting.choices import LOGIN
from apps.platform.rate_limiting.operations import give_back, take
from kernel.events.platform import UserRegistered

FRESH_SECONDS = 300


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library ships no types
    """Accounts: sign-up writes our events, mail goes through our queue, limits know devices."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return whether strangers may make an account here; never on the platform's own host."""
        return current_schema() != PUBLIC and is_enabled("signup.open")

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """Save a new account, and in the same transaction its event and its audit row."""
        with transaction.atomic():
            saved = super().save_user(request, user, form, commit=commit)
            actor = Actor.of(saved)
            outbox.publish(UserRegistered(user_id=saved.pk), actor=actor)
            audit.record(actor=actor, operation="authentication.sign_up", subject=saved)
        return saved

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue one of our own texts instead of rendering the library's templates."""
        subject, text = text_of(template_prefix, context, self.request)
        queue_mail(recipient=email, subject=subject, text=text)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing here: our events carry such news to the inbox and the mailbox."""

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing here: pages say what they did in their own words."""

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt in our bucket, then in allauth's. Raises RateReached, LimitsUnavailable."""
        self._bucket_key = self._get_login_attempts_cache_key(request, **credentials)
        take(LOGIN, self._bucket_key)
        super().pre_authenticate(request, **credentials)

    def _rollback_login_failed_rl_usage(self) -> None:
        give_back(LOGIN, self._bucket_key)
        super()._rollback_login_failed_rl_usage()

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return the counter of an attempt: the account, and the browser when the account knows it.

        So an attacker's wrong passwords lock the account for strangers, not for its owner's own browser.
        """
        login = str(credentials.get("email", "")).strip().lower()
        device = find_known_device(request, login)
        return f"{request.get_host()}:{login}" + (f":dev{device.pk}" if device is not None else "")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for the second factor itself before it is changed: a password alone does not remove it."""
        request = context.request
        if exists_factor(request.user.pk) and device_for(request.session, request.user, max_age=FRESH_SECONDS) is None:
            raise ReauthenticationRequired
        return False

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return the way to prove oneself again: by the second factor where there is one."""
        if user.is_authenticated and exists_factor(user.pk):
            url = reverse("authentication-second-factor-confirm")
            return [{"id": "mfa_reauthenticate", "description": "Use your second factor", "url": url}]
        return list(super().get_reauthentication_methods(user))


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the library ships no types
    """Second factors: secrets are sealed for this tenant, the app shows the tenant's name."""

    def encrypt(self, text: str) -> str:
        """Return a secret sealed with the personal ring for this schema."""
        return base64.b64encode(seal(text, ring=Ring.PERSONAL, place=_place())).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret, or raise SealBroken when it was sealed elsewhere."""
        return unseal(base64.b64decode(encrypted_text), ring=Ring.PERSONAL, place=_place())

    def get_totp_issuer(self) -> str:
        """Return the name that the authenticator app shows."""
        tenant = getattr(context.request, "tenant", None)
        return tenant.name if tenant is not None else "Platform console"


def _place() -> str:
    return f"{current_schema()}|mfa"
