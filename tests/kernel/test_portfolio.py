"""Measures of a series against figures made by hand and by NumPy."""

from decimal import Decimal

import numpy as np
import pytest

from kernel.portfolio import Point, measure

DAY = 86_400_000


def points(*prices: str) -> list[Point]:
    return [Point(at * DAY, Decimal(price)) for at, price in enumerate(prices)]


def test_figures_made_by_hand() -> None:
    found = measure(points("100", "120", "90", "108"))
    assert found is not None
    assert (found.twr, found.worst_fall, found.fall_now) == (8, 25, 10)


def test_volatility_equals_numpy() -> None:
    prices = [100 + at % 7 - at % 3 + at / 10 for at in range(200)]
    found = measure([Point(at * DAY, Decimal(str(price))) for at, price in enumerate(prices)])
    returns = np.diff(prices) / np.array(prices[:-1])
    wanted = np.std(returns, ddof=1) * np.sqrt(365.25) * 100
    assert found is not None
    assert found.volatility is not None
    assert abs(found.volatility - Decimal(str(wanted))) < Decimal("1e-9")


def test_too_little_or_wrong_is_said() -> None:
    assert measure([]) is None
    assert measure(points("1")) is None
    two = measure(points("1", "2"))
    assert two is not None
    assert two.volatility is None
    with pytest.raises(ValueError, match="worth"):
        measure(points("1", "0"))
    with pytest.raises(ValueError, match="rise"):
        measure([Point(1, Decimal(1)), Point(1, Decimal(1))])
