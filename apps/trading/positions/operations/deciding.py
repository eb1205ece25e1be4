"""What a reading asks for: stages of the reduction before liquidation, and hedges. kernel.margin decides."""

from datetime import timedelta
from decimal import Decimal

from django.db.models import QuerySet, Sum

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.clock import now
from apps.trading.positions.choices import PositionSide, Purpose, RequestKind, RequestState
from apps.trading.positions.gateways.port import ShownAccount, ShownContract
from apps.trading.positions.models import ContractRequest, HedgeRule, MarginAccount, Position
from apps.trading.positions.operations.contracts import client_id, nudge
from kernel.events.positions import HedgeWanted, ReductionWanted
from kernel.margin import DEFAULT_STAGES, HedgeBand, Stage, decide_hedge, due_stage, plan_reduction
from kernel.margin import MarginAccount as Pool

OPEN = (RequestState.WANTED.value, RequestState.SENT.value)
LIQUIDATED = Decimal(100)
REST = timedelta(seconds=15)


def decide(
    *, actor: Actor, account: MarginAccount, shown: ShownAccount, pools: list[tuple[Pool, list[ShownContract]]]
) -> None:
    """Commit what is due, unless an earlier request of that kind has no answer yet. The account's row is locked."""
    if account.ratio < DEFAULT_STAGES[0].begins_at:
        account.done_stage = 0
    waiting = set(ContractRequest.objects.filter(account=account, state__in=OPEN).values_list("kind", flat=True))
    waiting |= set(_refused_lately(account))
    if _is_behind(account, shown):
        return
    before = ContractRequest.objects.filter(account=account).count()
    if account.protects and RequestKind.REDUCE not in waiting:
        for pool, rows, stage in _due(pools):
            _reduce(actor, account, shown, (pool, rows, stage))
    if not waiting & {RequestKind.REDUCE, RequestKind.HEDGE}:
        for rule in HedgeRule.objects.filter(account=account, is_on=True):
            _hedge(actor, account, shown, rule)
    if ContractRequest.objects.filter(account=account).count() > before:
        nudge(account.pk)


def _due(pools: list[tuple[Pool, list[ShownContract]]]) -> list[tuple[Pool, list[ShownContract], Stage]]:
    """Return the pools that have to be reduced, with the stage each is in."""
    stages = [(pool, rows, due_stage(pool.ratio, 0)) for pool, rows in pools if pool.ratio < LIQUIDATED]
    return [(pool, rows, stage) for pool, rows, stage in stages if stage is not None]


def _refused_lately(account: MarginAccount) -> "QuerySet[ContractRequest, str]":
    """Return the kinds whose last request was refused a moment ago: they are not asked for at every reading."""
    found = ContractRequest.objects.filter(account=account, state=RequestState.REFUSED.value)
    found = found.filter(kind__in=(RequestKind.REDUCE, RequestKind.HEDGE), created_at__gt=now() - REST)
    return found.values_list("kind", flat=True)


def _is_behind(account: MarginAccount, shown: ShownAccount) -> bool:
    """Whether what was shown is older than an order of ours that just filled: the next reading decides."""
    found = ContractRequest.objects.filter(account=account, state=RequestState.DONE.value, sent_at__gt=now() - REST)
    if not found.exclude(kind=RequestKind.MOVE).exists():
        return False
    book = {"book__connection_id": account.connection_id, "book__purpose": Purpose.CONTRACT}
    ours = {(row.symbol, row.position_side): row.quantity for row in Position.objects.filter(**book)}
    theirs = {(row.symbol, row.position_side): row.quantity for row in shown.positions}
    return any(ours.get(place, 0) != theirs.get(place, 0) for place in ours.keys() | theirs.keys())


def _reduce(
    actor: Actor, account: MarginAccount, shown: ShownAccount, due: tuple[Pool, list[ShownContract], Stage]
) -> None:
    pool, rows, stage = due
    steps = [shown.steps.get(row.symbol, Decimal(1)) for row in rows]
    account.done_stage = max(account.done_stage, stage.number)
    for each in plan_reduction(pool, stage.until, steps=steps):
        row = rows[each.index]
        request = ContractRequest.objects.create(
            account=account,
            kind=RequestKind.REDUCE,
            stage=stage.number,
            symbol=row.symbol,
            position_side=PositionSide(row.position_side),
            side="sell" if row.quantity > 0 else "buy",
            quantity=each.quantity,
            ratio=min(pool.ratio, Decimal(1_000)).quantize(Decimal("0.0001")),
            reason=f"Stage {stage.number}: margin ratio {pool.ratio:.2f} %, to be {stage.until} % or less",
            client_id=client_id(),
        )
        outbox.publish(
            ReductionWanted(
                request_id=request.pk, account_id=account.pk, owner_id=account.owner_id, symbol=row.symbol,
                position_side=row.position_side, side=request.side, quantity=each.quantity, stage=stage.number,
                ratio=request.ratio,
            ),
            actor=actor,
        )  # fmt: skip


def _hedge(actor: Actor, account: MarginAccount, shown: ShownAccount, rule: HedgeRule) -> None:
    """Trade the contract so that spot holdings of its base, with the contract itself, are in the band again."""
    step = shown.steps.get(rule.symbol)
    if step is None or account.is_hedged:
        return
    spot = Position.objects.filter(
        book__connection_id=account.connection_id, symbol=rule.symbol, is_contract=False
    ).aggregate(held=Sum("quantity"))["held"] or Decimal(0)
    hedged = sum((row.quantity for row in shown.positions if row.symbol == rule.symbol), Decimal(0))
    band = HedgeBand(rule.low, rule.high, rule.target, step, step, max(rule.most, step))
    found = decide_hedge(band, exposure=spot, hedged=hedged)
    rule.delta, rule.decided_at = found.before, now()
    rule.save(update_fields=["delta", "decided_at"])
    if not found.quantity:
        return
    request = ContractRequest.objects.create(
        account=account,
        kind=RequestKind.HEDGE,
        symbol=rule.symbol,
        side="buy" if found.quantity > 0 else "sell",
        quantity=abs(found.quantity),
        ratio=account.ratio,
        reason=f"Held {found.before.normalize():f}, allowed {rule.low.normalize():f} to {rule.high.normalize():f}",
        client_id=client_id(),
    )
    outbox.publish(
        HedgeWanted(
            request_id=request.pk, account_id=account.pk, owner_id=account.owner_id, symbol=rule.symbol,
            side=request.side, quantity=request.quantity, delta=found.before,
        ),
        actor=actor,
    )  # fmt: skip
