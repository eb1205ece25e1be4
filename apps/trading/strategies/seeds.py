"""First rows: two strategies of the gallery for each demo customer, to try at once."""

from apps.core.actors import Actor
from apps.core.seeding import SeedTenant, seeds_tenant
from apps.trading.strategies.operations import create_strategy
from apps.trading.strategies.queries import list_examples, list_strategies

HOW_MANY = 2


@seeds_tenant("strategies.examples", order=310)
def first_strategies(tenant: SeedTenant) -> None:
    """Copy the first examples, unless the customer has a strategy already."""
    for user in tenant.people.values():
        if user.is_staff or list_strategies(user.pk, None).exists():
            continue
        for example in list_examples()[:HOW_MANY]:
            document = example.document.model_dump(mode="json")
            document["name"] = tenant.text(example.title)
            create_strategy(actor=Actor.of(user), owner_id=user.pk, document=document)
