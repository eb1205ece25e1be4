"""Order lists by exact values: OCO, OTO and OTOCO."""

import pytest

from kernel.matching import (
    Amended,
    Armed,
    Cancelled,
    CancelList,
    Event,
    Expired,
    ListChanged,
    ListKind,
    ListStatus,
    Market,
    NewList,
    NewOrder,
    OrderType,
    Pending,
    Prevented,
    Reason,
    Refused,
    Released,
    Rested,
    SelfTrade,
    Side,
    TimeInForce,
    Traded,
    Triggered,
)

BUY, SELL = Side.BUY, Side.SELL
STARTED, DONE = ListChanged(1, ListStatus.EXECUTING), ListChanged(1, ListStatus.ALL_DONE)
OWNER = 7

PROFIT = NewOrder(11, OWNER, SELL, OrderType.LIMIT_MAKER, 110, 5)
LOSS = NewOrder(12, OWNER, SELL, OrderType.STOP_LOSS, lots=5, stop=90)
WORKING = NewOrder(10, OWNER, BUY, OrderType.LIMIT, 100, 5)
OCO = NewList(1, ListKind.OCO, (PROFIT, LOSS))
OTO = NewList(1, ListKind.OTO, (WORKING, PROFIT))
OTOCO = NewList(1, ListKind.OTOCO, (WORKING, PROFIT, LOSS))


def limit(order_id: int, side: Side, price: int, lots: int) -> NewOrder:
    return NewOrder(order_id, 1, side, OrderType.LIMIT, price, lots)


@pytest.fixture
def market() -> Market:
    market = Market()
    market.set_last_price(100)
    return market


def reload(market: Market) -> Market:
    """The same market out of its dump."""
    loaded = Market.load(market.dump())
    assert loaded.digest() == market.digest()
    return loaded


def test_a_trade_of_one_leg_of_a_pair_expires_the_other(market: Market) -> None:
    assert market.apply(OCO) == [STARTED, Rested((11, 110, 5, 5)), Armed(12)]
    market = reload(market)
    assert market.place(limit(1, BUY, 110, 2)) == [Traded((1, 11, 110, 2, 0, 3)), Expired(12, 5, Reason.LIST), DONE]
    assert market.apply(CancelList(1)) == [Refused(1, Reason.UNKNOWN)]
    assert market.cancel(11) == [Cancelled((11, 3))]


def test_a_trigger_of_one_leg_of_a_pair_expires_the_other(market: Market) -> None:
    market.apply(OCO)
    market.place(limit(1, BUY, 80, 9))
    assert reload(market).set_last_price(90) == [
        Triggered(12, 90),
        Expired(11, 5, Reason.LIST),
        DONE,
        Traded((12, 1, 80, 5, 0, 4)),
    ]


def test_a_pair_of_stop_orders_and_the_first_of_two_reached_at_once_wins(market: Market) -> None:
    follows = LOSS._replace(order_id=11, type=OrderType.TAKE_PROFIT, stop=0, trailing=1_000)
    assert market.place_list(OCO._replace(orders=(follows, LOSS._replace(stop=89)))) == [STARTED, Armed(11), Armed(12)]
    assert market.set_last_price(85) == [
        Triggered(11, 85),
        Expired(12, 5, Reason.LIST),
        DONE,
        Expired(11, 5, Reason.NO_LIQUIDITY),
    ]
    assert (len(market), market.armed_count) == (0, 0)


@pytest.mark.parametrize("by", [11, 12, None])
def test_cancelling_a_leg_or_the_list_cancels_both(market: Market, by: int | None) -> None:
    market.apply(OCO)
    events = market.cancel(by) if by else market.cancel_list(1)
    assert events == [Cancelled((11, 5)), Cancelled((12, 5)), DONE]
    assert len(market) == 0


@pytest.mark.parametrize(
    ("legs", "refused"),
    [
        ((PROFIT._replace(price=95), LOSS), Refused(11, Reason.WOULD_TAKE)),
        ((PROFIT, LOSS._replace(stop=100)), Refused(12, Reason.WOULD_TRIGGER)),
    ],
)
def test_a_pair_is_refused_whole(market: Market, legs: tuple[NewOrder, NewOrder], refused: Event) -> None:
    market.place(limit(1, BUY, 96, 1))
    before = market.digest()
    assert market.apply(OCO._replace(orders=legs)) == [refused]
    assert market.digest() == before


def test_amending_a_leg_amends_its_pair_and_a_working_order_alone(market: Market) -> None:
    market.apply(OCO)
    assert market.amend(12, 3) == [Amended(11, 3), Amended(12, 3)]
    assert (market.left(11), market.left(12)) == (3, 3)
    market.cancel_list(1)
    market.apply(OTOCO)
    assert market.amend(10, 2) == [Amended(10, 2)]
    assert market.amend(11, 4) == [Amended(11, 4), Amended(12, 4)]
    assert [market.left(order_id) for order_id in (10, 11, 12)] == [2, 4, 4]


def test_prevention_of_a_leg_ends_the_pair(market: Market) -> None:
    market.apply(OCO)
    own = NewOrder(1, OWNER, BUY, OrderType.LIMIT, 110, 2, self_trade=SelfTrade.EXPIRE_MAKER)
    assert market.place(own) == [
        Prevented(1, 11, 110, 0, 5),
        Expired(11, 5, Reason.SELF_TRADE),
        Expired(12, 5, Reason.LIST),
        DONE,
        Rested((1, 110, 2, 2)),
    ]


def test_a_pending_order_is_released_when_the_working_one_is_filled(market: Market) -> None:
    assert market.apply(OTO) == [STARTED, Pending(11), Rested((10, 100, 5, 5))]
    assert market.place(limit(1, SELL, 100, 2)) == [Traded((1, 10, 100, 2, 0, 3))]
    market = reload(market)
    assert [tracked.order.order_id for tracked in market.pending()] == [11]
    assert market.place(limit(2, SELL, 100, 4)) == [
        Traded((2, 10, 100, 3, 1, 0)),
        Rested((2, 100, 1, 1)),
        Released(11),
        DONE,
        Rested((11, 110, 5, 5)),
    ]


def test_a_working_order_filled_at_once_releases_within_the_command(market: Market) -> None:
    market.place(limit(1, SELL, 100, 5))
    pending = PROFIT._replace(type=OrderType.MARKET)
    assert market.apply(OTO._replace(orders=(WORKING, pending))) == [
        STARTED,
        Pending(11),
        Traded((10, 1, 100, 5, 0, 0)),
        Released(11),
        DONE,
        Expired(11, 5, Reason.NO_LIQUIDITY),
    ]


@pytest.mark.parametrize("by", [10, 11, None])
def test_cancelling_before_the_release_cancels_all(market: Market, by: int | None) -> None:
    market.apply(OTOCO)
    events = market.cancel(by) if by else market.cancel_list(1)
    assert events == [Cancelled((10, 5)), Cancelled((11, 5)), Cancelled((12, 5)), DONE]
    assert len(market) == 0


def test_a_working_order_that_expires_takes_its_pending_orders_along(market: Market) -> None:
    market.place(limit(1, SELL, 100, 2))
    hasty = OTO._replace(orders=(WORKING._replace(tif=TimeInForce.IOC), PROFIT))
    assert market.apply(hasty) == [
        STARTED,
        Pending(11),
        Traded((10, 1, 100, 2, 3, 0)),
        Expired(10, 3, Reason.IOC),
        Expired(11, 5, Reason.LIST),
        DONE,
    ]
    market.place(NewOrder(2, OWNER, SELL, OrderType.LIMIT, 100, 2))
    own = OTO._replace(orders=(WORKING._replace(self_trade=SelfTrade.EXPIRE_TAKER), PROFIT))
    assert market.apply(own)[2:] == [
        Prevented(10, 2, 100, 5, 0),
        Expired(10, 5, Reason.SELF_TRADE),
        Expired(11, 5, Reason.LIST),
        DONE,
    ]


def test_a_refused_working_order_refuses_the_list(market: Market) -> None:
    market.place(limit(1, SELL, 100, 2))
    before = market.digest()
    maker = OTO._replace(orders=(WORKING._replace(type=OrderType.LIMIT_MAKER), PROFIT))
    assert market.apply(maker) == [Refused(10, Reason.WOULD_TAKE)]
    assert market.digest() == before


def test_a_released_pair_is_a_pair(market: Market) -> None:
    assert market.apply(OTOCO) == [STARTED, Pending(11), Pending(12), Rested((10, 100, 5, 5))]
    assert reload(market).place(limit(1, SELL, 100, 5)) == market.place(limit(1, SELL, 100, 5))
    market = reload(market)
    assert market.place(limit(2, BUY, 110, 5)) == [Traded((2, 11, 110, 5, 0, 0)), Expired(12, 5, Reason.LIST), DONE]


def test_a_pair_released_beyond_its_stop_triggers_at_once(market: Market) -> None:
    market.apply(OTOCO)
    market.set_last_price(85)
    assert market.place(limit(1, SELL, 100, 5)) == [
        Traded((1, 10, 100, 5, 0, 0)),
        Released(11),
        Released(12),
        ListChanged(1, ListStatus.RELEASED),
        Rested((11, 110, 5, 5)),
        Armed(12),
    ]
    market = Market()
    market.apply(OTOCO._replace(orders=(WORKING._replace(price=90), PROFIT, LOSS)))
    assert market.place(limit(1, SELL, 90, 5))[1:] == [
        Released(11),
        Released(12),
        ListChanged(1, ListStatus.RELEASED),
        Rested((11, 110, 5, 5)),
        Triggered(12, 90),
        Expired(11, 5, Reason.LIST),
        DONE,
        Expired(12, 5, Reason.NO_LIQUIDITY),
    ]


def test_a_pair_released_into_the_other_side_expires(market: Market) -> None:
    market.apply(OTOCO._replace(orders=(WORKING._replace(price=112), PROFIT, LOSS)))
    market.place(limit(1, BUY, 111, 3))
    assert market.place(limit(2, SELL, 112, 5)) == [
        Traded((2, 10, 112, 5, 0, 0)),
        Released(11),
        Released(12),
        ListChanged(1, ListStatus.RELEASED),
        Expired(11, 5, Reason.WOULD_TAKE),
        Expired(12, 5, Reason.LIST),
        DONE,
    ]


@pytest.mark.parametrize(
    "command",
    [
        OCO._replace(orders=(PROFIT,)),
        OCO._replace(orders=(PROFIT, PROFIT._replace(order_id=12))),
        OCO._replace(orders=(WORKING, LOSS)),
        OCO._replace(orders=(PROFIT, LOSS._replace(side=BUY))),
        OCO._replace(orders=(PROFIT, LOSS._replace(order_id=11))),
        OCO._replace(orders=(PROFIT, LOSS._replace(owner=8))),
        OCO._replace(orders=(PROFIT, LOSS._replace(order_id=9))),
        OTO._replace(orders=(LOSS, PROFIT)),
        OTO._replace(orders=(WORKING, NewOrder(11, OWNER, SELL, OrderType.MARKET, notional=100))),
        OTOCO._replace(orders=(WORKING, PROFIT, PROFIT._replace(order_id=12))),
    ],
)
def test_a_malformed_list_changes_nothing(market: Market, command: NewList) -> None:
    market.place(limit(9, BUY, 80, 1))
    before = market.digest()
    with pytest.raises(ValueError):
        market.apply(command)
    assert market.digest() == before
