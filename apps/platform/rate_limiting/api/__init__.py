"""The API's throttle (named in the settings), and the list of limits."""

from apps.platform.rate_limiting.api.throttle import BucketThrottle

__all__ = ["BucketThrottle"]
