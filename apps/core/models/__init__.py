"""Tables that all apps lean on."""

from apps.core.models.approvals import Approval, ApprovalState, ApprovalVote
from apps.core.models.assets import Asset
from apps.core.models.audit import AuditEvent, AuditOutcome, AuditSeal
from apps.core.models.base import BaseModel, EntryModel, PlacedModel
from apps.core.models.events import EventReceipt, OutboxEvent
from apps.core.models.idempotency import IdempotencyRecord
from apps.core.models.proofs import ProofReport
from apps.core.models.schemas import SchemaTemplate
from apps.core.models.timers import TenantWork, Timer, TimerState

__all__ = [
    "Approval",
    "ApprovalState",
    "ApprovalVote",
    "Asset",
    "AuditEvent",
    "AuditOutcome",
    "AuditSeal",
    "BaseModel",
    "EntryModel",
    "EventReceipt",
    "IdempotencyRecord",
    "OutboxEvent",
    "PlacedModel",
    "ProofReport",
    "SchemaTemplate",
    "TenantWork",
    "Timer",
    "TimerState",
]
