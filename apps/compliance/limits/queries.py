"""Reading tiers, limits, and what is left of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef

from apps.compliance.limits import counting
from apps.compliance.limits.choices import ANY_ASSET, REFERENCE, SPANS, Tier, Verb, Window
from apps.compliance.limits.models import CustomerTier, LimitRow, ScreeningThreshold, VelocityRow
from apps.core.clock import now
from kernel.money.exact import subtract


@dataclass(frozen=True, slots=True)
class LimitStanding:
    """An amount limit of a customer. `unit` is the asset of the figures; `asset` "*" is all assets without a row.

    `used` and `left` are None where the worth of something used is not known: nothing can be moved under the limit
    until it has rolled out. `frees_at` is when the oldest use rolls out of the window, None when nothing is used.
    """

    verb: Verb
    asset: str
    unit: str
    window: Window
    limit: Decimal
    used: Decimal | None
    left: Decimal | None
    frees_at: datetime | None


@dataclass(frozen=True, slots=True)
class CountStanding:
    """A limit of number of a customer; it counts all assets of the verb together."""

    verb: Verb
    window: Window
    limit: int
    used: int
    left: int
    frees_at: datetime | None


def get_tier(owner_id: UUID) -> Tier:
    """Return the tier of a customer; without a row it is the lowest."""
    row = CustomerTier.objects.filter(owner_id=owner_id).first()
    return Tier.UNVERIFIED if row is None else Tier(row.tier)


def list_limits_of(owner_id: UUID) -> list[LimitStanding]:
    """Return all amount limits of a customer: by verb, asset ("*" last), window."""
    rows = list(LimitRow.objects.filter(tier=get_tier(owner_id)))
    found: list[LimitStanding] = []
    for verb in Verb:
        of_verb = [row for row in rows if row.verb == verb]
        measured = counting.measure(owner_id, verb, now()) if of_verb else {}
        found += _standings(verb, of_verb, measured)
    return found


def list_counts_of(owner_id: UUID) -> list[CountStanding]:
    """Return all limits of number of a customer: by verb, window."""
    rows = list(VelocityRow.objects.filter(tier=get_tier(owner_id)))
    measured = {verb: counting.measure(owner_id, Verb(verb), now()) for verb in {row.verb for row in rows}}
    found = []
    for row in sorted(rows, key=lambda row: (_place_of_verb(row.verb), _place_of_window(row.window))):
        verb, window = Verb(row.verb), Window(row.window)
        used = counting.of_all(measured[verb], window)
        frees_at = used.oldest + SPANS[window] if used.oldest else None
        left = max(row.max_count - used.count, 0)
        found.append(CountStanding(verb, window, row.max_count, used.count, left, frees_at))
    return found


def list_limits_of_tier(tier: Tier) -> list[LimitRow]:
    """Return the amount limits of a tier: by verb, asset ("*" last), window."""
    return sorted(LimitRow.objects.filter(tier=tier), key=_place)


def count_uses(owner_id: UUID, verb: Verb, since: datetime) -> int:
    """Return how many uses after `since` were not given back."""
    return counting.open_uses(owner_id, verb).filter(at__gt=since).count()


def get_threshold(asset: str) -> Decimal | None:
    """Return the amount above which staff look at a movement of the asset; None: at every one."""
    row = ScreeningThreshold.objects.filter(asset=asset).first()
    return None if row is None else row.amount


def list_customers_without_tier() -> list[UUID]:
    """Return customers (no staff) who have no row yet, oldest first."""
    known = CustomerTier.objects.filter(owner_id=OuterRef("pk"))
    rows = get_user_model().objects.filter(~Exists(known), is_staff=False)
    return list(rows.order_by("created_at").values_list("pk", flat=True))


def exists_decision(owner_id: UUID) -> bool:
    """Return whether somebody has ever set the customer's tier."""
    return CustomerTier.objects.filter(owner_id=owner_id, changed_at__isnull=False).exists()


def _standings(verb: Verb, rows: list[LimitRow], measured: counting.Measured) -> Iterator[LimitStanding]:
    own = counting.own_assets(rows)
    for row in sorted(rows, key=_place):
        window, pooled = Window(row.window), row.asset == ANY_ASSET
        used = counting.of_pool(measured, own, window) if pooled else counting.of_asset(measured, row.asset, window)
        size = used.value if pooled else used.amount
        unknown = pooled and used.unpriced > 0
        yield LimitStanding(
            verb=verb,
            asset=row.asset,
            unit=REFERENCE if pooled else row.asset,
            window=window,
            limit=row.amount,
            used=None if unknown else size,
            left=None if unknown else max(subtract(row.amount, size), Decimal(0)),
            frees_at=used.oldest + SPANS[window] if used.oldest else None,
        )


def _place(row: LimitRow) -> tuple[int, bool, str, int]:
    return _place_of_verb(row.verb), row.asset == ANY_ASSET, row.asset, _place_of_window(row.window)


def _place_of_verb(verb: str) -> int:
    return Verb.values.index(verb)


def _place_of_window(window: str) -> int:
    return Window.values.index(window)
