"""Filling public and tenants with their first rows."""

from dataclasses import dataclass

from apps.core.actors import Actor
from apps.core.context import PUBLIC, in_schema
from apps.core.schemas.build import build_public, template_text
from apps.core.schemas.grants import apply_grants
from apps.core.schemas.migrate import migrate_all
from apps.core.schemas.owner import as_owner
from apps.core.seeding import SeedTenant, public_steps, tenant_steps
from apps.platform.tenants.operations.provision import provision_tenant


@dataclass(frozen=True)
class WantedTenant:
    """A tenant to make and fill."""

    slug: str
    name: str
    email: str
    demo: bool
    canary: str = ""


def prepare_public() -> None:
    """Bring public to the code's state: tables from models on first boot, migrations afterwards, first rows always."""
    with as_owner():
        if not build_public():
            migrate_all()
        template_text()
        apply_grants(PUBLIC)
    with in_schema(PUBLIC):
        for _name, step in public_steps():
            step()


def make_tenant(*, actor: Actor, wanted: WantedTenant, base_host: str) -> SeedTenant:
    """Provision a tenant (or find it) and run all its seed steps; return what they reported."""
    tenant = provision_tenant(actor=actor, slug=wanted.slug, name=wanted.name, email=wanted.email, base_host=base_host)
    seeded = SeedTenant(
        id=tenant.pk,
        schema=tenant.schema_name,
        slug=tenant.slug,
        host=f"{tenant.slug}.{base_host}",
        demo=wanted.demo,
        canary=wanted.canary,
    )
    with in_schema(tenant.schema_name):
        for _name, step in tenant_steps():
            step(seeded)
    return seeded
