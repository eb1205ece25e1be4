"""What the pages of savings goals are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.ids import uuid7
from apps.core.templatetags.ui import amount
from apps.core.view import Fact, State
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.queries import get_available
from apps.finance.wallets import queries_earning
from apps.finance.wallets.calendar_days import today
from apps.finance.wallets.choices_earning import ContributionOutcome, Every, GoalState
from apps.finance.wallets.pages.forms import WEEKDAYS, AmountForm
from apps.finance.wallets.pages.wording import day, exact, moment, raw, with_code
from apps.finance.wallets.queries_earning import ContributionView, GoalView

STATES = {
    GoalState.ACTIVE.value: State("good", "Saving"),
    GoalState.PAUSED.value: State("warn", "Paused"),
    GoalState.REACHED.value: State("good", "Reached"),
    GoalState.CLOSED.value: State("off", "Closed"),
}
SHOWN_CONTRIBUTIONS = 60


@dataclass(frozen=True, slots=True)
class GoalCard:
    """A goal in the list. `per_mille` is how much of the target is saved, 0 to 1000."""

    id: str
    name: str
    url: str
    asset: str
    state: State
    saved: str
    target: str
    share: str
    per_mille: int
    plan: str
    until: str


@dataclass(frozen=True, slots=True)
class GoalsPage:
    """The list."""

    note: str
    new_url: str
    goals: Sequence[GoalCard]
    closed: Sequence[GoalCard]


@dataclass(frozen=True, slots=True)
class ContributionRow:
    """What became of a due day."""

    day: str
    state: State
    amount: str


@dataclass(frozen=True, slots=True)
class GoalKeys:
    """One idempotency key for each form."""

    add: str
    take: str
    pause: str
    resume: str
    close: str


@dataclass(frozen=True, slots=True)
class GoalPage:
    """One goal."""

    card: GoalCard
    mode: str
    facts: Sequence[Fact]
    contributions: Sequence[ContributionRow]
    parent_url: str
    edit_url: str
    here: str
    add_form: Any
    take_form: Any
    available: str
    available_raw: str
    saved_raw: str
    keys: GoalKeys
    close_facts: Sequence[Fact]
    is_open: bool
    can_pause: bool
    can_resume: bool
    can_edit: bool


@dataclass(frozen=True, slots=True)
class GoalFormPage:
    """A new goal, or another plan for one."""

    title: str
    mode: str
    parent_url: str
    parent_label: str
    action_url: str
    verb: str
    form: Any
    asset: str
    errors: Sequence[str]
    idempotency_key: str


def goals_page(owner_id: UUID, mode: Mode) -> GoalsPage:
    """Return the list of one mode."""
    cards = [card_of(goal) for goal in queries_earning.list_goals(owner_id, mode=mode)]
    closed = [card for card in cards if card.state.sentence == STATES[GoalState.CLOSED].sentence]
    open_cards = [card for card in cards if card not in closed]
    note = f"{len(open_cards)} open" if open_cards else ""
    return GoalsPage(note, reverse("wallet-goal-new"), open_cards, closed)


def goal_page(owner_id: UUID, goal_id: UUID, *, add_form: Any = None, take_form: Any = None, key: str = "") -> GoalPage:
    """Return the page of a goal, with what a refused form held and its key. Raises GoalMissing."""
    goal = queries_earning.get_goal(goal_id, owner_id=owner_id)
    available = get_available(owner_id, goal.asset, mode=Mode(goal.mode))
    is_open = goal.state != GoalState.CLOSED
    return GoalPage(
        card=card_of(goal),
        mode=goal.mode,
        facts=_facts(goal),
        contributions=[
            _contribution(row, goal.asset)
            for row in queries_earning.list_contributions(goal_id, owner_id=owner_id, limit=SHOWN_CONTRIBUTIONS)
        ],
        parent_url=reverse("wallet-goals"),
        edit_url=reverse("wallet-goal-edit", args=[goal.id]),
        here=reverse("wallet-goal", args=[goal.id]),
        add_form=add_form or AmountForm(asset=goal.asset, label="Put in", auto_id="add_%s"),
        take_form=take_form or AmountForm(asset=goal.asset, label="Take back", auto_id="take_%s"),
        available=with_code(available, goal.asset),
        available_raw=raw(available),
        saved_raw=raw(goal.saved),
        keys=GoalKeys(
            add=key if add_form else uuid7().hex,
            take=key if take_form else uuid7().hex,
            pause=uuid7().hex,
            resume=uuid7().hex,
            close=uuid7().hex,
        ),
        close_facts=[Fact("Goal", goal.name), Fact("Goes back to your wallet", with_code(goal.saved, goal.asset))],
        is_open=is_open,
        can_pause=goal.state == GoalState.ACTIVE and bool(goal.every),
        can_resume=goal.state == GoalState.PAUSED,
        can_edit=goal.state in (GoalState.ACTIVE, GoalState.PAUSED),
    )


def card_of(goal: GoalView) -> GoalCard:
    """Return a goal as lists show it."""
    return GoalCard(
        id=str(goal.id),
        name=goal.name,
        url=reverse("wallet-goal", args=[goal.id]),
        asset=goal.asset,
        state=STATES[goal.state],
        saved=exact(goal.saved, goal.asset),
        target=exact(goal.target, goal.asset),
        share=f"{amount(goal.progress * 100, 1)} %",
        per_mille=int(goal.progress * 1000),
        plan=plan_of(goal),
        until=_until(goal),
    )


def plan_of(goal: GoalView) -> str:
    """Return the schedule in words."""
    if not goal.every or goal.amount is None:
        return "By hand"
    words = f"{with_code(goal.amount, goal.asset)} {_when(goal)}"
    return f"{words}, next on {day(goal.next_due_on)}" if goal.next_due_on else words


def initial_of(goal: GoalView) -> dict[str, Any]:
    """Return the plan of a goal as its form holds it."""
    anchor = str(goal.anchor_day or "")
    return {
        "name": goal.name,
        "asset": goal.asset,
        "target": raw(goal.target),
        "deadline": goal.deadline,
        "every": goal.every,
        "amount": "" if goal.amount is None else raw(goal.amount),
        "weekday": anchor if goal.every == Every.WEEK else "1",
        "monthday": anchor if goal.every == Every.MONTH else "1",
    }


def _when(goal: GoalView) -> str:
    if goal.every == Every.WEEK:
        return f"every {WEEKDAYS[(goal.anchor_day or 1) - 1]}"
    return f"on day {goal.anchor_day} of each month" if goal.every == Every.MONTH else "every day"


def _until(goal: GoalView) -> str:
    if goal.deadline is None:
        return "no date"
    left = (goal.deadline - today()).days
    if goal.state not in (GoalState.ACTIVE, GoalState.PAUSED):
        return f"until {day(goal.deadline)}"
    if left < 0:
        return f"was to be done by {day(goal.deadline)}"
    return f"until {day(goal.deadline)}, {left} day{'' if left == 1 else 's'} left"


def _facts(goal: GoalView) -> list[Fact]:
    missing = max(Decimal(0), goal.target - goal.saved)
    facts = [
        Fact("Target", with_code(goal.target, goal.asset)),
        Fact("Still missing", with_code(missing, goal.asset)),
        Fact("How money goes in", plan_of(goal)),
        Fact("Time", _until(goal)),
        Fact("Made", moment(goal.created_at)),
    ]
    if goal.reached_at is not None:
        facts.append(Fact("Reached", moment(goal.reached_at)))
    if goal.closed_at is not None:
        facts.append(Fact("Closed", moment(goal.closed_at)))
    return facts


def _contribution(row: ContributionView, asset: str) -> ContributionRow:
    if row.outcome == ContributionOutcome.EXECUTED:
        return ContributionRow(day(row.due_on), State("good", "Put in"), exact(row.amount, asset))
    return ContributionRow(day(row.due_on), State("warn", f"Skipped: {row.reason_words.lower()}"), "–")
