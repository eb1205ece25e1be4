"""Request signatures and timing rules."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from apps.trading.sandbox.exchange import errors
from apps.trading.sandbox.exchange.amounts import parse_units
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.web import Request

DEFAULT_RECV_WINDOW_MS = 5_000
MAX_RECV_WINDOW_MS = 60_000
MICROSECOND_DIGITS = 16
_AHEAD = 1_000_000
_UNITS = 10**8


def signed_bytes(request: Request) -> tuple[bytes, str | None]:
    """The raw query and raw body joined without separator, minus `signature`, and the signature."""
    query, in_query = _without_signature(request.query)
    body, in_body = _without_signature(request.body)
    return query + body, in_query or in_body


def signed_params(params: Mapping[str, Any]) -> tuple[bytes, str | None]:
    """WS-API form: parameters sorted by name as `k=v&…`, JSON booleans in lower case."""
    pairs = [f"{name}={param_text(params[name])}" for name in sorted(params) if name != "signature"]
    signature = params.get("signature")
    return "&".join(pairs).encode(), None if signature is None else str(signature)


def param_text(value: Any) -> str:
    """A JSON value as the text it is signed and parsed as."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def check_time(params: Mapping[str, str], now_ms: int) -> None:
    """Accept iff timestamp < now + 1 s and now - timestamp <= recvWindow; ApiError -1102, -1021 or -1131."""
    text = params.get("timestamp", "")
    if not text.isascii() or not text.isdigit() or len(text) > MICROSECOND_DIGITS:
        raise errors.missing_parameter("timestamp")
    timestamp, now = int(text), now_ms * 1_000  # both in microseconds below
    if len(text) < MICROSECOND_DIGITS:
        timestamp *= 1_000
    window = _recv_window(params.get("recvWindow", ""))
    if timestamp >= now + _AHEAD:
        raise ApiError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if (now - timestamp) * _UNITS > window * 1_000:
        raise ApiError(-1021, "Timestamp for this request is outside of the recvWindow.")


def times_in_milliseconds(params: dict[str, str]) -> dict[str, str]:
    """`startTime` and `endTime` may come in microseconds; everything behind this reads milliseconds."""
    for name in ("startTime", "endTime"):
        text = params.get(name, "")
        if len(text) == MICROSECOND_DIGITS and text.isascii() and text.isdigit():
            params[name] = str(int(text) // 1_000)
    return params


def _recv_window(text: str) -> int:
    """Milliseconds x 10^8, because decimals are allowed."""
    if not text:
        return DEFAULT_RECV_WINDOW_MS * _UNITS
    try:
        window = parse_units(text)
    except ValueError as error:
        raise errors.illegal_characters("recvWindow", r"^([0-9]{1,20})(\.[0-9]{1,3})?$") from error
    if window > MAX_RECV_WINDOW_MS * _UNITS:
        raise ApiError(-1131, f"recvWindow must be less than {MAX_RECV_WINDOW_MS}.")
    return window


def _without_signature(raw: bytes) -> tuple[bytes, str | None]:
    if b"signature=" not in raw:
        return raw, None
    kept, signature = [], None
    for pair in raw.split(b"&"):
        if pair.startswith(b"signature="):
            signature = unquote(pair.removeprefix(b"signature=").decode("utf-8", "replace"))
        else:
            kept.append(pair)
    return b"&".join(kept), signature
