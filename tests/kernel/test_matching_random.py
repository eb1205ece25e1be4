"""The market against the naive oracle under random commands, and invariants that hold after every command."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.matching import (
    Cancelled,
    Event,
    Expired,
    Market,
    NewOrder,
    Refused,
    SetLastPrice,
    Side,
    Traded,
    Triggered,
)
from tests.kernel.matching_commands import random_commands, random_order, trailing_commands
from tests.kernel.matching_oracle import Ending, Oracle, Trade


def trades_and_endings(events: list[Event]) -> tuple[list[Trade], list[Ending]]:
    trades: list[Trade] = []
    endings: list[Ending] = []
    for event in events:
        if isinstance(event, Traded):
            trades.append((event.taker_id, event.maker_id, event.price, event.lots))
        elif isinstance(event, Expired):
            endings.append((event.order_id, event.reason.value, event.lots))
        elif isinstance(event, Cancelled):
            endings.append((event.order_id, "cancelled", event.lots))
    return trades, endings


def contents(market: Market) -> list[object]:
    """The dump in the oracle's form."""
    _, last, resting, waiting, lists = market.dump()
    return [
        last,
        [[*fields[:5], fields[5][5] if fields[5] else fields[4]] for fields in resting],
        [[order[0], order[5], extreme, is_armed] for order, extreme, is_armed in waiting],
        lists,
    ]


def compare(seed: int, count: int, *, look_every: int) -> int:
    """Send the same commands to both; return how many trades there were."""
    market, oracle = Market(), Oracle()
    traded = 0
    for number, command in enumerate(random_commands(seed, count)):
        got, wanted = trades_and_endings(market.apply(command)), oracle.apply(command)
        assert got == wanted, f"seed {seed}, command {number}: {command}"
        traded += len(got[0])
        if number % look_every == 0:
            assert contents(market) == oracle.contents(), f"seed {seed}, after command {number}: {command}"
    assert contents(market) == oracle.contents()
    return traded


@pytest.mark.parametrize("seed", range(10))
def test_random_commands_give_the_oracles_trades_endings_and_state(seed: int) -> None:
    assert compare(seed, 5_000, look_every=25) > 1_000


@pytest.mark.parametrize("seed", range(200, 204))
def test_many_trailing_orders_trigger_as_the_oracle_s_do(seed: int) -> None:
    market, oracle = Market(), Oracle()
    triggered = 0
    for command in trailing_commands(seed, 1_500):
        price = command.price if isinstance(command, SetLastPrice) else 0
        foreseen = bool(price) and market.triggers(price)
        events = market.apply(command)
        assert trades_and_endings(events) == oracle.apply(command)
        if price:
            assert foreseen is any(isinstance(event, Triggered) for event in events)
        triggered += sum(isinstance(event, Triggered) for event in events)
        assert contents(market) == oracle.contents()
    assert triggered > 100


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_ten_million_random_commands_give_the_oracles_trades_endings_and_state(seed: int) -> None:
    assert compare(seed, 500_000, look_every=1_000) > 100_000


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 150))
def test_after_every_command_the_book_is_sound(seed: int, count: int) -> None:
    market = Market()
    for command in random_commands(seed, count):
        market.apply(command)
        bid, ask = market.best_bid(), market.best_ask()
        assert bid is None or ask is None or bid < ask
        resting = list(market.resting())
        assert all(lots > 0 and market.left(order_id) == lots for order_id, _, _, lots in resting)
        for side in Side:
            shown: dict[int, int] = {}
            whole = 0
            for own, node in market.nodes():
                if own is side:
                    shown[node[2]] = shown.get(node[2], 0) + node[0]
            for _, own, _, lots in resting:
                whole += lots if own is side else 0
            assert market.depth(side) == list(shown.items())
            other = Side.SELL if side is Side.BUY else Side.BUY
            assert market.available(other, None, 10**9) == whole
        assert len(market) == len(resting) + market.armed_count + len(list(market.pending()))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 300))
def test_every_lot_placed_is_traded_ended_or_still_open(seed: int, count: int) -> None:
    """Amendments, prevented matches and orders by notional change quantities: this run has none of them."""
    market = Market()
    draw = random.Random(seed)
    placed = traded = ended = 0
    for order_id in range(1, count + 1):
        order = random_order(draw, order_id)._replace(owner=0)
        if not order.lots:
            continue
        events = market.place(order)
        if events and isinstance(events[0], Refused):
            continue
        placed += order.lots
        traded += sum(2 * event.lots for event in events if isinstance(event, Traded))
        ended += sum(event.lots for event in events if isinstance(event, Expired))
        if draw.random() < 0.3:
            done = market.cancel(draw.randint(1, order_id))
            ended += sum(event.lots for event in done if isinstance(event, Cancelled))
    waiting = sum(tracked.left for tracked in market.armed())
    assert placed == traded + ended + waiting + sum(lots for *_, lots in market.resting())


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), before=st.integers(0, 150), after=st.integers(0, 60))
def test_a_loaded_dump_goes_on_like_the_market_it_came_from(seed: int, before: int, after: int) -> None:
    market = Market()
    commands = list(random_commands(seed, before + after))
    for command in commands[:before]:
        market.apply(command)
    loaded = Market.load(market.dump())
    assert (loaded.dump(), loaded.digest()) == (market.dump(), market.digest())
    for command in commands[before:]:
        assert loaded.apply(command) == market.apply(command)
    assert loaded.digest() == market.digest()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_equal_commands_give_equal_events_and_digests(seed: int) -> None:
    runs = []
    for _ in range(2):
        market = Market()
        runs.append(([market.apply(command) for command in random_commands(seed, 200)], market.digest()))
    assert runs[0] == runs[1]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 150))
def test_a_preview_is_what_then_happens_and_changes_nothing(seed: int, count: int) -> None:
    market = Market()
    for command in random_commands(seed, count):
        if isinstance(command, NewOrder) and not market.would_take(command) and not command.stop + command.trailing:
            digest = market.digest()
            foreseen = market.preview(command)
            assert market.digest() == digest
            done: dict[int, int] = {}
            for event in market.apply(command):
                if isinstance(event, Traded) and event.taker_id == command.order_id:
                    done[event.price] = done.get(event.price, 0) + event.lots
            assert foreseen == list(done.items()), command
        else:
            market.apply(command)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 150), price=st.integers(85, 115))
def test_triggers_says_whether_a_price_would_trigger(seed: int, count: int, price: int) -> None:
    market = Market()
    for command in random_commands(seed, count):
        market.apply(command)
    foreseen = market.triggers(price)
    assert foreseen is any(isinstance(event, Triggered) for event in market.set_last_price(price))
