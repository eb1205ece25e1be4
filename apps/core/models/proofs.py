"""Reports of the proofs: what was recomputed, what did not hold, signed so that a changed report shows itself."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.triggers import append_only


class ProofReport(BaseModel):
    """One run of all proofs in one schema.

    `report` = {schema, proofs: {name: {count, faults}}, figures: {name: rows}}.
    """

    placement = Placement.BOTH
    data_categories: ClassVar = dict.fromkeys(
        ("ran_at", "is_clean", "faults", "duration_ms", "report", "signature"), DataCategory.EVIDENCE
    )

    ran_at = models.DateTimeField()
    is_clean = models.BooleanField()
    faults = models.PositiveIntegerField()
    duration_ms = models.PositiveIntegerField()
    report = models.JSONField()
    signature = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(is_clean=True, faults=0) | models.Q(is_clean=False, faults__gt=0),
                name="proof_is_clean_without_faults",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["ran_at"], name="proofs_by_moment")]
        triggers: ClassVar = append_only("proofreport")

    def __str__(self) -> str:
        return f"{self.ran_at:%Y-%m-%d %H:%M} {'clean' if self.is_clean else 'red'}"
