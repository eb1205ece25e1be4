"""Using up limits. One customer's calls stand in a line at the row of the tier, so that none slips past another."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.compliance.limits import counting
from apps.compliance.limits.choices import ANY_ASSET, REFERENCE, SPANS, Tier, Verb, Window
from apps.compliance.limits.errors import (
    AmountTooLarge,
    KeyUsedOtherwise,
    NoLimitSet,
    NotForThisTier,
    TooManyTimes,
    UseGivenBack,
    UseMissing,
    WindowUsedUp,
    WorthUnknown,
)
from apps.compliance.limits.models import CustomerTier, LimitRow, LimitUse, VelocityRow
from apps.compliance.limits.operations.checking import checked_worth, spelled
from apps.compliance.limits.operations.permissions import CONSUME
from apps.core.actors import Actor
from apps.core.assets import get_asset, parse_amount
from apps.core.clock import now
from apps.core.errors import LimitReached
from apps.core.operation import operation
from apps.platform.users.queries import get_user
from kernel.money.exact import subtract


@dataclass(frozen=True, slots=True)
class Asked:
    """A movement that wants room."""

    owner_id: UUID
    verb: Verb
    asset: str
    amount: Decimal
    value: Decimal | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that has no room, and when it has again (None: never for this amount)."""

    error: LimitReached
    frees_at: datetime | None = field(default=None)


@operation("limits.check_and_consume", permission=CONSUME, trail=False)
def check_and_consume(
    *, actor: Actor, owner_id: UUID, verb: str, asset: str, amount: Decimal, key: str, value: Decimal | None = None
) -> LimitUse:
    """Use up the customer's limits by `amount` of `asset`, in the caller's transaction, or refuse and change nothing.

    `actor` is the product (`Actor.system("wallets")`): the caller has checked who asks. Call it before locking
    accounts: the customer's row stays locked until the caller's transaction ends. `value` is the worth of the whole
    amount in USDT, or None when there is no price; it is needed where the asset has no row of its own. The same `key`
    again returns the first use and counts nothing. Refusals name limit, used, left and `frees_at`; with several, the
    one that frees last. Raises AmountTooLarge, WindowUsedUp, TooManyTimes (all LimitReached), NotForThisTier,
    NoLimitSet, WorthUnknown, InvalidAmount, UnknownAsset, KeyUsedOtherwise, UseGivenBack, UserMissing.
    """
    known, code, size = Verb(verb), get_asset(asset).code, parse_amount(amount, asset)
    tier = lock_tier(owner_id)
    asked = Asked(owner_id, known, code, size, counting.worth(code, size, checked_worth(value)), now())
    repeated = LimitUse.objects.filter(key=key).first()
    if repeated is not None:
        return _same(repeated, asked)
    _refuse_without_room(Tier(tier.tier), asked)
    try:
        with transaction.atomic():
            return LimitUse.objects.create(
                owner_id=owner_id, verb=known, asset=code, amount=size, value=asked.value, key=key, at=asked.at
            )
    except IntegrityError as error:
        # Another customer's use took the key meanwhile: the lock is per customer, the key is not.
        if LimitUse.objects.filter(key=key).exists():
            raise KeyUsedOtherwise from error
        raise


@operation("limits.give_back", permission=CONSUME, trail=False)
def give_back(*, actor: Actor, key: str) -> LimitUse:
    """Give back what was used under `key`, as if it had never been used; again is the same as once.

    Returns the row that reverses it. Raises UseMissing.
    """
    use = LimitUse.objects.filter(key=key).first()
    if use is None:
        raise UseMissing
    lock_tier(use.owner_id)
    done = LimitUse.objects.filter(reverses=use).first()
    if done is not None:
        return done
    return LimitUse.objects.create(
        owner_id=use.owner_id,
        verb=use.verb,
        asset=use.asset,
        amount=use.amount,
        value=use.value,
        reverses=use,
        at=now(),
    )


def lock_tier(owner_id: UUID) -> CustomerTier:
    """Return the customer's tier row, locked until the transaction ends; made at tier 0 when there is none."""
    locked = CustomerTier.objects.select_for_update(no_key=True)
    found = locked.filter(owner_id=owner_id).first()
    if found is not None:
        return found
    CustomerTier.objects.bulk_create([CustomerTier(owner=get_user(owner_id))], ignore_conflicts=True)
    return locked.get(owner_id=owner_id)


def _same(use: LimitUse, asked: Asked) -> LimitUse:
    if (use.owner_id, use.verb, use.asset, use.amount) != (asked.owner_id, asked.verb, asked.asset, asked.amount):
        raise KeyUsedOtherwise
    if LimitUse.objects.filter(reverses=use).exists():
        raise UseGivenBack
    return use


def _refuse_without_room(tier: Tier, asked: Asked) -> None:
    rows = list(LimitRow.objects.filter(tier=tier, verb=asked.verb))
    own = counting.own_assets(rows)
    counted_as = asked.asset if asked.asset in own else ANY_ASSET
    rows = [row for row in rows if row.asset == counted_as]
    velocity = list(VelocityRow.objects.filter(tier=tier, verb=asked.verb))
    words = {"verb_words": asked.verb.label, "asset": asked.asset, "tier": tier.label}
    if not rows:
        raise NoLimitSet(**words)
    if any(row.amount == 0 for row in rows) or any(row.max_count == 0 for row in velocity):
        raise NotForThisTier(**words)
    measured = counting.measure(asked.owner_id, asked.verb, asked.at)
    breaches = [*_amount_breaches(asked, rows, own, measured), *_count_breaches(asked, velocity, measured)]
    if breaches:
        raise max(breaches, key=lambda breach: (breach.frees_at is None, breach.frees_at or asked.at)).error


def _amount_breaches(
    asked: Asked, rows: list[LimitRow], own: set[str], measured: counting.Measured
) -> Iterator[Breach]:
    pooled = rows[0].asset == ANY_ASSET
    size = asked.value if pooled else asked.amount
    if size is None:
        raise WorthUnknown(asset=asked.asset)
    for row in rows:
        window = Window(row.window)
        used = counting.of_pool(measured, own, window) if pooled else counting.of_asset(measured, asked.asset, window)
        if pooled and used.unpriced:
            raise WorthUnknown(asset=asked.asset)
        so_far = used.value if pooled else used.amount
        over = counting.missing(row.amount, so_far, size)
        if over > 0:
            yield _breach(asked, row, size, so_far, over, own)


def _breach(asked: Asked, row: LimitRow, size: Decimal, so_far: Decimal, over: Decimal, own: set[str]) -> Breach:
    pooled, window = row.asset == ANY_ASSET, Window(row.window)
    facts: dict[str, Any] = {
        "verb": asked.verb.value,
        "window": window.value,
        "window_words": window.label.lower(),
        "unit": REFERENCE if pooled else asked.asset,
        "counted_as": row.asset,
        "asked": spelled(size),
        "limit": spelled(row.amount),
        "used": spelled(so_far),
        "left": spelled(max(subtract(row.amount, so_far), Decimal(0))),
    }
    if size > row.amount:
        return Breach(AmountTooLarge(field="amount", **facts))
    uses = counting.open_uses(asked.owner_id, asked.verb).filter(at__gt=asked.at - SPANS[window])
    uses = uses.exclude(asset__in=own) if pooled else uses.filter(asset=asked.asset)
    frees_at = counting.room_at(uses, "value" if pooled else "amount", over, window) or asked.at
    return Breach(WindowUsedUp(field="amount", **facts, **_until(frees_at, asked.at)), frees_at)


def _count_breaches(asked: Asked, rows: list[VelocityRow], measured: counting.Measured) -> Iterator[Breach]:
    for row in rows:
        window = Window(row.window)
        count = counting.of_all(measured, window).count
        if count < row.max_count:
            continue
        inside = counting.open_uses(asked.owner_id, asked.verb).filter(at__gt=asked.at - SPANS[window])
        frees_at = inside.order_by("at").values_list("at", flat=True)[count - row.max_count] + SPANS[window]
        error = TooManyTimes(
            verb=asked.verb.value,
            verb_words=asked.verb.label.lower(),
            window=window.value,
            window_words=window.label.lower(),
            limit=row.max_count,
            used=count,
            left=0,
            **_until(frees_at, asked.at),
        )
        yield Breach(error, frees_at)


def _until(frees_at: datetime, moment: datetime) -> dict[str, Any]:
    return {
        "frees_at": frees_at.isoformat(),
        "frees_words": f"{frees_at:%-d %b %Y, %H:%M:%S} UTC",
        "retry_after": max(1, -int((moment - frees_at).total_seconds() // 1)),
    }
