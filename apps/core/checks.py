"""Checks that stop an unsafe start. They run with `check --deploy` and before production processes serve."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from apps.core.signing import raw_setting

WEAK = ("secret", "changeme", "password", "test", "django-insecure", "example")


@register(Tags.security, deploy=True)
def production_values(**_options: Any) -> list[Any]:
    """Refuse values that are fine at home and dangerous outside."""
    found: list[Any] = []
    rules = [
        (settings.DEBUG, "E001", "DEBUG is on.", "Unset it."),
        (settings.DEVELOPMENT, "E002", "Development settings are in use.", "Use config.settings.production."),
        ("*" in settings.ALLOWED_HOSTS or not settings.ALLOWED_HOSTS, "E003", "ALLOWED_HOSTS is open or empty.",
         "List the hosts in OUTCRY_ALLOWED_HOSTS."),
        (_weak(raw_setting("SECRET_KEY")), "E004", "SECRET_KEY is short or guessable.",
         "Set OUTCRY_SECRET_KEY to 50 random characters."),
        (_weak(settings.MASTER_SECRET), "E005", "The master key is short or guessable.", "Set OUTCRY_MASTER_KEY."),
        (_weak(settings.SANDBOX_CONTROL_TOKEN), "E006", "The sandbox's control token is short or guessable.",
         "Set OUTCRY_SANDBOX_TOKEN."),
        ("locmem" in str(settings.CACHES["default"]["BACKEND"]), "E007", "The cache is per process.", "Set CACHE_URL."),
        (not settings.SESSION_COOKIE_NAME.startswith("__Host-"), "E008", "The session cookie is not host-only.",
         "Keep the __Host- prefix."),
        (not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE), "E009", "Cookies travel without TLS.",
         "Keep the Secure flags."),
        (any("MD5" in name for name in settings.PASSWORD_HASHERS), "E010", "Passwords are hashed with MD5.",
         "Use Argon2."),
        ("filebased" in settings.EMAIL_BACKEND or "locmem" in settings.EMAIL_BACKEND, "E011",
         "Mail does not leave this machine.", "Set OUTCRY_SMTP_HOST."),
        (not settings.SECURE_SSL_REDIRECT, "E012", "Plain HTTP is served.", "Keep SECURE_SSL_REDIRECT on."),
        (settings.CELERY_TASK_ALWAYS_EAGER if hasattr(settings, "CELERY_TASK_ALWAYS_EAGER") else False, "E013",
         "Tasks run inside requests.", "Unset CELERY_TASK_ALWAYS_EAGER."),
        (not settings.REDIS_URL.startswith(("redis://", "rediss://", "unix://")), "E014",
         "REDIS_URL is not a Redis URL.",
         "Set REDIS_URL."),
        ("@" not in settings.DATABASE_URL.partition("//")[2] or ":@" in settings.DATABASE_URL, "E015",
         "The database is entered without a password.", "Put the application role's password into DATABASE_URL."),
    ]  # fmt: skip
    found += [Error(message, hint=hint, id=f"outcry.{code}") for unsafe, code, message, hint in rules if unsafe]
    if settings.DATABASE_OWNER_URL == settings.DATABASE_URL:
        found.append(
            Warning("The product runs as the owner of its tables.", hint="Set DATABASE_OWNER_URL.", id="outcry.W001")
        )
    return found


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured when this process would serve with unsafe values; development is left alone."""
    if settings.DEVELOPMENT:
        return
    errors = [found for found in production_values() if isinstance(found, Error)]
    if errors:
        raise ImproperlyConfigured("\n".join(f"{found.id}: {found.msg} {found.hint}" for found in errors))


def _weak(value: str) -> bool:
    return len(value) < 32 or len(set(value)) < 8 or any(word in value.lower() for word in WEAK)
