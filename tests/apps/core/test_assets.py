"""The registry of assets, its guards in the database, and amounts taken as text by API and forms."""

from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from rest_framework import serializers

from apps.core.api.amounts import AmountField, AssetField
from apps.core.assets import forget_assets, get_asset, list_assets, parse_amount, seed_assets
from apps.core.context import PUBLIC, in_schema
from apps.core.errors import InvalidAmount, UnknownAsset
from apps.core.forms import AmountFormField, AssetFormField
from apps.core.models import Asset
from apps.core.seeding import public_steps
from apps.trading.instruments.operations.seed import LISTINGS
from kernel.money import ASSETS, AssetKind

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    forget_assets()
    yield
    forget_assets()


def test_the_registry_is_the_kernels_table_and_seeding_again_adds_nothing() -> None:
    assert list_assets() == list(ASSETS.values())
    before = list(Asset.objects.order_by("code").values())
    seed_assets()
    assert list(Asset.objects.order_by("code").values()) == before
    assert next(name for name, _step in public_steps()) == "core.assets"


def test_the_assets_of_the_bundled_instruments_are_listed() -> None:
    assert {code for listing in LISTINGS for code in (listing.base, listing.quote)} <= ASSETS.keys()


def test_kinds_narrow_the_list() -> None:
    coins = [asset.code for asset in list_assets(AssetKind.STABLECOIN)]
    assert coins[:2] == ["USDT", "USDC"]
    assert len(list_assets(AssetKind.FIAT)) == 15
    assert len(list_assets(AssetKind.CRYPTO)) == 20


def test_a_known_asset_costs_one_query_and_a_new_row_is_found_on_the_miss(django_assert_num_queries: Any) -> None:
    Asset.objects.exists()  # the connection has entered its schema
    with django_assert_num_queries(1):
        assert get_asset("BTC").precision == get_asset("USDT").precision == 8
    _insert(code="NEW1")
    assert get_asset("NEW1").minor_digits == 2


@pytest.mark.parametrize("code", ["", "btc", "BTC ", "NOPE", "B" * 40, "ВТС", None, 7, ["BTC"], {"a": 1}])
def test_an_unknown_code_is_refused_with_what_to_do(code: Any) -> None:
    with pytest.raises(UnknownAsset) as refused:
        get_asset(code)
    assert (refused.value.code, refused.value.field) == ("core.unknown_asset", "asset")
    assert refused.value.text.endswith("is not an asset we know. Choose one of the list.")


def _insert(**given: Any) -> Asset:
    facts = {"code": "NEW1", "kind": "crypto", "name": "New", "precision": 8, "display_digits": 4, "minor_digits": 2}
    with in_schema(PUBLIC), transaction.atomic():
        return Asset.objects.create(**{**facts, **given})


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "BTC"}, {"code": "new"}, {"code": "N"}, {"code": "1NEW"}, {"code": "NE-W"}, {"kind": "share"},
        {"precision": -1}, {"precision": 19}, {"minor_digits": 9}, {"minor_digits": -1}, {"display_digits": 9},
    ],
)  # fmt: skip
def test_the_database_refuses_an_impossible_asset(wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        _insert(**wrong)
    assert Asset.objects.count() == len(ASSETS)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE core_asset SET precision = 2 WHERE code = 'BTC'", "DELETE FROM core_asset WHERE code = 'XMR'"],
)
def test_a_listed_asset_never_changes(statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list_assets() == list(ASSETS.values())


@pytest.mark.parametrize(
    ("text", "asset", "amount"),
    [
        ("10", "USDT", "10"), ("0.00000001", "USDT", "0.00000001"), ("1.50", "EUR", "1.5"), (7, "JPY", "7"),
        (Decimal("2.500000000000"), "USD", "2.5"), ("1e3", "EUR", "1000"), ("0." + "0" * 17 + "1", "ETH", "1E-18"),
        ("9" * 20, "EUR", "9" * 20),
    ],
)  # fmt: skip
def test_an_amount_is_read_exactly_and_written_plainly(text: Any, asset: str, amount: str) -> None:
    found = parse_amount(text, asset)
    assert found == Decimal(amount)
    assert int(found.as_tuple().exponent) <= 0
    assert found.as_tuple().digits[-1] != 0 or found.as_tuple().exponent == 0


REFUSED = [
    "1_000", "١٢", "１２", "-1", "0", "0.000", "-0", "NaN", "sNaN", "Infinity", "-inf", "1e400", "1e-400", "1e20",
    "0." + "1" * 40, " 1", "1 ", "1 000", "1,5", "", "abc", "0x1", "1\n", "9" * 21, "9" * 100, 1.5, 1e30, True, None,
    b"1", [], {}, Decimal("NaN"), Decimal("Infinity"), Decimal("-1"), 0, -5, 10**30,
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
@pytest.mark.parametrize("asset", ["USDT", "ETH"])
def test_what_is_no_amount_is_refused(text: Any, asset: str) -> None:
    with pytest.raises(InvalidAmount) as refused:
        parse_amount(text, asset, field="sum")
    assert (refused.value.code, refused.value.field, refused.value.http_status) == ("core.invalid_amount", "sum", 422)
    assert refused.value.text.endswith(".")


@pytest.mark.parametrize(
    ("text", "asset", "minor", "message"),
    [
        ("0.000000001", "USDT", False, "USDT takes at most 8 decimals."),
        ("0.0000001", "USDT", True, "USDT takes at most 6 decimals."),
        ("0.001", "USD", True, "USD takes at most 2 decimals."),
        ("0.5", "JPY", True, "JPY takes no decimals."),
        ("0", "USD", False, "Write an amount of more than zero."),
        ("1" * 21, "USD", False, "Write at most 20 digits before the point."),
        (0.1, "USD", False, "Write the amount as text, for example 12.5."),
        ("1 000", "JPY", True, "Write the amount in digits without spaces or separators, for example 12."),
    ],
)
def test_a_refused_amount_says_what_to_write(text: Any, asset: str, minor: bool, message: str) -> None:
    with pytest.raises(InvalidAmount, match=f"^{message}$"):
        parse_amount(text, asset, minor=minor)


class Body(serializers.Serializer[dict[str, Any]]):
    asset = AssetField()
    amount = AmountField()
    fee = AmountField(asset="USD", minor=True, required=False)


def test_a_body_takes_amounts_of_the_asset_beside_them() -> None:
    body = Body(data={"asset": "BTC", "amount": "0.50000000", "fee": "1.25"})
    assert body.is_valid()
    assert body.validated_data == {"asset": "BTC", "amount": Decimal("0.5"), "fee": Decimal("1.25")}
    assert Body({"asset": "BTC", "amount": Decimal("1E+3"), "fee": Decimal("0.500")}).data == {
        "asset": "BTC", "amount": "1000", "fee": "0.5",
    }  # fmt: skip


def test_each_body_of_a_list_has_its_own_asset() -> None:
    rows = [{"asset": "ETH", "amount": "0." + "0" * 17 + "1"}, {"asset": "BTC", "amount": "0." + "0" * 17 + "1"}]
    body = Body(data=rows, many=True)
    assert not body.is_valid()
    assert body.errors == {1: {"amount": ["BTC takes at most 8 decimals."]}}


@pytest.mark.parametrize("amount", [0.5, "1_000", "0", "-1", "NaN", "1e400", " 1", None, [], True])
def test_a_body_refuses_what_is_no_amount(amount: Any) -> None:
    body = Body(data={"asset": "BTC", "amount": amount})
    assert not body.is_valid()
    assert set(body.errors) == {"amount"}


@pytest.mark.parametrize("asset", ["btc", "NOPE", 7, None, ["BTC"], {"x": 1}])
def test_a_body_with_an_unknown_asset_blames_the_asset(asset: Any) -> None:
    body = Body(data={"asset": asset, "amount": "1"})
    assert not body.is_valid()
    assert set(body.errors) == {"asset"}


class Page(forms.Form):
    asset = AssetFormField()
    amount = AmountFormField()
    limit = AmountFormField(asset="USD", minor=True, required=False)


def test_a_form_takes_amounts_of_the_asset_beside_them() -> None:
    page = Page({"f-asset": "BTC", "f-amount": "0.50000000", "f-limit": ""}, prefix="f")
    assert page.is_valid(), page.errors
    assert page.cleaned_data == {"asset": "BTC", "amount": Decimal("0.5"), "limit": None}
    assert 'inputmode="decimal"' in str(page["amount"])
    assert Page().as_p()


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({"asset": "BTC", "amount": "0.000000001"}, {"amount": ["BTC takes at most 8 decimals."]}),
        ({"asset": "BTC", "amount": "1 "}, {"amount": [
            "Write the amount in digits without spaces or separators, for example 12.5."]}),
        ({"asset": "BTC", "amount": ""}, {"amount": ["This field is required."]}),
        ({"asset": "BTC", "amount": "1", "limit": "0.001"}, {"limit": ["USD takes at most 2 decimals."]}),
        ({"asset": "NOPE", "amount": "1"}, {"asset": ["NOPE is not an asset we know. Choose one of the list."]}),
    ],
)  # fmt: skip
def test_a_form_refuses_under_the_same_rules(sent: dict[str, str], wrong: dict[str, list[str]]) -> None:
    assert dict(Page(sent).errors) == wrong
