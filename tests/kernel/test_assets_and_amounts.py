"""The table of assets, their grids, and amounts that meet their own kind only."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import ASSETS, Amount, Asset, AssetKind, InvalidAmountError, MixedAssetsError, TooFineError
from kernel.money.exact import add, cut, multiply, negate, plain, subtract, total

D = Decimal
ANY_ASSET = st.sampled_from(list(ASSETS.values()))
AMOUNTS = st.decimals("-1e19", "1e19", places=18)
LONG = st.decimals("-1e30", "1e30", places=40)


def test_the_table_holds_what_is_documented():
    facts = {code: (asset.precision, asset.minor_digits) for code, asset in ASSETS.items()}
    assert (facts["BTC"], facts["ETH"], facts["USDT"]) == ((8, 8), (18, 18), (8, 6))
    assert (facts["USD"], facts["JPY"]) == ((6, 2), (6, 0))
    kinds = [asset.kind for asset in ASSETS.values()]
    assert {kind: kinds.count(kind) for kind in AssetKind} == {"crypto": 20, "stablecoin": 6, "fiat": 15}
    assert all(code == asset.code for code, asset in ASSETS.items())
    assert len({asset.name for asset in ASSETS.values()}) == len(ASSETS)


@given(ANY_ASSET, AMOUNTS)
def test_rounding_down_goes_towards_zero_by_less_than_a_quantum(asset, amount):
    cut_down = asset.round_down(amount)
    assert asset.check(cut_down) == cut_down
    assert abs(Fraction(amount)) - Fraction(asset.quantum) < abs(Fraction(cut_down)) <= abs(Fraction(amount))
    assert cut_down * amount >= 0


@given(ANY_ASSET, AMOUNTS)
def test_an_amount_passes_exactly_when_it_is_on_the_grid(asset, amount):
    if (Fraction(amount) / Fraction(asset.quantum)).denominator == 1:
        assert asset.check(amount) == amount
    else:
        with pytest.raises(TooFineError):
            asset.check(amount)


@pytest.mark.parametrize("amount", [D("NaN"), D("sNaN"), D("Infinity"), D("1e20"), D("-1e20"), D("1e400"), 1.0, 1, "1"])
def test_what_no_ledger_holds_is_refused(amount):
    with pytest.raises(InvalidAmountError):
        ASSETS["ETH"].check(amount)


@pytest.mark.parametrize("amount", [D("NaN"), D("-Infinity"), 1.5, "1"])
def test_only_finite_decimals_are_rounded_or_shown(amount):
    for refused in (ASSETS["BTC"].round_down, ASSETS["BTC"].format):
        with pytest.raises(InvalidAmountError):
            refused(amount)


@pytest.mark.parametrize(
    ("code", "amount", "text"),
    [
        ("USD", "1234.5", "1,234.50\u00a0USD"),
        ("USD", "-1234567.899", "−1,234,567.89\u00a0USD"),
        ("USD", "-0.001", "0.00\u00a0USD"),
        ("JPY", "1999.9", "1,999\u00a0JPY"),
        ("BTC", "0.999999999", "0.99999999\u00a0BTC"),
        ("USDT", "1E+3", "1,000.00\u00a0USDT"),
    ],
)
def test_pages_never_promise_more_than_there_is(code, amount, text):
    assert ASSETS[code].format(D(amount)) == text
    assert ASSETS[code].format(D(amount), unit=False) == text.partition("\u00a0")[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "usd"}, {"code": ""}, {"code": "A" * 17}, {"code": "1A"}, {"code": "U D"}, {"code": "АВС"},
        {"precision": 19}, {"precision": -1}, {"minor_digits": 7}, {"minor_digits": -1}, {"display_digits": 7},
    ],
)  # fmt: skip
def test_an_impossible_asset_is_refused(wrong):
    facts = {"code": "USD", "kind": AssetKind.FIAT, "name": "x", "precision": 6, "display_digits": 2, "minor_digits": 2}
    with pytest.raises(ValueError):
        Asset(**{**facts, **wrong})


@given(AMOUNTS, AMOUNTS)
def test_amounts_add_subtract_and_compare_exactly(left, right):
    one, two = Amount(left, "ETH"), Amount(right, "ETH")
    assert Fraction((one + two).value) == Fraction(left) + Fraction(right)
    assert Fraction((one - two).value) == Fraction(left) - Fraction(right)
    assert Fraction((-one).value) == -Fraction(left)
    assert (one < two, one <= two, one > two, one >= two, one == two) == (
        left < right, left <= right, left > right, left >= right, left == right,
    )  # fmt: skip
    assert bool(one) == bool(left)
    assert one + two - two == one


@pytest.mark.parametrize(
    "mixed",
    [
        lambda one, other: one + other, lambda one, other: one - other, lambda one, other: one < other,
        lambda one, other: one >= other, lambda one, other: one <= other, lambda one, other: one > other,
    ],
)  # fmt: skip
@pytest.mark.parametrize("other", [Amount(D(1), "USD"), D(1), 1, 1.0])
def test_amounts_of_two_assets_never_meet(mixed, other):
    with pytest.raises(MixedAssetsError):
        mixed(Amount(D(1), "EUR"), other)
    assert Amount(D(1), "EUR") != other


@pytest.mark.parametrize("value", [1, 1.0, "1", None, D("NaN"), D("Infinity")])
def test_an_amount_is_a_finite_decimal(value):
    with pytest.raises(InvalidAmountError):
        Amount(value, "EUR")


@given(LONG, LONG)
def test_exact_arithmetic_loses_no_digit(left, right):
    one, two = Fraction(left), Fraction(right)
    assert Fraction(add(left, right)) == one + two
    assert Fraction(subtract(left, right)) == one - two
    assert Fraction(multiply(left, right)) == one * two
    assert Fraction(negate(left)) == -one
    assert Fraction(total([left, right, left])) == one + two + one
    assert Fraction(plain(left)) == one
    assert str(plain(left)) == f"{plain(left):f}" or plain(left).adjusted() < -6
    assert abs(one) - Fraction(1, 100) < abs(Fraction(cut(left, D("0.01")))) <= abs(one)
