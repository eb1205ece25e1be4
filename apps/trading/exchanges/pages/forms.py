"""The forms of keys. What is typed into them is never shown again."""

from typing import Any

from django import forms

from apps.trading.exchanges.catalogue.venues import TESTED, get_exchange, list_exchange_ids
from apps.trading.exchanges.operations import NewKey


def _hidden(label: str, **more: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, max_length=4_000, widget=widget, **more)


class KeyForm(forms.Form):
    """A key of a connection that is there."""

    api_key = forms.CharField(
        label="API key",
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Give it the rights to read and to trade, never to withdraw.",
    )
    secret = _hidden("Secret")
    passphrase = _hidden("Passphrase", required=False, help_text="Only where the exchange gave you one.")

    def key(self) -> NewKey:
        """Return what a valid form holds."""
        given: dict[str, Any] = self.cleaned_data
        return NewKey(given["api_key"], given["secret"], given["passphrase"])


class NewConnectionForm(KeyForm):
    """An exchange and a key."""

    venue = forms.ChoiceField(label="Exchange")
    label = forms.CharField(label="Name", max_length=60, required=False, help_text="To tell several accounts apart.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["venue"]
        field.choices = [(name, _title(name)) for name in list_exchange_ids()]


def _title(name: str) -> str:
    title = get_exchange(name).name
    return title if name in TESTED else f"{title} (not tested here)"
