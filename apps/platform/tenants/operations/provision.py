"""Making a tenant: a row, a schema replayed from the template, its host. Resumable; run as owner."""

import re
import secrets

from django.db import transaction
from django_tenants.utils import schema_exists

from apps.core import audit, outbox
from apps.core.actors import Actor
from apps.core.context import PUBLIC, in_schema
from apps.core.schemas.build import drop_schema, replay
from apps.core.schemas.owner import as_owner
from apps.platform.tenants.choices import TenantStatus
from apps.platform.tenants.errors import HostTaken, SlugNotUsable
from apps.platform.tenants.models import Domain, Tenant
from apps.platform.tenants.queries import forget_hosts
from kernel.events.platform import TenantProvisioned

SLUG = re.compile(r"[a-z][a-z0-9-]{1,28}[a-z0-9]")
RESERVED_SLUGS = frozenset(
    {"admin", "api", "app", "console", "mail", "platform", "public", "static", "status", "support", "www"}
)


def provision_tenant(*, actor: Actor, slug: str, name: str, email: str, base_host: str) -> Tenant:
    """Make (or finish making) the tenant `slug` at `slug.base_host`; return it active.

    Raises SlugNotUsable and HostTaken before anything is made. A run that died is finished by the next one: the row
    says `provisioning` until the schema is whole, and a half-made schema is dropped first.
    """
    if not SLUG.fullmatch(slug) or slug in RESERVED_SLUGS:
        raise SlugNotUsable(field="slug", slug=slug)
    host = f"{slug}.{base_host}"
    with as_owner(), in_schema(PUBLIC):
        tenant = _reserve(slug=slug, name=name, email=email, host=host)
        if tenant.status != TenantStatus.PROVISIONING:
            return tenant
        if schema_exists(tenant.schema_name):
            drop_schema(tenant.schema_name)
        replay(tenant.schema_name)
        with transaction.atomic():
            Tenant.objects.filter(pk=tenant.pk, status=TenantStatus.PROVISIONING).update(status=TenantStatus.ACTIVE)
            outbox.publish(TenantProvisioned(tenant_id=tenant.pk), actor=actor)
            audit.record(actor=actor, operation="tenants.provision_tenant", subject=tenant, data={"slug": slug})
        tenant.refresh_from_db()
    forget_hosts()
    return tenant


def _reserve(*, slug: str, name: str, email: str, host: str) -> Tenant:
    with transaction.atomic():
        existing = Tenant.objects.filter(slug=slug).first()
        if existing is not None:
            return existing
        if Domain.objects.filter(domain=host).exists():
            raise HostTaken(field="slug", host=host)
        tenant = Tenant(slug=slug, name=name, email=email, schema_name=f"t_{secrets.token_hex(6)}")
        tenant.save()
        Domain(domain=host, tenant=tenant, is_primary=True).save()
        return tenant
