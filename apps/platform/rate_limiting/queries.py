"""Reading: where a request comes from, and which limits there are."""

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from apps.platform.rate_limiting.choices import LIMITS, Limit


def client_ip(request: HttpRequest) -> str:
    """Return the client's address; X-Forwarded-For counts only as far as our own proxies wrote it."""
    return str(get_adapter().get_client_ip(request))


def list_limits() -> list[Limit]:
    """Return the table of limits."""
    return sorted(LIMITS.values(), key=lambda limit: limit.name)
