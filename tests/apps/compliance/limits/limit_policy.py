"""What the tests of limits share: a policy of their own, movements, people."""

from decimal import Decimal
from typing import Any

from apps.compliance.limits.choices import Tier, TierBasis, Verb, Window
from apps.compliance.limits.models import LimitRow, LimitUse, VelocityRow
from apps.compliance.limits.operations import check_and_consume, set_tier
from apps.core.actors import Actor

D = Decimal
SYSTEM = Actor.system("tests")


def limit(amount: str, *, asset: str = "USDT", window: str = Window.DAY, tier: int = 2, verb: str = "withdraw") -> None:
    """Put a limit, past the four eyes."""
    LimitRow.objects.create(tier=tier, verb=verb, asset=asset, window=window, amount=D(amount))


def most(count: int, *, window: str = Window.DAY, tier: int = 2, verb: str = "withdraw") -> None:
    """Put a limit of number, past the four eyes."""
    VelocityRow.objects.create(tier=tier, verb=verb, window=window, max_count=count)


def verify(user: Any, tier: int = 2) -> None:
    """Give a customer a tier."""
    set_tier(actor=SYSTEM, owner_id=user.pk, tier=Tier(tier), basis=TierBasis.EVIDENCE, reason="test")


def use(user: Any, amount: str, key: str, **more: Any) -> LimitUse:
    """Use up a limit by an amount of USDT, or of `asset` with a worth of `value`."""
    given = {"verb": Verb.WITHDRAW, "asset": "USDT", "actor": SYSTEM, **more}
    return check_and_consume(owner_id=user.pk, amount=D(amount), key=key, **given)
