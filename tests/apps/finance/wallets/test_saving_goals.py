"""Savings goals: by hand and by schedule, month ends, outages, skipped days, reaching, closing."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from apps.core import relay
from apps.core.actors import Actor
from apps.core.clock import freeze
from apps.core.errors import InvalidAmount
from apps.core.models import AuditEvent, OutboxEvent, Timer
from apps.core.sealing import open_field
from apps.core.transitions import MoveNotAllowed
from apps.finance.ledger.choices import AccountKind, Mode
from apps.finance.ledger.errors import InsufficientFunds, KeyReused
from apps.finance.ledger.models import Account
from apps.finance.ledger.operations import freeze_account
from apps.finance.wallets.calendar_days import next_due
from apps.finance.wallets.choices_earning import Every
from apps.finance.wallets.errors_earning import (
    DeadlinePast,
    GoalClosed,
    GoalMissing,
    GoalReachedAlready,
    NothingSaved,
    ScheduleInvalid,
    TooManyGoals,
)
from apps.finance.wallets.models import GoalContribution, SavingsGoal
from apps.finance.wallets.operations import (
    GoalPlan,
    Schedule,
    change_goal,
    close_goal,
    contribute,
    create_goal,
    deposit_to_goal,
    pause_goal,
    rearm_earning,
    resume_goal,
    withdraw_from_goal,
)
from apps.finance.wallets.queries_earning import get_goal, list_contributions, list_goals
from apps.platform.notifications.models import InboxItem
from tests.apps.finance.wallets.earning_ground import (
    SYSTEM,
    D,
    at,
    check_books,
    free,
    fund,
    inside,
    nothing_changes,
    pass_days,
    run_timers,
)

pytestmark = pytest.mark.django_db


def plan(target: str = "1000", schedule: Schedule | None = None, **more: Any) -> GoalPlan:
    return GoalPlan(**{"name": "A boat", "target": D(target), "schedule": schedule, **more})


def make(user: Any, target: str = "1000", schedule: Schedule | None = None, **more: Any) -> SavingsGoal:
    return create_goal(actor=Actor.of(user), asset="USDT", plan=plan(target, schedule), **more)


def put(user: Any, goal: SavingsGoal, amount: str, **more: Any) -> SavingsGoal:
    given = {"movement_id": uuid4(), **more}
    return deposit_to_goal(actor=Actor.of(user), goal_id=goal.pk, amount=D(amount), **given)


def take(user: Any, goal: SavingsGoal, amount: str, **more: Any) -> SavingsGoal:
    given = {"movement_id": uuid4(), **more}
    return withdraw_from_goal(actor=Actor.of(user), goal_id=goal.pk, amount=D(amount), **given)


def rows(goal: SavingsGoal) -> list[tuple[str, str, Decimal]]:
    found = GoalContribution.objects.filter(goal=goal).order_by("due_on")
    return [(row.due_on.isoformat(), row.reason or row.outcome, row.amount) for row in found]


@pytest.mark.parametrize(
    ("every", "anchor", "after", "expected"),
    [
        (Every.DAY, None, "2025-12-31", "2026-01-01"),
        (Every.WEEK, 1, "2025-03-03", "2025-03-10"),  # a Monday: the next one
        (Every.WEEK, 7, "2025-03-03", "2025-03-09"),
        (Every.WEEK, 3, "2025-12-31", "2026-01-07"),  # a Wednesday
        (Every.MONTH, 31, "2025-01-31", "2025-02-28"),
        (Every.MONTH, 31, "2025-02-28", "2025-03-31"),
        (Every.MONTH, 31, "2025-03-31", "2025-04-30"),
        (Every.MONTH, 30, "2024-01-30", "2024-02-29"),
        (Every.MONTH, 29, "2025-02-28", "2025-03-29"),
        (Every.MONTH, 15, "2025-01-14", "2025-01-15"),
        (Every.MONTH, 15, "2025-12-15", "2026-01-15"),
    ],
)
def test_due_days_follow_the_calendar(every: Every, anchor: int | None, after: str, expected: str) -> None:
    assert next_due(every, anchor, date.fromisoformat(after)) == date.fromisoformat(expected)


def test_the_anchor_of_a_month_outlives_short_months() -> None:
    day, found = date(2023, 12, 31), []
    for _ in range(14):
        day = next_due(Every.MONTH, 31, day)
        found.append(day.isoformat()[2:])
    assert found == [
        "24-01-31", "24-02-29", "24-03-31", "24-04-30", "24-05-31", "24-06-30", "24-07-31", "24-08-31", "24-09-30",
        "24-10-31", "24-11-30", "24-12-31", "25-01-31", "25-02-28",
    ]  # fmt: skip


def test_money_goes_in_and_out_by_hand(customer: Any) -> None:
    fund(customer, "USDT", "500")
    goal = make(customer)
    put(customer, goal, "200.5")
    take(customer, goal, "50.25")
    assert (free(customer, "USDT"), inside(customer, AccountKind.SAVINGS)) == (D("349.75"), D("150.25"))
    view = get_goal(goal.pk, owner_id=customer.pk)
    assert (view.saved, view.progress, view.name) == (D("150.25"), D("0.1502"), "A boat")
    check_books()


def test_a_movement_happens_once_by_its_id(customer: Any) -> None:
    fund(customer, "USDT", "500")
    goal, movement = make(customer), uuid4()
    put(customer, goal, "100", movement_id=movement)
    put(customer, goal, "100", movement_id=movement)
    assert inside(customer, AccountKind.SAVINGS) == D(100)
    with nothing_changes(), pytest.raises(KeyReused):
        put(customer, goal, "101", movement_id=movement)
    out = uuid4()
    take(customer, goal, "100", movement_id=out)
    take(customer, goal, "100", movement_id=out)
    assert (free(customer, "USDT"), inside(customer, AccountKind.SAVINGS)) == (D(500), D(0))


def test_refusals_change_nothing(customer: Any, other_customer: Any) -> None:
    fund(customer, "USDT", "10")
    goal = make(customer)
    put(customer, goal, "4")
    with nothing_changes():
        with pytest.raises(InsufficientFunds):
            put(customer, goal, "6.000001")
        with pytest.raises(NothingSaved) as caught:
            take(customer, goal, "5")
        assert caught.value.text == "Only 4 USDT are in this goal. Choose a smaller amount."
        for wrong in ("0", "-1", "0.000000001"):
            with pytest.raises(InvalidAmount):
                put(customer, goal, wrong)
        for act in (put, take):
            with pytest.raises(GoalMissing):
                act(other_customer, goal, "1")
        for end in (pause_goal, resume_goal, close_goal):
            with pytest.raises(GoalMissing):
                end(actor=Actor.of(other_customer), goal_id=goal.pk)
        with pytest.raises(GoalMissing):
            get_goal(goal.pk, owner_id=other_customer.pk)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"schedule": Schedule(D(10), Every.WEEK)}, ScheduleInvalid),
        ({"schedule": Schedule(D(10), Every.WEEK, 8)}, ScheduleInvalid),
        ({"schedule": Schedule(D(10), Every.MONTH, 32)}, ScheduleInvalid),
        ({"schedule": Schedule(D(10), Every.MONTH, 0)}, ScheduleInvalid),
        ({"schedule": Schedule(D(0), Every.DAY)}, InvalidAmount),
        ({"target": D(0)}, InvalidAmount),
        ({"deadline": date(2025, 3, 1)}, DeadlinePast),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(customer: Any, wrong: Any, error: type[Exception]) -> None:
    with freeze(at("2025-03-01 12:00")), nothing_changes(), pytest.raises(error):
        create_goal(actor=Actor.of(customer), asset="USDT", plan=plan(**{"target": "1000", **wrong}))


def test_a_person_follows_so_many_goals_and_no_more(customer: Any) -> None:
    for _ in range(50):
        goal = make(customer)
    with nothing_changes(), pytest.raises(TooManyGoals):
        make(customer)
    close_goal(actor=Actor.of(customer), goal_id=goal.pk)
    make(customer)


def test_the_name_is_sealed_and_stays_out_of_the_trail(customer: Any) -> None:
    goal = make(customer)
    stored = SavingsGoal.objects.get(pk=goal.pk)
    assert b"boat" not in bytes(stored.name)
    assert open_field(stored, "name") == "A boat"
    trail = AuditEvent.objects.filter(operation="wallets.create_goal").latest("id")
    assert trail.data == {"asset": "USDT"}
    assert "boat" not in str(list(OutboxEvent.objects.values_list("payload", flat=True)))


def test_a_monthly_schedule_pays_on_month_ends(customer: Any) -> None:
    with freeze(at("2025-01-15 10:00")):
        fund(customer, "USDT", "1000")
        goal = make(customer, "1000", Schedule(D(100), Every.MONTH, 31))
    assert goal.next_due_on == date(2025, 1, 31)
    pass_days("2025-01-16", "2025-05-02")
    assert rows(goal) == [
        ("2025-01-31", "executed", D(100)),
        ("2025-02-28", "executed", D(100)),
        ("2025-03-31", "executed", D(100)),
        ("2025-04-30", "executed", D(100)),
    ]
    assert (free(customer, "USDT"), inside(customer, AccountKind.SAVINGS)) == (D(600), D(400))
    check_books()


def test_clock_changes_move_nothing(customer: Any) -> None:
    """European clocks jump on 30 March and 26 October 2025; days of UTC do not."""
    with freeze(at("2025-03-28 10:00")):
        fund(customer, "USDT", "100")
        goal = make(customer, "1000", Schedule(D(1), Every.DAY))
    pass_days("2025-03-29", "2025-04-01", hour=0, minute=0)
    assert [day for day, _, _ in rows(goal)] == ["2025-03-29", "2025-03-30", "2025-03-31", "2025-04-01"]
    assert Timer.objects.get(name="wallets.contribute", state="waiting").due_at == at("2025-04-02")


def test_days_missed_by_an_outage_are_made_up_once_and_old_ones_are_skipped(customer: Any) -> None:
    with freeze(at("2025-03-01 10:00")):
        fund(customer, "USDT", "1000")
        goal = make(customer, "5000", Schedule(D(10), Every.DAY))
    with freeze(at("2025-03-12 09:00")):
        run_timers()
        run_timers()
    assert rows(goal) == [
        *[(f"2025-03-{day:02}", "missed", D(0)) for day in range(2, 5)],
        *[(f"2025-03-{day:02}", "executed", D(10)) for day in range(5, 13)],
    ]
    goal.refresh_from_db()
    assert goal.next_due_on == date(2025, 3, 13)
    assert inside(customer, AccountKind.SAVINGS) == D(80)
    check_books()


def test_too_little_money_skips_the_day_and_says_so(customer: Any) -> None:
    with freeze(at("2025-03-01 10:00")):
        fund(customer, "USDT", "15")
        goal = make(customer, "1000", Schedule(D(10), Every.DAY))
    pass_days("2025-03-02", "2025-03-03")
    assert rows(goal) == [("2025-03-02", "executed", D(10)), ("2025-03-03", "no_funds", D(0))]
    assert free(customer, "USDT") == D(5)
    with freeze(at("2025-03-03 12:00")):
        relay.drain()
        fund(customer, "USDT", "5")
    item = InboxItem.objects.get(owner_id=customer.pk, topic="wallets.contribution_skipped")
    assert item.params == {"goal_id": str(goal.pk), "due_on": "2025-03-03", "why": "not enough was available"}
    pass_days("2025-03-04", "2025-03-04")
    assert rows(goal)[-1] == ("2025-03-04", "executed", D(10))
    shown = list_contributions(goal.pk, owner_id=customer.pk)
    assert [(row.due_on.day, row.reason_words) for row in shown] == [(4, ""), (3, "Not enough was available"), (2, "")]
    check_books()


def test_a_frozen_wallet_skips_the_day(customer: Any) -> None:
    with freeze(at("2025-03-01 10:00")):
        fund(customer, "USDT", "15")
        goal = make(customer, "1000", Schedule(D(10), Every.DAY))
        account = Account.objects.get(holder=customer, kind=AccountKind.CUSTOMER)
        freeze_account(actor=SYSTEM, account_id=account.pk, expected="open", reason="test")
    pass_days("2025-03-02", "2025-03-02")
    assert rows(goal) == [("2025-03-02", "frozen", D(0))]


def test_a_pause_owes_nothing_afterwards(customer: Any) -> None:
    owner = Actor.of(customer)
    with freeze(at("2025-03-01 10:00")):
        fund(customer, "USDT", "100")
        goal = make(customer, "1000", Schedule(D(10), Every.DAY))
    pass_days("2025-03-02", "2025-03-02")
    with freeze(at("2025-03-02 12:00")):
        paused = pause_goal(actor=owner, goal_id=goal.pk)
        assert (paused.state, paused.next_due_on) == ("paused", None)
        with pytest.raises(MoveNotAllowed):
            pause_goal(actor=owner, goal_id=goal.pk)
    pass_days("2025-03-03", "2025-03-09")
    with freeze(at("2025-03-09 12:00")):
        put(customer, goal, "5")
        resumed = resume_goal(actor=owner, goal_id=goal.pk)
        assert (resumed.state, resumed.next_due_on) == ("active", date(2025, 3, 10))
    pass_days("2025-03-10", "2025-03-10")
    assert [day for day, _, _ in rows(goal)] == ["2025-03-02", "2025-03-10"]
    assert inside(customer, AccountKind.SAVINGS) == D(25)


def test_reaching_the_target_ends_the_schedule_and_tells_the_owner(customer: Any) -> None:
    with freeze(at("2025-03-01 10:00")):
        fund(customer, "USDT", "100")
        goal = make(customer, "25", Schedule(D(10), Every.DAY))
    pass_days("2025-03-02", "2025-03-08")
    assert rows(goal) == [
        ("2025-03-02", "executed", D(10)),
        ("2025-03-03", "executed", D(10)),
        ("2025-03-04", "executed", D(5)),  # the last one is what the target lacks
    ]
    goal.refresh_from_db()
    assert (goal.state, goal.next_due_on, goal.reached_at) == ("reached", None, at("2025-03-04 00:05"))
    assert not Timer.objects.filter(name="wallets.contribute", state="waiting").exists()
    with freeze(at("2025-03-08 12:00")):
        relay.drain()
        relay.drain()
        item = InboxItem.objects.get(owner_id=customer.pk, topic="wallets.goal_reached")
        assert item.params == {"goal_id": str(goal.pk), "asset": "USDT", "saved": "25"}
        with nothing_changes(), pytest.raises(GoalReachedAlready):
            change_goal(actor=Actor.of(customer), goal_id=goal.pk, plan=plan("50"))
        take(customer, goal, "1")
    goal.refresh_from_db()
    assert goal.state == "reached"
    check_books()


def test_a_goal_is_reached_by_hand_too_also_while_paused(customer: Any) -> None:
    fund(customer, "USDT", "100")
    first, second = make(customer, "10"), make(customer, "20", Schedule(D(1), Every.DAY))
    assert put(customer, first, "10").state == "reached"
    pause_goal(actor=Actor.of(customer), goal_id=second.pk)
    assert put(customer, second, "21").state == "reached"


def test_another_plan_moves_the_due_day_and_may_reach_the_target(customer: Any) -> None:
    owner = Actor.of(customer)
    with freeze(at("2025-03-03 10:00")):
        fund(customer, "USDT", "100")
        goal = make(customer, "1000", Schedule(D(10), Every.DAY))
        put(customer, goal, "30")
        changed = change_goal(
            actor=owner, goal_id=goal.pk, plan=plan("1000", Schedule(D(20), Every.WEEK, 5), name="A house")
        )
    assert changed.next_due_on == date(2025, 3, 7)
    pass_days("2025-03-04", "2025-03-08")
    assert rows(goal) == [("2025-03-07", "executed", D(20))]
    assert get_goal(goal.pk, owner_id=customer.pk).name == "A house"
    with freeze(at("2025-03-08 10:00")):
        assert change_goal(actor=owner, goal_id=goal.pk, plan=plan("50")).state == "reached"


def test_closing_returns_the_money_and_ends_everything(customer: Any) -> None:
    owner = Actor.of(customer)
    with freeze(at("2025-03-01 10:00")):
        fund(customer, "USDT", "100")
        goal = make(customer, "1000", Schedule(D(10), Every.DAY))
    pass_days("2025-03-02", "2025-03-04")
    with freeze(at("2025-03-04 12:00")):
        closed = close_goal(actor=owner, goal_id=goal.pk)
    assert (closed.state, closed.next_due_on) == ("closed", None)
    pass_days("2025-03-05", "2025-03-07")
    assert len(rows(goal)) == 3
    assert (free(customer, "USDT"), inside(customer, AccountKind.SAVINGS)) == (D(100), D(0))
    with nothing_changes():
        for act in (put, take):
            with pytest.raises(GoalClosed):
                act(customer, goal, "1")
        with pytest.raises(GoalClosed):
            close_goal(actor=owner, goal_id=goal.pk)
    assert [view.state for view in list_goals(customer.pk)] == ["closed"]
    check_books()


def test_paper_money_stays_paper(customer: Any) -> None:
    fund(customer, "USDT", "100", mode=Mode.PAPER)
    goal = make(customer, "50", mode=Mode.PAPER)
    put(customer, goal, "50")
    assert inside(customer, AccountKind.SAVINGS) == D(0)
    assert inside(customer, AccountKind.SAVINGS, mode=Mode.PAPER) == D(50)
    live = make(customer, "50")
    with nothing_changes(), pytest.raises(InsufficientFunds):
        put(customer, live, "1")


def test_a_late_or_repeated_run_of_a_due_day_does_nothing(customer: Any) -> None:
    with freeze(at("2025-03-01 10:00")):
        fund(customer, "USDT", "100")
        goal = make(customer, "1000", Schedule(D(10), Every.DAY))
    with freeze(at("2025-03-02 00:01")):
        assert contribute(actor=SYSTEM, goal_id=goal.pk, due_on=date(2025, 3, 2)) is not None
        with nothing_changes():
            assert contribute(actor=SYSTEM, goal_id=goal.pk, due_on=date(2025, 3, 2)) is None
            assert contribute(actor=SYSTEM, goal_id=goal.pk, due_on=date(2025, 3, 9)) is None


def test_the_net_schedules_again_what_lost_its_timer(customer: Any) -> None:
    with freeze(at("2025-03-01 10:00")):
        fund(customer, "USDT", "100")
        goal = make(customer, "1000", Schedule(D(10), Every.DAY))
    Timer.objects.filter(name="wallets.contribute").update(state="failed")
    with freeze(at("2025-03-02 02:00")):
        assert run_timers() == 0
        assert rearm_earning(actor=SYSTEM) == 1
        run_timers()
    assert rows(goal) == [("2025-03-02", "executed", D(10))]


def test_the_database_keeps_one_row_a_due_day_and_never_changes_it(customer: Any) -> None:
    goal = make(customer)
    row = GoalContribution.objects.create(goal=goal, due_on=date(2025, 3, 2), outcome="executed", amount=D(1))
    with pytest.raises(DatabaseError), transaction.atomic():
        GoalContribution.objects.create(goal=goal, due_on=date(2025, 3, 2), outcome="executed", amount=D(1))
    for breach in (
        lambda: GoalContribution.objects.filter(pk=row.pk).update(amount=D(2)),
        lambda: GoalContribution.objects.filter(pk=row.pk).delete(),
        lambda: SavingsGoal.objects.filter(pk=goal.pk).delete(),
        lambda: SavingsGoal.objects.filter(pk=goal.pk).update(state="closed"),
        lambda: SavingsGoal.objects.filter(pk=goal.pk).update(every="week", amount=D(1), anchor_day=9),
        lambda: SavingsGoal.objects.filter(pk=goal.pk).update(target=D(0)),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            breach()
