"""Writes of execution quality."""

from uuid import UUID

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.trading.orders.errors import OrderMissing
from apps.trading.orders.operations.placing import PERSONS, TRADE
from apps.trading.orders.quality.models import QualityAlert


@operation(
    "orders.set_quality_alert",
    permission=TRADE,
    audited=("owner_id", "worst_slippage_bps", "slowest_answer_ms"),
)
def set_quality_alert(
    *, actor: Actor, owner_id: UUID, worst_slippage_bps: int | None, slowest_answer_ms: int | None
) -> QualityAlert:
    """Set when a customer is told of an execution: worse by more than so many bp, answered later than so many ms.

    None is no bound. Raises OrderMissing for somebody else's.
    """
    if actor.kind in PERSONS and actor.id != owner_id:
        raise OrderMissing
    row, _ = QualityAlert.objects.update_or_create(
        owner_id=owner_id,
        defaults={"worst_slippage_bps": worst_slippage_bps, "slowest_answer_ms": slowest_answer_ms},
    )
    return row
