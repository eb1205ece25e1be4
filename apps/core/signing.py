"""One secret per schema: whatever signs with SECRET_KEY is bound to the tenant it was signed in."""

import hmac
from typing import Any

from django.conf import LazySettings, settings

from apps.core.context import current_schema


def derive(raw: str, schema: str) -> str:
    """Return the key of a schema: HMAC-SHA256 of its name under the raw key."""
    return hmac.new(raw.encode(), b"tenant|" + schema.encode(), "sha256").hexdigest()


def raw_setting(name: str) -> Any:
    """Return SECRET_KEY or SECRET_KEY_FALLBACKS as the environment gave it."""
    return getattr(_wrapped(settings), name)


def install() -> None:
    """Make `settings.SECRET_KEY` and `SECRET_KEY_FALLBACKS` answer with the keys of the present schema.

    A data descriptor on the class wins over the cached value of the instance, so Django, allauth and any library that
    asks at the moment of signing is bound without knowing.
    """
    owner: Any = LazySettings
    owner.SECRET_KEY = property(lambda lazy: derive(_wrapped(lazy).SECRET_KEY, current_schema()))
    owner.SECRET_KEY_FALLBACKS = property(
        lambda lazy: [derive(raw, current_schema()) for raw in _wrapped(lazy).SECRET_KEY_FALLBACKS]
    )


def _wrapped(lazy: Any) -> Any:
    if lazy._wrapped is None or type(lazy._wrapped) is object:
        lazy._setup()
    return lazy._wrapped
