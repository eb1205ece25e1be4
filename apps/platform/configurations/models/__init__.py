"""Values that differ from the default, with their history."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.triggers import append_only


class SettingVersion(BaseModel):
    """One value a setting was given; the highest version of a name is in force."""

    placement = Placement.BOTH
    data_categories: ClassVar = {
        "name": DataCategory.OPERATIONAL,
        "version": DataCategory.OPERATIONAL,
        "value": DataCategory.OPERATIONAL,
        "set_by": DataCategory.OPERATIONAL,
    }

    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    value = models.IntegerField()
    set_by = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "version"], name="one_value_per_setting_version"),
            models.CheckConstraint(condition=models.Q(version__gte=1), name="setting_versions_start_at_one"),
        ]
        triggers: ClassVar = append_only("settingversion")

    def __str__(self) -> str:
        return f"{self.name} v{self.version} = {self.value}"
