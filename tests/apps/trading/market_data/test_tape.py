"""Trades in order, each once, whatever way they come."""

from apps.trading.market_data.feed.tape import Tape
from apps.trading.market_data.gateways.messages import Print


def trade(number: int | str) -> Print:
    return Print("BTCUSDT", str(number), "1", "1", 0, is_sell=False)


def ids(tape: Tape) -> list[str]:
    return [item.id for item in tape.take_fresh()]


def opened(*numbers: int) -> Tape:
    tape = Tape()
    tape.fill([trade(number) for number in numbers])
    return tape


def test_nothing_counts_before_the_venue_was_asked_for_the_beginning():
    tape = Tape()
    assert tape.take(trade(7))
    assert ids(tape) == []
    tape.fill([trade(5), trade(6)])
    assert ids(tape) == ["5", "6", "7"]
    assert tape.is_complete


def test_duplicates_and_reorders_come_out_once_and_in_order():
    tape = opened(1)
    assert not tape.take(trade(2))
    assert not tape.take(trade(2))
    assert tape.take(trade(4))
    assert tape.take(trade(4))
    assert not tape.take(trade(3))
    assert ids(tape) == ["1", "2", "3", "4"]
    assert (tape.repeated, tape.holes, tape.lost) == (2, 1, 0)


def test_a_hole_waits_for_the_venue_and_what_it_does_not_know_is_counted_as_lost():
    tape = opened(1)
    tape.take(trade(5))
    tape.take(trade(9))
    assert ids(tape) == ["1"]
    tape.fill([trade(3), trade(4)])
    assert ids(tape) == ["3", "4", "5", "9"]
    assert tape.lost == 1 + 3
    assert tape.is_complete


def test_a_successor_goes_on_where_readers_were_left():
    tape = Tape()
    tape.recall([trade(10), trade(11)])
    assert tape.wanted_from == 12
    tape.take(trade(13))
    tape.fill([trade(11), trade(12), trade(13)])
    assert ids(tape) == ["12", "13"]
    assert [item.id for item in tape.prints] == ["10", "11", "12", "13"]


def test_what_was_told_and_not_stored_is_stored_by_the_successor():
    tape = Tape()
    tape.recall([trade(10), trade(11)], kept=8)
    assert tape.wanted_from == 9
    tape.fill([trade(9), trade(10), trade(11), trade(12)])
    assert ids(tape) == ["12"]
    assert [item.id for item in tape.unkept] == ["9", "10", "11", "12"]
    assert tape.wanted_from == 13


def test_what_was_stored_and_not_told_is_told_by_the_successor_and_stored_once():
    tape = Tape()
    tape.recall([trade(10), trade(11)], kept=13)
    assert tape.wanted_from == 12
    tape.take(trade(15))
    tape.fill([trade(12), trade(13), trade(14), trade(15)])
    assert ids(tape) == ["12", "13", "14", "15"]
    assert tape.lost == 0
    assert [item.id for item in tape.prints] == ["10", "11", "12", "13", "14", "15"]
    assert [item.id for item in tape.unkept] == ["14", "15"]


def test_ids_that_are_no_numbers_are_taken_once_in_the_order_they_come():
    tape = Tape()
    assert not tape.take(trade("b-2"))
    tape.take(trade("a-1"))
    tape.take(trade("b-2"))
    assert ids(tape) == ["b-2", "a-1"]
