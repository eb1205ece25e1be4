"""Four eyes: an action waits until enough people other than its maker have said yes."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.triggers import append_only, state_machine


class ApprovalState(models.TextChoices):
    """Where a request for approval stands."""

    PENDING = "pending"
    """Waits for checkers."""
    EXECUTED = "executed"
    """Enough checkers agreed and the action ran, in one transaction."""
    REJECTED = "rejected"
    """A checker said no."""
    EXPIRED = "expired"
    """Nobody decided in time."""
    VOIDED = "voided"
    """Called off by its maker, or edited: an edited action needs a new request."""


FIXED: Any = pgtrigger.UpdateOf("action", "payload", "payload_hash", "maker_id", "required")  # type: ignore[no-untyped-call]


class Approval(BaseModel):
    """An action that waits: name, payload, hash of both, its maker, how many checkers it needs."""

    placement = Placement.BOTH
    data_categories: ClassVar = {
        "action": DataCategory.OPERATIONAL,
        "payload": DataCategory.OPERATIONAL,
        "payload_hash": DataCategory.OPERATIONAL,
        "reason": DataCategory.CONTENT,
        "maker_id": DataCategory.OPERATIONAL,
        "required": DataCategory.OPERATIONAL,
        "state": DataCategory.OPERATIONAL,
        "expires_at": DataCategory.OPERATIONAL,
        "decided_at": DataCategory.OPERATIONAL,
    }

    action = models.CharField(max_length=80)
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=500)
    maker_id = models.UUIDField()
    required = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=12, choices=ApprovalState.choices, default=ApprovalState.PENDING)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(required__gte=1), name="approval_needs_a_checker"),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "expires_at"], name="approvals_by_state")]
        triggers: ClassVar = [
            state_machine("approval", "state", [("pending", to) for to in ApprovalState.values if to != "pending"]),
            pgtrigger.Protect(
                name="approval_payload_fixed",
                operation=FIXED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} ({self.state})"


class ApprovalVote(BaseModel):
    """One checker's yes or no. The database refuses the maker and a second vote of the same person."""

    placement = Placement.BOTH
    data_categories: ClassVar = {
        "approval": DataCategory.OPERATIONAL,
        "checker_id": DataCategory.OPERATIONAL,
        "agrees": DataCategory.OPERATIONAL,
        "reason": DataCategory.CONTENT,
    }

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="votes")
    checker_id = models.UUIDField()
    agrees = models.BooleanField()
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["approval", "checker_id"], name="one_vote_per_checker"),
        ]
        triggers: ClassVar = [
            *append_only("approvalvote"),
            pgtrigger.Trigger(
                name="approvalvote_not_maker",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (SELECT 1 FROM core_approval a
                               WHERE a.id = NEW.approval_id AND a.maker_id = NEW.checker_id) THEN
                        RAISE EXCEPTION 'the maker of an approval cannot check it' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.checker_id}: {'yes' if self.agrees else 'no'}"
