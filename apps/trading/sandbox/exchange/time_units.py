"""Answers with times in microseconds, for clients that ask for them (X-MBX-TIME-UNIT, timeUnit)."""

from typing import Any

from apps.trading.sandbox.exchange.errors import ApiError

_FIELDS = frozenset(
    {
        "time",
        "updateTime",
        "transactTime",
        "workingTime",
        "transactionTime",
        "trailingTime",
        "serverTime",
        "openTime",
        "closeTime",
        "authorizedSince",
        "connectedSince",
    }
)
_CANDLE_LENGTH, _CANDLE_TIMES = 12, (0, 6)


def wants_microseconds(unit: str) -> bool:
    """Whether the unit is the microsecond; ApiError -1194 for an unknown one."""
    if unit.upper() not in ("", "MILLISECOND", "MICROSECOND"):
        raise ApiError(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
    return unit.upper() == "MICROSECOND"


def in_microseconds(payload: Any) -> Any:
    """A copy of a request's answer with every time multiplied by a thousand."""
    if isinstance(payload, dict):
        return {
            name: value * 1_000 if name in _FIELDS and _is_time(value) else in_microseconds(value)
            for name, value in payload.items()
        }
    if not isinstance(payload, list):
        return payload
    if len(payload) == _CANDLE_LENGTH and _is_time(payload[0]):
        return [value * 1_000 if place in _CANDLE_TIMES else value for place, value in enumerate(payload)]
    return [in_microseconds(row) for row in payload]


def _is_time(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
