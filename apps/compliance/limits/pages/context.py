"""What the page of limits is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from apps.compliance.limits import queries
from apps.compliance.limits.choices import ANY_ASSET, REFERENCE, Tier, Verb, Window
from apps.compliance.limits.queries import CountStanding, LimitStanding
from apps.core.view import Fact, Limit
from kernel.money.exact import plain

OTHERS = "All other assets"
RAISES = {
    Tier.UNVERIFIED: "Support confirms your name and country and raises you to Basic.",
    Tier.BASIC: "Support checks an identity document and raises you to Verified.",
    Tier.VERIFIED: "Support checks where your funds come from; two people decide about Enhanced.",
}
"""What leads from a tier to the next one."""


@dataclass(frozen=True, slots=True)
class LimitBar:
    """A bar and the sentence below it."""

    bar: Limit
    note: str


@dataclass(frozen=True, slots=True)
class VerbLimits:
    """The limits of one verb; `closed` says why there are none, otherwise it is empty."""

    key: str
    title: str
    closed: str
    singles: Sequence[Fact]
    bars: Sequence[LimitBar]


@dataclass(frozen=True, slots=True)
class LimitsPage:
    """All of it; `next_tier` is empty at the highest tier."""

    tier: str
    number: int
    verbs: Sequence[VerbLimits]
    next_tier: str
    next_text: str
    next_facts: Sequence[Fact]


def limits_page(owner_id: UUID) -> LimitsPage:
    """Return what the page of a customer shows."""
    tier = queries.get_tier(owner_id)
    amounts, counts = queries.list_limits_of(owner_id), queries.list_counts_of(owner_id)
    following = Tier(tier.value + 1) if tier.value + 1 in Tier.values else None
    return LimitsPage(
        tier=tier.label,
        number=tier.value,
        verbs=[_verb(verb, amounts, counts) for verb in Verb],
        next_tier=following.label if following else "",
        next_text=RAISES.get(tier, ""),
        next_facts=_facts_of(following) if following else [],
    )


def _verb(verb: Verb, amounts: list[LimitStanding], counts: list[CountStanding]) -> VerbLimits:
    own = [row for row in amounts if row.verb is verb]
    number = [row for row in counts if row.verb is verb]
    if not own or all(row.limit == 0 for row in own) or any(row.limit == 0 for row in number):
        closed = f"{verb.label} are not open at your tier."
        return VerbLimits(verb.value, verb.label, closed, [], [])
    rolling = [row for row in own if row.window is not Window.SINGLE]
    return VerbLimits(
        key=verb.value,
        title=verb.label,
        closed="",
        singles=[
            Fact(f"{_asset(row.asset)}, at a time", _size(row.limit, row.unit))
            for row in own
            if row.window is Window.SINGLE
        ],
        bars=[*(_amount_bar(row) for row in rolling), *(_count_bar(row) for row in number)],
    )


def _amount_bar(row: LimitStanding) -> LimitBar:
    label = f"{_asset(row.asset)}, {row.window.label.lower()}"
    if row.used is None or row.left is None:
        note = "There is no price for something you moved, so nothing more can be compared with this limit yet."
        return LimitBar(Limit(label, "–", _size(row.limit, row.unit), 100, over=True), note + _until(row.frees_at))
    bar = Limit(label, _exact(row.used), _size(row.limit, row.unit), _percent(row.used, row.limit), over=row.left == 0)
    return LimitBar(bar, f"{_size(row.left, row.unit)} left.{_until(row.frees_at)}")


def _count_bar(row: CountStanding) -> LimitBar:
    used, most = Decimal(row.used), Decimal(row.limit)
    bar = Limit(
        f"Number, {row.window.label.lower()}", str(row.used), str(row.limit), _percent(used, most), over=row.left == 0
    )
    return LimitBar(bar, f"{row.left} left.{_until(row.frees_at)}")


def _facts_of(tier: Tier) -> list[Fact]:
    return [
        Fact(f"{Verb(row.verb).label}, {Window(row.window).label.lower()}", _size(row.amount, row.asset))
        for row in queries.list_limits_of_tier(tier)
        if row.asset == REFERENCE
    ]


def _asset(asset: str) -> str:
    return OTHERS if asset == ANY_ASSET else asset


def _size(amount: Decimal, unit: str) -> str:
    return f"{_exact(amount)} {unit}"


def _exact(amount: Decimal) -> str:
    """All digits there are: what is left can be typed as it is shown."""
    return f"{plain(amount):,f}"


def _percent(used: Decimal, limit: Decimal) -> int:
    return 100 if used >= limit else int(used * 100 // limit)


def _until(frees_at: datetime | None) -> str:
    return f" Room comes back from {frees_at:%-d %b, %H:%M} UTC on." if frees_at else ""
