"""The one state machine of all algorithms: what is known goes in, the next child comes out. It reads no clock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Final

from kernel.execution.plan import BASIS, Algo, CatchUp, Plan, Rest
from kernel.instruments import Side

MOST_REFUSALS: Final = 3
"""After so many refused children one after the other the algorithm pauses."""


class Status(StrEnum):
    """Where an algorithm stands."""

    WORKING = "working"  # sends children
    PAUSED = "paused"  # sends none; what rests is taken back
    ENDING = "ending"  # takes back what rests, then it is done
    DONE = "done"  # over for good


class Why(StrEnum):
    """What an algorithm waits for, or why it ended."""

    NOTHING = ""  # nothing stands in its way
    COMPLETE = "complete"  # all is filled
    CANCELLED = "cancelled"  # somebody wanted it
    TIME = "time"  # its time is over
    PRICE = "price"  # the market is worse than the price cap
    PARTICIPATION = "participation"  # more would be above the share of the volume
    SILENT = "silent"  # no fresh price
    TOO_SMALL = "too_small"  # the rest is below the venue's smallest order
    REFUSED = "refused"  # children were refused
    PERSON = "person"  # paused by a person
    SLIPPAGE = "slippage"  # its mean price or the market is worse than its guard allows


@dataclass(frozen=True, slots=True)
class Seen:
    """The market at a moment: best prices in ticks, and the lots that traded in it since the start of the plan."""

    bid: int
    ask: int
    volume: int = 0
    is_fresh: bool = True


@dataclass(frozen=True, slots=True)
class Child:
    """What is known of a child. One that is over may still report more `filled` (late fills).

    `mean` is the mean price of what is filled, in ticks; None while it is not known.
    """

    number: int
    lots: int
    filled: int = 0
    is_over: bool = False
    is_refused: bool = False
    mean: Fraction | int | None = None

    @property
    def claim(self) -> int:
        """How much of the parent it has used or may still use."""
        return self.filled if self.is_over else max(self.lots, self.filled)


@dataclass(frozen=True, slots=True)
class Place:
    """Send a child: at market when `limit_ticks` is 0; else what fills at once up to there, or resting there."""

    number: int
    lots: int
    limit_ticks: int = 0
    rests: bool = False


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Have a child taken back. It is asked for at each step until the child is over."""

    number: int


Intent = Place | TakeBack


@dataclass(frozen=True, slots=True)
class State:
    """What an algorithm remembers between steps; all else is in its children.

    `goal` is how many lots may be claimed in the present `slice`; `trusted_from` the first child whose refusal counts.
    The guard measures the children from `guard_from` on against `reference`, a price in ticks (0: the next it sees).
    """

    status: Status = Status.WORKING
    why: Why = Why.NOTHING
    next_number: int = 0
    slice: int = -1
    goal: int = 0
    sent_ms: int | None = None
    turned_down: int = 0
    trusted_from: int = 0
    guard_from: int = 0
    reference: Fraction = Fraction(0)


def pause(state: State) -> State:
    """Return the state after a pause was asked for; one that ends or is done stays."""
    return replace(state, status=Status.PAUSED, why=Why.PERSON) if state.status is Status.WORKING else state


def resume(state: State) -> State:
    """Return the state after going on was asked for; earlier refusals are forgotten.

    After a stop by the guard it counts anew: from the next price, over the children that come.
    """
    if state.status is not Status.PAUSED:
        return state
    if state.why is Why.SLIPPAGE:
        state = replace(state, guard_from=state.next_number, reference=Fraction(0))
    return replace(
        state, status=Status.WORKING, why=Why.NOTHING, turned_down=0, trusted_from=state.next_number, sent_ms=None
    )


def cancel(state: State) -> State:
    """Return the state after an end was asked for."""
    if state.status is Status.DONE:
        return state
    return replace(state, status=Status.ENDING, why=Why.CANCELLED)


def turn_down(state: State) -> State:
    """Return the state when the child that the last step asked for was refused before it became an order."""
    return _after_refusal(replace(state, next_number=state.next_number - 1, turned_down=state.turned_down + 1))


def step(
    plan: Plan, state: State, seen: Seen, children: Sequence[Child], now_ms: int
) -> tuple[State, tuple[Intent, ...]]:
    """Return the next state and what is to be done; at most one child is sent in a step and one works at a time.

    `children` are all that were ever sent, in order. Never claims more than the plan's lots, nor more than its share
    of `seen.volume`, nor beyond its price. Raises ValueError when a child is missing, for then it may not go on.
    """
    if [child.number for child in children] != list(range(state.next_number)):
        raise ValueError("not every child is told")
    live = [child for child in children if not child.is_over]
    if state.status is Status.DONE:
        return state, ()
    if not live and sum(child.filled for child in children) >= plan.lots:
        return replace(state, status=Status.DONE, why=Why.COMPLETE), ()
    state = _ended_in_time(plan, _guarded(plan, _after_refusal(state, children), seen, children, now_ms), now_ms)
    if state.status is Status.ENDING:
        if not live:
            return replace(state, status=Status.DONE), ()
        return state, tuple(TakeBack(child.number) for child in live)
    if state.status is Status.PAUSED:
        return state, tuple(TakeBack(child.number) for child in live) if plan.algo is Algo.ICEBERG else ()
    if now_ms < plan.start_ms or live or _is_too_soon(plan, state, now_ms):
        return state, ()
    return _next_child(plan, state, seen, sum(child.claim for child in children), now_ms)


def least_lots(plan: Plan, ticks: int) -> int:
    """Return the smallest child that a venue takes at a price."""
    return max(plan.min_lots, -(-plan.min_worth // max(1, ticks)))


def _next_child(plan: Plan, state: State, seen: Seen, claimed: int, now_ms: int) -> tuple[State, tuple[Intent, ...]]:
    if not seen.is_fresh:
        return replace(state, why=Why.SILENT), ()
    state = _with_goal(plan, state, seen, claimed, now_ms)
    left = plan.lots - claimed
    touch = seen.ask if plan.side is Side.BUY else seen.bid
    rests = plan.algo is Algo.ICEBERG
    least = least_lots(plan, min(touch, plan.limit_ticks) if plan.limit_ticks else touch)
    if left < least:
        return replace(state, status=Status.DONE, why=Why.TOO_SMALL), ()
    allowed = min(left, plan.max_lots) if plan.max_lots else left
    if plan.participation_bps:
        allowed = min(allowed, seen.volume * plan.participation_bps // BASIS - claimed)
    wanted = state.goal - claimed
    if wanted <= 0:
        return replace(state, why=Why.NOTHING), ()
    if 0 < left - wanted < least:  # what would be left could not be sent any more
        wanted = left
    lots = min(wanted, allowed)
    if lots < least:
        is_capped = allowed < min(wanted, least)
        return replace(state, why=Why.PARTICIPATION if is_capped else Why.NOTHING), ()
    if not rests and plan.limit_ticks and not _within(plan, touch):
        return replace(state, why=Why.PRICE), ()
    child = Place(state.next_number, lots, plan.limit_ticks, rests)
    return replace(state, why=Why.NOTHING, next_number=state.next_number + 1, sent_ms=now_ms), (child,)


def _with_goal(plan: Plan, state: State, seen: Seen, claimed: int, now_ms: int) -> State:
    """Return the state with how much may be claimed now."""
    if plan.algo is Algo.ICEBERG:
        return replace(state, goal=claimed + plan.display_lots)
    if plan.algo is Algo.POV:
        return replace(state, goal=min(plan.lots, seen.volume * plan.participation_bps // BASIS))
    index = plan.slice_at(now_ms)
    if index == state.slice:
        return state
    return replace(state, slice=index, goal=_goal_of(plan, index, claimed))


def _goal_of(plan: Plan, index: int, claimed: int) -> int:
    if index < 0:
        return 0
    if index >= len(plan.weights):
        return plan.lots
    levels = plan.cumulative()
    if plan.catch_up is CatchUp.AT_ONCE:
        return levels[index + 1]
    share = levels[index + 1] - levels[index]
    if plan.catch_up is CatchUp.LEAVE:
        return min(plan.lots, claimed + share)
    rest = plan.lots - levels[index]
    return claimed + (plan.lots - claimed) * share // rest if rest else plan.lots


def _ended_in_time(plan: Plan, state: State, now_ms: int) -> State:
    if not plan.end_ms or state.status is Status.ENDING or now_ms < plan.end_ms:
        return state
    over = now_ms >= plan.end_ms + plan.grace_ms
    if not over and plan.rest is Rest.FINISH and plan.algo is not Algo.ICEBERG:
        return state
    return replace(state, status=Status.ENDING, why=state.why or Why.TIME)


def _after_refusal(state: State, children: Sequence[Child] = ()) -> State:
    """Pause when too many children were refused one after the other."""
    count = state.turned_down
    for child in reversed(children):
        if child.number < state.trusted_from or not (child.is_refused and not child.filled):
            break
        count += 1
    if count < MOST_REFUSALS or state.status is not Status.WORKING:
        return state
    return replace(state, status=Status.PAUSED, why=Why.REFUSED)


def _guarded(plan: Plan, state: State, seen: Seen, children: Sequence[Child], now_ms: int) -> State:
    """Pause when the mean price or the market is worse than the reference by more than the guard."""
    if not plan.guard_bps or state.status is not Status.WORKING or now_ms < plan.start_ms:
        return state
    touch = seen.ask if plan.side is Side.BUY else seen.bid
    if not state.reference and seen.is_fresh:
        state = replace(state, reference=Fraction(touch))
    if not state.reference:
        return state
    prices = _mean_of(children[state.guard_from :])
    if seen.is_fresh:
        prices.append(Fraction(touch))
    sign = 1 if plan.side is Side.BUY else -1
    if any(sign * (price - state.reference) * BASIS > plan.guard_bps * state.reference for price in prices):
        return replace(state, status=Status.PAUSED, why=Why.SLIPPAGE)
    return state


def _mean_of(children: Sequence[Child]) -> list[Fraction]:
    """Return the mean price of what is filled, as far as prices are known; nothing before."""
    worth: Fraction | int = 0
    lots = 0
    for child in children:
        if child.mean is not None and child.filled:
            worth += child.filled * child.mean
            lots += child.filled
    return [Fraction(worth) / lots] if lots else []


def _is_too_soon(plan: Plan, state: State, now_ms: int) -> bool:
    return state.sent_ms is not None and now_ms < state.sent_ms + plan.pace_ms


def _within(plan: Plan, touch: int) -> bool:
    return touch <= plan.limit_ticks if plan.side is Side.BUY else touch >= plan.limit_ticks
