"""Other limits, numbers and thresholds: one person proposes, another approves, then they hold."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.compliance.limits.choices import SPANS, Tier, Verb, Window
from apps.compliance.limits.defaults import LIMITS, THRESHOLDS, VELOCITY
from apps.compliance.limits.errors import ChangedSinceAsked, NothingToChange, PolicyInvalid
from apps.compliance.limits.models import LimitRow, ScreeningThreshold, VelocityRow
from apps.compliance.limits.operations.asking import void_open
from apps.compliance.limits.operations.checking import checked_asset_or_any, checked_limit, spelled
from apps.compliance.limits.operations.permissions import APPROVE, CONSUME, PROPOSE
from apps.core.actors import Actor
from apps.core.approvals import approvable, request_approval
from apps.core.assets import get_asset
from apps.core.models import Approval
from apps.core.operation import operation

MOST_COUNT = 1_000_000


@dataclass(frozen=True, slots=True)
class Policy:
    """A table that takes four eyes: the action's name, the model, the column that changes."""

    action: str
    model: Any
    column: str

    def present(self, target: dict[str, Any]) -> str | None:
        """Return the present value in its one spelling, the row locked; None without a row."""
        row = self.model.objects.select_for_update().filter(**target).first()
        return None if row is None else spelled(Decimal(getattr(row, self.column)))

    def put(self, target: dict[str, Any], value: str) -> None:
        """Write the value."""
        self.model.objects.update_or_create(**target, defaults={self.column: Decimal(value)})


LIMIT = Policy("limits.change_limit", LimitRow, "amount")
VELOCITY_POLICY = Policy("limits.change_velocity", VelocityRow, "max_count")
THRESHOLD = Policy("limits.change_threshold", ScreeningThreshold, "amount")


@operation("limits.change_limit", permission=PROPOSE, audited=("tier", "verb", "asset", "window", "amount"))
def change_limit(
    *, actor: Actor, tier: int, verb: str, asset: str, window: str, amount: Decimal, reason: str
) -> Approval:
    """Ask for another limit (0 closes it); it holds once somebody else approved. A newer request voids this one.

    `asset` "*" stands for all assets without a row of their own, with `amount` in USDT. Raises PolicyInvalid,
    UnknownAsset, NothingToChange.
    """
    target = {**_place(tier, verb, window), "asset": checked_asset_or_any(asset)}
    return _ask(LIMIT, actor, target, checked_limit(amount), reason)


@operation("limits.change_velocity", permission=PROPOSE, audited=("tier", "verb", "window", "max_count"))
def change_velocity(*, actor: Actor, tier: int, verb: str, window: str, max_count: int, reason: str) -> Approval:
    """Ask for another number of times in a rolling window (0 closes the verb). Raises as `change_limit` does."""
    target = _place(tier, verb, window)
    if window not in SPANS or not 0 <= max_count <= MOST_COUNT:
        raise PolicyInvalid(field="max_count", why="A number is 0 to 1,000,000 and holds over a rolling window.")
    return _ask(VELOCITY_POLICY, actor, target, spelled(Decimal(max_count)), reason)


@operation("limits.change_threshold", permission=PROPOSE, audited=("asset", "amount"))
def change_threshold(*, actor: Actor, asset: str, amount: Decimal, reason: str) -> Approval:
    """Ask for another amount above which staff look at a movement. Raises as `change_limit` does."""
    return _ask(THRESHOLD, actor, {"asset": get_asset(asset).code}, checked_limit(amount), reason)


@operation("limits.put_defaults", permission=CONSUME)
def put_defaults(*, actor: Actor) -> bool:
    """Fill the tables of a tenant that has no limits yet, and no others; return whether it did."""
    if LimitRow.objects.exists():
        return False
    LimitRow.objects.bulk_create(
        [
            LimitRow(tier=tier, verb=verb, asset=asset, window=window, amount=amount)
            for tier, verb, asset, window, amount in LIMITS
        ]
    )
    VelocityRow.objects.bulk_create(
        [VelocityRow(tier=tier, verb=verb, window=window, max_count=most) for tier, verb, window, most in VELOCITY]
    )
    ScreeningThreshold.objects.bulk_create(
        [ScreeningThreshold(asset=asset, amount=amount) for asset, amount in THRESHOLDS.items()]
    )
    return True


@approvable(LIMIT.action, permission=APPROVE, title="Change a limit")
def run_limit(_actor: Actor, payload: dict[str, Any]) -> None:
    """Put the approved limit."""
    _take_effect(LIMIT, payload)


@approvable(VELOCITY_POLICY.action, permission=APPROVE, title="Change a limit of number")
def run_velocity(_actor: Actor, payload: dict[str, Any]) -> None:
    """Put the approved number."""
    _take_effect(VELOCITY_POLICY, payload)


@approvable(THRESHOLD.action, permission=APPROVE, title="Change a screening threshold")
def run_threshold(_actor: Actor, payload: dict[str, Any]) -> None:
    """Put the approved threshold."""
    _take_effect(THRESHOLD, payload)


def _place(tier: int, verb: str, window: str) -> dict[str, Any]:
    if tier not in Tier.values or verb not in Verb.values or window not in Window.values:
        raise PolicyInvalid(why="This tier, verb or window does not exist.")
    return {"tier": int(tier), "verb": str(verb), "window": str(window)}


def _ask(policy: Policy, actor: Actor, target: dict[str, Any], value: str, reason: str) -> Approval:
    present = policy.present(target)
    if present == value:
        raise NothingToChange
    void_open(policy.action, {"target": target})
    payload = {"target": target, "value": value, "expected": present}
    return request_approval(actor=actor, action=policy.action, payload=payload, reason=reason)


def _take_effect(policy: Policy, payload: dict[str, Any]) -> None:
    if policy.present(payload["target"]) != payload["expected"]:
        raise ChangedSinceAsked
    policy.put(payload["target"], payload["value"])
