"""A bucket for each key, person or address, told in X-RateLimit headers."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.platform.rate_limiting.choices import API_ANONYMOUS, API_READ, API_WRITE, Limit
from apps.platform.rate_limiting.errors import RateReached
from apps.platform.rate_limiting.operations import take
from apps.platform.rate_limiting.queries import client_ip

READING = ("GET", "HEAD", "OPTIONS")


class BucketThrottle(BaseThrottle):
    """Takes one token a call. Raises RateReached (429) itself, so that the problem names the wait."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Return True and put the headers on the reply. Raises RateReached; without Redis, writes LimitsUnavailable."""
        limit, subject = _bucket_of(request)
        try:
            taken = take(limit, subject)
        except RateReached as refusal:
            view.headers.update(_headers(limit.capacity, 0, refusal.params["reset"]))
            raise
        if taken is not None:
            view.headers.update(_headers(taken.limit, taken.remaining, taken.reset))
        return True


def _bucket_of(request: Request) -> tuple[Limit, str]:
    user: Any = request.user
    if user is None or not user.is_authenticated:
        return API_ANONYMOUS, f"ip:{client_ip(request._request)}"
    key = getattr(request.auth, "pk", None)
    subject = f"key:{key}" if key is not None else f"user:{user.pk}"
    return (API_READ if request.method in READING else API_WRITE), subject


def _headers(limit: int, remaining: int, reset: int) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(reset),
    }
