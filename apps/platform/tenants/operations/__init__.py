"""Writes on tenants."""

from apps.platform.tenants.operations.filling import WantedTenant, make_tenant, prepare_public
from apps.platform.tenants.operations.provision import provision_tenant

__all__ = ["WantedTenant", "make_tenant", "prepare_public", "provision_tenant"]
