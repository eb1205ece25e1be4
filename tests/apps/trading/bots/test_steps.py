"""Steps that run twice, at once, late, or die half-way: one effect."""

from datetime import timedelta
from decimal import Decimal

import ccxt
import pytest

from apps.core.actors import Actor
from apps.core.clock import travel
from apps.finance.ledger.models import Hold
from apps.trading.bots.choices import LEASE
from apps.trading.bots.engine.deciding import take_round
from apps.trading.bots.engine.lease import Lease, hold, release, take_lease
from apps.trading.bots.errors import LeaseLost
from apps.trading.bots.models import Bot, BotEquity, BotLog, BotSignal
from apps.trading.bots.operations import advance, pause_bot, start_bot, step_batch, stop_bot
from apps.trading.bots.queries import list_due_bots, value_bot
from apps.trading.bots.tasks import nudge_due
from apps.trading.exchanges.operations import open_credentials
from apps.trading.orders import operations as order_operations
from apps.trading.orders.choices import LATEST_ACCEPTANCE, Kind
from apps.trading.orders.operations import settle_order
from apps.trading.orders.queries import list_bot_orders
from kernel.instruments import Side
from tests.apps.trading.bots.documents import ALWAYS_TURNING, constant, document, make_bot, price, two
from tests.apps.trading.bots.test_bot_life import EAGER, begun, holding, stepped
from tests.factories.paper_market import STEP, PaperMarket

pytestmark = pytest.mark.django_db
D = Decimal
OVER = LEASE + timedelta(seconds=2)


class Killed(BaseException):
    """The process ends here."""


def at_venue(bot: Bot) -> list[str]:
    """Client ids of every order of the account, by another client than ours."""
    venue = ccxt.binance(open_credentials(bot.connection_id).settings)
    return [row["clientOrderId"] for row in venue.privateGetAllOrders({"symbol": "BTCUSDT"})]


def taken(bot: Bot, owner: str) -> Lease:
    """The lease of a bot that is free."""
    lease = take_lease(bot.pk, owner)
    assert lease is not None
    return lease


def end_lease(bot: Bot) -> None:
    """Let the time of a dead owner pass."""
    from apps.core.clock import now

    Bot.objects.filter(pk=bot.pk).update(lease_until=now() - timedelta(seconds=1))


def dies_at_once(**_given):
    raise Killed


def killed_in(monkeypatch, bot: Bot, name: str, dies) -> None:
    """Advance a bot in a process that ends when it comes to the operation `name`."""
    with monkeypatch.context() as patch:
        patch.setattr(order_operations, name, dies)
        with pytest.raises(Killed):
            advance(bot_id=bot.pk, cause="test")


def test_the_same_step_twice_is_one_effect(market, customer):
    bot = begun(customer, market.connect(customer))
    market.step()
    for _ in range(3):
        advance(bot_id=bot.pk, cause="test")
        step_batch(stream=bot.stream, ts=market.last_ts)
    assert list_bot_orders(bot.pk).count() == BotSignal.objects.count() == 1
    assert BotEquity.objects.count() == 1
    assert len(at_venue(bot)) == 1


def test_a_bot_that_somebody_works_on_is_left_alone_and_looked_at_once_more(market, customer):
    bot = begun(customer, market.connect(customer))
    lease = taken(bot, "somebody")
    market.step()
    assert not advance(bot_id=bot.pk, cause="test")
    assert not list_bot_orders(bot.pk).exists()
    assert not release(lease, None)
    assert release(lease, None)
    advance(bot_id=bot.pk, cause="test")
    assert list_bot_orders(bot.pk).count() == 1


def test_an_owner_that_was_overtaken_writes_and_sends_nothing(market, customer):
    bot = begun(customer, market.connect(customer))
    old = taken(bot, "old")
    end_lease(bot)
    new = taken(bot, "new")
    assert (new.took_over, new.epoch) == (True, old.epoch + 1)
    with pytest.raises(LeaseLost):
        hold(old)
    with pytest.raises(LeaseLost):
        release(old, None)
    assert hold(new).pk == bot.pk
    assert release(new, None)


@pytest.mark.parametrize("point", ["before the claim", "after the claim", "after sending"])
def test_a_worker_killed_around_sending_leaves_one_order(market, customer, monkeypatch, point):
    bot = begun(customer, market.connect(customer))
    market.step()
    real = order_operations.transmit

    def dies(**given):
        if point == "after sending":
            given["port"].submit(given["claimed"].request)
        raise Killed

    name = "claim_order" if point == "before the claim" else "transmit"
    killed_in(monkeypatch, bot, name, dies)
    (order,) = list_bot_orders(bot.pk)
    assert order.state == ("intent" if point == "before the claim" else "sent")
    assert not advance(bot_id=bot.pk, cause="test"), "the dead owner's lease holds"
    end_lease(bot)
    assert bot.pk in list_due_bots()
    advance(bot_id=bot.pk, cause="sweep")
    if point == "after the claim":
        order.refresh_from_db()
        assert order.state == "sent", "not found proves nothing yet"
        assert at_venue(bot) == []
        with travel(LATEST_ACCEPTANCE):
            settle_order(order_id=order.pk)
        advance(bot_id=bot.pk, cause="sweep")
        first, second = list_bot_orders(bot.pk)
        assert (first.reject_code, second.state) == ("never_accepted", "filled")
        assert BotSignal.objects.get().decision == "replaced"
    assert len(at_venue(bot)) == 1
    assert value_bot(bot).position > 0
    assert BotLog.objects.filter(title="Another worker went on").exists()
    assert real is order_operations.transmit


def test_nothing_new_is_decided_while_an_outcome_is_unknown(market, customer):
    bot = begun(customer, market.connect(customer), ALWAYS_TURNING)
    market.sandbox.control.inject_fault("drop", method="POST", path="/api/v3/order", count=1)
    while not list_bot_orders(bot.pk).exists():
        market.step()
        bot = stepped(bot)
    consumed = bot.consumed_ts
    market.step(6)
    bot = stepped(bot)
    assert (bot.consumed_ts, list_bot_orders(bot.pk).get().state) == (consumed, "unknown")
    assert bot.next_look_at is not None
    with travel(LATEST_ACCEPTANCE):
        settle_order(order_id=list_bot_orders(bot.pk).get().pk)
    bot = stepped(bot)
    assert bot.consumed_ts == market.last_ts
    dead, first = list_bot_orders(bot.pk)[0], BotSignal.objects.order_by("ts")[0]
    assert (dead.reject_code, first.decision) == ("never_accepted", "ordered"), "too late to open: not ordered again"


def test_an_order_the_venue_took_without_answering_is_adopted(market, customer):
    bot = begun(customer, market.connect(customer))
    market.sandbox.control.inject_fault("accept_then_timeout", method="POST", path="/api/v3/order", delay_ms=50)
    market.step()
    bot = stepped(bot)
    (order,) = list_bot_orders(bot.pk)
    assert (order.state, at_venue(bot)) == ("filled", [order.client_id])


def test_missed_candles_are_consumed_in_order_and_old_ones_open_nothing(market, customer):
    bot = begun(customer, market.connect(customer), late_bars=1)
    first = market.last_ts
    market.step(10)
    bot = stepped(bot)
    assert list(BotEquity.objects.order_by("ts").values_list("ts", flat=True)) == [
        first + STEP * number for number in range(1, 11)
    ]
    decisions = list(BotSignal.objects.order_by("ts").values_list("ts", "decision"))
    assert [decision for _, decision in decisions] == ["late"] * 8 + ["ordered"]
    assert decisions[-1][0] == market.last_ts - STEP
    assert list_bot_orders(bot.pk).count() == 1


def test_an_old_candle_may_still_close(market, customer):
    connection = market.connect(customer)
    bot = begun(customer, connection, ALWAYS_TURNING, late_bars=0)
    while value_bot(bot).position == 0:
        market.step()
        bot = stepped(bot)
    market.step(12)
    stepped(bot)
    sold = list_bot_orders(bot.pk).filter(side="sell").first()
    assert sold is not None
    assert BotSignal.objects.get(order_id=sold.pk).ts < market.last_ts
    late = BotSignal.objects.filter(decision="late")
    assert all(signal.reason == "entry" for signal in late)


def test_a_missing_candle_gets_a_moment_and_then_it_goes_on_without_it(market: PaperMarket, customer):
    bot = begun(customer, market.connect(customer))
    market.sandbox.control.step(1)
    market.last_ts += STEP
    market.step()
    bot = stepped(bot)
    assert (bot.activity, bot.consumed_ts) == ("gap", market.last_ts - 2 * STEP)
    assert not list_bot_orders(bot.pk).exists()
    with travel(timedelta(seconds=30)):
        bot = stepped(bot)
    assert (bot.activity, bot.consumed_ts, bot.gap_seen_at) == ("waiting", market.last_ts, None)
    assert BotLog.objects.filter(title="Candles missing", text__startswith="1 before").exists()


def test_a_day_loss_limit_opens_nothing_more(market, customer):
    bot = begun(customer, market.connect(customer), max_day_loss_percent=D("0.01"))
    Bot.objects.filter(pk=bot.pk).update(day=market.last_ts // 86_400_000, day_equity=D(11_000))
    market.step()
    bot = stepped(bot)
    assert BotSignal.objects.get().decision == "day_loss"
    assert not list_bot_orders(bot.pk).exists()


def test_a_pause_between_deciding_and_committing_wins(market, customer, monkeypatch):
    bot = begun(customer, market.connect(customer))
    market.step()

    def paused_meanwhile(*given):
        found = take_round(*given)
        Bot.objects.filter(pk=bot.pk).update(desired_state="paused")
        return found

    monkeypatch.setattr("apps.trading.bots.engine.step.take_round", paused_meanwhile)
    stepped(bot)
    assert BotSignal.objects.get().decision == "paused"
    assert not list_bot_orders(bot.pk).exists()


def test_a_stop_gives_up_an_intent_that_was_not_sent(market, customer, monkeypatch):
    bot = begun(customer, market.connect(customer))
    market.step()
    killed_in(monkeypatch, bot, "claim_order", dies_at_once)
    stop_bot(actor=Actor.of(customer), bot_id=bot.pk)
    end_lease(bot)
    bot = stepped(bot)
    (order,) = list_bot_orders(bot.pk)
    assert (bot.activity, order.state, order.reject_code, at_venue(bot)) == ("stopped", "rejected", "not_sent", [])


def test_a_step_that_fails_is_told_and_tried_again(market, customer, monkeypatch):
    bot = begun(customer, market.connect(customer))
    market.step()
    with monkeypatch.context() as patch:
        patch.setattr("apps.trading.bots.engine.step.take_round", lambda *_: 1 / 0)
        bot = stepped(bot)
    assert (bot.activity, bot.failures, bot.last_error) == ("troubled", 1, "ZeroDivisionError: division by zero")
    assert bot.next_look_at is not None
    bot = stepped(bot)
    assert (bot.activity, bot.failures, bot.last_error) == ("waiting", 0, "")
    assert list_bot_orders(bot.pk).count() == 1


def test_the_sweep_finds_candles_that_nobody_was_told_of(market, customer, on_commit):
    bot = begun(customer, market.connect(customer))
    assert list_due_bots() == []
    market.step()
    assert list_due_bots() == [bot.pk]
    with on_commit():
        assert nudge_due() == 1
    assert list_due_bots() == []
    assert list_bot_orders(bot.pk).count() == 1
    pause_bot(actor=Actor.of(customer), bot_id=bot.pk)
    assert list_due_bots() == [bot.pk]


def test_a_refusal_of_the_venue_is_told_and_not_argued_with(market, customer):
    connection = market.connect(customer, {"USDT": D(10_000)})
    bot = make_bot(customer, connection, EAGER)
    start_bot(actor=Actor.of(customer), bot_id=bot.pk)
    bot = stepped(bot)
    ccxt.binance(open_credentials(connection).settings).create_order("BTC/USDT", "market", "buy", 0.145)
    market.step()
    bot = stepped(bot)
    (order,) = list_bot_orders(bot.pk)
    assert (order.state, order.reject_code) == ("rejected", "-2010")
    assert BotLog.objects.filter(title="Refused by the exchange").count() == 1
    stepped(bot)
    assert list_bot_orders(bot.pk).count() == 1


def test_holding_is_a_figure_of_the_fills(market, customer):
    bot = holding(market, customer, market.connect(customer))
    (order,) = list_bot_orders(bot.pk)
    assert value_bot(bot).entry == order.average_price


def test_an_order_that_the_account_cannot_pay_is_told_and_the_bot_goes_on(market, customer):
    connection = market.connect(customer, {"USDT": D(10_000)})
    bot = begun(customer, connection)
    wanted = order_operations.NewOrder(
        symbol="BTCUSDT", side=Side.BUY, kind=Kind.LIMIT, quantity=D("0.33"), price=D(30_000)
    )
    actor = Actor.of(customer)
    by_hand = order_operations.place_order(actor=actor, owner_id=customer.pk, connection_id=connection, order=wanted)
    other = order_operations.NewOrder(
        symbol="BTCUSDT", side=Side.BUY, kind=Kind.LIMIT, quantity=D("0.003"), price=D(30_000)
    )
    order_operations.place_order(actor=actor, owner_id=customer.pk, connection_id=connection, order=other)
    market.step()
    bot = stepped(bot)
    assert (bot.activity, bot.failures, bot.pending_order_id) == ("waiting", 0, None)
    assert not list_bot_orders(bot.pk).exists()
    assert BotSignal.objects.get().decision == "refused"
    line = BotLog.objects.get(title="Order not possible")
    assert "10 USDT are available on this account" in line.text
    order_operations.cancel_order(actor=actor, order_id=by_hand.pk)
    market.step()
    assert list_bot_orders(stepped(bot).pk).get().state == "filled"


def test_a_bot_may_spend_all_that_the_account_has(market, customer):
    connection = market.connect(customer, {"USDT": D(10_000)})
    rules = document(
        "All in",
        two("gt", price(), constant("1")),
        two("lt", price(), constant("1")),
        sizing={"kind": "percent_equity", "percent": "100"},
    )
    bot = begun(customer, connection, rules)
    market.step()
    (order,) = list_bot_orders(stepped(bot).pk)
    hold = Hold.objects.get(key=f"order:{order.pk}")
    assert D(9_910) < order.quantity * order.wanted_price < 10_000
    assert (hold.amount, order.state) == (10_000, "filled")
