"""Limits, switches and states: who may change them, from when on it holds, and what follows by itself."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from apps.core import approvals, timers
from apps.core.actors import Actor
from apps.core.clock import travel
from apps.core.context import PUBLIC, in_schema
from apps.core.models import Approval, ApprovalState, OutboxEvent
from apps.core.permissions import PermissionMissing
from apps.core.relay import drain
from apps.platform.notifications.models import InboxItem
from apps.platform.security.operations import grant_role
from apps.trading.risk import errors, operations, queries
from apps.trading.risk.models import KillSwitch, PlatformSwitch, RiskLimit, RiskStanding
from apps.trading.risk.operations import register_bots, set_limit, set_own_limit
from apps.trading.risk.operations.directory import _registered
from tests.apps.trading.risk.ground import SYSTEM, Ground, quote, silence
from tests.factories.people import make_customer, make_staff

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def ann(ground) -> Actor:
    return Actor.of(ground.owner)


@pytest.fixture
def maker(db) -> Actor:
    return Actor.of(make_staff("desk@example.test", role="trading_ops"))


@pytest.fixture
def checker(db) -> Actor:
    return Actor.of(make_staff("admin@example.test", role="admin"))


def agree(actor: Actor, request: Approval) -> None:
    assert approvals.decide(actor=actor, approval_id=request.pk, agrees=True).state == ApprovalState.EXECUTED


def events() -> list[str]:
    return list(OutboxEvent.objects.filter(name__startswith="risk.").order_by("id").values_list("name", flat=True))


def test_a_customers_limit_tightens_at_once_and_loosens_after_a_day(ground, ann):
    own = {"actor": ann, "scope": "customer", "rule": "total_exposure"}
    row = set_own_limit(**own, value=D(1000))
    assert row.value == 1000
    assert set_own_limit(**own, value=D(500)).value == 500
    waiting = set_own_limit(**own, value=D(5000))
    assert (waiting.value, waiting.next_value) == (500, 5000)
    with pytest.raises(errors.ExposureTooLarge):
        ground.claim(quantity="6")
    with travel(timedelta(hours=23, minutes=59)):
        timers.fire_due()
        assert RiskLimit.objects.get().value == 500
    with travel(timedelta(hours=24, seconds=1)):
        timers.fire_due()
    row = RiskLimit.objects.get()
    assert (row.value, row.next_value, row.next_at) == (5000, None, None)
    ground.claim(quantity="6")


def test_a_change_that_waits_is_called_off_by_the_present_value_and_replaced_by_a_tighter_one(ground, ann):
    own = {"actor": ann, "scope": "customer", "rule": "open_orders"}
    set_own_limit(**own, value=D(5))
    set_own_limit(**own, value=None)
    assert set_own_limit(**own, value=D(5)).next_at is None
    with pytest.raises(errors.NothingToChange):
        set_own_limit(**own, value=D(5))
    set_own_limit(**own, value=D(9))
    assert set_own_limit(**own, value=D(4)).next_at is None
    with travel(timedelta(days=2)):
        timers.fire_due()
    assert RiskLimit.objects.get().value == 4


def test_the_least_of_free_margin_is_tighter_the_larger_it_is(ann, ground):
    own = {"actor": ann, "scope": "customer", "rule": "free_margin"}
    assert set_own_limit(**own, value=D(20)).value == 20
    assert set_own_limit(**own, value=D(30)).value == 30
    assert set_own_limit(**own, value=D(10)).next_value == 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"rule": "luck", "value": D(1)},
        {"rule": "leverage", "value": D(-1)},
        {"rule": "leverage", "value": D("Infinity")},
        {"rule": "open_orders", "value": D("1.5")},
        {"rule": "drawdown", "value": D(101)},
        {"rule": "leverage", "value": D(1), "target": "BTCUSDT"},
        {"rule": "group_exposure", "value": D(1), "target": "nobody"},
    ],
)
def test_limits_that_mean_nothing_are_refused(ann, ground, wrong):
    with pytest.raises(errors.LimitInvalid):
        set_own_limit(actor=ann, scope="customer", **wrong)


def test_nobody_sets_limits_or_switches_of_another_customer_or_of_the_tenant(ground, ann):
    other = make_customer("eve@example.test")
    for scope, subject in (("customer", other.pk), ("tenant", None), ("bot", uuid4())):
        with pytest.raises(errors.SubjectMissing):
            set_own_limit(actor=ann, scope=scope, subject_id=subject, rule="leverage", value=D(1))
        with pytest.raises(errors.SubjectMissing):
            operations.engage_own_switch(actor=ann, scope=scope, subject_id=subject)
    with pytest.raises(PermissionMissing):
        set_limit(actor=ann, scope="tenant", rule="leverage", value=D(1), reason="mine")
    mine = operations.engage_own_switch(actor=ann, scope="customer")
    with pytest.raises(errors.SwitchMissing):
        operations.lift_own_switch(actor=Actor.of(other), switch_id=mine.pk)


def test_staff_tighten_at_once_and_loosen_with_four_eyes(ground, ann, maker, checker):
    told = {"actor": maker, "scope": "customer", "subject_id": ground.owner.pk, "rule": "leverage", "reason": "late"}
    row = set_limit(**told, value=D(2))
    assert isinstance(row, RiskLimit)
    assert row.value == 2
    with pytest.raises(errors.HeldByStaff):
        set_own_limit(actor=ann, scope="customer", rule="leverage", value=D(9))
    request = set_limit(**told, value=D(5))
    assert isinstance(request, Approval)
    assert RiskLimit.objects.get().value == 2
    grant_role(actor=SYSTEM, user_id=maker.id, role="admin", reason="even with the right to approve")
    with pytest.raises(approvals.MakerCannotCheck):
        approvals.decide(actor=maker, approval_id=request.pk, agrees=True)
    agree(checker, request)
    assert RiskLimit.objects.get().value == 5
    late = set_limit(**told, value=None)
    set_limit(**told, value=D(3))
    with pytest.raises(errors.ChangedSinceAsked):
        approvals.decide(actor=checker, approval_id=late.pk, agrees=True)


def test_a_profile_is_taken_over_without_loosening(ground, ann):
    set_own_limit(actor=ann, scope="customer", rule="leverage", value=D("0.5"))
    operations.apply_profile(actor=ann, profile="careful")
    rows = {row.rule: (row.value, row.next_value) for row in queries.list_own_limits(ground.owner.pk)}
    assert rows == {
        "leverage": (D("0.5"), D(1)), "open_positions": (3, None), "order_rate": (10, None), "drawdown": (10, None),
    }  # fmt: skip


def test_an_own_switch_is_engaged_once_tells_and_is_lifted_by_its_owner(ground, ann):
    row = operations.engage_own_switch(actor=ann, scope="customer", flatten=False)
    assert operations.engage_own_switch(actor=ann, scope="customer", flatten=False).pk == row.pk
    assert events() == ["risk.switch_engaged"]
    assert operations.engage_own_switch(actor=ann, scope="customer", flatten=True).flattens
    assert events() == ["risk.switch_engaged"] * 2, "adding that positions are closed is a new order to close them"
    drain()
    assert InboxItem.objects.filter(topic="risk.switch").exists()
    assert queries.is_switched_off(owner_id=ground.owner.pk)
    operations.lift_own_switch(actor=ann, switch_id=row.pk)
    assert not queries.is_switched_off(owner_id=ground.owner.pk)
    with pytest.raises(errors.NothingToChange):
        operations.lift_own_switch(actor=ann, switch_id=row.pk)
    ground.claim()


def test_a_bots_switch_belongs_to_the_owner_of_the_bot(ground, ann):
    bot = uuid4()

    class Bots:
        def owner_of(self, bot_id):
            return ground.owner.pk if bot_id == bot else None

        def names_of(self, owner_id):
            return {bot: "Grid"}

    before = list(_registered)
    register_bots(Bots())
    try:
        operations.engage_own_switch(actor=ann, scope="bot", subject_id=bot)
        with pytest.raises(errors.KillSwitchEngaged, match="this bot"):
            ground.claim(bot_id=bot, book_id=ground.bot_book(bot).pk)
        ground.claim()
    finally:
        _registered[:] = before


def test_the_tenants_switch_takes_two_people_to_lift(ground, ann, maker, checker):
    row = operations.engage_switch(actor=maker, scope="tenant", reason="odd prices")
    request = operations.ask_lift(actor=maker, switch_id=row.pk, reason="over")
    with pytest.raises(errors.KillSwitchEngaged, match="organisation"):
        ground.claim()
    with pytest.raises(errors.SwitchMissing):
        operations.lift_own_switch(actor=ann, switch_id=row.pk)
    agree(checker, request)
    ground.claim()
    assert not KillSwitch.objects.get().is_engaged
    operations.engage_switch(actor=maker, scope="tenant", reason="again")
    with pytest.raises(approvals.ApprovalClosed):
        approvals.decide(actor=checker, approval_id=request.pk, agrees=True)


def test_what_staff_engaged_over_a_customer_the_customer_cannot_lift(ground, ann, maker):
    operations.engage_own_switch(actor=ann, scope="customer")
    row = operations.engage_switch(actor=maker, scope="customer", subject_id=ground.owner.pk, reason="case 7")
    with pytest.raises(errors.HeldByStaff):
        operations.lift_own_switch(actor=ann, switch_id=row.pk)


def test_the_platforms_switch_stops_every_tenant_and_each_follows_once(ground):
    with in_schema(PUBLIC):
        operator = Actor.of(make_staff("op@example.test", role="operator"))
        security = Actor.of(make_staff("sec@example.test", role="security"))
        operations.engage_platform_switch(actor=operator, reason="venue down")
    with pytest.raises(errors.KillSwitchEngaged, match="platform"):
        ground.claim()
    for _ in range(2):
        operations.follow_platform(actor=SYSTEM)
    assert events() == ["risk.switch_engaged"]
    mirror = KillSwitch.objects.get(scope="platform")
    assert mirror.is_engaged
    with pytest.raises(errors.SwitchMissing):
        operations.ask_lift(actor=SYSTEM, switch_id=mirror.pk, reason="a tenant cannot")
    with in_schema(PUBLIC):
        request = operations.ask_lift_platform(actor=operator, reason="venue is back")
        with pytest.raises(PermissionMissing):
            approvals.decide(actor=operator, approval_id=request.pk, agrees=True)
        approvals.decide(actor=security, approval_id=request.pk, agrees=True)
        assert not PlatformSwitch.objects.get().is_engaged
    for _ in range(2):
        operations.follow_platform(actor=SYSTEM)
    assert events() == ["risk.switch_engaged", "risk.switch_lifted"]
    ground.claim()


def review(ground: Ground) -> RiskStanding:
    return operations.review(
        actor=SYSTEM, scope="customer", subject_id=ground.owner.pk, owner_id=ground.owner.pk, is_live=False
    )


def test_a_days_loss_reduces_by_itself_and_the_next_day_resumes(ground):
    ground.limit("daily_loss", "50")
    ground.fill("buy", "2")
    review(ground)
    quote("BTCUSDT", "76")
    row = review(ground)
    assert (row.state, row.result, row.day_result) == ("active", -48, 0)
    assert row.most_used == D("0.96")
    quote("BTCUSDT", "75")
    row = review(ground)
    assert (row.state, row.state_rule) == ("reducing", "daily_loss")
    assert row.state_reason == "loss of a day 50.00 USDT of 50 USDT"
    with pytest.raises(errors.OnlyReducing):
        ground.claim()
    ground.claim("sell", "2")
    drain()
    topics = set(InboxItem.objects.values_list("topic", flat=True))
    assert {"risk.nearly_used", "risk.state"} <= topics
    with travel(timedelta(days=1)):
        quote("BTCUSDT", "75")
        assert review(ground).state == "active"


def test_a_drawdown_reduces_until_its_owner_resumes(ground, ann):
    ground.limit("drawdown", "10")
    ground.fill("buy", "200")
    review(ground)
    quote("BTCUSDT", "200")
    assert review(ground).peak_result == 20_000
    quote("BTCUSDT", "140")
    row = review(ground)
    assert row.state == "reducing"
    assert row.state_reason.startswith("drawdown 10.71 % of 10 %")  # 12,000 of 100,000 + 12,000
    assert operations.resume_own(actor=ann, is_live=False).state == "active"
    assert review(ground).state == "active"


def test_staff_halt_at_once_and_let_trade_again_with_four_eyes(ground, ann, maker, checker):
    told = {"actor": maker, "scope": "customer", "subject_id": ground.owner.pk, "is_live": False}
    row = operations.restrict(**told, state="halted", reason="case 7")
    with pytest.raises(errors.TradingHalted):
        ground.claim()
    with pytest.raises(errors.HeldByStaff):
        operations.resume_own(actor=ann, is_live=False)
    request = operations.ask_resume(actor=maker, standing_id=row.pk, reason="closed")
    agree(checker, request)
    ground.claim()


def test_without_a_price_no_state_moves(ground):
    ground.limit("daily_loss", "1")
    ground.fill("buy", "2")
    review(ground)
    silence("BTCUSDT")
    row = review(ground)
    assert (row.is_exact, row.state) == (False, "active")
