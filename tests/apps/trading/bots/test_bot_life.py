"""What an owner may do with a bot, and what it does then, at a real exchange in lock-step."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from apps.core.actors import Actor
from apps.core.relay import drain
from apps.core.transitions import MoveNotAllowed
from apps.platform.users.operations import deactivate_user
from apps.trading.bots.errors import (
    BotMissing,
    BotNotStopped,
    BudgetNotCovered,
    BudgetTooSmall,
    ConnectionNotUsable,
)
from apps.trading.bots.models import Bot, BotConfig, BotEquity, BotLog
from apps.trading.bots.operations import (
    BotWish,
    advance,
    archive_bot,
    clone_bot,
    create_bot,
    halt_bot,
    pause_bot,
    resume_bot,
    revise_bot,
    start_bot,
    stop_all_bots,
    stop_bot,
)
from apps.trading.bots.queries import get_config, list_due_bots, value_bot
from apps.trading.bots.shown import state_of
from apps.trading.exchanges.errors import ConnectionMissing
from apps.trading.exchanges.operations import revoke_connection
from apps.trading.market_data.queries import list_subscriptions
from apps.trading.orders.queries import list_bot_orders
from apps.trading.strategies.errors import VersionMissing
from tests.apps.trading.bots.documents import CROSS, constant, document, make_bot, price, two
from tests.factories.paper_market import PaperMarket

pytestmark = pytest.mark.django_db
EAGER = document(
    "Eager",
    two("gt", price(), constant("1")),
    two("lt", price(), constant("1")),
    sizing={"kind": "fixed_quote", "amount": "500"},
)
D = Decimal


def begun(owner, connection_id, rules=EAGER, **more) -> Bot:
    """A bot that runs and waits for its first candle."""
    bot = make_bot(owner, connection_id, rules, **more)
    start_bot(actor=Actor.of(owner), bot_id=bot.pk)
    return stepped(bot)


def stepped(bot: Bot) -> Bot:
    advance(bot_id=bot.pk, cause="test")
    bot.refresh_from_db()
    return bot


def holding(market: PaperMarket, owner, connection_id) -> Bot:
    """A bot that has bought."""
    bot = begun(owner, connection_id)
    market.step()
    bot = stepped(bot)
    assert value_bot(bot).position > 0
    return bot


def test_a_started_bot_waits_for_the_next_candle_and_then_trades(market, customer):
    connection = market.connect(customer)
    bot = begun(customer, connection)
    assert (bot.desired_state, bot.activity, bot.consumed_ts) == ("running", "waiting", market.last_ts)
    assert state_of(bot).sentence.startswith("Waiting for the ")
    assert not list_bot_orders(bot.pk).exists()
    assert list_subscriptions("BTCUSDT.5m").filter(bot_id=bot.pk).exists()
    market.step()
    bot = stepped(bot)
    (order,) = list_bot_orders(bot.pk)
    assert (order.state, order.side, bot.pending_order_id) == ("filled", "buy", None)
    assert order.average_price * order.filled == 1_000_000 - _free(connection)
    assert [line.title for line in BotLog.objects.order_by("id")] == ["Started", "Bought"]
    assert BotEquity.objects.filter(bot=bot).count() == 1


def _free(connection_id) -> Decimal:
    from apps.trading.exchanges.operations import open_venue

    return {row.asset: row.free for row in open_venue(connection_id).balances()}["USDT"]


def test_stop_leaves_the_position_and_flatten_sells_it(market, customer):
    bot = holding(market, customer, market.connect(customer))
    actor = Actor.of(customer)
    stop_bot(actor=actor, bot_id=bot.pk)
    bot = stepped(bot)
    assert (bot.desired_state, bot.activity) == ("stopped", "stopped")
    assert value_bot(bot).position > 0
    assert not list_subscriptions("BTCUSDT.5m").filter(bot_id=bot.pk).exists()
    market.step(3)
    stepped(bot)
    assert list_bot_orders(bot.pk).count() == 1
    start_bot(actor=actor, bot_id=bot.pk)
    bot = stepped(bot)
    stop_bot(actor=actor, bot_id=bot.pk, flatten=True)
    bot = stepped(bot)
    assert [order.side for order in list_bot_orders(bot.pk)] == ["buy", "sell"]
    worth = value_bot(bot)
    assert (worth.position, bot.activity, bot.flatten_wanted) == (D(0), "stopped", False)
    assert worth.equity == D(10_000) + _free(bot.connection_id) - 1_000_000


def test_a_paused_bot_follows_and_does_nothing_and_goes_on_after(market, customer):
    bot = begun(customer, market.connect(customer))
    pause_bot(actor=Actor.of(customer), bot_id=bot.pk)
    market.step(4)
    bot = stepped(bot)
    assert (bot.consumed_ts, list_bot_orders(bot.pk).count()) == (market.last_ts, 0)
    assert set(bot.signals.values_list("decision", flat=True)) == {"paused"}
    resume_bot(actor=Actor.of(customer), bot_id=bot.pk)
    assert list_bot_orders(bot.pk).count() == 0
    market.step()
    assert list_bot_orders(stepped(bot).pk).count() == 1


def test_states_move_along_the_table_only(market, customer):
    actor, connection = Actor.of(customer), market.connect(customer)
    bot = make_bot(customer, connection, CROSS)
    for refused in (pause_bot, resume_bot, stop_bot):
        with pytest.raises(MoveNotAllowed):
            refused(actor=actor, bot_id=bot.pk)
    start_bot(actor=actor, bot_id=bot.pk)
    with pytest.raises(MoveNotAllowed):
        start_bot(actor=actor, bot_id=bot.pk)
    with pytest.raises(BotNotStopped):
        archive_bot(actor=actor, bot_id=bot.pk)
    with pytest.raises(BotNotStopped):
        revise(actor, bot)
    with pytest.raises(DatabaseError), transaction.atomic():
        Bot.objects.filter(pk=bot.pk).update(desired_state="archived")
    with pytest.raises(DatabaseError), transaction.atomic():
        BotConfig.objects.update(budget=1)
    bot.refresh_from_db()
    assert (bot.desired_state, bot.config_number) == ("running", 1)


def revise(actor, bot, budget="7000") -> Bot:
    config = get_config(bot)
    wish = BotWish(
        name="New name",
        strategy_version_id=config.strategy_version_id,
        connection_id=bot.connection_id,
        symbol=bot.symbol,
        budget=D(budget),
    )
    return revise_bot(actor=actor, bot_id=bot.pk, wish=wish)


def test_a_configuration_is_a_version_and_a_copy_has_a_book_of_its_own(market, customer):
    actor = Actor.of(customer)
    bot = make_bot(customer, market.connect(customer), CROSS)
    revise(actor, bot)
    bot.refresh_from_db()
    assert [row.budget for row in bot.configs.order_by("number")] == [10_000, 7_000]
    assert get_config(bot).budget == 7_000
    twin = clone_bot(actor=actor, bot_id=bot.pk, name="Twin")
    assert (twin.book_id != bot.book_id, get_config(twin).budget, twin.desired_state) == (True, 7_000, "stopped")
    archive_bot(actor=actor, bot_id=twin.pk)
    assert advance(bot_id=twin.pk, cause="test")


def test_a_budget_must_pay_the_smallest_order_and_be_covered_by_the_account(market, customer):
    connection = market.connect(customer, {"USDT": D(15_000)})
    with pytest.raises(BudgetTooSmall):
        make_bot(customer, connection, CROSS, budget="1")
    first, second = (make_bot(customer, connection, CROSS) for _ in range(2))
    start_bot(actor=Actor.of(customer), bot_id=first.pk)
    with pytest.raises(BudgetNotCovered):
        start_bot(actor=Actor.of(customer), bot_id=second.pk)
    second.refresh_from_db()
    assert (second.desired_state, second.activity) == ("stopped", "stopped")


def test_somebody_elses_bot_account_and_strategy_are_not_there(market, customer, other_customer):
    connection = market.connect(customer)
    bot = make_bot(customer, connection, CROSS)
    stranger = Actor.of(other_customer)
    for function in (start_bot, pause_bot, resume_bot, stop_bot, archive_bot):
        with pytest.raises(BotMissing):
            function(actor=stranger, bot_id=bot.pk)
    with pytest.raises(ConnectionMissing):
        make_bot(other_customer, connection, CROSS)
    version_id = get_config(bot).strategy_version_id
    wish = BotWish(name="x", strategy_version_id=version_id, connection_id=connection, symbol="BTCUSDT", budget=D(100))
    with pytest.raises(VersionMissing):
        create_bot(actor=stranger, owner_id=other_customer.pk, wish=wish)
    assert Bot.objects.count() == 1


def test_a_closed_account_stops_its_bots(market, customer):
    bot = begun(customer, market.connect(customer))
    deactivate_user(actor=Actor.system("test"), user_id=customer.pk, reason="asked for")
    drain()
    bot.refresh_from_db()
    assert bot.desired_state == "stopped"
    assert stepped(bot).activity == "stopped"


def test_a_closed_connection_stops_its_bots_and_refuses_new_starts(market, customer):
    bot = begun(customer, market.connect(customer))
    revoke_connection(actor=Actor.of(customer), connection_id=bot.connection_id)
    drain()
    assert stepped(bot).activity == "stopped"
    with pytest.raises(ConnectionNotUsable):
        start_bot(actor=Actor.of(customer), bot_id=bot.pk)


def test_staff_stops_any_bot_and_the_owner_all_of_his(market, customer, other_customer, staff):
    connection = market.connect(customer)
    bots = [begun(customer, connection) for _ in range(3)]
    halt_bot(actor=Actor.of(staff), bot_id=bots[0].pk, reason="asked for")
    assert stop_all_bots(actor=Actor.of(other_customer), owner_id=other_customer.pk) == 0
    assert stop_all_bots(actor=Actor.of(customer), owner_id=customer.pk) == 2
    assert set(Bot.objects.values_list("desired_state", flat=True)) == {"stopped"}
    assert set(list_due_bots()) == {bot.pk for bot in bots}


def test_profit_agrees_with_the_fills_to_the_last_digit(market, customer):
    fees = {"maker_fee": D("0.001"), "taker_fee": D("0.001")}
    connection = market.connect(customer, {"USDT": D(20_000)}, **fees)
    bot = begun(customer, connection, CROSS)
    for _ in range(60):
        market.step()
        bot = stepped(bot)
    orders = list(list_bot_orders(bot.pk))
    assert len(orders) >= 6
    cash = D(0)
    held = D(0)
    for order in orders:
        for fill in order.fills.all():
            sign = 1 if fill.side == "buy" else -1
            held += sign * fill.quantity - (fill.fee if fill.fee_asset == "BTC" else 0)
            cash -= sign * fill.quantity * fill.price + (fill.fee if fill.fee_asset == "USDT" else 0)
    worth = value_bot(bot)
    assert worth.position == held
    assert worth.price is not None
    assert worth.result == cash + held * worth.price
    assert _free(connection) == 20_000 + cash
