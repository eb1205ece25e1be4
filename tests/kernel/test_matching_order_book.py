"""The order book against hand-worked cases and a brute-force book."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.matching import Fill, MatchResult, OrderBook, Side, TimeInForce


@dataclass
class BruteForceBook:
    """The rules written naively: one list, searched in full each time."""

    orders: list[list[int]] = field(default_factory=list)  # [id, is_buy, price, lots] in time order

    def best_against(self, side: Side, limit: int | None) -> list[int] | None:
        buying = side is Side.BUY
        rivals = [order for order in self.orders if order[1] != buying]
        if limit is not None:
            rivals = [order for order in rivals if (order[2] <= limit if buying else order[2] >= limit)]
        return min(rivals, key=lambda order: order[2] if buying else -order[2], default=None)

    def match(self, side: Side, limit: int | None, lots: int) -> tuple[list[Fill], int]:
        fills = []
        while lots and (rival := self.best_against(side, limit)) is not None:
            part = min(lots, rival[3])
            fills.append(Fill(rival[0], rival[2], part))
            rival[3] -= part
            lots -= part
            if not rival[3]:
                self.orders.remove(rival)
        return fills, lots

    def place_limit(self, order_id: int, side: Side, price: int, lots: int, tif: TimeInForce) -> MatchResult:
        buying = side is Side.BUY
        open_lots = sum(o[3] for o in self.orders if o[1] != buying and (o[2] <= price if buying else o[2] >= price))
        if tif is TimeInForce.FOK and open_lots < lots:
            return MatchResult([], 0)
        fills, left = self.match(side, price, lots)
        if tif is not TimeInForce.GTC:
            left = 0
        if left:
            self.orders.append([order_id, int(buying), price, left])
        return MatchResult(fills, left)

    def place_market_notional(self, side: Side, notional: int) -> MatchResult:
        fills = []
        while (rival := self.best_against(side, None)) is not None and notional >= rival[2]:
            part, _ = self.match(side, rival[2], min(rival[3], notional // rival[2]))
            notional -= sum(fill.price * fill.lots for fill in part)
            fills += part
        return MatchResult(fills, 0)

    def cancel(self, order_id: int) -> int | None:
        for order in self.orders:
            if order[0] == order_id:
                self.orders.remove(order)
                return order[3]
        return None

    def resting(self) -> list[tuple[int, Side, int, int]]:
        bids = sorted((o for o in self.orders if o[1]), key=lambda o: -o[2])
        asks = sorted((o for o in self.orders if not o[1]), key=lambda o: o[2])
        return [(o[0], Side.BUY if o[1] else Side.SELL, o[2], o[3]) for o in bids + asks]


def apply_random(commands: random.Random, order_id: int, book: OrderBook, oracle: BruteForceBook) -> None:
    """One random command on both books; their answers must be equal."""
    side = commands.choice(list(Side))
    lots, price = commands.randint(1, 9), commands.randint(95, 105)
    kind = commands.random()
    if kind < 0.3:
        known = commands.randint(max(1, order_id - 30), order_id)
        assert book.cancel(known) == oracle.cancel(known)
    elif kind < 0.4:
        assert book.place_market(side, lots) == MatchResult(oracle.match(side, None, lots)[0], 0)
    elif kind < 0.5:
        assert book.place_market_notional(side, lots * price) == oracle.place_market_notional(side, lots * price)
    else:
        tif = commands.choice([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK])
        assert book.place_limit(order_id, side, price, lots, tif) == oracle.place_limit(
            order_id, side, price, lots, tif
        )


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 120))
def test_random_commands_give_the_brute_force_book_s_answers(seed: int, count: int) -> None:
    commands, book, oracle = random.Random(seed), OrderBook(), BruteForceBook()
    for order_id in range(1, count + 1):
        apply_random(commands, order_id, book, oracle)
        best_bid, best_ask = book.best_bid(), book.best_ask()
        assert best_bid is None or best_ask is None or best_bid < best_ask
    assert list(book.resting()) == oracle.resting()


def test_fifty_thousand_commands_on_one_book_agree_with_brute_force_and_repeat_bit_for_bit() -> None:
    digests = []
    for check in (True, False):
        commands, book, oracle = random.Random(7), OrderBook(), BruteForceBook()
        for order_id in range(1, 25_001):
            apply_random(commands, order_id, book, oracle)
            if check and order_id % 1_000 == 0:
                assert list(book.resting()) == oracle.resting()
        digests.append(book.digest())
    assert digests[0] == digests[1]


def test_better_price_goes_first_and_equal_prices_by_time() -> None:
    book = OrderBook()
    for order_id, price in ((1, 101), (2, 100), (3, 100)):
        book.place_limit(order_id, Side.SELL, price, 5)
    assert book.place_limit(4, Side.BUY, 101, 12) == MatchResult([Fill(2, 100, 5), Fill(3, 100, 5), Fill(1, 101, 2)], 0)
    assert book.depth(Side.SELL) == [(101, 3)]


def test_a_partly_filled_order_keeps_its_place() -> None:
    book = OrderBook()
    book.place_limit(1, Side.BUY, 100, 5)
    book.place_limit(2, Side.BUY, 100, 5)
    book.place_market(Side.SELL, 3)
    assert book.place_market(Side.SELL, 4).fills == [Fill(1, 100, 2), Fill(2, 100, 2)]


def test_fill_or_kill_takes_all_or_leaves_the_book_as_it_was() -> None:
    book = OrderBook()
    book.place_limit(1, Side.SELL, 100, 5)
    before = book.digest()
    assert book.place_limit(2, Side.BUY, 100, 6, TimeInForce.FOK) == MatchResult([], 0)
    assert book.digest() == before
    assert book.place_limit(3, Side.BUY, 100, 5, TimeInForce.FOK).traded == 5


def test_market_notional_buys_only_whole_lots_the_budget_pays() -> None:
    book = OrderBook()
    book.place_limit(1, Side.SELL, 10, 3)
    book.place_limit(2, Side.SELL, 11, 3)
    result = book.place_market_notional(Side.BUY, 51)
    assert result.fills == [Fill(1, 10, 3), Fill(2, 11, 1)]  # 30 + 11; the last 10 do not pay a lot at 11
    assert book.walk(Side.BUY, None, 9) == [(11, 2)]


def test_quotes_may_lock_the_book_and_both_sides_trade_at_the_one_price() -> None:
    book = OrderBook()
    book.rest(-1, Side.BUY, 100, 50)
    book.rest(-2, Side.SELL, 100, 50)
    assert len(book) == 2
    assert book.place_market(Side.BUY, 1).fills == [Fill(-2, 100, 1)]
    assert book.place_market(Side.SELL, 1).fills == [Fill(-1, 100, 1)]
    assert book.crosses(Side.BUY, 100)
    assert book.crosses(Side.SELL, 100)


def test_cancelled_and_traded_orders_are_gone() -> None:
    book = OrderBook()
    book.place_limit(1, Side.BUY, 100, 5)
    assert (book.cancel(1), book.cancel(1)) == (5, None)
    assert (len(book), book.best_bid(), book.lots_of(1)) == (0, None, None)


@pytest.mark.parametrize(("price", "lots"), [(0, 1), (1, 0), (-1, 1)])
def test_nonsense_is_refused_and_nothing_changes(price: int, lots: int) -> None:
    book = OrderBook()
    book.place_limit(1, Side.BUY, 5, 5)
    before = book.digest()
    with pytest.raises(ValueError, match="positive"):
        book.place_limit(2, Side.BUY, price, lots)
    with pytest.raises(ValueError, match="already rests"):
        book.place_limit(1, Side.BUY, 4, 1)
    assert book.digest() == before


def test_quoting_for_a_long_time_does_not_grow_the_book() -> None:
    book = OrderBook()
    for price in range(1_000, 11_000):
        book.rest(-1, Side.BUY, price, 1)
        book.cancel(-1)
    assert len(book._bids.heap) < 200
    book.place_limit(1, Side.BUY, 50, 1)
    for order_id in range(2, 10_000):
        book.place_limit(order_id, Side.BUY, 50, 1)
        book.cancel(order_id)
    assert len(book._bids.levels[50].queue) < 200
