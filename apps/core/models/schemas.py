"""The text from which a tenant's schema is made."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement


class SchemaTemplate(BaseModel):
    """DDL and first rows of a tenant schema, made once per set of migrations; replaying it makes a tenant."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {"hash": DataCategory.OPERATIONAL, "sql": DataCategory.OPERATIONAL}

    hash = models.CharField(max_length=64, unique=True)
    sql = models.TextField()

    def __str__(self) -> str:
        return self.hash[:12]
