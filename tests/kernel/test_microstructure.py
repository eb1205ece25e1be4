"""Derived figures against values worked out by hand."""

import math
from decimal import Decimal

import numpy as np
import pytest

from kernel.microstructure import (
    MarketWindow,
    VenueTop,
    arbitrage,
    consolidate,
    depth_within,
    imbalance,
    index_price,
    kyle_lambda,
    micro_price,
    order_flow_imbalance,
    price_statistics,
    realised_volatility,
    trade_pressure,
    twap,
    vwap,
)


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def top(venue: str, bid: str, ask: str, bid_size="1", ask_size="1", volume="0") -> VenueTop:
    return VenueTop(venue, *map(Decimal, (bid, ask, bid_size, ask_size, volume)))


def test_averages():
    assert vwap(floats(10, 20), floats(3, 1)) == 12.5
    assert vwap(floats(10), floats(0)) is None
    assert twap(floats(10, 20), floats(0, 30), 40.0) == 12.5
    assert twap(floats(10, 20), floats(5, 5), 5.0) == 20
    assert twap(floats(), floats(), 5.0) is None


def test_pressure_and_imbalance():
    assert trade_pressure(floats(3, 1), np.array([False, True])) == 0.5
    assert trade_pressure(floats(), np.array([], dtype=bool)) is None
    assert imbalance(3.0, 1.0) == 0.5
    assert imbalance(0.0, 0.0) is None


def test_book_figures():
    assert micro_price((100.0, 3.0), (104.0, 1.0)) == 103.0
    assert micro_price((100.0, 0.0), (104.0, 0.0)) == 102.0
    assert depth_within([(99.95, 1.0), (99.9, 2.0), (99.5, 9.0)], 100.0, 0.0011) == 3.0


@pytest.mark.parametrize(
    ("before", "after", "flow"),
    [
        (((100.0, 5.0), (101.0, 4.0)), ((100.0, 7.0), (101.0, 4.0)), 2.0),  # the bid grew
        (((100.0, 5.0), (101.0, 4.0)), ((100.5, 3.0), (101.0, 4.0)), 3.0),  # a better bid came
        (((100.0, 5.0), (101.0, 4.0)), ((99.0, 3.0), (101.0, 4.0)), -5.0),  # the best bid went
        (((100.0, 5.0), (101.0, 4.0)), ((100.0, 5.0), (100.5, 6.0)), -6.0),  # a better ask came
        (((100.0, 5.0), (101.0, 4.0)), ((100.0, 5.0), (102.0, 6.0)), 4.0),  # the best ask went
    ],
)
def test_order_flow(before, after, flow):
    assert order_flow_imbalance(before, after) == flow


def test_impact_and_volatility():
    assert kyle_lambda(floats(1, 2, 3), floats(10, 20, 30)) == pytest.approx(0.1, abs=1e-15)
    assert kyle_lambda(floats(1, 2, 3), floats(5, 5, 5)) is None
    assert kyle_lambda(floats(1, 2), floats(1, 2)) is None
    hourly = realised_volatility(floats(100, 101, 100), 3_600.0)
    assert hourly == pytest.approx(math.log(1.01) * math.sqrt(8_760), rel=1e-14)
    assert realised_volatility(floats(100), 60.0) is None


def test_moments():
    found = price_statistics(floats(1, 2, 3, 10))
    assert found is not None
    assert (found.mean, found.low, found.median, found.high) == (4, 1, 2.5, 10)
    assert found.deviation == pytest.approx(math.sqrt(50 / 3), rel=1e-15)
    assert found.skewness == pytest.approx(45 / 12.5**1.5, rel=1e-14)
    assert found.kurtosis == pytest.approx(348.5 / 12.5**2 - 3, rel=1e-14)
    flat = price_statistics(floats(2, 2))
    assert flat is not None
    assert (flat.deviation, flat.skewness, flat.kurtosis) == (0, 0, 0)
    assert price_statistics(floats(2)) is None


def test_the_index_weighs_by_volume_and_leaves_outliers_out():
    tops = [top("a", "99", "101", volume="3"), top("b", "103", "105", volume="1"), top("c", "149", "151", volume="90")]
    assert index_price(tops) == (Decimal(101), 2)
    assert index_price([top("a", "99", "101"), top("b", "101", "103")]) == (Decimal(101), 2)
    with pytest.raises(ValueError, match="venue"):
        index_price([])


def test_the_best_of_all_venues():
    tops = [top("a", "100", "102", "1", "1"), top("b", "100", "101.5", "3", "1"), top("c", "99", "101.5", "9", "2")]
    found = consolidate(tops)
    assert found is not None
    assert (found.bid, found.bid_venue, found.ask, found.ask_venue) == (Decimal(100), "b", Decimal("101.5"), "c")
    assert consolidate([]) is None


def test_arbitrage_is_net_of_both_fees():
    tops = [top("a", "99", "100", "5", "4"), top("b", "101", "102", "3", "2")]
    fees = {"a": Decimal("0.001"), "b": Decimal("0.002")}
    best, worst = arbitrage(tops, fees)
    assert (best.buy_venue, best.sell_venue, best.size) == ("a", "b", Decimal(3))
    assert best.gross_percent == Decimal("1.00000000")
    # 101 × 0.998 ÷ (100 × 1.001) − 1 = 100.798 ÷ 100.1 − 1
    assert best.net_percent == Decimal("0.69730270")
    assert (worst.buy_venue, worst.gross_percent) == ("b", Decimal("-2.94117647"))


def test_the_window_forgets_and_adds_up():
    window = MarketWindow(window_ms=60_000)
    window.trade(90.0, 5.0, 0, is_sell=True)
    for second, price in enumerate((100.0, 101.0, 102.0)):
        window.trade(price, 2.0 + second, 100_000 + second * 1_000, is_sell=second == 1)
    window.best((101.0, 2.0), (103.0, 1.0), 102_000)
    window.best((101.0, 4.0), (103.0, 1.0), 102_500)
    window.levels([(101.0, 4.0)], [(103.0, 1.0)])
    values = window.values()
    assert values["trades"] == 3
    assert values["vwap"] == pytest.approx((200 + 303 + 408) / 9)
    assert values["pressure"] == pytest.approx((9 - 2 * 3) / 9)
    assert values["ofi"] == 2.0
    assert values["spread"] == 2.0
    assert values["microprice"] == pytest.approx((103 * 4 + 101 * 1) / 5)
    # Changes of 1 and 1 with signed volumes −3 and 4: too few for a slope.
    assert "kyle_lambda" not in values
    assert values["volatility"] == pytest.approx(
        math.sqrt((math.log(1.01) ** 2 + math.log(102 / 101) ** 2) / 2 * 365 * 86_400)
    )
    assert MarketWindow().values() == {"trades": 0.0}
