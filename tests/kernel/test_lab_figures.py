"""The figures of the lab against published examples, against hand-made cases, and by their properties."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from kernel.lab import (
    BLOCKS,
    Dimension,
    Moments,
    Space,
    SpaceError,
    block_bootstrap,
    block_sums,
    deepest_falls,
    deflated_sharpe,
    expected_best_sharpe,
    fan_of,
    heat_map,
    moments,
    noisy_bars,
    plateau,
    probabilistic_sharpe,
    probability_of_overfitting,
    shuffled_trades,
    stationary_bootstrap,
    tunables,
    walk_forward_folds,
)
from kernel.strategy import EXAMPLES, parse_document
from tests.kernel.lab_samples import MOMENTUM, momentum_space, wandering


def test_probabilistic_sharpe_as_published():
    # Bailey & López de Prado 2012, section 4: two years of months.
    assert probabilistic_sharpe(Moments(24, 0.458, 0.0, 3.0)) == pytest.approx(0.982, abs=5e-4)
    assert probabilistic_sharpe(Moments(24, 0.458, -2.448, 10.164)) == pytest.approx(0.913, abs=5e-4)


def test_deflated_sharpe_as_published():
    # Bailey & López de Prado 2014, numerical example: 2.5 a year over five years of 250 days.
    best, variance = Moments(1250, 2.5 / math.sqrt(250), -3.0, 10.0), 0.5 / 250
    assert expected_best_sharpe(variance, 100) == pytest.approx(0.1132, abs=5e-5)
    assert deflated_sharpe(best, variance, 100) == pytest.approx(0.9004, abs=5e-5)
    assert deflated_sharpe(best, variance, 46) == pytest.approx(0.9505, abs=5e-5)
    # One trial has nothing to be deflated by.
    assert deflated_sharpe(best, variance, 1) == probabilistic_sharpe(best)


def test_moments_by_hand():
    found = moments(np.array([1.0, 2.0, 3.0, 6.0]))
    # Mean 3, squares of distances 4, 1, 0, 9: population variance 3.5, sample variance 14 / 3.
    assert found.sharpe == pytest.approx(3 / math.sqrt(14 / 3))
    assert found.skewness == pytest.approx(((-8 - 1 + 27) / 4) / 3.5**1.5)
    assert found.kurtosis == pytest.approx(((16 + 1 + 81) / 4) / 3.5**2)
    assert moments(np.full(5, 0.25)) == Moments(5, 0.0, 0.0, 3.0)
    assert probabilistic_sharpe(moments(np.zeros(1))) == 0.0


def test_overfitting_by_hand():
    good, bad = np.array([0.02, 0.01, 0.03, 0.02]), np.array([-0.02, -0.01, -0.03, -0.02])
    # The best of one half is the worst of the other: always over-fitted.
    crossed = [np.concatenate((good, bad)), np.concatenate((bad, good))]
    found = probability_of_overfitting(np.array([block_sums(item, 2) for item in crossed]))
    assert (found.probability, found.loss) == (1.0, 1.0)
    assert found.logits.tolist() == pytest.approx([math.log(1 / 2)] * 2)
    # One is better everywhere: never.
    plain = [np.concatenate((good, good)), np.concatenate((bad, bad))]
    found = probability_of_overfitting(np.array([block_sums(item, 2) for item in plain]))
    assert (found.probability, found.loss) == (0.0, 0.0)
    assert found.logits.tolist() == pytest.approx([math.log(2)] * 2)


def test_overfitting_of_noise_is_about_one_half():
    noise = np.random.default_rng(5).standard_normal((60, 1200)) * 0.01
    found = probability_of_overfitting(np.array([block_sums(item, BLOCKS) for item in noise]))
    assert len(found.logits) == math.comb(12, 6) == 924
    assert 0.3 < found.probability < 0.8
    with pytest.raises(ValueError):
        probability_of_overfitting(np.zeros((5, 3, 3)))


def test_block_sums_add_up():
    values = np.random.default_rng(1).standard_normal(101)
    sums = block_sums(values, BLOCKS)
    assert sums.sum(axis=0).tolist() == pytest.approx([101, values.sum(), (values**2).sum()])


def test_windows_follow_each_other():
    rolling = walk_forward_folds(1000, folds=4, fit_ratio=3, embargo=20)
    # (1000 − 20) ÷ 7 = 140 a test; 980 − 560 = 420 to fit on.
    assert [(item.fit_first, item.fit_last, item.test_first, item.test_last) for item in rolling] == [
        (0, 420, 440, 580),
        (140, 560, 580, 720),
        (280, 700, 720, 860),
        (420, 840, 860, 1000),
    ]
    anchored = walk_forward_folds(1000, folds=4, fit_ratio=3, embargo=20, anchored=True)
    assert [item.fit_first for item in anchored] == [0, 0, 0, 0]
    assert [item.test_last for item in anchored] == [item.test_last for item in rolling]
    with pytest.raises(ValueError):
        walk_forward_folds(10, folds=4)


def test_space_counts_its_points_both_ways():
    space = momentum_space()
    assert (space.shape, space.size) == ((8, 3), 24)
    assert [space.point_at(space.places(point)) for point in range(24)] == list(range(24))
    assert space.parameters(0) == {"period": "8", "level": "0"}
    assert space.parameters(23) == {"period": "36", "level": "2"}
    assert sorted(space.neighbours(0)) == [1, 3]
    assert sorted(space.neighbours(4)) == [1, 3, 5, 7]
    assert space.drawn(7, 10) == space.drawn(7, 10) != space.drawn(8, 10)
    assert len(set(space.drawn(7, 10))) == 10
    assert sorted(space.drawn(7, 99)) == list(range(24))


def test_space_writes_into_a_copy():
    changed: Any = momentum_space().document(MOMENTUM, 23)
    assert changed["entry"]["left"]["params"]["period"] == changed["exit"]["left"]["params"]["period"] == 36
    assert changed["entry"]["right"]["value"] == "2"
    assert changed["exit"]["right"]["value"] == "0"
    unchanged: Any = MOMENTUM
    assert unchanged["entry"]["left"]["params"]["period"] == 20
    assert parse_document(changed).digest() != parse_document(MOMENTUM).digest()


@pytest.mark.parametrize("path", ["entry.nothing", "entry[0]", "", "entry..left", "entry.left", "timeframe", "name.x"])
def test_space_refuses_what_is_not_a_number(path):
    space = Space((Dimension("x", (path,), (Decimal(1),)),))
    with pytest.raises(SpaceError):
        space.document(MOMENTUM, 0)


def test_space_is_bounded():
    with pytest.raises(SpaceError):
        Dimension.stepped("x", ["a"], Decimal(0), Decimal(10), Decimal("0.001"))
    with pytest.raises(SpaceError):
        Dimension.stepped("x", ["a"], Decimal(0), Decimal("Infinity"), Decimal(1))
    wide = [Dimension.stepped(name, [name], Decimal(1), Decimal(200), Decimal(1)) for name in "abc"]
    with pytest.raises(SpaceError):
        Space(tuple(wide))
    with pytest.raises(SpaceError):
        Space((wide[0], wide[0]))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda item: item.key)
def test_numbers_of_the_gallery_are_found_and_their_ranges_are_valid(example):
    data = example.document.model_dump(mode="json")
    found = tunables(data)
    assert found
    assert len({item.name for item in found}) == len(found)
    for item in found:
        assert item.low <= item.value <= item.high
        axis = Dimension.stepped(item.name, item.paths, item.low, item.high, item.step)
        space = Space((axis,))
        changed = [space.document(data, point) for point in range(space.size)]
        assert data in changed or len(axis.values) == 1


def test_the_same_average_in_entry_and_exit_is_one_number():
    cross = next(item for item in EXAMPLES if item.key == "moving_average_cross")
    found = tunables(cross.document.model_dump(mode="json"))
    assert [(item.name, item.value, len(item.paths)) for item in found] == [
        ("sma_period", Decimal(20), 2),
        ("sma_period_2", Decimal(50), 2),
    ]


def test_plateau_and_needle():
    space = Space((Dimension("a", ("a",), tuple(Decimal(item) for item in range(9))),))
    flat = dict.fromkeys(range(9), 2.0)
    assert plateau(space, flat, 4).share == 1.0
    needle = {**dict.fromkeys(range(9), 0.1), 4: 2.0}
    assert (plateau(space, needle, 4).tried, plateau(space, needle, 4).good) == (4, 0)
    # What could not be judged is bad, what was not tried does not count.
    assert plateau(space, {3: None, 4: 2.0, 5: 1.0}, 4).share == 0.5
    assert plateau(space, {4: -1.0, 5: -1.0}, 4).share == 0.0


def test_heat_map_takes_the_best_over_the_rest():
    axes = [Dimension(name, (name,), (Decimal(0), Decimal(1))) for name in "abc"]
    space = Space(tuple(axes))
    scores = {space.point_at((0, 0, 0)): 1.0, space.point_at((0, 1, 0)): 3.0, space.point_at((1, 0, 1)): None}
    found = heat_map(space, scores, 0, 2)
    assert found[0, 0] == 3.0
    assert np.isnan(found[0, 1])
    assert np.isnan(found[1, 1])


def test_shuffled_trades_end_alike_and_fall_differently():
    returns = np.array([0.1, -0.05, 0.2, -0.1, 0.03])
    growth = shuffled_trades(returns, 50, 3)
    assert growth.shape == (50, 6)
    assert growth[:, -1] == pytest.approx(np.full(50, np.prod(1 + returns)))
    # −10 % alone, −5 % and −10 % with +3 % between them, or one after the other.
    assert set(np.round(deepest_falls(growth), 9).tolist()) == {0.1, 0.11935, 0.145}
    assert np.array_equal(growth, shuffled_trades(returns, 50, 3))
    assert not np.array_equal(growth, shuffled_trades(returns, 50, 4))


@pytest.mark.parametrize("draw", [lambda r, s: stationary_bootstrap(r, 400, s, mean_block=10),
                                  lambda r, s: block_bootstrap(r, 400, s, block=10)])  # fmt: skip
def test_bootstrap_keeps_the_mean_and_the_neighbours(draw):
    returns = np.arange(1, 101) / 100_000
    growth = draw(returns, 11)
    assert growth.shape == (400, 101)
    picked = growth[:, 1:] / growth[:, :-1] - 1
    assert picked.mean() == pytest.approx(returns.mean(), rel=0.05)
    places = np.rint(picked * 100_000).astype(int)
    # With blocks of ten, nine of ten values follow their predecessor of the sample.
    follow = (places[:, 1:] - places[:, :-1]) % 100 == 1
    assert follow.mean() == pytest.approx(0.9, abs=0.02)
    assert np.array_equal(growth, draw(returns, 11))


def test_noisy_candles_are_candles():
    bars = wandering(2, 500, 0.0)
    noisy = noisy_bars(bars, 9, strength=0.5)
    assert len(noisy) == 500
    assert not np.array_equal(noisy.close, bars.close)
    assert np.array_equal(noisy_bars(bars, 9, strength=0.5).close, noisy.close)
    assert np.array_equal(noisy_bars(bars, 9, strength=0.0).high, bars.high)


def test_fan_is_ordered():
    growth = stationary_bootstrap(np.random.default_rng(1).standard_normal(300) * 0.01, 200, 1, mean_block=5)
    fan = fan_of(growth, points=50)
    assert fan.curves.shape == (5, 50)
    assert np.all(np.diff(fan.curves, axis=0) >= 0)
    assert fan.curves[:, 0].tolist() == [1.0] * 5
