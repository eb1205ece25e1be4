"""Claims of orders: every rule through the door, switches and states, shrinking, amending, and sending."""

from decimal import Decimal
from uuid import uuid4

import pytest

from apps.core.actors import Actor
from apps.core.clock import now
from apps.trading.risk import errors
from apps.trading.risk.choices import Scope, State
from apps.trading.risk.models import CorrelationGroup, PlatformRiskLimit, PlatformSwitch, RiskClaim, RiskStanding
from apps.trading.risk.operations import (
    amend_claim,
    check_may_send,
    claim_risk,
    engage_own_switch,
    release_claim,
    shrink_claim,
)
from tests.apps.trading.risk.ground import SYSTEM, silence

pytestmark = pytest.mark.django_db
D = Decimal


def restrict(ground, state: State, scope: Scope = Scope.CUSTOMER, subject=None) -> None:
    row, _ = RiskStanding.objects.get_or_create(
        scope=scope, subject_id=subject or ground.owner.pk, owner_id=ground.owner.pk, is_live=False
    )
    for step in (State.REDUCING, State.HALTED)[: 1 if state is State.REDUCING else 2]:
        RiskStanding.objects.filter(pk=row.pk).update(state=step, state_reason="a test")


@pytest.mark.parametrize(
    ("rule", "value", "target", "error", "words"),
    [
        ("order_size", "99", "", errors.OrderTooLarge, "Your limit is 99 USDT for one order; this one is worth 100"),
        ("position", "299", "", errors.PositionTooLarge, "299 USDT for one position; with this order it could be"),
        ("symbol_exposure", "299", "BTCUSDT", errors.SymbolExposureTooLarge, "299 USDT in BTCUSDT"),
        ("total_exposure", "319", "", errors.ExposureTooLarge, "it could be 320 USDT"),
        ("group_exposure", "319", "majors", errors.GroupExposureTooLarge, "in the group majors"),
        ("leverage", "0.003", "", errors.LeverageTooHigh, "0.003 × the equity"),
        ("free_margin", "99.7", "", errors.FreeMarginTooLow, "99.7 % of the equity stay free"),
        ("open_positions", "1", "", errors.TooManyPositions, "with this order there could be 2"),
        ("symbol_positions", "0", "", errors.TooManySymbolPositions, "0 open positions in BTCUSDT"),
        ("open_orders", "1", "", errors.TooManyOrders, "this would be number 2"),
        ("order_rate", "1", "", errors.OrdersTooFast, "1 orders a minute; this would be number 2"),
        ("drawdown", "0", "", errors.DrawdownReached, "a drawdown of 0 %"),
        ("daily_loss", "0", "", errors.DailyLossReached, "0 USDT are lost"),
    ],
)  # fmt: skip
def test_each_rule_refuses_with_a_code_and_its_numbers_and_a_reducing_order_passes(
    ground, rule, value, target, error, words
):
    """Before: 2 BTC are held, 2 ETH are ordered; the order is 1 BTC more."""
    CorrelationGroup.objects.create(name="majors", symbols=["BTCUSDT", "ETHUSDT"])
    ground.fill("buy", "2")
    ground.claim(quantity="2", price="10", symbol="ETHUSDT")
    ground.limit(rule, value, target=target)
    with pytest.raises(error) as refused:
        ground.claim()
    assert refused.value.code == f"risk.{rule}"
    assert words in refused.value.text
    assert refused.value.params["scope"] == "customer"
    assert RiskClaim.objects.count() == 1
    ground.claim("sell", "2")


def test_the_tightest_scope_speaks_and_a_bot_is_held_to_its_own_figures(ground):
    bot = uuid4()
    ground.limit("order_size", "500")
    ground.limit("order_size", "400", "tenant")
    PlatformRiskLimit.objects.create(rule="order_size", value=D(300), changed_at=now())
    with pytest.raises(errors.OrderTooLarge, match="The limit of the platform is 300 USDT"):
        ground.claim(quantity="4.5")
    book = ground.bot_book(bot)
    ground.limit("open_orders", "1", "bot", subject=bot)
    ground.claim()
    ground.claim(bot_id=bot, book_id=book.pk)
    with pytest.raises(errors.TooManyOrders, match="The limit of this bot is 1 open orders"):
        ground.claim(bot_id=bot, book_id=book.pk)
    ground.claim()


def test_paper_and_live_are_measured_apart(ground):
    ground.limit("total_exposure", "150")
    ground.claim()
    with pytest.raises(errors.ExposureTooLarge):
        ground.claim()
    ground.claim(is_live=True)


def test_what_fills_moves_from_the_claim_to_the_position_and_room_is_the_same(ground):
    ground.limit("total_exposure", "300")
    order = ground.claim(quantity="3")
    ground.fill("buy", "1")
    shrink_claim(order_id=order, remaining=D(2))
    with pytest.raises(errors.ExposureTooLarge, match="could be 301 USDT"):
        ground.claim(quantity="0.01")
    release_claim(order_id=order)
    release_claim(order_id=order)
    assert RiskClaim.objects.get(order_id=order).ended_at is not None
    ground.claim(quantity="2")
    shrink_claim(order_id=order, remaining=D(1))
    assert RiskClaim.objects.get(order_id=order).ended_at is None, "an order that comes to life again has its claim"


def test_one_order_is_one_claim_and_an_amended_one_is_decided_anew(ground):
    ground.limit("total_exposure", "300")
    wanted = ground.proposal(quantity="2")
    claim_risk(actor=SYSTEM, proposal=wanted)
    claim_risk(actor=SYSTEM, proposal=wanted)
    assert RiskClaim.objects.count() == 1
    amend_claim(actor=SYSTEM, order_id=wanted.order_id, quantity=D("2.5"), worst_price=D(120))
    with pytest.raises(errors.ExposureTooLarge, match="could be 360 USDT"):
        amend_claim(actor=SYSTEM, order_id=wanted.order_id, quantity=D(3), worst_price=D(120))
    row = RiskClaim.objects.get()
    assert (row.remaining, row.worst_price) == (D("2.5"), 120)
    amend_claim(actor=SYSTEM, order_id=uuid4(), quantity=D(3), worst_price=D(120))


@pytest.mark.parametrize("engage", ["customer", "tenant", "platform", "bot"])
def test_an_engaged_switch_lets_only_reducing_orders_pass_at_claim_and_at_send(ground, engage):
    from apps.trading.risk.models import KillSwitch

    bot = uuid4()
    book = ground.bot_book(bot)
    more = {"bot_id": bot, "book_id": book.pk}
    ground.fill("buy", "1", book=book)
    before = ground.claim(**more)
    exit_order = ground.claim("sell", **more)
    if engage == "platform":
        PlatformSwitch.objects.create(is_engaged=True)
    else:
        subject = {"customer": ground.owner.pk, "bot": bot}.get(engage)
        owner = None if engage == "tenant" else ground.owner
        KillSwitch.objects.create(scope=engage, subject_id=subject, owner=owner, is_engaged=True)
    with pytest.raises(errors.KillSwitchEngaged) as refused:
        ground.claim(**more)
    assert refused.value.params["scope"] == engage
    with pytest.raises(errors.KillSwitchEngaged):
        check_may_send(order_id=before)
    check_may_send(order_id=exit_order)
    release_claim(order_id=exit_order)
    ground.claim("sell", "1", **more)
    with pytest.raises(errors.KillSwitchEngaged):
        ground.claim("sell", "0.1", **more)
    if engage == "bot":
        ground.claim()


def test_reducing_and_halted_stand_at_claim_and_at_send(ground):
    ground.fill("buy", "1")
    order = ground.claim()
    restrict(ground, State.REDUCING)
    with pytest.raises(errors.OnlyReducing, match="Trading is reduced for this account"):
        ground.claim()
    with pytest.raises(errors.OnlyReducing):
        check_may_send(order_id=order)
    ground.claim("sell", "0.5")
    ground.claim(is_live=True)
    restrict(ground, State.HALTED)
    with pytest.raises(errors.TradingHalted):
        ground.claim("sell", "0.1")
    with pytest.raises(errors.TradingHalted):
        check_may_send(order_id=order)
    check_may_send(order_id=uuid4())


def test_legs_that_exclude_each_other_count_once(ground):
    ground.fill("buy", "1")
    restrict(ground, State.REDUCING)
    group = uuid4()
    ground.claim("sell", "1", "120", group_id=group)
    ground.claim("sell", "1", "90", group_id=group)
    with pytest.raises(errors.OnlyReducing):
        ground.claim("sell", "1", "90")


def test_without_a_price_or_equity_a_limit_cannot_be_checked(ground):
    ground.limit("total_exposure", "1000")
    ground.claim(symbol="ETHUSDT", price="10")
    ground.fill("buy", "1", symbol="ETHUSDT")
    silence("ETHUSDT")
    with pytest.raises(errors.FactsUnknown, match="The price of ETHUSDT is not known"):
        ground.claim()
    ground.claim("sell", "1", "10", symbol="ETHUSDT")
    ground.limit("leverage", "2")
    with pytest.raises(errors.FactsUnknown, match="equity"):
        ground.claim(is_live=True)


def test_engaging_through_the_operation_stops_the_next_order(ground):
    engage_own_switch(actor=Actor.of(ground.owner), scope="customer")
    with pytest.raises(errors.KillSwitchEngaged, match="this account is engaged"):
        ground.claim()
