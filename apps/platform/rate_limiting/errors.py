"""What can be refused about rates."""

from apps.core.errors import LimitReached, Unavailable


class RateReached(LimitReached):
    """The bucket is empty."""

    code = "rate_limiting.rate_reached"
    message = "Too many requests. Try again in {retry_after} s."


class LimitsUnavailable(Unavailable):
    """The counters do not answer; what must be counted cannot be done now."""

    code = "rate_limiting.unavailable"
    message = "Log-in and money are closed for a moment because a safety counter does not answer. Try again shortly."
