"""What the pages of deposits, withdrawals, addresses and transfers are asked for."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from apps.core.assets import list_assets
from apps.core.forms import AmountFormField
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.choices import MOST_LOCK_DAYS
from kernel.addresses import NETWORKS, networks_of


def ways_of(mode: Mode) -> dict[str, str]:
    """Return "USDT:ethereum" → "USDT on Ethereum", in the order of lists; play money has no bank."""
    return {
        f"{asset.code}:{network.value}": f"{asset.code} by {NETWORKS[network].title.lower()}"
        if not NETWORKS[network].is_chain
        else f"{asset.code} on {NETWORKS[network].title}"
        for asset in list_assets()
        for network in networks_of(asset.code)
        if NETWORKS[network].is_chain or mode is Mode.LIVE
    }


class PayInForm(forms.Form):
    """How much a payment is."""

    amount = AmountFormField(label="Amount")

    def __init__(self, *args: Any, asset: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["amount"] = AmountFormField(label="Amount", asset=asset, minor=True)

    def wanted(self) -> Decimal:
        """Return the amount of a valid form."""
        amount: Decimal = self.cleaned_data["amount"]
        return amount


class WithdrawForm(forms.Form):
    """To which address, and how much leaves the wallet."""

    entry = forms.ChoiceField(label="To", error_messages={"invalid_choice": "Choose an address of your book."})
    amount = AmountFormField(label="Amount", help_text="It leaves your wallet in full; the fee is kept of it.")

    def __init__(self, *args: Any, entries: Sequence[tuple[str, str]], assets: dict[str, str], **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["entry"]
        field.choices = [("", "Choose an address"), *entries]
        self.asset = assets.get(str(self.data.get("entry") or self.initial.get("entry") or ""), "")
        if self.asset:
            help_text = self.fields["amount"].help_text
            self.fields["amount"] = AmountFormField(label="Amount", asset=self.asset, minor=True, help_text=help_text)

    def wanted(self) -> tuple[UUID, Decimal]:
        """Return address and amount of a valid form."""
        return UUID(self.cleaned_data["entry"]), self.cleaned_data["amount"]


class AddressForm(forms.Form):
    """A new address of the book."""

    label = forms.CharField(label="Name", max_length=60)
    way = forms.ChoiceField(label="What is sent to it")
    address = forms.CharField(label="Address or IBAN", max_length=120)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["way"]
        field.choices = [("", "Choose"), *ways_of(Mode.LIVE).items()]

    def wanted(self) -> dict[str, str]:
        """Return the arguments of `add_address` of a valid form."""
        asset, _, network = self.cleaned_data["way"].partition(":")
        given = self.cleaned_data
        return {"asset": asset, "network": network, "address": given["address"], "label": given["label"]}


class ProofForm(forms.Form):
    """The code that was mailed."""

    code = forms.CharField(label="Code from the mail", max_length=20)


class LockForm(forms.Form):
    """How long the wallet takes to open."""

    days = forms.IntegerField(
        label="Days it takes to open",
        min_value=0,
        max_value=MOST_LOCK_DAYS,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=f"1 to {MOST_LOCK_DAYS}; 0 lifts the lock.",
    )


class SendForm(forms.Form):
    """To whom, what and how much."""

    to = forms.EmailField(label="E-mail address of the recipient", max_length=254)
    asset = forms.ChoiceField(label="Asset")
    amount = AmountFormField(label="Amount")

    def __init__(self, *args: Any, assets: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["asset"]
        field.choices = assets

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the transfer of a valid form."""
        given: dict[str, Any] = self.cleaned_data
        return {"to": given["to"], "asset": given["asset"], "amount": given["amount"]}
