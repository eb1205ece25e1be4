"""Words with a fixed meaning, and the table of limits."""

from dataclasses import dataclass
from enum import StrEnum


class Priority(StrEnum):
    """How much of a bucket a caller may empty."""

    HIGH = "high"
    """All of it: cancels, stops."""
    NORMAL = "normal"
    """All but a tenth: what people and bots ask for."""
    LOW = "low"
    """Only the upper half: background work."""


class WhenDown(StrEnum):
    """What a limit does while the counters do not answer."""

    REFUSE = "refuse"
    """503: log-in, sign-up, money."""
    ALLOW = "allow"
    """Go on uncounted: reading."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket of `capacity` tokens that is full again after `period` seconds."""

    name: str
    capacity: int
    period: int
    when_down: WhenDown
    description: str


LOGIN = Limit("login", 20, 300, WhenDown.REFUSE, "Log-in attempts of one address on one account")
SIGNUP = Limit("signup", 20, 3600, WhenDown.REFUSE, "Sign-ups from one address")
RESET = Limit("reset", 20, 3600, WhenDown.REFUSE, "Password resets asked for from one address")
SECOND_FACTOR = Limit("second_factor", 10, 300, WhenDown.REFUSE, "Codes of the second factor tried by one person")
TOKENS = Limit("tokens", 30, 300, WhenDown.REFUSE, "API keys and socket tickets made by one person")
API_READ = Limit("api_read", 1200, 60, WhenDown.ALLOW, "Reading API calls of one key or person")
API_WRITE = Limit("api_write", 300, 60, WhenDown.REFUSE, "Writing API calls of one key or person")
API_ANONYMOUS = Limit("api_anonymous", 120, 60, WhenDown.ALLOW, "API calls of one address without credentials")

LIMITS = {
    limit.name: limit for limit in (LOGIN, SIGNUP, RESET, SECOND_FACTOR, TOKENS, API_READ, API_WRITE, API_ANONYMOUS)
}
