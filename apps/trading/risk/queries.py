"""Reading limits, standings, switches and measures."""

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.trading.risk.choices import Scope, State
from apps.trading.risk.gathering import engaged_scope
from apps.trading.risk.models import KillSwitch, RiskLimit, RiskStanding


def is_switched_off(*, owner_id: UUID, bot_id: UUID | None = None) -> bool:
    """Return whether a kill switch over a customer (and bot) is engaged."""
    return engaged_scope(owner_id, bot_id) is not None


def get_standing(owner_id: UUID, *, is_live: bool) -> RiskStanding | None:
    """Return a customer's standing, or None before its first order or review."""
    return RiskStanding.objects.filter(subject_id=owner_id, scope=Scope.CUSTOMER, is_live=is_live).first()


def list_standings(after: UUID | None = None, limit: int = 200) -> list[RiskStanding]:
    """Return standings in the order of their ids, for the monitor."""
    rows = RiskStanding.objects.order_by("id")
    return list((rows if after is None else rows.filter(pk__gt=after))[:limit])


def list_own_limits(owner_id: UUID) -> QuerySet[RiskLimit]:
    """Return the limits of a customer's account and bots, those that wait for a change included."""
    rows = RiskLimit.objects.filter(owner_id=owner_id).filter(Q(value__isnull=False) | Q(next_at__isnull=False))
    return rows.order_by("scope", "rule", "target")


def list_own_switches(owner_id: UUID) -> dict[tuple[str, UUID | None], KillSwitch]:
    """Return the switches that stand or stood over a customer, by scope and subject."""
    rows = KillSwitch.objects.filter(Q(owner_id=owner_id) | Q(scope__in=[Scope.TENANT, Scope.PLATFORM]))
    return {(row.scope, row.subject_id): row for row in rows}


def count_restricted() -> int:
    """Return how many customers and bots may not trade freely."""
    return RiskStanding.objects.exclude(state=State.ACTIVE).count()


def count_engaged() -> int:
    """Return how many kill switches are engaged."""
    return KillSwitch.objects.filter(is_engaged=True).count()
