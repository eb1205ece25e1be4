"""Forms of the risk page."""

from decimal import Decimal

from django import forms

from apps.core.forms import StrictDecimalFormField
from apps.trading.risk.choices import UNITS, Profile, RuleName

OWN_RULES = [(name.value, f"{name.label}, {UNITS[name.value]}") for name in RuleName if name != RuleName.GROUP_EXPOSURE]


class LimitForm(forms.Form):
    """One own limit; an empty value takes it away."""

    rule = forms.ChoiceField(label="Limit", choices=OWN_RULES)
    target = forms.RegexField(
        r"^[A-Z0-9]{0,32}\Z", label="Symbol", required=False, help_text="Empty: every symbol.", widget=forms.TextInput
    )
    value = StrictDecimalFormField(
        label="Value",
        required=False,
        min_value=Decimal(0),
        max_digits=38,
        decimal_places=8,
        widget=forms.TextInput,
        help_text="Empty: no limit. Tighter holds at once, looser after 24 hours.",
    )


class ProfileForm(forms.Form):
    """A ready set of limits."""

    profile = forms.ChoiceField(label="Profile", choices=Profile.choices)


class ScenarioForm(forms.Form):
    """A shock to one symbol or to all."""

    symbol = forms.RegexField(
        r"^[A-Z0-9]{0,32}\Z", label="Symbol", required=False, help_text="Empty: everything.", widget=forms.TextInput
    )
    shock = StrictDecimalFormField(
        label="Shock", min_value=Decimal(-100), max_value=Decimal(1000), max_digits=9, decimal_places=2,
        widget=forms.TextInput,
    )  # fmt: skip
