"""Tenant, its hosts, and the plan it rents."""

from typing import ClassVar

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.triggers import state_machine
from apps.platform.tenants.choices import TenantStatus


class Plan(BaseModel):
    """What a tenant rents from the platform."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {"code": DataCategory.PUBLIC_FACT, "title": DataCategory.PUBLIC_FACT}

    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.title


class Tenant(TenantMixin, BaseModel):  # type: ignore[misc]  # the library ships no types
    """A brokerage, school or community: one row here, one schema of its own."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        "schema_name": DataCategory.OPERATIONAL,
        "name": DataCategory.CONTENT,
        "slug": DataCategory.PUBLIC_FACT,
        "email": DataCategory.IDENTIFIER,
        "status": DataCategory.OPERATIONAL,
        "plan": DataCategory.OPERATIONAL,
    }
    auto_create_schema = False
    auto_drop_schema = False

    name = models.CharField(max_length=80)
    slug = models.CharField(max_length=30, unique=True)
    email = models.EmailField()
    status = models.CharField(max_length=12, choices=TenantStatus.choices, default=TenantStatus.PROVISIONING)
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(schema_name__regex=r"^[a-z][a-z0-9_]{0,40}$")
                & ~models.Q(schema_name__in=["public", "information_schema", "zz_template"]),
                name="tenant_schema_name_is_ours",
            ),
        ]
        triggers: ClassVar = [
            state_machine(
                "tenant",
                "status",
                [("provisioning", "active"), ("active", "suspended"), ("suspended", "active")],
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin, BaseModel):  # type: ignore[misc]  # the library ships no types
    """A host name that leads to a tenant."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        "domain": DataCategory.PUBLIC_FACT,
        "tenant": DataCategory.OPERATIONAL,
        "is_primary": DataCategory.OPERATIONAL,
    }

    def __str__(self) -> str:
        return str(self.domain)
