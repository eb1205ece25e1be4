"""Asking whether a movement may go on by itself. Higher apps register what they know; the strictest answer counts."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from django.db import transaction

from apps.compliance.limits.choices import Outcome, Verb
from apps.compliance.limits.models import ScreeningThreshold
from apps.core.errors import Defect

logger = logging.getLogger("outcry.limits")


@dataclass(frozen=True, slots=True)
class ScreeningRequest:
    """A movement as a screening sees it.

    `destination_kind` says what `destination` is ("address", "bank_account", "customer"), `destination_age` how long
    the customer has had it (None: never used), `key` is the caller's own key of the movement.
    """

    owner_id: UUID
    verb: Verb
    asset: str
    amount: Decimal
    destination_kind: str
    destination: str
    destination_age: timedelta | None
    is_new_device: bool
    key: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to happen, the code of the reason (empty with a pass), and the name of the screening that said so."""

    outcome: Outcome
    code: str = ""
    source: str = ""


class Screening(Protocol):
    """What an app brings to the question. It reads, and never talks to the outside world."""

    def screen(self, request: ScreeningRequest) -> Verdict:
        """Return what this screening thinks of the movement."""
        ...


_registered: dict[str, Screening] = {}
_STRICTNESS = {outcome: place for place, outcome in enumerate(Outcome)}


def register_screening(name: str, screening: Screening) -> Callable[[], None]:
    """Have every movement screened by `screening`, from the start of the process; returns what takes it out again.

    Raises Defect when another one has the name.
    """
    if _registered.get(name, screening) is not screening:
        raise Defect(f"Screening {name} is registered twice.")
    _registered[name] = screening

    def withdraw() -> None:
        _registered.pop(name, None)

    return withdraw


def screen(request: ScreeningRequest) -> Verdict:
    """Return the strictest verdict; a screening that fails, and no screening at all, is a hold."""
    found = [_ask(name, screening, request) for name, screening in _registered.items()]
    if not found:
        return Verdict(Outcome.HOLD, "limits.no_screening")
    return max(found, key=lambda verdict: _STRICTNESS[verdict.outcome])


def _ask(name: str, screening: Screening, request: ScreeningRequest) -> Verdict:
    try:
        with transaction.atomic():
            said = screening.screen(request)
            return Verdict(Outcome(said.outcome), said.code, name)
    except Exception:
        logger.exception("a screening failed", extra={"screening": name, "key": request.key})
        return Verdict(Outcome.HOLD, "limits.screening_failed", name)


class ThresholdScreening:
    """Holds what is above the threshold that staff set for the asset, and every amount of an asset without one."""

    def screen(self, request: ScreeningRequest) -> Verdict:
        """Return pass up to the threshold, hold above it."""
        row = ScreeningThreshold.objects.filter(asset=request.asset).first()
        if row is None:
            return Verdict(Outcome.HOLD, "limits.no_threshold")
        if request.amount > row.amount:
            return Verdict(Outcome.HOLD, "limits.above_threshold")
        return Verdict(Outcome.PASS)
