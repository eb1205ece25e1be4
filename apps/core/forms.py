"""Assets and amounts in forms."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField

from apps.core.assets import get_asset, parse_amount_beside
from apps.core.errors import InvalidAmount, UnknownAsset
from kernel.money import InvalidAmountError, parse_decimal
from kernel.money.exact import plain


class AssetFormField(forms.CharField):
    """The code of a known asset; the page offers the list."""

    def clean(self, value: Any) -> str:
        """Return the code; raises ValidationError with the code core.unknown_asset."""
        text: str = super().clean(value)
        if not text:
            return text
        try:
            return get_asset(text).code
        except UnknownAsset as error:
            raise ValidationError(error.text, code=error.code) from None


class AmountFormField(forms.CharField):
    """An amount of more than zero, by the rules of `apps.core.assets.parse_amount`; an empty field becomes None.

    The asset is `asset`, or what the field `asset_from` of the same form was sent; where neither names a known asset,
    18 decimals are the bound. `minor` takes only what a payment can carry.
    """

    def __init__(self, *, asset: str = "", asset_from: str = "asset", minor: bool = False, **more: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "spellcheck": "false"})
        super().__init__(**{"widget": widget, "max_length": 64, **more}, strip=False)
        self.asset = asset
        self.asset_from = asset_from
        self.minor = minor
        self._named = asset

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> BoundField:
        """Return the field of a form, and keep the asset that the form was sent."""
        if not self.asset and form.is_bound:
            self._named = str(form.data.get(form.add_prefix(self.asset_from)) or "")
        return super().get_bound_field(form, field_name)

    def clean(self, value: Any) -> Any:
        """Return the Decimal, or None for an empty field that may be empty; raises ValidationError."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_amount_beside(text, self._named, minor=self.minor)
        except InvalidAmount as error:
            raise ValidationError(error.text, code=error.code) from None


class StrictDecimalFormField(forms.DecimalField):
    """A decimal number that is no amount of one asset (a quantity, a price, a correction), in ASCII digits.

    Refuses what `Decimal` itself would take: underscores, other scripts' digits, blanks.
    """

    def to_python(self, value: Any) -> Any:
        """Return the Decimal, or None for an empty field; raises ValidationError."""
        if value in self.empty_values:
            return None
        try:
            return plain(parse_decimal(value))
        except InvalidAmountError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
