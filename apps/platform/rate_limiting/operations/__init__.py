"""Counting."""

from apps.platform.rate_limiting.operations.buckets import Taken, clear, give_back, limits_client, take

__all__ = ["Taken", "clear", "give_back", "limits_client", "take"]
