"""Looking at standings: results, the day's loss, drawdown, use of limits; the state follows by itself."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.approvals import approvable, request_approval
from apps.core.clock import now
from apps.core.models import Approval
from apps.core.operation import operation
from apps.trading.risk.choices import WARN_AT, RuleName, Scope, State
from apps.trading.risk.errors import ChangedSinceAsked, HeldByStaff, NothingToChange, SubjectMissing
from apps.trading.risk.gathering import BY_RESULT, gather, limits_of
from apps.trading.risk.models import RiskStanding
from apps.trading.risk.operations.limiting import checked_subject
from apps.trading.risk.operations.permissions import APPROVE, CLAIM, HALT, MANAGE_OWN
from apps.trading.risk.operations.standings import is_free, locked_standing, move, note_result
from apps.trading.risk.using import MOST_USED, Use, list_uses
from apps.trading.risk.valuing import Prices, equity_of, result_of
from kernel.events.risk import LimitNearlyUsed
from kernel.risk import Exposure, Limit, Rule, is_broken

RESUME = "risk.resume"
STEP = Decimal("0.0001")


@operation("risk.review", permission=CLAIM, trail=False)
def review(
    *, actor: Actor, scope: str, subject_id: UUID, owner_id: UUID, is_live: bool, prices: Prices | None = None
) -> RiskStanding:
    """Measure a customer (or bot) anew and move its state: a reached daily loss or drawdown reduces, a new day resumes.

    Where a price is missing, results stay as they were (`is_exact` False) and no state moves by them.
    """
    row = locked_standing(Scope(scope), subject_id, owner_id, is_live=is_live)
    bot_id = subject_id if scope == Scope.BOT else None
    prices = prices or Prices()
    result, exact = result_of(owner_id, prices, is_live=is_live, bot_id=bot_id)
    row.equity = equity_of(owner_id, prices, is_live=is_live)
    row.is_exact = exact
    today = now().date()
    if exact:
        note_result(row, result, today)
    limits = limits_of(owner_id, bot_id)[1 if bot_id else 0]
    rules = {Rule.TOTAL_EXPOSURE, *(limit.rule for limit in limits)}
    facts = gather(owner_id, is_live=is_live, rules=rules, row=row, bot_id=bot_id, prices=prices)
    uses = list_uses(limits, facts)
    row.exposure = Exposure(facts.standing).measure(Rule.TOTAL_EXPOSURE)
    row.most_used = max((min(use, MOST_USED).quantize(STEP) for _, _, use in uses if use is not None), default=None)
    row.reviewed_at = now()
    _warn(row, uses, today.isoformat(), actor)
    row.save()
    if exact:
        _follow(row, uses, actor)
    return row


@operation("risk.resume_own", permission=MANAGE_OWN, audited=("is_live",))
def resume_own(*, actor: Actor, is_live: bool) -> RiskStanding:
    """Trade again after a drawdown reduced one's account: the highest result starts anew from the present one.

    Faces call it after the second factor. Raises HeldByStaff, NothingToChange.
    """
    assert actor.id is not None  # a permission of a person
    row = locked_standing(Scope.CUSTOMER, actor.id, actor.id, is_live=is_live)
    if is_free(row):
        raise NothingToChange
    if row.by_staff:
        raise HeldByStaff
    return _resume(row, actor)


@operation("risk.restrict", permission=HALT, audited=("scope", "subject_id", "is_live", "state"))
def restrict(*, actor: Actor, scope: str, subject_id: UUID, is_live: bool, state: str, reason: str) -> RiskStanding:
    """Reduce or halt the trading of a customer or bot, as staff, at once. Raises SubjectMissing, NothingToChange."""
    subject, owner = checked_subject(scope, subject_id)
    if subject is None or owner is None:
        raise SubjectMissing
    row = locked_standing(Scope(scope), subject, owner, is_live=is_live)
    event = {State.REDUCING.value: "reduce", State.HALTED.value: "halt"}.get(state)
    if event is None or row.state in (state, State.HALTED):
        raise NothingToChange
    move(row, event, actor, rule="", reason=reason, by_staff=True)
    return row


@operation("risk.ask_resume", permission=HALT, audited=("standing_id",))
def ask_resume(*, actor: Actor, standing_id: UUID, reason: str) -> Approval:
    """Ask for letting a customer or bot trade again; it happens when a second person says yes with a fresh code."""
    row = RiskStanding.objects.filter(pk=standing_id).first()
    if row is None:
        raise SubjectMissing
    if is_free(row):
        raise NothingToChange
    payload = {"standing": str(row.pk), "what": str(row), "state": row.state}
    return request_approval(actor=actor, action=RESUME, payload=payload, reason=reason)


@approvable(RESUME, permission=APPROVE, title="Let a customer or bot trade again")
def run_resume(actor: Actor, payload: dict[str, Any]) -> None:
    """Resume, if it still stands as it did."""
    row = RiskStanding.objects.select_for_update(no_key=True, of=("self",)).get(pk=payload["standing"])
    if row.state != payload["state"]:
        raise ChangedSinceAsked
    _resume(row, actor)


def _resume(row: RiskStanding, actor: Actor) -> RiskStanding:
    if row.state_rule == RuleName.DRAWDOWN:
        row.peak_result = row.result
        row.save(update_fields=["peak_result"])
    move(row, "resume", actor, rule="", reason="", by_staff=False)
    return row


def _follow(row: RiskStanding, uses: list[Use], actor: Actor) -> None:
    """Reduce where the day's loss or the drawdown reached its limit; resume when the day of the loss is over."""
    broken = [
        limit
        for limit, value, _ in uses
        if limit.rule in BY_RESULT and value is not None and is_broken(limit.rule, value, limit.value)
    ]
    if broken and row.state == State.ACTIVE:
        rule = broken[0].rule
        move(row, "reduce", actor, rule=rule.value, reason=_words(broken[0], uses), by_staff=False)
    elif not broken and _has_waited_a_day(row):
        move(row, "resume", actor, rule="", reason="A new day began.", by_staff=False)


def _has_waited_a_day(row: RiskStanding) -> bool:
    is_of_day = row.state == State.REDUCING and row.state_rule == Rule.DAILY_LOSS.value and not row.by_staff
    return is_of_day and row.state_since is not None and row.state_since.date() < now().date()


def _words(limit: Limit, uses: list[Use]) -> str:
    value = next(value for item, value, _ in uses if item is limit)
    assert value is not None
    unit = "%" if limit.rule is Rule.DRAWDOWN else "USDT"
    name = RuleName(limit.rule.value).label.lower()
    return f"{name} {value.quantize(Decimal('0.01')):f} {unit} of {limit.value.normalize():f} {unit}"


def _warn(row: RiskStanding, uses: list[Use], day: str, actor: Actor) -> None:
    """Tell once a day of each limit that is nearly used up."""
    kept = {key: at for key, at in row.warned.items() if at == day}
    for limit, value, use in uses:
        key = f"{limit.scope}:{limit.rule.value}:{limit.target}"
        if use is None or value is None or use < WARN_AT or key in kept:
            continue
        kept[key] = day
        outbox.publish(
            LimitNearlyUsed(
                owner_id=row.owner_id,
                is_live=row.is_live,
                scope=limit.scope,
                rule=limit.rule.value,
                target=limit.target,
                limit=limit.value,
                value=value,
                day=day,
            ),
            actor=actor,
        )
    row.warned = kept
