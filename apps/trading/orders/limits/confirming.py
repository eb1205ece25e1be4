"""Asking for a fresh second factor before own limits become looser, for the page and the API alike."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from apps.platform.security.operations import Summary, require_recent_2fa
from apps.trading.orders.choices import SelfMatch
from apps.trading.orders.operations.safety import loosens

ACTION = "orders.set_limits"
LABELS = {
    "confirm_above": "Ask for a code above",
    "most_per_order": "At most in one order",
    "most_per_day": "At most in a day",
    "self_match": "An order that would meet your own",
}


def confirm_limits(request: HttpRequest, owner_id: UUID, limits: dict[str, Any]) -> bool:
    """Return whether new limits are confirmed: True after their code was used up, False where none is needed.

    Raises StepUpRequired while the code has yet to be given; it is for exactly these limits.
    """
    if not loosens(owner_id, limits):
        return False
    facts = [(LABELS[name], said_of(name, value)) for name, value in limits.items()]
    payload = {name: None if value is None else _plain(value) for name, value in limits.items()}
    summary = Summary("Loosen your limits of live trading", facts, reverse("orders-limits"))
    require_recent_2fa(request, ACTION, payload, summary=summary)
    return True


def said_of(name: str, value: Any) -> str:
    """Return a limit in words."""
    if name == "self_match":
        return str(SelfMatch(value).label)
    return "the platform's limit" if value is None else f"{value.normalize():,f} USDT"


def _plain(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
