"""Production does not start on a value that is fine at home and dangerous outside."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.core.checks import production_values, refuse_unsafe_start

STRONG = "q8Zr-4LxVb_72hNcWq0TfYk3mPdSgJe9RuAoIiXz"
SAFE = {
    "DEVELOPMENT": False,
    "ALLOWED_HOSTS": ["harbor.example.org"],
    "MASTER_SECRET": STRONG,
    "SANDBOX_CONTROL_TOKEN": STRONG[::-1],
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "SECURE_SSL_REDIRECT": True,
    "CELERY_TASK_ALWAYS_EAGER": False,
    "DATABASE_URL": "postgresql://outcry_app:pw@db/outcry",
    "DATABASE_OWNER_URL": "postgresql://outcry_owner:pw@db/outcry",
    "REDIS_URL": "redis://:pw@redis:6379",
}
UNSAFE: list[tuple[str, Any, str]] = [
    ("DEBUG", True, "E001"),
    ("DEVELOPMENT", True, "E002"),
    ("ALLOWED_HOSTS", ["*"], "E003"),
    ("ALLOWED_HOSTS", [], "E003"),
    ("MASTER_SECRET", "short", "E005"),
    ("SANDBOX_CONTROL_TOKEN", "changeme" * 8, "E006"),
    ("CACHES", {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}, "E007"),
    ("SESSION_COOKIE_NAME", "sessionid", "E008"),
    ("SESSION_COOKIE_SECURE", False, "E009"),
    ("CSRF_COOKIE_SECURE", False, "E009"),
    ("PASSWORD_HASHERS", ["django.contrib.auth.hashers.MD5PasswordHasher"], "E010"),
    ("EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend", "E011"),
    ("SECURE_SSL_REDIRECT", False, "E012"),
    ("CELERY_TASK_ALWAYS_EAGER", True, "E013"),
    ("REDIS_URL", "memory://", "E014"),
    ("DATABASE_URL", "postgresql://outcry_app:@db/outcry", "E015"),
]


@pytest.fixture
def safe(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in SAFE.items():
        setattr(settings, name, value)
    monkeypatch.setattr("apps.core.checks.raw_setting", lambda _name: STRONG)
    return settings


def test_safe_values_start(safe: Any) -> None:
    assert production_values() == []
    refuse_unsafe_start()


@pytest.mark.parametrize(("name", "value", "code"), UNSAFE, ids=[f"{name}-{code}" for name, _, code in UNSAFE])
def test_each_unsafe_value_is_named_and_stops_the_start(safe: Any, name: str, value: Any, code: str) -> None:
    setattr(safe, name, value)
    assert [found.id for found in production_values()] == [f"outcry.{code}"]
    if name != "DEVELOPMENT":
        with pytest.raises(ImproperlyConfigured, match=code):
            refuse_unsafe_start()


def test_a_weak_secret_key_stops_the_start(safe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.core.checks.raw_setting", lambda _name: "django-insecure-" + "x" * 40)
    with pytest.raises(ImproperlyConfigured, match="E004"):
        refuse_unsafe_start()


def test_one_role_for_everything_is_warned_about(safe: Any) -> None:
    safe.DATABASE_OWNER_URL = safe.DATABASE_URL
    assert [found.id for found in production_values()] == ["outcry.W001"]
