"""First limits of a tenant; the demo's customers are verified."""

from apps.compliance.limits.choices import Tier, TierBasis
from apps.compliance.limits.operations import put_defaults, set_tier, start_customer
from apps.compliance.limits.queries import exists_decision, list_customers_without_tier
from apps.core.actors import Actor
from apps.core.seeding import SeedTenant, seeds_tenant

SYSTEM = Actor.system("seed")


@seeds_tenant("limits.first_limits", order=150)
def first_limits(tenant: SeedTenant) -> None:
    """Put the default limits where there are none, make rows of older customers, verify the demo's customers."""
    put_defaults(actor=SYSTEM)
    for owner_id in list_customers_without_tier():
        start_customer(actor=SYSTEM, owner_id=owner_id)
    if not tenant.demo:
        return
    for person in tenant.people.values():
        # What staff decided since the last start is kept.
        if not person.is_staff and not exists_decision(person.pk):
            set_tier(
                actor=SYSTEM,
                owner_id=person.pk,
                tier=Tier.VERIFIED,
                basis=TierBasis.EVIDENCE,
                reason="customers of the demo are verified",
            )
