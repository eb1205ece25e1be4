"""Assets and amounts in the API: codes as they are listed, amounts as decimal text."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.assets import get_asset, parse_amount_beside
from apps.core.errors import InvalidAmount, UnknownAsset
from kernel.money import InvalidAmountError, parse_decimal
from kernel.money.exact import plain

_AMOUNT = {"type": "string", "format": "decimal", "pattern": r"^[0-9]{1,20}(\.[0-9]{1,18})?$", "example": "12.5"}
_ASSET = {"type": "string", "pattern": r"^[A-Z][A-Z0-9]{1,15}$", "example": "USDT"}


@extend_schema_field(_ASSET)
class AssetField(serializers.Field[str, Any, str, Any]):
    """The code of a known asset."""

    def to_internal_value(self, data: Any) -> str:
        """Return the code; raises ValidationError with the code core.unknown_asset."""
        try:
            return get_asset(data).code
        except UnknownAsset as error:
            raise serializers.ValidationError(error.text, code=error.code) from None

    def to_representation(self, value: Any) -> str:
        """Return the code."""
        return str(value)


@extend_schema_field(_AMOUNT)
class AmountField(serializers.Field[Decimal, Any, str, Any]):
    """An amount of more than zero, taken as text by the rules of `apps.core.assets.parse_amount`.

    The asset is `asset`, or what the field `asset_from` of the same body says; where neither names a known asset, 18
    decimals are the bound (the asset's own field refuses, or the operation asks again). `minor` takes only what a
    payment can carry. Answers are text without trailing zeros.
    """

    def __init__(self, *, asset: str = "", asset_from: str = "asset", minor: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self.asset = asset
        self.asset_from = asset_from
        self.minor = minor
        self._named: Any = asset

    def get_value(self, dictionary: Mapping[Any, Any]) -> Any:
        """Return the raw amount of a body, and keep the asset that stands beside it."""
        self._named = self.asset or dictionary.get(self.asset_from)
        return super().get_value(dictionary)

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the amount; raises ValidationError with the code core.invalid_amount."""
        try:
            return parse_amount_beside(data, self._named, minor=self.minor)
        except InvalidAmount as error:
            raise serializers.ValidationError(error.text, code=error.code) from None

    def to_representation(self, value: Decimal) -> str:
        """Return the amount as text, without an exponent."""
        return f"{plain(value):f}"


class StrictDecimalField(serializers.DecimalField):
    """A decimal number that is no amount of one asset (a quantity, a price, a correction): text in ASCII digits.

    Refuses what `Decimal` itself would take: underscores, other scripts' digits, NaN, floats that have lost digits.
    """

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the number; raises ValidationError with the code invalid."""
        try:
            number = parse_decimal(data)
        except InvalidAmountError:
            self.fail("invalid")
        checked: Decimal = super().to_internal_value(f"{plain(number):f}")
        return checked


class StatedDecimalField(StrictDecimalField):
    """The same where null says something by itself: an empty text is no way to say it."""

    def validate_empty_values(self, data: Any) -> Any:
        """Return whether the value is settled, and the value; raises ValidationError for an empty text."""
        if isinstance(data, str) and not data.strip():
            self.fail("invalid")
        return super().validate_empty_values(data)
