"""Who has which role; which exact action was confirmed by a second factor."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.platform.security.choices import Role

__all__ = ["RoleAssignment", "StepUpGrant"]


class RoleAssignment(BaseModel):
    """A role of a person, until it is revoked."""

    placement = Placement.BOTH
    data_categories: ClassVar = {
        "user": DataCategory.OPERATIONAL,
        "role": DataCategory.OPERATIONAL,
        "granted_by": DataCategory.OPERATIONAL,
        "reason": DataCategory.CONTENT,
        "revoked_at": DataCategory.OPERATIONAL,
    }

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="role_assignments")
    role = models.CharField(max_length=20, choices=Role.choices)
    granted_by = models.UUIDField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=models.Q(revoked_at__isnull=True),
                name="one_live_assignment_per_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.user_id}"


class StepUpGrant(BaseModel):
    """A request for a second proof, and the proof: for one person, one session, one action, one payload, used once."""

    placement = Placement.BOTH
    data_categories: ClassVar = {
        "user": DataCategory.OPERATIONAL,
        "session_hash": DataCategory.SECRET,
        "action": DataCategory.OPERATIONAL,
        "payload_hash": DataCategory.OPERATIONAL,
        "title": DataCategory.OPERATIONAL,
        "facts": DataCategory.FINANCIAL,
        "return_url": DataCategory.OPERATIONAL,
        "expires_at": DataCategory.OPERATIONAL,
        "granted_at": DataCategory.OPERATIONAL,
        "used_at": DataCategory.OPERATIONAL,
    }

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    session_hash = models.CharField(max_length=64)
    action = models.CharField(max_length=80)
    payload_hash = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    facts = models.JSONField(default=list)
    return_url = models.CharField(max_length=500, default="/")
    expires_at = models.DateTimeField()
    granted_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(expires_at__lte=models.F("created_at") + timedelta(minutes=5)),
                name="step_up_lives_five_minutes",
            ),
            models.CheckConstraint(
                condition=models.Q(used_at__isnull=True) | models.Q(granted_at__isnull=False),
                name="step_up_used_only_when_granted",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["user", "payload_hash"], condition=models.Q(used_at__isnull=True), name="step_ups_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.payload_hash[:8]}"
