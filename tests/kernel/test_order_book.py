"""The book builder: exact levels, and no update counted out of sequence."""

import random
from decimal import Decimal

import pytest

from kernel.order_book import Book, BookBuilder, BookSide, Outcome, Rule, Update, scaled, unscaled


def change(first: int, last: int, bids=(), asks=(), previous: int | None = None) -> Update:
    return Update(first, last, bids, asks, previous)


def snapshot(number: int, bids=(("100", "1"),), asks=(("101", "2"),)) -> Update:
    return Update(number, number, bids, asks, is_snapshot=True)


def levels(book: Book) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    def texts(side: BookSide) -> list[tuple[str, str]]:
        return [(f"{unscaled(price):f}", f"{unscaled(quantity):f}") for price, quantity in side.top(50)]

    return texts(book.bids), texts(book.asks)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("60000.01000000", 60_000_010_000_000_000),
        ("0.000000000001", 1),
        ("5", 5_000_000_000_000),
        ("1e-7", 100_000),
        ("0.1000000000000000", 100_000_000_000),
        (".5", 500_000_000_000),
    ],
)
def test_texts_become_exact_integers(text, value):
    assert scaled(text) == value
    assert unscaled(value) == Decimal(text)


@pytest.mark.parametrize("text", ["", "words", "NaN", "-1", "0.0000000000001", "1e400", "Infinity", "1.2.3"])
def test_what_is_no_level_is_refused(text):
    with pytest.raises(ValueError, match=r"decimal|finer"):
        scaled(text)


def test_levels_are_set_removed_and_best_first():
    builder = BookBuilder(Rule.RANGE)
    builder.take(snapshot(10, bids=[("100", "1"), ("99.5", "3")], asks=[("101", "2"), ("102", "1")]))
    assert builder.take(change(11, 12, [("100.00", "0"), ("98", "7")], [("100.5", "4")])) is Outcome.APPLIED
    assert levels(builder.book) == ([("99.5", "3"), ("98", "7")], [("100.5", "4"), ("101", "2"), ("102", "1")])
    assert builder.book.bids.best() == (scaled("99.5"), scaled("3"))
    assert builder.book.sequence == 12
    assert not builder.book.is_crossed
    builder.take(change(13, 13, [("100.5", "1")]))
    assert not builder.book.is_crossed
    builder.take(change(14, 14, [("100.6", "1")]))
    assert builder.book.is_crossed


def test_the_farthest_levels_go_beyond_the_bound():
    builder = BookBuilder(Rule.RANGE, most_levels=3)
    asks = [(str(price), "1") for price in range(101, 106)]
    bids = [(str(price), "1") for price in range(95, 100)]
    builder.take(snapshot(1, bids, asks))
    assert levels(builder.book) == ([("99", "1"), ("98", "1"), ("97", "1")], [("101", "1"), ("102", "1"), ("103", "1")])
    builder.take(change(2, 2, [("99.5", "1")], [("100", "1")]))
    assert levels(builder.book) == (
        [("99.5", "1"), ("99", "1"), ("98", "1")],
        [("100", "1"), ("101", "1"), ("102", "1")],
    )


def test_differences_before_the_snapshot_wait_and_only_newer_ones_count():
    builder = BookBuilder(Rule.RANGE)
    assert builder.take(change(5, 8, [("90", "1")])) is Outcome.WAITING
    assert builder.take(change(9, 11, [("91", "1")])) is Outcome.WAITING
    assert builder.take(snapshot(10)) is Outcome.APPLIED
    assert levels(builder.book)[0] == [("100", "1"), ("91", "1")]
    assert builder.book.sequence == 11


def test_a_snapshot_older_than_what_waits_is_a_hole_again():
    builder = BookBuilder(Rule.RANGE)
    builder.take(change(20, 21, [("90", "1")]))
    assert builder.take(snapshot(10)) is Outcome.HOLE
    assert not builder.is_ready
    assert builder.take(snapshot(19)) is Outcome.APPLIED
    assert builder.book.sequence == 21


@pytest.mark.parametrize(
    ("rule", "next_one", "late", "lost"),
    [
        (Rule.RANGE, change(11, 14), change(9, 10), change(12, 14)),
        (Rule.PREVIOUS, change(11, 14, previous=10), change(9, 10, previous=8), change(13, 14, previous=12)),
        (Rule.STEP, change(11, 11), change(10, 10), change(12, 12)),
    ],
)
def test_each_rule_drops_what_came_and_stops_at_a_hole(rule, next_one, late, lost):
    builder = BookBuilder(rule)
    builder.take(snapshot(10))
    assert builder.take(late) is Outcome.IGNORED
    assert builder.take(lost) is Outcome.HOLE
    assert (builder.holes, builder.repeated, builder.is_ready) == (1, 1, False)
    builder = BookBuilder(rule)
    builder.take(snapshot(10))
    assert builder.take(next_one) is Outcome.APPLIED
    assert builder.book.sequence == next_one.last


def test_a_first_difference_may_reach_over_its_snapshot_where_updates_name_their_predecessor():
    builder = BookBuilder(Rule.PREVIOUS)
    builder.take(snapshot(10))
    assert builder.take(change(8, 12, previous=7)) is Outcome.APPLIED
    assert builder.take(change(11, 15, previous=10)) is Outcome.HOLE


def test_an_old_snapshot_does_not_turn_the_book_back():
    builder = BookBuilder(Rule.RANGE)
    builder.take(snapshot(10))
    builder.take(change(11, 11, [("100.5", "1")]))
    assert builder.take(snapshot(10)) is Outcome.IGNORED
    assert builder.book.sequence == 11


def test_a_broken_connection_needs_a_snapshot():
    builder = BookBuilder(Rule.STEP)
    builder.take(snapshot(10))
    builder.lose()
    assert builder.take(change(11, 11)) is Outcome.WAITING


def test_random_duplicates_reorders_and_losses_never_leave_a_wrong_book():
    rng = random.Random(5)
    for _ in range(5):
        truth: dict[str, dict[str, str]] = {"b": {}, "a": {}}
        frames, states = [], []
        number = 1
        for _ in range(200):
            bids = [(str(rng.randint(50, 99)), str(rng.randint(0, 3))) for _ in range(rng.randint(0, 3))]
            asks = [(str(rng.randint(100, 150)), str(rng.randint(0, 3))) for _ in range(rng.randint(0, 3))]
            last = number + rng.randint(0, 3)
            for side, given in (("b", bids), ("a", asks)):
                truth[side] |= dict(given)
            frames.append(change(number, last, bids, asks))
            states.append((last, {side: {p: q for p, q in truth[side].items() if q != "0"} for side in truth}))
            number = last + 1
        builder = BookBuilder(Rule.RANGE)
        builder.take(Update(0, 0, (), (), is_snapshot=True))
        sent = 0
        while sent < len(frames):
            for frame in _disturbed(rng, frames, sent):
                if builder.take(frame) is Outcome.HOLE:
                    last, state = states[max(sent, frames.index(frame))]
                    outcome = builder.take(
                        Update(last, last, list(state["b"].items()), list(state["a"].items()), is_snapshot=True)
                    )
                    assert outcome is Outcome.APPLIED
                if builder.is_ready and builder.book.sequence:
                    known = dict(states)[builder.book.sequence]
                    assert dict(levels(builder.book)[0]).items() <= known["b"].items()
                    assert len(builder.book.bids) == len(known["b"])
                    assert len(builder.book.asks) == len(known["a"])
            sent += 1
        assert builder.holes > 0
        assert builder.repeated > 0


def _disturbed(rng: random.Random, frames: list[Update], place: int) -> list[Update]:
    """What arrives instead of one frame: nothing, it twice, it with its successor first, or itself."""
    kind = rng.randrange(10)
    if kind == 0:
        return []
    if kind == 1:
        return [frames[place], frames[place]]
    if kind == 2 and place + 1 < len(frames):
        return [frames[place + 1], frames[place]]
    return [frames[place]]
