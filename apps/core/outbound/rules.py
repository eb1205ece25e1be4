"""What a caller allows: schemes, ports, and the caps of size and time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Bounds of one call. `max_bytes` counts the body as sent; `seconds` is the whole call, name look-up included."""

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] = frozenset({443, 8443})
    max_bytes: int = 1_000_000
    seconds: float = 10.0
    redirects: int = 0


WEB = Rules()
"""Customers' webhooks and look-ups: https only, 1 MB, 10 s, no redirect followed."""
STREAM = Rules(schemes=frozenset({"wss"}), max_bytes=262_144, seconds=15.0)
"""Streams of data providers; `max_bytes` is one message, `seconds` the opening and the longest silence."""
DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
