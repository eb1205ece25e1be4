"""The one decision function: precedence, sizing, filters."""

import pytest

from kernel.instruments import Side
from kernel.strategy import (
    EXAMPLES,
    Decision,
    Intent,
    Reason,
    Refusal,
    Signals,
    compile_strategy,
    decide,
    notional_units,
    parse_document,
)
from kernel.strategy.builder import TickNeededError
from kernel.strategy.compiler import StateMismatchError
from tests.kernel.market_samples import BTC, CROSS

QUOTE = 10**8
BASE = EXAMPLES[0].document.model_dump(mode="json")


def document(**changes):
    return parse_document({**BASE, **changes})


def ask(doc=None, *, entry=False, leave=False, lots=0, cash=10_000 * QUOTE, average=0, close=5_000_000, spec=BTC):
    return decide(
        Signals(True, entry, leave),
        document=doc or document(),
        spec=spec,
        position_lots=lots,
        cash=cash,
        average_entry_ticks=average,
        close_ticks=close,
    )


def test_nothing_happens_without_a_reason():
    assert ask() == Decision()
    assert ask(leave=True) == Decision()
    assert ask(entry=True, lots=100, average=5_000_000) == Decision()
    assert ask(entry=True, leave=True) == Decision()


@pytest.mark.parametrize(
    ("sizing", "lots"),
    [
        ({"kind": "percent_equity", "percent": "50"}, 10_000),
        ({"kind": "percent_equity", "percent": "100"}, 19_900),
        ({"kind": "fixed_quote", "amount": "1000.499"}, 2_000),
        ({"kind": "fixed_quantity", "quantity": "0.010009"}, 1_000),
    ],
)
def test_entries_are_sized_down_to_the_lot(sizing, lots):
    assert ask(document(sizing=sizing), entry=True).intent == Intent(Side.BUY, lots, Reason.ENTRY)


@pytest.mark.parametrize(
    ("sizing", "refusal"),
    [
        ({"kind": "fixed_quote", "amount": "0.4"}, Refusal.LOT_SIZE),
        ({"kind": "fixed_quantity", "quantity": "9000.1"}, Refusal.LOT_SIZE),
        ({"kind": "fixed_quote", "amount": "4.9"}, Refusal.NOTIONAL),
        ({"kind": "fixed_quote", "amount": "9951"}, Refusal.INSUFFICIENT_CASH),
        ({"kind": "fixed_quantity", "quantity": "9000"}, Refusal.INSUFFICIENT_CASH),
    ],
)
def test_a_refused_entry_names_the_filter(sizing, refusal):
    assert ask(document(sizing=sizing), entry=True) == Decision(refusal=refusal, wanted=Reason.ENTRY)


def test_the_whole_cash_less_headroom_can_be_spent():
    doc = document(sizing={"kind": "fixed_quote", "amount": "9950"})
    assert ask(doc, entry=True).intent == Intent(Side.BUY, 19_900, Reason.ENTRY)


@pytest.mark.parametrize(
    ("close", "leave", "reason"),
    [
        (4_900_001, False, None),
        (4_900_000, False, Reason.STOP_LOSS),
        (4_900_000, True, Reason.STOP_LOSS),
        (5_149_999, False, None),
        (5_150_000, True, Reason.TAKE_PROFIT),
        (5_000_000, True, Reason.EXIT),
    ],
)
def test_exits_sell_everything_and_the_stop_comes_first(close, leave, reason):
    doc = document(stop_loss_percent="2", take_profit_percent="3")
    intent = ask(doc, leave=leave, lots=777, average=5_000_000, close=close).intent
    assert intent == (None if reason is None else Intent(Side.SELL, 777, reason))


def test_an_exit_too_small_for_the_venue_is_refused_with_its_reason():
    assert ask(leave=True, lots=9, average=5_000_000) == Decision(refusal=Refusal.NOTIONAL, wanted=Reason.EXIT)


def test_numbers_beyond_64_bits_are_decided_exactly():
    doc = document(sizing={"kind": "percent_equity", "percent": "50"})
    rich = ask(doc, entry=True, cash=10**30)
    assert rich == Decision(refusal=Refusal.LOT_SIZE, wanted=Reason.ENTRY)


def test_values_between_two_units_round_against_the_customer():
    assert notional_units(CROSS, 3, 5) == 1
    assert notional_units(CROSS, 3, 5, round_up=True) == 2


def test_an_absolute_price_needs_the_tick():
    condition = {
        "kind": "gt",
        "left": {"kind": "price", "field": "close"},
        "right": {"kind": "constant", "value": "50000"},
    }
    doc = document(entry=condition)
    with pytest.raises(TickNeededError):
        compile_strategy(doc)
    live = compile_strategy(document(entry=condition, exit=condition), BTC).live()
    assert not live.update(0, 5_000_000, 5_000_000, 5_000_000, 5_000_000, 0).entry
    assert live.update(1, 5_000_001, 5_000_001, 5_000_001, 5_000_001, 0).entry


def test_a_state_of_another_strategy_or_an_older_bar_is_refused():
    compiled = compile_strategy(document(), BTC)
    live = compiled.live()
    live.update(60_000, 5, 5, 5, 5, 0)
    with pytest.raises(ValueError):
        live.update(60_000, 5, 5, 5, 5, 0)
    assert live.bars == 1
    with pytest.raises(StateMismatchError):
        compile_strategy(EXAMPLES[1].document, BTC).live(live.state())
    with pytest.raises(StateMismatchError):
        compile_strategy(document(), CROSS).live(live.state())
    assert compiled.live(live.state()).last_ts == 60_000


def test_ties_of_averages_are_exact():
    """Averages that are equal in exact arithmetic are equal, however far the sum has run."""
    condition = {
        "kind": "eq",
        "left": {"kind": "indicator", "name": "SMA", "params": {"period": 5}},
        "right": {"kind": "indicator", "name": "SMA", "params": {"period": 10}},
    }
    compiled = compile_strategy(document(entry=condition), BTC)
    live, equal = compiled.live(), 0
    closes = [4_000_001 + index**3 % 97 % 3 for index in range(3_000)]
    for index, close in enumerate(closes):
        signal = live.update(index, close, close, close, close, 0)
        if index >= compiled.warm_up:
            exact = 2 * sum(closes[index - 4 : index + 1]) == sum(closes[index - 9 : index + 1])
            assert signal.entry == exact
            equal += exact
    assert equal > 100
