"""Authentication: who is there, by which proof, until when."""

from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    """Installs the one-time check of codes, and the receivers of allauth's signals."""

    name = "apps.platform.authentication"
    label = "authentication"

    def ready(self) -> None:
        """Replace allauth's replay check and connect its signals to our events."""
        from apps.platform.authentication import handlers, receivers, totp  # noqa: F401 - registers them

        totp.install()
