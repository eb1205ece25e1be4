"""Exact conversions, filters and candles."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.instruments import INTERVALS, Bars, Filter, InstrumentSpec, InvalidBarsError, OffGridError, Side
from tests.kernel.market_samples import BTC, bars_of, bundled


@given(st.integers(0, 2**60))
def test_conversions_are_exact_both_ways(count):
    assert BTC.ticks(BTC.price(count)) == count
    assert BTC.lots(BTC.quantity(count)) == count


def test_conversions_refuse_what_lies_between_two_steps():
    for call, value in ((BTC.ticks, "1.005"), (BTC.lots, "0.000015"), (BTC.ticks, "NaN")):
        with pytest.raises(OffGridError):
            call(Decimal(value))


def test_quantisers_never_worsen_the_order():
    assert BTC.floor_quantity(Decimal("0.0000199")) == Decimal("0.00001")
    assert BTC.quantise_price(Decimal("100.019"), Side.BUY) == Decimal("100.01")
    assert BTC.quantise_price(Decimal("100.011"), Side.SELL) == Decimal("100.02")
    assert BTC.quantise_price(Decimal("100.01"), Side.SELL) == Decimal("100.01")


@pytest.mark.parametrize(
    ("quantity", "price", "market", "violated"),
    [
        ("0.001", "50000.005", None, Filter.PRICE_FILTER),
        ("0.001", "0", None, Filter.PRICE_FILTER),
        ("0.000015", "50000", None, Filter.LOT_SIZE),
        ("0", "50000", None, Filter.LOT_SIZE),
        ("9000.00001", "50000", None, Filter.LOT_SIZE),
        ("0.0001", "49999.99", None, Filter.NOTIONAL),
        ("0.0001", "50000", None, None),
        ("0.0001", None, "49999.99", Filter.NOTIONAL),
        ("0.0001", None, None, None),
    ],
)
def test_check_order_names_the_violated_filter(quantity, price, market, violated):
    price, market = (None if value is None else Decimal(value) for value in (price, market))
    assert BTC.check_order(Decimal(quantity), price, market_price=market) == violated


def test_a_contradictory_instrument_is_refused():
    with pytest.raises(ValueError):
        InstrumentSpec("X", "A", "B", Decimal(0), Decimal(1), Decimal(1), Decimal(2), Decimal(0))
    with pytest.raises(ValueError):
        InstrumentSpec("X", "A", "B", Decimal(1), Decimal(1), Decimal(3), Decimal(2), Decimal(0))
    with pytest.raises(OffGridError):
        InstrumentSpec("X", "A", "B", Decimal(1), Decimal(1), Decimal("0.5"), Decimal(2), Decimal(0))


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("ts", [0, 0, 2]),
        ("high", [1, 1, 1]),
        ("low", [9, 9, 9]),
        ("low", [0, 1, 1]),
        ("volume", [-1, 0, 0]),
        ("close", [5, 5]),
        ("close", [5.0, 5.0, 5.0]),
    ],
)
def test_bars_refuse_impossible_candles(field, values):
    good = {"ts": [0, 1, 2], "open": [5] * 3, "high": [6] * 3, "low": [4] * 3, "close": [5] * 3, "volume": [0] * 3}
    Bars(**{name: np.array(column) for name, column in good.items()})
    with pytest.raises(InvalidBarsError):
        Bars(**{name: np.array(column) for name, column in {**good, field: values}.items()})


def test_bars_are_read_only_and_slices_share_memory():
    bars = bars_of([1, 2, 3, 4])
    with pytest.raises(ValueError):
        bars.close[0] = 9
    part = bars[1:3]
    assert (len(part), part.close.tolist()) == (2, [2, 3])
    assert np.shares_memory(part.close, bars.close)
    with pytest.raises(TypeError):
        bars[::2]


def test_resample_joins_only_complete_bars():
    bars = bundled(count=40)
    hours = bars[5:40].resample(INTERVALS["1h"])
    whole = bars[12:36]
    assert hours.ts.tolist() == whole.ts[::12].tolist()
    assert hours.open.tolist() == whole.open[::12].tolist()
    assert hours.close.tolist() == whole.close[11::12].tolist()
    assert hours.high.tolist() == [whole.high[:12].max(), whole.high[12:].max()]
    assert hours.low.tolist() == [whole.low[:12].min(), whole.low[12:].min()]
    assert hours.volume.tolist() == [whole.volume[:12].sum(), whole.volume[12:].sum()]


def test_resample_leaves_out_a_group_with_a_gap():
    bars = bundled(count=36)
    keep = np.delete(np.arange(36), 17)
    gapped = Bars(*(getattr(bars, name)[keep] for name in ("ts", "open", "high", "low", "close", "volume")))
    assert gapped.resample(INTERVALS["1h"]).ts.tolist() == [bars.ts[0], bars.ts[24]]


def test_resample_refuses_intervals_that_do_not_fit():
    with pytest.raises(ValueError):
        bundled(count=40).resample(INTERVALS["3m"])
    with pytest.raises(ValueError):
        bundled(count=1).resample(INTERVALS["1h"])
    assert len(bundled(count=3).resample(INTERVALS["1h"])) == 0
