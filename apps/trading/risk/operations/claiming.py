"""Claiming risk for an order, in the transaction of its intent, and giving it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.trading.risk.choices import Scope, State
from apps.trading.risk.gathering import BY_RESULT, COUNTED, Facts, engaged_scope, gather, limits_of, open_order
from apps.trading.risk.models import RiskClaim, RiskStanding
from apps.trading.risk.operations.permissions import CLAIM
from apps.trading.risk.operations.refusing import refuse_rule, refuse_state, refuse_switch, refuse_unknown
from apps.trading.risk.operations.standings import locked_standing
from apps.trading.risk.valuing import Prices
from kernel.instruments import Side
from kernel.money.exact import ZERO
from kernel.risk import Limit, TradingState, decide, is_reducing

STRICTNESS = {state: place for place, state in enumerate(State)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProposal:
    """An order before it is stored: `quantity` in base, `worst_price` in quote; `group_id` joins legs that exclude
    each other, `margin_rate` is the part of the worth that it ties up (1 without leverage)."""

    order_id: UUID
    owner_id: UUID
    connection_id: UUID
    book_id: UUID
    bot_id: UUID | None
    symbol: str
    venue: str
    is_live: bool
    side: Side
    quantity: Decimal
    worst_price: Decimal
    reduce_only: bool = False
    group_id: UUID | None = None
    margin_rate: Decimal = Decimal(1)
    position_side: str = ""
    decided_at: datetime


@operation("risk.claim_risk", permission=CLAIM, trail=False)
def claim_risk(*, actor: Actor, proposal: OrderProposal) -> None:
    """Let an order pass, and keep what it may come to until it is over; in the caller's transaction.

    The customer's row is locked until the commit, so that orders at the edge are decided one after the other. The same
    order twice is one claim. Raises KillSwitchEngaged, TradingHalted, OnlyReducing, the refusal of a rule (its code
    names it) or FactsUnknown.
    """
    rows = _locked(proposal.owner_id, proposal.bot_id, is_live=proposal.is_live)
    if RiskClaim.objects.filter(order_id=proposal.order_id).exists():
        return
    claim = RiskClaim(
        order_id=proposal.order_id,
        owner_id=proposal.owner_id,
        connection_id=proposal.connection_id,
        book_id=proposal.book_id,
        bot_id=proposal.bot_id,
        is_live=proposal.is_live,
        symbol=proposal.symbol,
        venue=proposal.venue,
        side=proposal.side.value,
        position_side=proposal.position_side,
        remaining=proposal.quantity,
        worst_price=proposal.worst_price,
        reduce_only=proposal.reduce_only,
        group_id=proposal.group_id,
        margin_rate=proposal.margin_rate,
        decided_at=proposal.decided_at,
    )
    _check(claim, rows)
    claim.save(force_insert=True)


@operation("risk.amend_claim", permission=CLAIM, trail=False)
def amend_claim(*, actor: Actor, order_id: UUID, quantity: Decimal, worst_price: Decimal) -> None:
    """Let an open order become another one: `quantity` is what may still fill afterwards, in base.

    It is decided like a new order beside all others. An order without a claim stays without. Raises as `claim_risk`.
    """
    known = RiskClaim.objects.filter(order_id=order_id).first()
    if known is None:
        return
    rows = _locked(known.owner_id, known.bot_id, is_live=known.is_live)
    claim = RiskClaim.objects.select_for_update().get(order_id=order_id)
    claim.remaining, claim.worst_price, claim.ended_at = quantity, worst_price, None
    _check(claim, rows)
    claim.save(update_fields=["remaining", "worst_price", "ended_at"])


def shrink_claim(*, order_id: UUID, remaining: Decimal) -> None:
    """Keep only what an order may still fill, in the transaction that books its fill; 0 ends the claim.

    An order that comes to life again gets its claim back. Repeating changes nothing.
    """
    left = max(remaining, ZERO)
    claims = RiskClaim.objects.filter(order_id=order_id)
    if left:
        claims.update(remaining=left, ended_at=None)
    else:
        claims.filter(ended_at__isnull=True).update(remaining=ZERO, ended_at=now())


def release_claim(*, order_id: UUID) -> None:
    """End the claim of an order that is over; without an open one nothing happens."""
    shrink_claim(order_id=order_id, remaining=ZERO)


def check_may_send(*, order_id: UUID) -> None:
    """Raise KillSwitchEngaged, TradingHalted or OnlyReducing when a claimed order must not leave any more.

    Two short reads when nothing is engaged. An order without a claim is not stopped by states of its customer.
    """
    claim = RiskClaim.objects.filter(order_id=order_id).first()
    if claim is None:
        return
    found = {Scope.CUSTOMER: claim.owner_id, **({Scope.BOT: claim.bot_id} if claim.bot_id else {})}
    rows = list(
        RiskStanding.objects.filter(subject_id__in=found.values(), is_live=claim.is_live).exclude(state=State.ACTIVE)
    )
    _check_state(claim, rows)


def _locked(owner_id: UUID, bot_id: UUID | None, *, is_live: bool) -> list[RiskStanding]:
    rows = [locked_standing(Scope.CUSTOMER, owner_id, owner_id, is_live=is_live)]
    if bot_id is not None:
        rows.append(locked_standing(Scope.BOT, bot_id, owner_id, is_live=is_live))
    return rows


def _check(claim: RiskClaim, rows: Sequence[RiskStanding]) -> None:
    """Raise what stands against an unsaved claim; `rows` are the locked standings: the customer's, then the bot's."""
    _check_state(claim, rows)
    of_customer, of_bot = limits_of(claim.owner_id, claim.bot_id)
    prices = Prices()
    for limits, row in ((of_customer, rows[0]), (of_bot, rows[-1])):
        if not limits:
            continue
        bot_id = claim.bot_id if row.scope == Scope.BOT else None
        rules = {limit.rule for limit in limits}
        facts = gather(
            claim.owner_id, is_live=claim.is_live, rules=rules, row=row, bot_id=bot_id,
            without=claim.order_id, prices=prices,
        )  # fmt: skip
        _decide(claim, facts, limits, prices)


def _decide(claim: RiskClaim, facts: Facts, limits: list[Limit], prices: Prices) -> None:
    order = open_order(claim, prices.unit(claim.symbol) or ZERO, prices)
    if is_reducing(order, facts.standing):
        return
    rules = {limit.rule for limit in limits}
    by_worth = rules - COUNTED - BY_RESULT
    unpriced = facts.unpriced | (frozenset() if order.unit else {claim.symbol})
    if by_worth and unpriced:
        refuse_unknown(min(by_worth), f"The price of {', '.join(sorted(unpriced))}")
    found = decide(order, facts.standing, limits)
    if found is not None:
        refuse_rule(found, claim.symbol)


def _check_state(claim: RiskClaim, rows: Sequence[RiskStanding]) -> None:
    """Raise when a switch or state stands against a claim; what only reduces passes both a switch and REDUCING."""
    strictest = max(rows, key=lambda row: STRICTNESS[State(row.state)], default=None)
    if strictest is not None and strictest.state == State.HALTED:
        refuse_state(strictest)
    engaged = engaged_scope(claim.owner_id, claim.bot_id)
    is_reduced = strictest is not None and strictest.state == State.REDUCING
    if engaged is None and not is_reduced:
        return
    facts = gather(claim.owner_id, is_live=claim.is_live, rules=(), without=claim.order_id)
    order = open_order(claim, ZERO, Prices())
    if decide(order, facts.standing, (), TradingState.REDUCING) is None:
        return
    if engaged is not None:
        refuse_switch(engaged)
    assert strictest is not None
    refuse_state(strictest)
