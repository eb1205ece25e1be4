"""What tests of saving, yield and staking stand on: money, products, days that pass, and books that add up."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction

from apps.core import timers
from apps.core.actors import Actor
from apps.core.clock import freeze
from apps.finance.ledger.choices import AccountKind, Mode
from apps.finance.ledger.operations import post_many
from apps.finance.ledger.operations.patterns import deposit_journal
from apps.finance.ledger.proofs import ledger_holds
from apps.finance.ledger.queries import get_available, get_balances, trial_balance
from apps.finance.wallets.choices_earning import PRODUCT_STATES, ProductState
from apps.finance.wallets.models import StakingProduct, YieldProduct
from apps.finance.wallets.operations.products import Tier, write_rates
from apps.finance.wallets.proofs_earning import earning_holds

SYSTEM = Actor.system("tests")
D = Decimal
DAY = timedelta(days=1)


def at(text: str) -> datetime:
    """Return a moment of UTC from "2025-01-31" or "2025-01-31 15:30"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fund(user: Any, asset: str, amount: str, *, mode: Mode = Mode.LIVE) -> None:
    """Put money into a customer's wallet."""
    journal = deposit_journal(key=f"test:{uuid4()}", holder_id=user.pk, asset=asset, amount=D(amount), mode=mode)
    with transaction.atomic():
        post_many(actor=SYSTEM, journals=[journal])


def free(user: Any, asset: str, *, mode: Mode = Mode.LIVE) -> Decimal:
    """Return what a customer can spend."""
    return get_available(user.pk, asset, mode=mode)


def inside(user: Any, kind: AccountKind, *, mode: Mode = Mode.LIVE) -> Decimal:
    """Return what a customer has in all accounts of a kind."""
    return sum((row.natural for row in get_balances(user.pk, mode=mode) if row.kind == kind), D(0))


def run_timers() -> int:
    """Fire all that is due at the present moment; return how many."""
    fired = 0
    while step := timers.fire_due():
        fired += step
    return fired


def pass_days(first: str, last: str, *, hour: int = 0, minute: int = 5) -> None:
    """Let each day from `first` to `last` come, with the timers running a little after its midnight."""
    day = at(first) + timedelta(hours=hour, minutes=minute)
    while day <= at(last) + DAY - timedelta(seconds=1):
        with freeze(day):
            run_timers()
        day += DAY


def yield_product(*rates: tuple[str, tuple[tuple[str, str], ...]], **facts: Any) -> YieldProduct:
    """Return an offered product; rates: (first day, ((from amount, rate), …))."""
    given = {"name": "Test", "asset_id": "USDT", "minimum": D(1), **facts}
    product = YieldProduct.objects.create(**given)
    for first, tiers in rates or (("2020-01-01", (("0", "0.05"),)),):
        write_rates(product, date.fromisoformat(first), [Tier(D(least), D(rate)) for least, rate in tiers])
    _offer(product)
    return product


def staking_product(*rates: tuple[str, str], **facts: Any) -> StakingProduct:
    """Return an offered product; rates: (first day, rate a day)."""
    product = StakingProduct.objects.create(**{"name": "Test", "asset_id": "ETH", "minimum": D("0.01"), **facts})
    for first, rate in rates or (("2020-01-01", "0.0001"),):
        write_rates(product, date.fromisoformat(first), [Tier(D(0), D(rate))])
    _offer(product)
    return product


def _offer(product: Any) -> None:
    PRODUCT_STATES.target("offer", product.state)
    type(product).objects.filter(pk=product.pk).update(state=ProductState.OFFERED)
    product.refresh_from_db()


def check_books() -> None:
    """Assert that nothing was made or lost: ledger, positions, and sums of zero in every asset and mode."""
    assert ledger_holds() == []
    assert earning_holds() == []
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in trial_balance():
        sums[row.mode, row.asset] += row.credit - row.debit
    assert set(sums.values()) <= {D(0)}


@contextmanager
def nothing_changes() -> Iterator[None]:
    """Assert that the block moves no money and writes no row of ours."""
    before = _picture()
    yield
    assert _picture() == before


def _picture() -> Any:
    from apps.finance.ledger.models import Account, Journal
    from apps.finance.wallets import models

    return (
        list(Account.objects.order_by("id").values_list("id", "balance", "held", "state")),
        Journal.objects.count(),
        *[list(getattr(models, name).objects.order_by("id").values()) for name in models.__all__],
    )
