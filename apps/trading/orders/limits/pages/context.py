"""What the page of limits is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.ids import uuid7
from apps.core.templatetags.ui import amount
from apps.core.view import Limit
from apps.trading.orders.limits.confirming import LABELS
from apps.trading.orders.limits.pages.forms import LimitsForm
from apps.trading.orders.limits.queries import NAMES, OWN, LimitInForce, get_limits_in_force

HUNDRED = 100


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit in force, whose it is, and the platform's beside it."""

    label: str
    value: str
    set_by: str
    platform: str


@dataclass(frozen=True, slots=True)
class LimitsPage:
    """What is in force, what of today is used, and the form."""

    lines: Sequence[LimitLine]
    today: Limit
    left: str
    self_match: str
    form: Any
    action_url: str
    key: str


def limits_page(owner_id: UUID, form: LimitsForm | None = None, key: str = "") -> LimitsPage:
    """Return the limits of a customer's live orders."""
    found = get_limits_in_force(owner_id)
    by_name = {row.name: row for row in found.limits}
    most = by_name["most_per_day"].value
    part = min(HUNDRED, int(found.used_today * HUNDRED / most))
    first = {name: "" if by_name[name].own is None else f"{by_name[name].own.normalize():f}" for name in NAMES}  # type: ignore[union-attr]
    return LimitsPage(
        lines=[_line(row) for row in found.limits],
        today=Limit("Live orders today", amount(found.used_today, 2), f"{amount(most, 2)} USDT", part,
                    over=found.used_today >= most),
        left=amount(found.left_today, 2),
        self_match=str(found.self_match.label),
        form=form or LimitsForm(initial={**first, "self_match": found.self_match.value}),
        action_url=reverse("orders-limits"),
        key=key or uuid7().hex,
    )  # fmt: skip


def _line(row: LimitInForce) -> LimitLine:
    by = "You" if row.set_by == OWN else "The platform"
    return LimitLine(LABELS[row.name], amount(row.value, 2), by, amount(row.platform, 2))
