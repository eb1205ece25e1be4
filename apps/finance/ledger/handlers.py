"""What follows from events: the owner and finance are told of a red proof."""

from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.core.proofs import PROVE
from apps.finance.ledger.topics import PROOF_FAILED
from apps.platform.notifications.operations import notify
from apps.platform.security.queries import list_holders
from kernel.events.platform import ProofFailed


@handles(ProofFailed, name="ledger.tell_proof_failed")
def tell(event: ProofFailed, row: OutboxEvent) -> None:
    """Tell everybody who runs proofs: the owner and finance, in public the platform's security."""
    params = {"report_id": str(event.report_id), "faults": event.faults}
    for person in list_holders(PROVE):
        notify(person, PROOF_FAILED.name, params, dedupe_key=str(row.uid))
