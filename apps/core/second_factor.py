"""What only a fresh code of the second factor may do at a desk; security fills in who checks the code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.http import HttpRequest

from apps.core.errors import Defect


@dataclass(frozen=True, slots=True)
class ExactThing:
    """What a code confirms: the action, the fields it is bound to, and the facts that the person reads first."""

    action: str
    payload: Mapping[str, Any]
    title: str
    facts: list[tuple[str, str]] = field(default_factory=list)


class SecondFactor(Protocol):
    """What security fills in."""

    def prove(self, request: HttpRequest, thing: ExactThing, code: str) -> None:
        """Use up a code of the signed-in person for exactly this thing, or raise a DomainError about field `code`."""
        ...


_registered: list[SecondFactor] = []


def register_second_factor(checker: SecondFactor) -> None:
    """Install the one checker of codes (called by security when the product starts)."""
    _registered[:] = [checker]


def prove(request: HttpRequest, thing: ExactThing, code: str) -> None:
    """Use up a code for exactly this thing. Raises what the checker raises (a DomainError with the field `code`)."""
    if not _registered:
        raise Defect("Nobody checks second factors.")
    _registered[0].prove(request, thing, code)
