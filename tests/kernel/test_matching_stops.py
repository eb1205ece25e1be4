"""Stop orders with fixed and trailing triggers, by exact values; the trailing cases are those of the Binance FAQ."""

import pytest

from kernel.matching import (
    Armed,
    Cancelled,
    Expired,
    Market,
    NewOrder,
    OrderType,
    Reason,
    Refused,
    Rested,
    SetLastPrice,
    Side,
    Traded,
    Triggered,
)

BUY, SELL = Side.BUY, Side.SELL
LIMITED = (OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT)


def stop(order_id: int, side: Side, kind: OrderType, at: int, price: int = 0, lots: int = 5) -> NewOrder:
    return NewOrder(order_id, order_id, side, kind, price, lots, stop=at)


def limit(order_id: int, side: Side, price: int, lots: int) -> NewOrder:
    return NewOrder(order_id, order_id, side, OrderType.LIMIT, price, lots)


@pytest.mark.parametrize(
    ("side", "kind", "safe", "reached"),
    [
        (BUY, OrderType.STOP_LOSS, 104, 105),
        (BUY, OrderType.STOP_LOSS_LIMIT, 104, 106),
        (SELL, OrderType.STOP_LOSS, 106, 105),
        (SELL, OrderType.STOP_LOSS_LIMIT, 106, 104),
        (BUY, OrderType.TAKE_PROFIT, 106, 105),
        (BUY, OrderType.TAKE_PROFIT_LIMIT, 106, 104),
        (SELL, OrderType.TAKE_PROFIT, 104, 105),
        (SELL, OrderType.TAKE_PROFIT_LIMIT, 104, 106),
    ],
)
def test_a_stop_order_waits_for_its_price_and_then_acts(side: Side, kind: OrderType, safe: int, reached: int) -> None:
    market = Market()
    market.set_last_price(safe)
    order = stop(1, side, kind, 105, price=100 if kind in LIMITED else 0)
    assert market.place(order) == [Armed(1)]
    assert (market.armed_count, market.left(1), 1 in market) == (1, 5, True)
    assert not market.triggers(safe)
    assert market.set_last_price(safe) == []
    assert market.triggers(reached)
    then = Rested((1, 100, 5, 5)) if kind in LIMITED else Expired(1, 5, Reason.NO_LIQUIDITY)
    assert market.apply(SetLastPrice(reached)) == [Triggered(1, reached), then]
    before = market.digest()
    assert market.would_trigger(order._replace(order_id=2))
    assert market.place(order._replace(order_id=2)) == [Refused(2, Reason.WOULD_TRIGGER)]
    assert market.digest() == before


def test_without_any_price_a_stop_order_waits_for_the_first() -> None:
    market = Market()
    assert market.place(stop(1, SELL, OrderType.STOP_LOSS, 105)) == [Armed(1)]
    market.place(limit(2, BUY, 100, 9))
    assert market.place(limit(3, SELL, 100, 1)) == [
        Traded((3, 2, 100, 1, 0, 8)),
        Triggered(1, 100),
        Traded((1, 2, 100, 5, 0, 3)),
    ]


def test_triggered_orders_run_nearest_trigger_first_then_by_id_and_may_trigger_more() -> None:
    market = Market()
    market.set_last_price(100)
    market.place(stop(4, SELL, OrderType.STOP_LOSS, 98, lots=1))
    market.place(stop(3, SELL, OrderType.STOP_LOSS, 98, lots=1))
    market.place(stop(2, SELL, OrderType.STOP_LOSS, 97, lots=1))
    market.place(stop(5, SELL, OrderType.STOP_LOSS, 99, lots=1))
    market.place(stop(6, SELL, OrderType.STOP_LOSS, 90, lots=1))
    market.place(limit(10, BUY, 98, 2))
    market.place(limit(11, BUY, 97, 1))
    market.place(limit(12, BUY, 90, 9))
    assert market.place(limit(20, SELL, 98, 1)) == [
        Traded((20, 10, 98, 1, 0, 1)),
        Triggered(5, 98),
        Triggered(3, 98),
        Triggered(4, 98),
        Traded((5, 10, 98, 1, 0, 0)),
        Traded((3, 11, 97, 1, 0, 0)),
        Triggered(2, 97),
        Traded((4, 12, 90, 1, 0, 8)),
        Triggered(6, 90),
        Traded((2, 12, 90, 1, 0, 7)),
        Traded((6, 12, 90, 1, 0, 6)),
    ]


def test_every_price_of_a_sweep_counts_not_only_the_last() -> None:
    market = Market()
    market.set_last_price(100)
    market.place(stop(1, SELL, OrderType.STOP_LOSS_LIMIT, 96, price=200))
    market.place(limit(2, SELL, 95, 1))
    market.place(limit(3, SELL, 99, 1))
    assert market.place(limit(4, BUY, 99, 2)) == [
        Traded((4, 2, 95, 1, 1, 0)),
        Traded((4, 3, 99, 1, 0, 0)),
        Triggered(1, 95),
        Rested((1, 200, 5, 5)),
    ]
    assert market.last_price == 99


def test_a_stop_order_is_cancelled_and_amended_while_it_waits() -> None:
    market = Market()
    market.place(stop(1, SELL, OrderType.STOP_LOSS, 90))
    market.amend(1, 2)
    assert market.left(1) == 2
    assert market.cancel(1) == [Cancelled((1, 2))]
    assert market.set_last_price(80) == []
    assert (market.armed_count, len(market)) == (0, 0)


def test_an_id_armed_anew_is_not_triggered_by_its_old_price() -> None:
    market = Market()
    market.set_last_price(100)
    for at in (95, 90, 95, 90):
        market.place(stop(1, SELL, OrderType.STOP_LOSS, at))
        if at != 90 or market.armed_count == 0:
            market.cancel(1)
        else:
            assert not market.triggers(94)
            assert market.set_last_price(94) == []
            market.cancel(1)
            market.set_last_price(100)
    assert market.set_last_price(1) == []


def test_many_cancelled_stop_orders_leave_nothing_behind() -> None:
    market = Market()
    market.set_last_price(100)
    for order_id in range(1, 1_001):
        market.place(stop(order_id, SELL, OrderType.STOP_LOSS, 50))
        market.cancel(order_id)
    assert len(market._stops._falling) < 200
    market.place(stop(2_000, SELL, OrderType.STOP_LOSS, 50))
    assert market.set_last_price(50) == [Triggered(2_000, 50), Expired(2_000, 5, Reason.NO_LIQUIDITY)]


def trailing(side: Side, kind: OrderType, *, delta: int, at: int, price: int) -> NewOrder:
    return NewOrder(1, 1, side, kind, price, 5, stop=at, trailing=delta)


# Scenarios A to E of the Binance FAQ on trailing stop orders, prices doubled where a half tick would be needed.
@pytest.mark.parametrize(
    ("order", "first", "quiet", "reached"),
    [
        (
            trailing(BUY, OrderType.STOP_LOSS_LIMIT, delta=500, at=44_000, price=45_000),
            40_000,
            [37_000, 44_000, 45_000, 46_000, 42_000, 44_099],
            44_100,
        ),
        (
            trailing(SELL, OrderType.STOP_LOSS_LIMIT, delta=1_000, at=39_000, price=38_000),
            40_000,
            [41_500, 39_000, 37_000, 41_000, 36_901],
            36_900,
        ),
        (
            trailing(BUY, OrderType.TAKE_PROFIT_LIMIT, delta=850, at=38_000, price=38_500),
            40_000,
            [42_000, 38_000, 37_000, 39_000, 38_000, 40_144],
            40_145,
        ),
        (
            trailing(SELL, OrderType.TAKE_PROFIT_LIMIT, delta=750, at=84_000, price=82_000),
            80_000,
            [83_000, 78_000, 84_000, 90_000, 88_000, 93_000, 86_026],
            86_025,
        ),
        (
            trailing(SELL, OrderType.STOP_LOSS_LIMIT, delta=700, at=0, price=39_000),
            40_000,
            [42_000, 39_500, 45_500, 42_316],
            42_315,
        ),
    ],
    ids=["A", "B", "C", "D", "E"],
)
def test_trailing_orders_follow_the_scenarios(order: NewOrder, first: int, quiet: list[int], reached: int) -> None:
    market = Market()
    market.set_last_price(first)
    assert market.place(order) == [Armed(1)]
    for price in quiet:
        assert not market.triggers(price)
        assert market.set_last_price(price) == [], price
        market = Market.load(market.dump())
    assert market.triggers(reached)
    assert market.set_last_price(reached) == [Triggered(1, reached), Rested((1, order.price, 5, 5))]


def test_a_trailing_order_whose_start_is_met_follows_at_once_and_without_any_price_from_the_first() -> None:
    market = Market()
    market.set_last_price(45_000)
    order = trailing(SELL, OrderType.TAKE_PROFIT_LIMIT, delta=1_000, at=44_000, price=30_000)
    assert market.place(order) == [Armed(1)]
    assert market.set_last_price(40_500) == [Triggered(1, 40_500), Rested((1, 30_000, 5, 5))]
    market = Market()
    market.place(order._replace(stop=0))
    assert market.set_last_price(50_000) == []
    assert market.set_last_price(45_000)[0] == Triggered(1, 45_000)


def test_an_order_that_joins_others_at_a_new_extreme_is_triggered_by_its_own_smaller_delta() -> None:
    market = Market()
    market.apply(SetLastPrice(106_000))
    for number in (1, 2):
        market.apply(NewOrder(number, number, SELL, OrderType.STOP_LOSS_LIMIT, 90_000, 5, trailing=500))
    market.apply(SetLastPrice(108_000))  # the two follow from here: they trigger at 102,600
    market.apply(SetLastPrice(107_000))
    market.apply(NewOrder(3, 3, SELL, OrderType.STOP_LOSS_LIMIT, 90_000, 5, trailing=100))
    market.apply(SetLastPrice(107_100))  # the third follows from here
    market.apply(SetLastPrice(108_000))  # and joins them: its own trigger is 106,920
    assert not [event for event in market.apply(SetLastPrice(106_921)) if isinstance(event, Triggered)]
    (triggered,) = [event for event in market.apply(SetLastPrice(106_920)) if isinstance(event, Triggered)]
    assert triggered.order_id == 3
