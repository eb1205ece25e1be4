"""Order types, time in force, icebergs, amendments and self-trade prevention of a market, each rule by exact values."""

from typing import Any

import pytest

from kernel.matching import (
    Amend,
    Amended,
    Cancel,
    Cancelled,
    Completed,
    Expired,
    Market,
    NewOrder,
    OrderType,
    Prevented,
    Reason,
    Refused,
    Replace,
    Rested,
    SelfTrade,
    SetLastPrice,
    Side,
    TimeInForce,
    Traded,
)

BUY, SELL = Side.BUY, Side.SELL


def limit(order_id: int, side: Side, price: int, lots: int, **fields: Any) -> NewOrder:
    """A limit order of owner = id, so that nobody meets himself."""
    return NewOrder(order_id, order_id, side, OrderType.LIMIT, price, lots)._replace(**fields)


def market_order(order_id: int, side: Side, lots: int = 0, **fields: Any) -> NewOrder:
    return NewOrder(order_id, order_id, side, OrderType.MARKET, lots=lots)._replace(**fields)


@pytest.fixture
def market() -> Market:
    return Market()


def test_better_prices_trade_first_then_older_orders_at_the_resting_price(market: Market) -> None:
    for order_id, price in ((1, 101), (2, 100), (3, 100)):
        assert market.place(limit(order_id, SELL, price, 5)) == [Rested((order_id, price, 5, 5))]
    assert market.place(limit(4, BUY, 101, 17)) == [
        Traded((4, 2, 100, 5, 12, 0)),
        Traded((4, 3, 100, 5, 7, 0)),
        Traded((4, 1, 101, 5, 2, 0)),
        Rested((4, 101, 2, 2)),
    ]
    assert (market.last_price, market.best_bid(), market.best_ask(), len(market)) == (101, 101, None, 1)


def test_a_partly_traded_order_keeps_its_place(market: Market) -> None:
    market.place(limit(1, BUY, 100, 5))
    market.place(limit(2, BUY, 100, 5))
    assert market.place(market_order(3, SELL, 3)) == [Traded((3, 1, 100, 3, 0, 2))]
    assert market.place(market_order(4, SELL, 4)) == [Traded((4, 1, 100, 2, 2, 0)), Traded((4, 2, 100, 2, 0, 3))]


def test_events_are_read_by_name_position_and_pattern(market: Market) -> None:
    market.place(limit(1, BUY, 100, 5))
    (event,) = market.place(market_order(2, SELL, 3))
    match event:
        case Traded(taker_id=taker, price=price):
            assert (taker, price) == (2, 100)
    assert isinstance(event, Traded)
    assert (event.taker_id, event.maker_id, event.price, event.lots, event.taker_left, event.maker_left) == event
    assert repr(event) == "Traded(taker_id=2, maker_id=1, price=100, lots=3, taker_left=0, maker_left=2)"


def test_ioc_drops_its_rest_and_fok_trades_all_or_nothing(market: Market) -> None:
    market.place(limit(1, SELL, 100, 5))
    before = market.digest()
    assert market.place(limit(2, BUY, 100, 6, tif=TimeInForce.FOK)) == [Expired(2, 6, Reason.FOK)]
    assert market.digest() == before
    assert market.place(limit(3, BUY, 100, 4, tif=TimeInForce.FOK)) == [Traded((3, 1, 100, 4, 0, 1))]
    assert market.place(limit(4, BUY, 100, 6, tif=TimeInForce.IOC)) == [
        Traded((4, 1, 100, 1, 5, 0)),
        Expired(4, 5, Reason.IOC),
    ]
    assert len(market) == 0


def test_fok_counts_hidden_lots_but_not_its_owners(market: Market) -> None:
    market.place(limit(1, SELL, 100, 9, visible=2))
    assert market.place(limit(2, BUY, 100, 9, tif=TimeInForce.FOK))[-1] == Traded((2, 1, 100, 1, 0, 0))
    market.place(limit(3, SELL, 100, 5, owner=7))
    market.place(limit(4, SELL, 100, 5, owner=8))
    own = limit(5, BUY, 100, 6, owner=7, tif=TimeInForce.FOK, self_trade=SelfTrade.EXPIRE_MAKER)
    before = market.digest()
    assert market.place(own) == [Expired(5, 6, Reason.FOK)]
    assert market.digest() == before


def test_a_market_order_takes_what_there_is(market: Market) -> None:
    assert market.place(market_order(1, BUY, 3)) == [Expired(1, 3, Reason.NO_LIQUIDITY)]
    market.place(limit(2, SELL, 100, 5))
    assert market.place(market_order(3, BUY, 8)) == [Traded((3, 2, 100, 5, 3, 0)), Expired(3, 3, Reason.NO_LIQUIDITY)]


def test_a_market_order_by_notional_buys_the_whole_lots_it_pays_for(market: Market) -> None:
    market.place(limit(1, SELL, 10, 3))
    market.place(limit(2, SELL, 11, 9))
    assert market.place(market_order(3, BUY, notional=60)) == [
        Traded((3, 1, 10, 3, 0, 0)),
        Traded((3, 2, 11, 2, 0, 7)),
        Completed(3, 8),
    ]
    assert market.place(market_order(4, BUY, notional=10)) == [Expired(4, 0, Reason.BUDGET)]
    assert market.place(market_order(5, BUY, notional=100)) == [
        Traded((5, 2, 11, 7, 0, 0)),
        Expired(5, 0, Reason.NO_LIQUIDITY),
    ]


def test_a_budget_bounds_what_a_market_order_by_lots_spends(market: Market) -> None:
    market.place(limit(1, SELL, 10, 3))
    market.place(limit(2, SELL, 11, 9))
    assert market.place(market_order(3, BUY, 5, notional=45)) == [
        Traded((3, 1, 10, 3, 2, 0)),
        Traded((3, 2, 11, 1, 1, 8)),
        Expired(3, 1, Reason.BUDGET),
    ]
    assert market.place(market_order(4, BUY, 2, notional=45)) == [Traded((4, 2, 11, 2, 0, 6))]


def test_a_limit_maker_order_rests_or_is_refused(market: Market) -> None:
    market.place(limit(1, SELL, 100, 5))
    maker = limit(2, BUY, 100, 5, type=OrderType.LIMIT_MAKER)
    before = market.digest()
    assert market.would_take(maker)
    assert market.place(maker) == [Refused(2, Reason.WOULD_TAKE)]
    assert market.digest() == before
    assert market.place(maker._replace(price=99)) == [Rested((2, 99, 5, 5))]


def test_an_iceberg_refills_at_the_back_of_the_queue_and_shows_its_part_only(market: Market) -> None:
    assert market.place(limit(1, SELL, 100, 10, visible=4)) == [Rested((1, 100, 10, 4))]
    market.place(limit(2, SELL, 100, 3))
    assert market.depth(SELL) == [(100, 7)]
    assert (market.left(1), market.available(BUY, 100, 99)) == (10, 13)
    assert market.place(market_order(3, BUY, 8)) == [
        Traded((3, 1, 100, 4, 4, 6)),
        Traded((3, 2, 100, 3, 1, 0)),
        Traded((3, 1, 100, 1, 0, 5)),
    ]
    assert market.depth(SELL) == [(100, 3)]
    assert market.place(market_order(4, BUY, 9)) == [
        Traded((4, 1, 100, 3, 6, 2)),
        Traded((4, 1, 100, 2, 4, 0)),
        Expired(4, 4, Reason.NO_LIQUIDITY),
    ]


def test_an_iceberg_that_takes_first_rests_with_its_visible_part(market: Market) -> None:
    market.place(limit(1, SELL, 100, 5))
    assert market.place(limit(2, BUY, 100, 20, visible=4)) == [Traded((2, 1, 100, 5, 15, 0)), Rested((2, 100, 15, 4))]


def test_an_amendment_keeps_the_place_and_only_reduces(market: Market) -> None:
    market.place(limit(1, BUY, 100, 5))
    market.place(limit(2, BUY, 100, 5))
    before = market.digest()
    for lots in (5, 6, 0):
        assert market.apply(Amend(1, lots)) == [Refused(1, Reason.NOT_SMALLER)]
    assert market.apply(Amend(9, 1)) == [Refused(9, Reason.UNKNOWN)]
    assert market.digest() == before
    assert market.apply(Amend(1, 2)) == [Amended(1, 2)]
    assert market.depth(BUY) == [(100, 7)]
    assert market.place(market_order(3, SELL, 3)) == [Traded((3, 1, 100, 2, 1, 0)), Traded((3, 2, 100, 1, 0, 4))]


def test_an_amended_iceberg_loses_hidden_lots_first(market: Market) -> None:
    market.place(limit(1, SELL, 100, 10, visible=4))
    assert market.amend(1, 5) == [Amended(1, 5)]
    assert (market.depth(SELL), market.left(1)) == ([(100, 4)], 5)
    assert market.amend(1, 3) == [Amended(1, 3)]
    assert (market.depth(SELL), market.left(1)) == ([(100, 3)], 3)


def test_cancel_and_replace(market: Market) -> None:
    market.place(limit(1, BUY, 100, 5))
    assert market.apply(Cancel(7)) == [Refused(7, Reason.UNKNOWN)]
    assert market.apply(Replace(7, limit(2, BUY, 101, 5))) == [Refused(7, Reason.UNKNOWN)]
    assert market.apply(Replace(1, limit(2, BUY, 101, 5))) == [Cancelled((1, 5)), Rested((2, 101, 5, 5))]
    assert market.apply(Cancel(2)) == [Cancelled((2, 5))]
    assert len(market) == 0


def test_a_level_with_many_dead_entries_is_compacted_and_keeps_its_order(market: Market) -> None:
    for order_id in range(1, 401):
        market.place(limit(order_id, SELL, 100, 1))
    for order_id in range(1, 400):
        assert market.cancel(order_id) == [Cancelled((order_id, 1))]
    market.place(limit(500, SELL, 100, 1))
    assert [order_id for order_id, *_ in market.resting()] == [400, 500]
    assert market.place(market_order(501, BUY, 2)) == [
        Traded((501, 400, 100, 1, 1, 0)),
        Traded((501, 500, 100, 1, 0, 0)),
    ]


def test_quotes_rest_without_matching_and_are_in_no_dump(market: Market) -> None:
    empty = market.digest()
    market.quote(-1, BUY, 100, 50)
    market.quote(-2, SELL, 100, 50)
    assert (market.best_bid(), market.best_ask()) == (100, 100)
    assert market.digest() == empty
    assert market.digest(quotes=True) != empty
    assert Market.load(market.dump(quotes=True)).digest(quotes=True) == market.digest(quotes=True)
    assert market.place(limit(1, BUY, 101, 3)) == [Traded((1, -2, 100, 3, 0, 47))]
    market.withdraw(-1)
    market.withdraw(-2)
    market.withdraw(-2)
    assert (market.best_bid(), market.best_ask(), len(market)) == (None, None, 0)


def test_an_outside_taker_trades_and_never_rests(market: Market) -> None:
    market.place(limit(1, BUY, 100, 5))
    outside = NewOrder(0, 0, SELL, OrderType.LIMIT, 99, 9, TimeInForce.IOC)
    assert market.place(outside) == [Traded((0, 1, 100, 5, 4, 0)), Expired(0, 4, Reason.IOC)]


@pytest.mark.parametrize(
    "order",
    [
        limit(1, BUY, 0, 5),
        limit(1, BUY, 100, 0),
        limit(0, BUY, 100, 5),
        limit(-1, BUY, 100, 5),
        limit(1, BUY, 100, 5, visible=-1),
        limit(1, BUY, 100, 5, visible=2, tif=TimeInForce.IOC),
        limit(1, BUY, 0, 5, type=OrderType.LIMIT_MAKER),
        limit(9, BUY, 100, 5),
        market_order(1, BUY),
        market_order(9, BUY, 1),
        market_order(1, BUY, 5, visible=2),
        market_order(1, BUY, type=OrderType.STOP_LOSS, notional=500, stop=100),
        market_order(1, BUY, 5, type=OrderType.STOP_LOSS),
        market_order(1, BUY, 5, type=OrderType.STOP_LOSS, trailing=10_000),
        limit(0, BUY, 100, 5, type=OrderType.STOP_LOSS_LIMIT, stop=100, tif=TimeInForce.IOC),
    ],
)
def test_a_malformed_order_changes_nothing(market: Market, order: NewOrder) -> None:
    market.place(limit(9, BUY, 90, 5))
    before = market.digest()
    with pytest.raises(ValueError):
        market.place(order)
    with pytest.raises(ValueError):
        market.quote(-1, BUY, 0, 5)
    with pytest.raises(ValueError):
        market.apply(SetLastPrice(0))
    if order.order_id != 9:
        with pytest.raises(ValueError):
            market.replace(9, order)
    assert market.digest() == before


def test_a_dump_of_another_version_is_refused(market: Market) -> None:
    with pytest.raises(ValueError):
        Market.load([0, *market.dump()[1:]])


# Owner 7 rests 4 at 100 (order 1), owner 8 rests 9 (order 2); owner 7 then takes 6 (order 3).
@pytest.mark.parametrize(
    ("mode", "events"),
    [
        (SelfTrade.NONE, [Traded((3, 1, 100, 4, 2, 0)), Traded((3, 2, 100, 2, 0, 7))]),
        (SelfTrade.EXPIRE_TAKER, [Prevented(3, 1, 100, 6, 0), Expired(3, 6, Reason.SELF_TRADE)]),
        (
            SelfTrade.EXPIRE_MAKER,
            [Prevented(3, 1, 100, 0, 4), Expired(1, 4, Reason.SELF_TRADE), Traded((3, 2, 100, 6, 0, 3))],
        ),
        (
            SelfTrade.EXPIRE_BOTH,
            [Prevented(3, 1, 100, 6, 4), Expired(1, 4, Reason.SELF_TRADE), Expired(3, 6, Reason.SELF_TRADE)],
        ),
        (
            SelfTrade.DECREMENT,
            [Prevented(3, 1, 100, 4, 4), Expired(1, 4, Reason.SELF_TRADE), Traded((3, 2, 100, 2, 0, 7))],
        ),
    ],
)
def test_self_trade_prevention(market: Market, mode: SelfTrade, events: list[object]) -> None:
    market.place(limit(1, SELL, 100, 4, owner=7))
    market.place(limit(2, SELL, 100, 9, owner=8))
    assert market.place(limit(3, BUY, 100, 6, owner=7, self_trade=mode)) == events


def test_decrement_ends_the_smaller_order_and_equal_ones_both(market: Market) -> None:
    market.place(limit(1, SELL, 100, 9, owner=7, visible=2))
    taker = limit(2, BUY, 100, 4, owner=7, self_trade=SelfTrade.DECREMENT)
    assert market.place(taker) == [Prevented(2, 1, 100, 4, 4), Expired(2, 4, Reason.SELF_TRADE)]
    assert (market.left(1), market.depth(SELL)) == (5, [(100, 2)])
    assert market.place(taker._replace(order_id=3, lots=5)) == [
        Prevented(3, 1, 100, 5, 5),
        Expired(1, 5, Reason.SELF_TRADE),
        Expired(3, 5, Reason.SELF_TRADE),
    ]
    assert (len(market), market.last_price) == (0, 0)


def test_the_takers_mode_decides_and_nobody_is_owner_zero(market: Market) -> None:
    market.place(limit(1, SELL, 100, 4, owner=7, self_trade=SelfTrade.EXPIRE_BOTH))
    assert market.place(limit(2, BUY, 100, 1, owner=7)) == [Traded((2, 1, 100, 1, 0, 3))]
    market.place(limit(3, SELL, 99, 1, owner=0))
    assert market.place(limit(4, BUY, 100, 1, owner=0, self_trade=SelfTrade.EXPIRE_BOTH)) == [
        Traded((4, 3, 99, 1, 0, 0))
    ]


def test_prevention_by_notional_names_all_lots_the_taker_loses(market: Market) -> None:
    market.place(limit(1, SELL, 10, 2, owner=7))
    taker = market_order(2, BUY, 50, owner=7, notional=100, self_trade=SelfTrade.EXPIRE_TAKER)
    assert market.place(taker) == [Prevented(2, 1, 10, 50, 0), Expired(2, 50, Reason.SELF_TRADE)]
    decrement = market_order(3, BUY, 50, owner=7, notional=10, self_trade=SelfTrade.DECREMENT)
    assert market.place(decrement) == [Prevented(3, 1, 10, 1, 1), Expired(3, 50, Reason.SELF_TRADE)]
    assert market.left(1) == 1


def test_an_iceberg_that_prevention_ends_takes_its_hidden_lots_along(market: Market) -> None:
    market.place(limit(1, SELL, 100, 9, owner=7, visible=2))
    market.place(limit(2, SELL, 100, 5, owner=8))
    assert market.place(limit(3, BUY, 100, 1, owner=7, self_trade=SelfTrade.EXPIRE_MAKER)) == [
        Prevented(3, 1, 100, 0, 9),
        Expired(1, 9, Reason.SELF_TRADE),
        Traded((3, 2, 100, 1, 0, 4)),
    ]
    assert (market.available(BUY, 100, 99), market.depth(SELL)) == (4, [(100, 4)])
    assert market.place(limit(4, BUY, 100, 5, tif=TimeInForce.FOK)) == [Expired(4, 5, Reason.FOK)]
