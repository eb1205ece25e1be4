"""What a new tenant starts with. What staff decided is never touched."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.finance.wallets.calendar_days import today
from apps.finance.wallets.choices_earning import PRODUCT_STATES, ProductState
from apps.finance.wallets.models import FiatRate, StakingProduct, YieldProduct
from apps.finance.wallets.operations.permissions_earning import RUN
from apps.finance.wallets.operations.products import Tier, write_rates

D = Decimal
YIELDS: tuple[tuple[dict[str, Any], Any], ...] = (
    ({"name": "USDT flexible", "asset_id": "USDT", "minimum": D(10)}, ((D(0), D("0.03")), (D(10_000), D("0.02")))),
    (
        {"name": "USDT 30 days", "asset_id": "USDT", "minimum": D(100), "capacity": D(1_000_000), "lock_days": 30},
        ((D(0), D("0.05")),),
    ),
    ({"name": "BTC flexible", "asset_id": "BTC", "minimum": D("0.0001"), "compounds": True}, ((D(0), D("0.008")),)),
)
STAKES: tuple[tuple[dict[str, Any], Decimal], ...] = (
    ({"name": "ETH staking", "asset_id": "ETH", "minimum": D("0.01"), "unbonding_days": 7}, D("0.00008")),
    (
        {"name": "SOL staking", "asset_id": "SOL", "minimum": D("0.1"), "unbonding_days": 3, "compounds": True},
        D("0.00018"),
    ),
)


@operation("wallets.put_first_products", permission=RUN)
def put_first_products(*, actor: Actor, offered: bool, spell: Callable[[str], str] = str) -> bool:
    """Make the first products of a tenant that has none, as drafts with rates, or offered; return whether it did.

    `spell` writes their names.
    """
    if YieldProduct.objects.exists() or StakingProduct.objects.exists():
        return False
    made: list[YieldProduct | StakingProduct] = []
    for facts, tiers in YIELDS:
        product = YieldProduct.objects.create(**{**facts, "name": spell(facts["name"])})
        write_rates(product, today(), [Tier(least, rate) for least, rate in tiers])
        made.append(product)
    for facts, rate in STAKES:
        staking = StakingProduct.objects.create(**{**facts, "name": spell(facts["name"])})
        write_rates(staking, today(), [Tier(D(0), rate)])
        made.append(staking)
    for row in made if offered else []:
        transition(row, "offer", table=PRODUCT_STATES, expected=ProductState.DRAFT, actor=actor)
    return True


@operation("wallets.put_first_rates", permission=RUN)
def put_first_rates(*, actor: Actor, rates: Mapping[tuple[str, str], Decimal], as_of: datetime, source: str) -> bool:
    """Enter the first exchange rates of a tenant that has none; return whether it did."""
    if FiatRate.objects.exists():
        return False
    FiatRate.objects.bulk_create(
        [
            FiatRate(base_id=base, quote_id=quote, rate=rate, as_of=as_of, source=source)
            for (base, quote), rate in rates.items()
        ]
    )
    return True
