"""The tier of a customer. The highest one takes two people."""

from typing import Any
from uuid import UUID

from apps.compliance.limits.choices import Tier, TierBasis
from apps.compliance.limits.errors import ChangedSinceAsked, OwnTier, PolicyInvalid, SameTier
from apps.compliance.limits.models import CustomerTier
from apps.compliance.limits.operations.asking import void_open
from apps.compliance.limits.operations.consuming import lock_tier
from apps.compliance.limits.operations.permissions import APPROVE, CONSUME, SET_TIER
from apps.core import outbox
from apps.core.actors import Actor
from apps.core.approvals import approvable, request_approval
from apps.core.clock import now
from apps.core.models import Approval
from apps.core.operation import operation
from apps.platform.users.queries import get_user
from kernel.events.compliance import TierChanged

RAISE = "limits.raise_tier"
NEEDS_TWO = Tier.ENHANCED


@operation("limits.set_tier", permission=SET_TIER, audited=("owner_id", "tier", "basis"))
def set_tier(*, actor: Actor, owner_id: UUID, tier: int, basis: str, reason: str) -> CustomerTier | Approval:
    """Give a customer a tier; the limits of the new tier hold from the next movement on.

    Returns the tier, or, for a raise to 3, the request that another person has to approve; a newer decision about the
    customer voids a waiting one. The product itself (seeding) sets at once. Raises OwnTier, SameTier, PolicyInvalid,
    UserMissing.
    """
    if tier not in Tier.values or basis not in TierBasis.values:
        raise PolicyInvalid(field="tier", why="Tiers are 0 to 3, and each is given for a known reason.")
    if actor.id == owner_id:
        raise OwnTier
    row = lock_tier(owner_id)
    if row.tier == tier:
        raise SameTier(field="tier")
    void_open(RAISE, {"owner_id": str(owner_id)})
    if tier == NEEDS_TWO and not actor.is_system:
        payload = {"owner_id": str(owner_id), "tier": tier, "expected": row.tier, "basis": basis}
        return request_approval(actor=actor, action=RAISE, payload=payload, reason=reason)
    return _put(actor, row, Tier(tier), TierBasis(basis))


@approvable(RAISE, permission=APPROVE, title="Raise a customer to the highest tier")
def run_raise(actor: Actor, payload: dict[str, Any]) -> None:
    """Give the tier that a second person approved. Raises OwnTier, ChangedSinceAsked."""
    owner_id = UUID(payload["owner_id"])
    if actor.id == owner_id:
        raise OwnTier
    row = lock_tier(owner_id)
    if row.tier != payload["expected"]:
        raise ChangedSinceAsked
    _put(actor, row, Tier(payload["tier"]), TierBasis(payload["basis"]))


@operation("limits.start_customer", permission=CONSUME, trail=False)
def start_customer(*, actor: Actor, owner_id: UUID) -> CustomerTier | None:
    """Make the row of a new customer, so that staff see the person at the desk; staff get none. Safe to repeat."""
    return None if get_user(owner_id).is_staff else lock_tier(owner_id)


def _put(actor: Actor, row: CustomerTier, tier: Tier, basis: TierBasis) -> CustomerTier:
    previous = row.tier
    row.tier, row.basis, row.changed_at = tier, basis, now()
    row.save(update_fields=["tier", "basis", "changed_at"])
    outbox.publish(TierChanged(user_id=row.owner_id, tier=tier.value, previous=previous), actor=actor)
    return row
