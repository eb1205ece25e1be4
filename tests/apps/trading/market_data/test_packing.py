"""Candles as bytes: payloads of every layout, one after the other, give back the candles they were made of."""

import random

import numpy as np
import pytest

from apps.trading.market_data import packing
from kernel.instruments import Bars

MINUTE = 60_000


def candles(choices: random.Random, first: int, count: int) -> tuple[Bars, int]:
    """A stretch of candles of some layout, and the time after it: gaps, wide ranges, big or round volumes."""
    draw = np.random.default_rng(choices.randrange(2**32))
    steps = np.full(count, MINUTE)
    if choices.random() < 0.3:
        steps[draw.integers(0, count)] *= 3
    ts = first + np.cumsum(steps) - steps[0]
    width = choices.choice([50, 100_000])
    close = 2**20 + np.cumsum(draw.integers(-width, width + 1, count)) % 2**30
    opened = close + draw.integers(-width, width + 1, count)
    high = np.maximum(opened, close) + draw.integers(0, width, count)
    low = np.maximum(1, np.minimum(opened, close) - draw.integers(0, width, count))
    opened = np.maximum(opened, low)
    volume = draw.integers(0, choices.choice([2**20, 2**45]), count) * choices.choice([1, 1_000])
    return Bars(ts, opened, high, low, close, volume), int(ts[-1]) + MINUTE


@pytest.mark.parametrize("seed", range(20))
def test_payloads_of_all_layouts_together_give_the_candles_they_were_made_of(seed: int) -> None:
    choices, at, parts = random.Random(seed), MINUTE, []
    for _ in range(60):
        count = choices.choice([1, 2, 10, 10, 10, 10])
        for _ in range(choices.choice([1, 1, packing.AT_ONCE + 1])):
            part, at = candles(choices, at, count)
            parts.append(part)
    payloads = [packing.pack(part) for part in parts]
    marks = {packing.PAIR.unpack_from(payload)[0] == packing.COMPACT for payload in payloads}
    assert marks == {True, False}
    payloads.insert(choices.randrange(len(payloads)), b"")
    joined = packing.join(payloads)
    for name in packing.COLUMNS:
        assert np.array_equal(getattr(joined, name), np.concatenate([getattr(part, name) for part in parts])), name


def test_a_tail_adds_only_what_opens_later() -> None:
    whole, _ = candles(random.Random(1), MINUTE, 10)
    table = packing.Table(1)
    table.take(packing.pack(whole[:6]))
    table.take_tail(whole[3:])
    assert np.array_equal(table.bars().close, whole.close)
