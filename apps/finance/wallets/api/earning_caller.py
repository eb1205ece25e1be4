"""How a body and a query are read."""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import Serializer

from apps.core.api.callers import given
from apps.finance.ledger.choices import Mode


def body_of(request: Request, fields: type[Serializer[Any]]) -> Mapping[str, Any]:
    """Return the checked body; raises ValidationError."""
    return given(fields, request.data)


def filter_of(request: Request, fields: type[Serializer[Any]]) -> Mapping[str, Any]:
    """Return the checked query; raises ValidationError."""
    return given(fields, request.query_params.dict())


def mode_of(wanted: Mapping[str, Any]) -> Mode | None:
    """Return the mode that was asked for, None for both."""
    return Mode(wanted["mode"]) if "mode" in wanted else None
