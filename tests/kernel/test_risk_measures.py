"""Measures against plain references, one portfolio and one day at a time, to 1e-12; sizes and stress by hand."""

import math
from decimal import Decimal
from statistics import NormalDist
from typing import TypedDict

import numpy as np
import pytest

from kernel.risk import SizingError, measures, sizing, stress


class Closeness(TypedDict):
    """How near two figures must be."""

    rtol: float
    atol: float


D = Decimal
RNG = np.random.default_rng(20)
RETURNS = RNG.standard_t(4, size=(365, 12)) * 0.03
RETURNS[:, 3] = RETURNS[:, 2]
WORTHS = RNG.normal(0, 1_000, size=(40, 12))
EXACT: Closeness = {"rtol": 1e-12, "atol": 1e-12}


def results_of(portfolio: int) -> list[float]:
    """Results by day, each a plain sum."""
    return [math.fsum(WORTHS[portfolio, a] * day[a] for a in range(12)) for day in RETURNS]


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_historical_figures_equal_a_sorted_list(level):
    found = measures.historical(RETURNS, WORTHS, level=level)
    for portfolio in range(40):
        losses = sorted(-result for result in results_of(portfolio))
        place = math.ceil(round(level * 365, 9))
        worst = losses[place - 1 :]
        np.testing.assert_allclose(found.var[portfolio], losses[place - 1], **EXACT)
        np.testing.assert_allclose(found.cvar[portfolio], math.fsum(worst) / len(worst), **EXACT)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_interpolated_figures_equal_numpys_quantile_and_the_fractional_tail(level):
    found = measures.historical_interpolated(RETURNS, WORTHS, level=level)
    for portfolio in range(40):
        losses = np.sort([-result for result in results_of(portfolio)])
        np.testing.assert_allclose(found.var[portfolio], np.quantile(losses, level), **EXACT)
        mass = np.clip(np.arange(1, 366) / 365 - level, 0, 1 / 365)  # what of each day lies in the tail
        np.testing.assert_allclose(found.cvar[portfolio], losses @ mass / (1 - level), **EXACT)


def test_parametric_figures_equal_the_formula_over_the_plain_covariance():
    found = measures.parametric(RETURNS, WORTHS, level=0.95)
    sigma = np.cov(RETURNS, rowvar=False)
    z = NormalDist().inv_cdf(0.95)
    for portfolio, row in enumerate(WORTHS):
        mean, deviation = row @ RETURNS.mean(axis=0), math.sqrt(row @ sigma @ row)
        np.testing.assert_allclose(found.var[portfolio], z * deviation - mean, **EXACT)
        np.testing.assert_allclose(found.cvar[portfolio], deviation * NormalDist().pdf(z) / 0.05 - mean, **EXACT)


def test_monte_carlo_is_the_historical_measure_of_the_same_draws_and_a_seed_repeats_it():
    found = measures.monte_carlo(RETURNS, WORTHS, seed=7, paths=5_000)
    again = measures.monte_carlo(RETURNS, WORTHS, seed=7, paths=5_000)
    np.testing.assert_array_equal(found.cvar, again.cvar)
    values, vectors = np.linalg.eigh(np.cov(RETURNS, rowvar=False))
    normal = np.random.Generator(np.random.PCG64(7)).standard_normal((5_000, 12))
    drawn = normal @ (vectors @ np.diag(np.sqrt(values.clip(min=0))) @ vectors.T) + RETURNS.mean(axis=0)
    for portfolio, row in enumerate(WORTHS):
        losses = np.sort(-(drawn @ row))
        np.testing.assert_allclose(found.var[portfolio], losses[4_749], rtol=1e-11)
        np.testing.assert_allclose(found.cvar[portfolio], losses[4_749:].mean(), rtol=1e-11)
    close = measures.parametric(RETURNS, WORTHS)
    np.testing.assert_allclose(found.var, close.var, rtol=0.1)


def test_one_portfolio_is_the_same_as_one_of_many_and_a_larger_loss_is_never_a_smaller_measure():
    many = measures.historical(RETURNS, WORTHS)
    one = measures.historical(RETURNS, WORTHS[5])
    np.testing.assert_allclose(one.var[0], many.var[5], **EXACT)
    assert (many.cvar >= many.var).all()
    np.testing.assert_allclose(measures.historical(RETURNS, 2 * WORTHS).cvar, 2 * many.cvar, **EXACT)


def test_volatility_beta_and_correlation_equal_numpys():
    market = RETURNS[:, 0]
    found = measures.beta(RETURNS, WORTHS, market)
    for portfolio, row in enumerate(WORTHS):
        results = RETURNS @ row
        expected = np.cov(results, market)[0, 1] / np.var(market, ddof=1)
        np.testing.assert_allclose(found[portfolio], expected, rtol=1e-10)
        deviation = np.std(results, ddof=1) * math.sqrt(365)
        np.testing.assert_allclose(measures.volatility(RETURNS, WORTHS)[portfolio], deviation, **EXACT)
    np.testing.assert_allclose(measures.correlation(RETURNS), np.corrcoef(RETURNS, rowvar=False), **EXACT)
    still = np.column_stack([RETURNS[:, 0], np.zeros(365)])
    np.testing.assert_array_equal(measures.correlation(still), np.eye(2))
    assert measures.beta(RETURNS, WORTHS, np.zeros(365)).tolist() == [0.0] * 40


def test_drawdown_and_liquidity_by_hand():
    returns = np.array([[0.1], [-0.2], [0.05], [-0.1]])
    fall = measures.drawdown(returns, np.array([100.0]), np.array([100.0]))
    np.testing.assert_allclose(fall, [25 / 110], **EXACT)  # 100, 110, 90, 95, 85
    days = measures.liquidity_horizon(np.array([[50.0, -300.0], [0.0, 0.0]]), np.array([100.0, 1_000.0]))
    assert days.tolist() == [5.0, 0.0]
    assert measures.liquidity_horizon(np.array([1.0]), np.array([0.0])).tolist() == [math.inf]


def test_the_parts_of_var_add_up_to_it():
    parts = measures.component_var(RETURNS, WORTHS)
    np.testing.assert_allclose(parts.sum(axis=1), measures.parametric(RETURNS, WORTHS).var, rtol=1e-10)


def test_levels_outside_are_refused():
    for wrong in (0.0, 1.0, 1.5):
        with pytest.raises(ValueError, match="level"):
            measures.historical(RETURNS, WORTHS, level=wrong)


def test_stress_by_hand():
    prices = np.array([[100.0, 10.0], [80.0, 12.0], [90.0, 9.0]])
    found = stress.replay_window(prices, np.array([1_000.0, -500.0]))
    np.testing.assert_allclose(found.at_end, [-100 + 50], **EXACT)
    np.testing.assert_allclose(found.at_worst, [-200 - 100], **EXACT)
    assert stress.find_worst_window(prices, np.array([1_000.0, 0.0]), days=1) == (0, pytest.approx(-200))
    held = np.array([1_000.0, -500.0])
    assert stress.apply_shocks(["BTC", "ETH"], held, {"BTC": -0.3, "XRP": -0.9}).tolist() == [-300.0]
    with pytest.raises(ValueError, match="all of it"):
        stress.apply_shocks(["BTC"], np.array([1.0]), {"BTC": -1.1})
    moves = stress.spread_shock(np.column_stack([RETURNS[:, 0], 2 * RETURNS[:, 0]]), 0, -0.6)
    np.testing.assert_allclose(moves, [-0.6, -1.0], **EXACT)


def test_sizes_by_hand_never_above_what_was_meant():
    lot = D("0.001")
    assert sizing.size_fixed(D("1.2345"), lot=lot) == D("1.234")
    assert sizing.size_percent(D(10_000), D(2), price=D(30_000), lot=lot) == D("0.006")
    third = sizing.kelly_fraction(D("0.6"), D("1.5"), cap=D(1))  # 0.6 - 0.4 / 1.5 = 1/3, never above it
    assert D(1) / 3 - D("1e-28") <= third <= D("0.33333333333333333333333333333333333334")
    assert sizing.kelly_fraction(D("0.6"), D(2), cap=D("0.25")) == D("0.25")
    assert sizing.kelly_fraction(D("0.3"), D(1), cap=D(1)) == 0
    kelly = {"win_rate": D("0.6"), "payoff": D(2), "price": D(100), "lot": lot}
    assert sizing.size_kelly(D(1_000), cap=D("0.5"), **kelly) == 4
    aim = {"target": D("0.2"), "price": D(100), "lot": lot}
    assert sizing.size_volatility(D(1_000), volatility=D("0.8"), **aim) == D("2.5")
    assert sizing.size_volatility(D(1_000), volatility=D("0.1"), **aim) == 10
    assert sizing.size_atr(D(10_000), risk_percent=D(1), atr=D(25), multiple=D(2), lot=lot) == 2
    assert sizing.size_percent(D(1), D(1), price=D(30_000), lot=lot) == 0
    for wrong in (D(0), D(-1), D("NaN")):
        with pytest.raises(SizingError):
            sizing.size_percent(D(100), wrong, price=D(1), lot=lot)
