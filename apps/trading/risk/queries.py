"""Reading limits and their use, standings, switches and measures."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.trading.risk.choices import UNITS, RuleName, Scope, State
from apps.trading.risk.errors import LimitMissing, SwitchMissing
from apps.trading.risk.gathering import engaged_scope, gather, limits_of
from apps.trading.risk.measuring import Measured, Stressed, load_portfolio, measure, stress_custom
from apps.trading.risk.models import KillSwitch, RiskLimit, RiskMeasure, RiskStanding
from apps.trading.risk.using import list_uses
from apps.trading.risk.valuing import Prices, equity_of, result_of
from kernel.money.exact import ZERO
from kernel.risk import Exposure, Rule

__all__ = [
    "LimitUse",
    "Measured",
    "Overview",
    "Stressed",
    "count_engaged",
    "count_restricted",
    "get_overview",
    "get_own_limit",
    "get_own_switch",
    "get_standing",
    "is_switched_off",
    "list_measures",
    "list_own_limits",
    "list_own_switches",
    "list_standings",
    "measure_portfolio",
    "stress_everything",
    "stress_portfolio",
]


@dataclass(frozen=True, slots=True)
class LimitUse:
    """A limit over a customer and how much of it is used: `value` now, `part` of 1; None where it has no meaning yet.

    `limit_id` is of one's own row, None for limits of others.
    """

    scope: str
    rule: str
    target: str
    unit: str
    limit: Decimal
    value: Decimal | None
    part: Decimal | None
    limit_id: UUID | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Where a customer stands in paper or live trading; worths in USDT, None while a price or balance is missing."""

    is_live: bool
    state: str
    state_rule: str
    state_reason: str
    by_staff: bool
    engaged: str
    equity: Decimal | None
    exposure: Decimal
    result: Decimal
    is_exact: bool
    lost_today: Decimal | None
    drawdown: Decimal | None
    reviewed_at: datetime | None
    uses: list[LimitUse]


def is_switched_off(*, owner_id: UUID, bot_id: UUID | None = None) -> bool:
    """Return whether a kill switch over a customer (and bot) is engaged."""
    return engaged_scope(owner_id, bot_id) is not None


def get_engagement(switch_id: UUID) -> int:
    """Return the number of the engagement that a kill switch is in, 0 while it is not engaged or not there."""
    return KillSwitch.objects.filter(pk=switch_id, is_engaged=True).values_list("times", flat=True).first() or 0


def get_standing(owner_id: UUID, *, is_live: bool) -> RiskStanding | None:
    """Return a customer's standing, or None before its first order or review."""
    return RiskStanding.objects.filter(subject_id=owner_id, scope=Scope.CUSTOMER, is_live=is_live).first()


def get_overview(owner_id: UUID, *, is_live: bool) -> Overview:
    """Return state, exposure, result and the use of each limit as they are now."""
    row = get_standing(owner_id, is_live=is_live)
    limits, _ = limits_of(owner_id)
    prices = Prices()
    rules = {Rule.TOTAL_EXPOSURE, Rule.DRAWDOWN, *(limit.rule for limit in limits)}
    facts = gather(owner_id, is_live=is_live, rules=rules, row=row, prices=prices)
    result, is_exact = result_of(owner_id, prices, is_live=is_live)
    own = {(item.rule, item.target): item.pk for item in list_own_limits(owner_id) if item.scope == Scope.CUSTOMER}
    uses = [
        LimitUse(
            scope=limit.scope,
            rule=limit.rule.value,
            target=limit.target,
            unit=UNITS[limit.rule.value],
            limit=limit.value,
            value=value,
            part=part,
            limit_id=own.get((limit.rule.value, limit.target)) if limit.scope == Scope.CUSTOMER else None,
        )
        for limit, value, part in list_uses(limits, facts)
    ]
    places = {name: place for place, name in enumerate(RuleName.values)}
    engaged = engaged_scope(owner_id)
    return Overview(
        is_live=is_live,
        state=row.state if row else State.ACTIVE.value,
        state_rule=row.state_rule if row else "",
        state_reason=row.state_reason if row else "",
        by_staff=bool(row and row.by_staff),
        engaged=engaged.value if engaged else "",
        equity=equity_of(owner_id, prices, is_live=is_live),
        exposure=Exposure(facts.standing).measure(Rule.TOTAL_EXPOSURE) or ZERO,
        result=result,
        is_exact=is_exact and not facts.unpriced,
        lost_today=facts.standing.lost_today,
        drawdown=facts.standing.drawdown,
        reviewed_at=row.reviewed_at if row else None,
        uses=sorted(uses, key=lambda use: (places[use.rule], use.target, use.limit)),
    )


def list_standings(after: UUID | None = None, limit: int = 200) -> list[RiskStanding]:
    """Return standings in the order of their ids, for the monitor."""
    rows = RiskStanding.objects.order_by("id")
    return list((rows if after is None else rows.filter(pk__gt=after))[:limit])


def list_own_limits(owner_id: UUID) -> QuerySet[RiskLimit]:
    """Return the limits of a customer's account and bots, those that wait for a change included."""
    rows = RiskLimit.objects.filter(owner_id=owner_id).filter(Q(value__isnull=False) | Q(next_at__isnull=False))
    return rows.order_by("scope", "rule", "target")


def get_own_limit(limit_id: UUID, owner_id: UUID) -> RiskLimit:
    """Return a limit of a customer's account or bot, or raise LimitMissing."""
    found = list_own_limits(owner_id).filter(pk=limit_id).first()
    if found is None:
        raise LimitMissing
    return found


def list_own_switches(owner_id: UUID) -> list[KillSwitch]:
    """Return the switches over a customer that were ever engaged, the widest last."""
    rows = KillSwitch.objects.filter(Q(owner_id=owner_id) | Q(scope__in=[Scope.TENANT, Scope.PLATFORM]))
    order = {scope: place for place, scope in enumerate(Scope.values)}
    return sorted(rows.filter(times__gt=0), key=lambda row: (order[row.scope], row.pk))


def get_own_switch(switch_id: UUID, owner_id: UUID) -> KillSwitch:
    """Return a switch of a customer's account or bot, or raise SwitchMissing."""
    found = KillSwitch.objects.filter(pk=switch_id, owner_id=owner_id).first()
    if found is None:
        raise SwitchMissing
    return found


def measure_portfolio(owner_id: UUID, *, is_live: bool) -> Measured:
    """Return VaR, CVaR, volatility, beta, drawdown, liquidity, correlations and stress of what the books hold now.

    Raises NothingMeasured.
    """
    return measure(load_portfolio(owner_id, is_live=is_live))


def stress_portfolio(owner_id: UUID, shocks: dict[str, Decimal], *, is_live: bool) -> Stressed:
    """Return what shocks by symbol, in percent, would do to what the books hold now."""
    return stress_custom(load_portfolio(owner_id, is_live=is_live), shocks)


def stress_everything(owner_id: UUID, shock: Decimal, *, symbol: str = "", is_live: bool) -> Stressed:
    """Return what a shock in percent of one symbol, or of everything that is held, would come to."""
    portfolio = load_portfolio(owner_id, is_live=is_live)
    return stress_custom(portfolio, dict.fromkeys([symbol] if symbol else portfolio.worths, shock))


def list_measures(owner_id: UUID, *, is_live: bool) -> QuerySet[RiskMeasure]:
    """Return the kept figures of a customer, newest first."""
    return RiskMeasure.objects.filter(owner_id=owner_id, is_live=is_live).order_by("-id")


def count_restricted() -> int:
    """Return how many customers and bots may not trade freely."""
    return RiskStanding.objects.exclude(state=State.ACTIVE).count()


def count_engaged() -> int:
    """Return how many kill switches are engaged."""
    return KillSwitch.objects.filter(is_engaged=True).count()
