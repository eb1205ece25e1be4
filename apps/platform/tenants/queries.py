"""Reading tenants. The answer for a host is kept for a minute in each process."""

import threading
from dataclasses import dataclass
from uuid import UUID

from apps.core.clock import monotonic
from apps.core.context import PUBLIC, in_schema
from apps.platform.tenants.choices import TenantStatus
from apps.platform.tenants.errors import TenantMissing
from apps.platform.tenants.models import Domain, Tenant

KEEP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class TenantFacts:
    """What a request needs to know of its tenant."""

    id: UUID
    schema: str
    name: str
    slug: str
    is_suspended: bool


_by_host: dict[str, tuple[float, TenantFacts | None]] = {}
_lock = threading.Lock()


def get_tenant_by_host(host: str) -> TenantFacts | None:
    """Return the active or suspended tenant of a host name without port, or None."""
    name = host.lower()
    kept = _by_host.get(name)
    if kept is not None and kept[0] > monotonic():
        return kept[1]
    with in_schema(PUBLIC):
        domain = (
            Domain.objects.select_related("tenant")
            .filter(domain=name, tenant__status__in=[TenantStatus.ACTIVE, TenantStatus.SUSPENDED])
            .first()
        )
    facts = _facts(domain.tenant) if domain is not None else None
    with _lock:
        if len(_by_host) > 10_000:
            _by_host.clear()
        _by_host[name] = (monotonic() + KEEP_SECONDS, facts)
    return facts


def forget_hosts() -> None:
    """Drop what this process remembers of hosts."""
    _by_host.clear()


def list_active_tenants() -> list[TenantFacts]:
    """Return all active tenants, oldest first."""
    with in_schema(PUBLIC):
        return [_facts(tenant) for tenant in Tenant.objects.filter(status=TenantStatus.ACTIVE).order_by("created_at")]


def get_tenant(slug: str) -> TenantFacts:
    """Return the tenant of a slug, or raise TenantMissing."""
    with in_schema(PUBLIC):
        tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise TenantMissing
    return _facts(tenant)


def get_tenant_by_schema(schema: str) -> TenantFacts:
    """Return the tenant of a schema, or raise TenantMissing."""
    with in_schema(PUBLIC):
        tenant = Tenant.objects.filter(schema_name=schema).first()
    if tenant is None:
        raise TenantMissing
    return _facts(tenant)


def get_primary_host(schema: str) -> str:
    """Return the primary host of a tenant's schema (no port), or raise TenantMissing."""
    with in_schema(PUBLIC):
        domain = Domain.objects.filter(tenant__schema_name=schema, is_primary=True).first()
    if domain is None:
        raise TenantMissing
    return str(domain.domain)


def _facts(tenant: Tenant) -> TenantFacts:
    return TenantFacts(
        id=tenant.pk,
        schema=tenant.schema_name,
        name=tenant.name,
        slug=tenant.slug,
        is_suspended=tenant.status == TenantStatus.SUSPENDED,
    )
