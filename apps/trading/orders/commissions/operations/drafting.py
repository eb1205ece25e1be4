"""Schedules of commissions: one person writes and proposes, another one puts them in force or ends them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.approvals import approvable, request_approval
from apps.core.clock import now
from apps.core.models import Approval
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.core.transitions import transition
from apps.finance.ledger.choices import Mode
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.commissions.choices import EVERY, SCHEDULE_STATES, ChargedIn, ScheduleState
from apps.trading.orders.commissions.errors import ScheduleChanged, ScheduleInvalid, ScheduleMissing
from apps.trading.orders.commissions.models import CommissionPromotion, CommissionRate, CommissionSchedule

PROPOSE = declare("orders.propose_commissions", "Write commission schedules and propose them")
APPROVE = declare("orders.approve_commissions", "Put commission schedules in force that somebody else proposed")
ACTIVATE, END = "orders.activate_commissions", "orders.end_commissions"
MOST_SHARE, PLACES, MOST_LINES, LONGEST_NAME = Decimal("0.1"), 8, 200, 80
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class RateLine:
    """From a worth in 30 days on (USDT): shares for maker and taker; `symbol` * is all that have no own line."""

    symbol: str
    from_volume: Decimal
    maker: Decimal
    taker: Decimal


@dataclass(frozen=True, slots=True)
class PromotionLine:
    """Percent off for orders placed from `starts` to before `ends`; `symbol` * is all."""

    symbol: str
    starts: datetime
    ends: datetime
    percent_off: Decimal


@operation("orders.draft_commissions", permission=PROPOSE, audited=("name", "mode", "charged_in"))
def draft_schedule(
    *, actor: Actor, name: str, mode: str, charged_in: str, rates: Sequence[RateLine],
    promotions: Sequence[PromotionLine] = (), reason: str,
) -> CommissionSchedule:  # fmt: skip
    """Write a schedule. It holds nothing until it is proposed and somebody else puts it in force.

    Raises ScheduleInvalid.
    """
    title = " ".join(name.split())
    if not 1 <= len(title) <= LONGEST_NAME:
        raise ScheduleInvalid(field="name", why=f"A name has 1 to {LONGEST_NAME} characters.")
    if mode not in {item.value for item in Mode} or charged_in not in ChargedIn.values:
        raise ScheduleInvalid(field="mode", why="Choose real or play money, and in what the commission is charged.")
    _check_rates(rates)
    _check_promotions(promotions)
    row = CommissionSchedule.objects.create(name=title, mode=mode, charged_in=charged_in)
    for rate in rates:
        CommissionRate.objects.create(
            schedule=row, symbol=rate.symbol, from_volume=rate.from_volume, maker=rate.maker, taker=rate.taker
        )
    for item in promotions:
        CommissionPromotion.objects.create(
            schedule=row, symbol=item.symbol, starts=item.starts, ends=item.ends, percent_off=item.percent_off
        )
    return row


@operation("orders.propose_commissions", permission=PROPOSE, audited=("schedule_id",))
def propose_schedule(*, actor: Actor, schedule_id: UUID, reason: str) -> Approval:
    """Ask another person to put a draft in force. Raises ScheduleMissing, MoveNotAllowed."""
    row = _schedule(schedule_id)
    SCHEDULE_STATES.target("activate", row.state)
    return request_approval(actor=actor, action=ACTIVATE, payload=_told(row), reason=reason)


@operation("orders.propose_end_of_commissions", permission=PROPOSE, audited=("schedule_id",))
def propose_end(*, actor: Actor, schedule_id: UUID, reason: str) -> Approval:
    """Ask another person to end a schedule: new orders are charged nothing. Raises ScheduleMissing, MoveNotAllowed."""
    row = _schedule(schedule_id)
    SCHEDULE_STATES.target("end", row.state)
    return request_approval(actor=actor, action=END, payload=_told(row), reason=reason)


@operation("orders.discard_commissions", permission=PROPOSE, audited=("schedule_id",))
def discard_schedule(*, actor: Actor, schedule_id: UUID, reason: str) -> CommissionSchedule:
    """Put a draft away. Raises ScheduleMissing, MoveNotAllowed, StateChanged."""
    row = _schedule(schedule_id)
    return transition(row, "discard", table=SCHEDULE_STATES, expected=row.state, actor=actor)


@approvable(ACTIVATE, permission=APPROVE, title="Put a commission schedule in force")
def activate(actor: Actor, payload: dict[str, Any]) -> None:
    """End what is in force for the same money, and put the approved schedule in its place."""
    row, moment = _schedule(UUID(payload["schedule"])), now()
    if row.state != ScheduleState.DRAFT:
        raise ScheduleChanged(state=row.get_state_display().lower())
    present = CommissionSchedule.objects.select_for_update().filter(mode=row.mode, state=ScheduleState.ACTIVE).first()
    if present is not None:
        transition(present, "end", table=SCHEDULE_STATES, expected=ScheduleState.ACTIVE, actor=actor, ended_at=moment)
    transition(row, "activate", table=SCHEDULE_STATES, expected=ScheduleState.DRAFT, actor=actor, active_from=moment)


@approvable(END, permission=APPROVE, title="End a commission schedule without another one")
def end(actor: Actor, payload: dict[str, Any]) -> None:
    """End the approved schedule; terms of orders that were placed stay."""
    row = _schedule(UUID(payload["schedule"]))
    if row.state != ScheduleState.ACTIVE:
        raise ScheduleChanged(state=row.get_state_display().lower())
    transition(row, "end", table=SCHEDULE_STATES, expected=ScheduleState.ACTIVE, actor=actor, ended_at=now())


def _schedule(schedule_id: UUID) -> CommissionSchedule:
    found = CommissionSchedule.objects.select_for_update().filter(pk=schedule_id).first()
    if found is None:
        raise ScheduleMissing
    return found


def _told(row: CommissionSchedule) -> dict[str, Any]:
    """Return what the second person reads: a schedule never changes, so this is all of it."""
    return {
        "schedule": str(row.pk),
        "name": row.name,
        "money": row.mode,
        "charged_in": row.charged_in,
        "rates": [
            f"{rate.symbol} from {rate.from_volume.normalize():f} USDT: maker {rate.maker.normalize():f},"
            f" taker {rate.taker.normalize():f}"
            for rate in row.rates.order_by("symbol", "from_volume")
        ],
        "promotions": [
            f"{item.symbol} {item.percent_off.normalize():f} % off,"
            f" {item.starts:%Y-%m-%d} to before {item.ends:%Y-%m-%d} (UTC)"
            for item in row.promotions.order_by("starts", "id")
        ],
    }


def _check_rates(rates: Sequence[RateLine]) -> None:
    if not 1 <= len(rates) <= MOST_LINES:
        raise ScheduleInvalid(field="rates", why=f"A schedule has 1 to {MOST_LINES} rates.")
    if len({(rate.symbol, rate.from_volume) for rate in rates}) != len(rates):
        raise ScheduleInvalid(field="rates", why="Two lines start at the same worth.")
    if not any(rate.symbol == EVERY and rate.from_volume == 0 for rate in rates):
        raise ScheduleInvalid(field="rates", why="One line is for all symbols from 0 on: * 0 and the two rates.")
    for rate in rates:
        _check_symbol(rate.symbol, "rates")
        if rate.from_volume < 0 or rate.from_volume >= Decimal(10) ** 18:
            raise ScheduleInvalid(field="rates", why="A worth is 0 or more USDT.")
        for share in (rate.maker, rate.taker):
            if not 0 <= share <= MOST_SHARE or share != round(share, PLACES):
                raise ScheduleInvalid(field="rates", why="A rate is 0 to 0.1 with 8 decimals; 0.001 is 0.1 %.")


def _check_promotions(promotions: Sequence[PromotionLine]) -> None:
    if len(promotions) > MOST_LINES:
        raise ScheduleInvalid(field="promotions", why=f"A schedule has at most {MOST_LINES} promotions.")
    for item in promotions:
        _check_symbol(item.symbol, "promotions")
        if item.ends <= item.starts:
            raise ScheduleInvalid(field="promotions", why="A promotion ends after it starts.")
        if not 0 < item.percent_off <= HUNDRED or item.percent_off != round(item.percent_off, 2):
            raise ScheduleInvalid(field="promotions", why="Percent off is more than 0 and at most 100.")


def _check_symbol(symbol: str, field: str) -> None:
    if symbol == EVERY:
        return
    try:
        get_spec(symbol)
    except UnknownSymbol:
        raise ScheduleInvalid(field=field, why=f"There is no market {symbol[:32]}.") from None
