"""Random commands for a market, well-formed by construction."""

import random
from collections.abc import Iterator

from kernel.matching import (
    STOP_TYPES,
    Amend,
    Cancel,
    CancelList,
    Command,
    ListKind,
    NewList,
    NewOrder,
    OrderType,
    Replace,
    SelfTrade,
    SetLastPrice,
    Side,
    TimeInForce,
)

STOPS = sorted(STOP_TYPES, key=lambda each: each.value)
SELF_TRADE = list(SelfTrade)
RESTING_TYPES = (OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT)
PLAIN, ICEBERG, STOP, MARKET, SPECIAL = range(5)


def random_order(draw: random.Random, order_id: int) -> NewOrder:
    """One order: mostly plain limits, and each of the other kinds often enough to meet each other."""
    kind = draw.choices((PLAIN, ICEBERG, STOP, MARKET, SPECIAL), (45, 12, 18, 12, 13))[0]
    side, owner, price, lots = draw.choice(list(Side)), draw.randint(1, 3), draw.randint(90, 110), draw.randint(1, 20)
    mode = draw.choice(SELF_TRADE) if draw.random() < 0.5 else SelfTrade.NONE
    base = NewOrder(order_id, owner, side, OrderType.LIMIT, price, lots, self_trade=mode)
    if kind == ICEBERG:
        return base._replace(lots=lots * 3, visible=draw.randint(1, 8))
    return (
        base if kind == PLAIN else {STOP: random_stop, MARKET: random_market, SPECIAL: random_special}[kind](draw, base)
    )


def random_market(draw: random.Random, base: NewOrder) -> NewOrder:
    """A market order by lots, by notional, or by both."""
    shape, budget = draw.randrange(4), draw.randint(1, 3000)
    return base._replace(
        type=OrderType.MARKET, lots=0 if shape == 0 else base.lots * 2, notional=budget if shape <= 1 else 0
    )


def random_special(draw: random.Random, base: NewOrder) -> NewOrder:
    """An order that only rests, or never does."""
    if draw.random() < 0.4:
        return base._replace(type=OrderType.LIMIT_MAKER)
    return base._replace(tif=draw.choice((TimeInForce.IOC, TimeInForce.FOK)), lots=base.lots * 2)


def random_stop(draw: random.Random, base: NewOrder) -> NewOrder:
    """A stop order with a fixed or a trailing trigger, with or without a limit, a budget or a hidden part."""
    order = base._replace(type=draw.choice(STOPS), stop=draw.randint(88, 112))
    if draw.random() < 0.3:
        order = order._replace(trailing=draw.choice((100, 250, 500, 999)), stop=draw.choice((0, order.stop)))
    if order.type in RESTING_TYPES:
        return order._replace(visible=draw.choice((0, 0, 3)), tif=TimeInForce.GTC)
    return order._replace(notional=draw.choice((0, 0, draw.randint(100, 2000))))


def trailing_commands(seed: int, count: int) -> Iterator[Command]:
    """Many trailing orders of few deltas and starts, and a last price that goes up and down among them."""
    draw = random.Random(seed)
    for order_id in range(1, count + 1):
        action, price = draw.random(), draw.randint(900, 1_100)
        side, delta = draw.choice(list(Side)), draw.choice((10, 50, 100, 250, 999))
        order = NewOrder(order_id, 0, side, OrderType.LIMIT, price, draw.randint(1, 20))
        if action < 0.5:
            stop = draw.choice((0, 0, draw.randint(900, 1_100)))
            yield order._replace(type=draw.choice(STOPS), stop=stop, trailing=delta)
        elif action < 0.6:
            yield order
        elif action < 0.75:
            yield Cancel(draw.randint(1, order_id))
        else:
            yield SetLastPrice(price)


def random_list(draw: random.Random, list_id: int, first_id: int) -> NewList:
    """An order list of any kind."""
    kind = draw.choice(list(ListKind))
    owner, side = draw.randint(1, 3), draw.choice(list(Side))
    lots, mode = draw.randint(1, 15), draw.choice(SELF_TRADE)
    leg = NewOrder(first_id, owner, side, OrderType.LIMIT_MAKER, draw.randint(90, 110), lots, self_trade=mode)
    legs = [random_stop(draw, leg), random_stop(draw, leg)]
    if draw.random() < 0.6:
        legs[draw.randrange(2)] = leg
    working = leg._replace(
        type=draw.choice((OrderType.LIMIT, OrderType.LIMIT, OrderType.LIMIT_MAKER)),
        side=draw.choice(list(Side)),
        price=draw.randint(90, 110),
        visible=draw.choice((0, 0, 2)),
    )
    if working.type is OrderType.LIMIT and not working.visible:
        working = working._replace(tif=draw.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC)))
    lone = random_order(draw, first_id)._replace(owner=owner)
    if not lone.lots:
        lone = lone._replace(lots=lots)
    orders = {ListKind.OCO: legs, ListKind.OTO: [working, lone], ListKind.OTOCO: [working, *legs]}[kind]
    return NewList(list_id, kind, tuple(each._replace(order_id=first_id + n) for n, each in enumerate(orders)))


def random_commands(seed: int, count: int) -> Iterator[Command]:
    """`count` commands that keep the book small: ids rise, cancels and amendments name recent ids."""
    draw = random.Random(seed)
    order_id = list_id = 0
    for action in draw.choices(("order", "list", "replace", "other"), (48, 8, 4, 40), k=count):
        if action == "list":
            list_id += 1
            placed = random_list(draw, list_id, order_id + 1)
            order_id += len(placed.orders)
            command: Command = placed
        elif action == "other":
            command = random_change(draw, order_id, list_id)
        else:
            order_id += 1
            order = random_order(draw, order_id)
            command = order if action == "order" else Replace(max(1, order_id - draw.randint(1, 40)), order)
        yield command


def random_change(draw: random.Random, order_id: int, list_id: int) -> Command:
    """A cancel, an amendment or a price from outside."""
    known = max(1, order_id - draw.randint(0, 40))
    action = draw.random()
    if action < 0.65:
        return Cancel(known)
    if action < 0.7:
        return CancelList(max(1, list_id - draw.randint(0, 5)))
    return Amend(known, draw.randint(1, 12)) if action < 0.85 else SetLastPrice(draw.randint(88, 112))
