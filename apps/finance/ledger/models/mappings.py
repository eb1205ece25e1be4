"""Under which names the accounts stand in the tenant's accounting."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import no_truncate
from apps.finance.ledger.choices import AccountKind


class ExportMapping(BaseModel):
    """Name and short code of a kind of account in exports; a kind without a row keeps the default of `exports`."""

    data_categories: ClassVar = {
        "kind": DataCategory.OPERATIONAL,
        "name": DataCategory.CONTENT,
        "code": DataCategory.CONTENT,
        "changed_at": DataCategory.OPERATIONAL,
    }

    kind = models.CharField(max_length=16, choices=AccountKind.choices)
    name = models.CharField(max_length=120)
    code = models.CharField(max_length=10)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind"], name="one_export_name_per_kind"),
            models.CheckConstraint(
                condition=models.Q(
                    name__regex=r"^(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+$"
                ),
                name="export_name_is_readable",
            ),
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^[A-Za-z0-9.-]{1,10}$"), name="export_code_is_plain"
            ),
        ]
        triggers: ClassVar = [no_truncate("exportmapping")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"
