"""Rebalancing by schedule: due by a person's clock, only beyond the band, once; real money only as confirmed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.core.clock import freeze, travel
from apps.core.errors import DomainError
from apps.core.models import Timer
from apps.core.timers import fire_due
from apps.platform.notifications.models import InboxItem
from apps.trading.exchanges.models import Connection
from apps.trading.orders.models import Order
from apps.trading.portfolios import operations, scheduling
from apps.trading.portfolios.choices import Every
from apps.trading.portfolios.errors import LiveNeedsCode, PlanImpossible, ScheduleInvalid, ScheduleMissing
from apps.trading.portfolios.models import Portfolio, RebalancePlan, RebalanceSchedule
from apps.trading.portfolios.operations import Rhythm
from apps.trading.portfolios.operations.scheduling import _rebalance, run_schedule
from tests.apps.platform.identity import enrol, recovery_code
from tests.apps.trading.portfolios.ground import SYSTEM, D, whose
from tests.factories.prices import say_price

pytestmark = pytest.mark.django_db
DAILY = Rhythm(every=Every.DAY, hour=9, band=D(5))


def put(ground, row, rhythm: Rhythm = DAILY, **more: Any) -> RebalanceSchedule:
    return operations.set_schedule(**whose(ground), portfolio_id=row.pk, rhythm=rhythm, **more)


def run_due(schedule: RebalanceSchedule) -> RebalanceSchedule:
    """Let the moment come, as the timers see it; prices stay fresh."""
    due = schedule.next_at
    assert due is not None
    with freeze(due + timedelta(seconds=5)):
        say_price("BTCUSDT", D(100))
        say_price("ETHUSDT", D(10))
        fire_due()
    schedule.refresh_from_db()
    return schedule


NEXT = [
    ("day", None, 9, "UTC", "2026-03-01T08:59", "2026-03-01T09:00"),
    ("day", None, 9, "UTC", "2026-03-01T09:00", "2026-03-02T09:00"),
    ("day", None, 9, "Europe/Berlin", "2026-03-28T09:00", "2026-03-29T07:00"),  # summer time begins
    ("day", None, 2, "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:00"),  # 02:00 is left out that night
    ("week", 1, 0, "UTC", "2026-03-02T00:00", "2026-03-09T00:00"),
    ("week", 7, 23, "Asia/Tokyo", "2026-03-01T13:00", "2026-03-01T14:00"),
    ("month", 31, 12, "UTC", "2026-01-31T12:00", "2026-02-28T12:00"),
    ("month", 1, 0, "America/New_York", "2026-12-31T23:00", "2027-01-01T05:00"),
]


@pytest.mark.parametrize(("every", "day", "hour", "zone", "after", "expected"), NEXT)
def test_the_next_moment_is_by_the_persons_clock(every, day, hour, zone, after, expected):
    after, expected = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (after, expected))
    assert scheduling.next_run(every, day, hour, ZoneInfo(zone), after) == expected


def test_beyond_the_band_it_orders_once_and_tells_once(ground, row):
    schedule = put(ground, row)
    due = schedule.next_at
    assert due is not None
    run_due(schedule)
    plan = RebalancePlan.objects.get()
    assert (plan.state, schedule.last_plan_id) == ("running", plan.pk)
    assert schedule.last_words == "2 orders worth 7,000.00 USDT together."
    assert schedule.next_at == due + timedelta(days=1)
    assert run_schedule(actor=SYSTEM, schedule_id=schedule.pk, due_at=due) is None, "that moment is over"
    assert RebalancePlan.objects.count() == 1
    operations.advance_rebalance(plan_id=plan.pk)
    assert [(order.side, order.symbol, order.quantity) for order in Order.objects.all()] == [("sell", "BTCUSDT", 30)]
    assert InboxItem.objects.filter(topic="portfolios.rebalanced_by_schedule").count() == 1
    run_due(schedule)
    assert schedule.last_words == "This cannot be rebalanced: another rebalancing is under way."
    assert RebalancePlan.objects.filter(state="running").count() == 1


def test_within_the_band_nothing_happens_and_nobody_is_told(ground, row):
    operations.set_targets(**whose(ground), portfolio_id=row.pk, targets={"BTC": D(46)})
    schedule = run_due(put(ground, row))
    assert schedule.last_words == "Nothing was 5 points or more off its target."
    assert not RebalancePlan.objects.exists()
    assert not InboxItem.objects.exists()
    exact = run_due(put(ground, row, Rhythm(every=Every.DAY, hour=9, band=D(4))))
    assert exact.last_words == "1 order worth 400.00 USDT together."


def test_paused_removed_and_replaced_schedules_do_nothing(ground, row):
    first = put(ground, row)
    due = first.next_at
    assert due is not None
    operations.pause_schedule(**whose(ground), portfolio_id=row.pk)
    assert run_schedule(actor=SYSTEM, schedule_id=first.pk, due_at=due) is None
    assert not Timer.objects.filter(name="portfolios.rebalance_due", state="waiting").exists()
    assert operations.resume_schedule(**whose(ground), portfolio_id=row.pk).next_at == due
    replaced = put(ground, row, Rhythm(every=Every.MONTH, day=31, hour=0, band=D(1)))
    assert (RebalanceSchedule.objects.count(), Timer.objects.filter(state="waiting").count()) == (1, 1)
    assert replaced.next_at != due
    operations.remove_schedule(**whose(ground), portfolio_id=row.pk)
    with travel(timedelta(days=70)):
        fire_due()
    assert not RebalancePlan.objects.exists()
    with pytest.raises(ScheduleMissing):
        operations.pause_schedule(**whose(ground), portfolio_id=row.pk)


WRONG = [
    {"every": Every.DAY, "day": 1},
    {"every": Every.WEEK, "day": 8},
    {"every": Every.MONTH, "day": 0},
    {"every": Every.MONTH},
    {"hour": 24},
    {"band": D(0)},
    {"band": D(51)},
    {"band": D("NaN")},
    {"most_worth": D(0)},
    {"most_worth": D("1.001")},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_is_no_rhythm_is_refused(ground, row, wrong):
    with pytest.raises(ScheduleInvalid):
        put(ground, row, Rhythm(**{"every": Every.DAY, "hour": 9, "band": D(5), **wrong}))
    assert not RebalanceSchedule.objects.exists()


def test_real_money_follows_only_what_was_confirmed_within_its_bound(ground, row):
    Portfolio.objects.filter(pk=row.pk).update(mode="live")
    Connection.objects.filter(pk=ground.connection.pk).update(mode="live")
    bounded = Rhythm(every=Every.DAY, hour=9, band=D(5), most_worth=D(6000))
    with pytest.raises(ScheduleInvalid, match="bound"):
        put(ground, row, confirmed=True)
    with pytest.raises(LiveNeedsCode):
        put(ground, row, bounded)
    schedule = put(ground, row, bounded, confirmed=True)
    assert schedule.weights == {"BTC": "20", "ETH": "40"}
    run_due(schedule)
    assert schedule.last_words.startswith("This cannot be rebalanced: its orders are worth 7,000.00 USDT")
    assert not RebalancePlan.objects.exists(), "the preview is not kept either"
    wider = Rhythm(every=Every.DAY, hour=9, band=D(5), most_worth=D(7000))
    schedule = run_due(put(ground, row, wider, confirmed=True))
    assert RebalancePlan.objects.get().state == "running"
    operations.set_targets(**whose(ground), portfolio_id=row.pk, targets={"ETH": D(90)})
    run_due(schedule)
    assert (schedule.next_at, RebalancePlan.objects.count()) == (None, 1)
    assert "not those that were confirmed" in schedule.last_words
    with pytest.raises(ScheduleInvalid, match="confirm it anew"):
        operations.resume_schedule(**whose(ground), portfolio_id=row.pk)
    with pytest.raises(PlanImpossible):
        _rebalance(SYSTEM, schedule)


def test_page_and_api_do_it_all_and_ask_for_the_code(ground, row, customer, other_customer, web, api):
    enrol(customer)
    browser, client, page = web(customer), api(customer), f"/portfolios/{row.pk}/schedule/"
    form = {"action": "set", "every": "week", "day": "5", "hour": "18", "band": "2.5", "most_worth": ""}
    place = f"/api/v1/portfolios/{row.pk}/schedule"
    assert client.get(place).status_code == 404
    assert browser.post(page, {**form, "band": "0"}).status_code == 422
    assert browser.post(page, {**form, "day": "9"}).status_code == 422
    assert browser.post(page, form)["Location"] == page
    shown = browser.get(page).context["page"]
    assert shown.state.sentence.startswith("Next look: Fri ")
    told = client.get(place).json()
    assert (told["every"], told["day"], told["band"], told["zone"]) == ("week", 5, "2.5", "UTC")
    assert client.post(f"{place}/pause").json()["next_at"] is None
    assert client.post(f"{place}/resume").json()["next_at"] == told["next_at"]
    assert api(other_customer).get(place).status_code == 404
    assert web(other_customer).get(page).status_code == 404
    assert client.delete(place).status_code == 204
    Portfolio.objects.filter(pk=row.pk).update(mode="live")
    body = {"every": "day", "hour": 9, "band": "5", "most_worth": "500"}
    send: dict[str, Any] = {"content_type": "application/json"}
    asked = browser.put(place, body, **send)
    assert (asked.status_code, asked.json()["code"]) == (401, "security.step_up_required")
    where = asked.json()["params"]["api_url"]
    assert browser.post(where, {"code": recovery_code(customer, 0)}, **send).status_code < 300
    assert browser.put(place, {**body, "most_worth": "501"}, **send).status_code == 401
    assert not RebalanceSchedule.objects.exists()
    assert browser.put(place, body, **send).json()["weights"] == {"BTC": "20", "ETH": "40"}
    page_asks = browser.post(page, {**form, "most_worth": "10"})
    assert page_asks.status_code == 302
    assert page_asks["Location"] != page
    with pytest.raises(DomainError):
        put(ground, row)
