"""Reads of control requests' bodies; every refusal is a ControlError with a sentence."""

import json
from typing import Any

from apps.trading.sandbox.exchange.amounts import parse_units
from apps.trading.sandbox.exchange.errors import ControlError
from apps.trading.sandbox.exchange.web import Request

Json = dict[str, Any]


def read_body(request: Request) -> Json:
    """The body as an object, empty when nothing was sent."""
    if not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise ControlError(400, "the body is not JSON") from error
    if not isinstance(body, dict):
        raise ControlError(400, "the body must be a JSON object")
    return body


def text(body: Json, name: str, default: str, longest: int = 200) -> str:
    """A text field."""
    value = body.get(name, default)
    if not isinstance(value, str) or len(value) > longest:
        raise ControlError(422, f"{name} must be a text of at most {longest} characters")
    return value


def texts(body: Json, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """A field that is a list of texts."""
    value = body.get(name, list(default))
    if not isinstance(value, list) or len(value) > 100 or not all(isinstance(item, str) for item in value):
        raise ControlError(422, f"{name} must be a list of at most 100 texts")
    return tuple(value)


def integer(body: Json, name: str, default: int, largest: int) -> int:
    """A whole number from the smaller of `default` and 1 to `largest`."""
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not min(default, 1) <= value <= largest:
        raise ControlError(422, f"{name} must be a whole number of at most {largest}")
    return value


def units(value: Any, name: str) -> int:
    """A decimal text as units of 10^-8."""
    try:
        return parse_units(str(value))
    except ValueError as error:
        raise ControlError(422, f"{name} must be a decimal text with at most 8 decimals") from error


def flag(body: Json, name: str) -> bool:
    """A yes or no, false when absent."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise ControlError(422, f"{name} must be true or false")
    return value


def only(body: Json, names: frozenset[str]) -> None:
    """Refuse fields that nobody reads: a misspelt one would silently do nothing."""
    unknown = sorted(body.keys() - names)
    if unknown:
        raise ControlError(422, f"unknown fields: {', '.join(unknown)}; known are {', '.join(sorted(names))}")
