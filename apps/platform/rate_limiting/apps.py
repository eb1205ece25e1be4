"""Rate limiting: one token bucket for log-ins, API calls and venue budgets."""

from django.apps import AppConfig


class RateLimitingConfig(AppConfig):
    """App `rate_limiting`."""

    name = "apps.platform.rate_limiting"
    label = "rate_limiting"
