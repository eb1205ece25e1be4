"""What the API says and takes about deposits, withdrawals and transfers. Amounts are decimal texts."""

from typing import Any

from rest_framework import serializers

from apps.core.api.amounts import AmountField, AssetField
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.api.earning_fields import Figure
from apps.finance.wallets.choices import (
    MOST_LOCK_DAYS,
    NETWORK_CHOICES,
    DepositKind,
    DepositState,
    EntryState,
    TransferState,
    WaitCause,
    WithdrawalState,
)

PLAIN = r"^[^\x00]*$"
"""No text of ours has a zero byte: the database has no place for one."""


class ModeOf(serializers.Serializer[dict[str, Any]]):
    """Real or play money."""

    mode = serializers.ChoiceField(choices=Mode.choices, required=False, default=Mode.LIVE)


class Paging(ModeOf):
    """A page of a list: `below` is the id of the last row of the page before."""

    below = serializers.UUIDField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=200, required=False, default=50)


class ActivityFilter(ModeOf):
    """A page of a statement."""

    asset = AssetField(required=False)
    cursor = serializers.CharField(required=False, max_length=8000)
    limit = serializers.IntegerField(min_value=1, max_value=200, required=False, default=50)


class WalletFields(serializers.Serializer[Any]):
    """What there is of one asset: `available` is `amount` less `held`; the rest is put aside."""

    asset = AssetField()
    mode = serializers.ChoiceField(choices=Mode.choices)
    account_id = serializers.UUIDField(allow_null=True)
    amount = Figure()
    held = Figure()
    available = Figure()
    saved = Figure()
    earning = Figure()
    staked = Figure()
    is_frozen = serializers.BooleanField()


class ActivityFields(serializers.Serializer[Any]):
    """One movement; `amount` positive came in."""

    asset = AssetField()
    kind = serializers.CharField()
    amount = Figure()
    balance_after = Figure()
    at = serializers.DateTimeField()
    journal_id = serializers.UUIDField()
    subject_id = serializers.UUIDField(allow_null=True)


class ActivityPageFields(serializers.Serializer[Any]):
    """Movements, newest first; `next_cursor` is empty at the end."""

    results = ActivityFields(many=True, source="rows")
    next_cursor = serializers.CharField(allow_blank=True)


class WaitFields(serializers.Serializer[Any]):
    """Why something waits; `until` null: until somebody does something."""

    cause = serializers.ChoiceField(choices=WaitCause.choices)
    until = serializers.DateTimeField(allow_null=True)


class LockFields(serializers.Serializer[Any]):
    """The lock: `days` it takes to open (0: none), and what it becomes at `next_from`."""

    days = serializers.IntegerField()
    next_days = serializers.IntegerField(allow_null=True)
    next_from = serializers.DateTimeField(allow_null=True)
    opens_at = serializers.DateTimeField(allow_null=True)
    waits = WaitFields(many=True)


class NewLockFields(serializers.Serializer[dict[str, Any]]):
    """How many days the lock takes to open; 0 lifts it."""

    days = serializers.IntegerField(min_value=0, max_value=MOST_LOCK_DAYS)


class PaperFields(serializers.Serializer[Any]):
    """Play money after the reset."""

    wallets = WalletFields(many=True)


class PlaceFields(serializers.Serializer[Any]):
    """An address to pay to; empty while the provider is asked. `confirmations` are needed before money counts."""

    id = serializers.UUIDField()
    asset = AssetField()
    network = serializers.ChoiceField(choices=NETWORK_CHOICES)
    mode = serializers.ChoiceField(choices=Mode.choices)
    address = serializers.CharField(allow_blank=True)
    confirmations = serializers.IntegerField()
    is_simulated = serializers.BooleanField()


class NewPlaceFields(ModeOf):
    """An address to ask for."""

    asset = AssetField()
    network = serializers.ChoiceField(choices=NETWORK_CHOICES)


class SimulationFields(serializers.Serializer[dict[str, Any]]):
    """A payment for the sandbox to make to one of the caller's own addresses."""

    address_id = serializers.UUIDField()
    amount = AmountField(help_text="In the address's asset")


class SimulatedFields(serializers.Serializer[Any]):
    """The transaction that the sandbox made."""

    txid = serializers.CharField()
    vout = serializers.IntegerField()


class NewDepositFields(serializers.Serializer[dict[str, Any]]):
    """A bank transfer that is on its way."""

    asset = AssetField()
    amount = AmountField(minor=True)


class DepositFields(serializers.Serializer[Any]):
    """A deposit. By bank, `reference` belongs into the text of the transfer."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=DepositKind.choices)
    asset = AssetField()
    network = serializers.ChoiceField(choices=NETWORK_CHOICES)
    mode = serializers.ChoiceField(choices=Mode.choices)
    amount = Figure()
    credited = Figure(allow_null=True)
    reference = serializers.CharField()
    txid = serializers.CharField(allow_blank=True)
    confirmations = serializers.IntegerField()
    required = serializers.IntegerField()  # type: ignore[assignment]  # a field of ours that is called so
    state = serializers.ChoiceField(choices=DepositState.choices)
    reject_code = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class AccountFilter(serializers.Serializer[dict[str, Any]]):
    """Which currency."""

    asset = AssetField()


class PayInAccountFields(serializers.Serializer[Any]):
    """The house's bank account for a currency."""

    asset = serializers.CharField(source="asset_id")
    holder = serializers.CharField()
    iban = serializers.CharField()
    bank = serializers.CharField()


class AddressFields(serializers.Serializer[Any]):
    """An address of the book; money leaves to it from `active_after` on."""

    id = serializers.UUIDField()
    asset = AssetField()
    network = serializers.ChoiceField(choices=NETWORK_CHOICES)
    address = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of ours that is called so
    state = serializers.ChoiceField(choices=EntryState.choices)
    created_at = serializers.DateTimeField()
    verified_at = serializers.DateTimeField(allow_null=True)
    active_after = serializers.DateTimeField(allow_null=True)
    is_usable = serializers.BooleanField()


class NewAddressFields(serializers.Serializer[dict[str, Any]]):
    """An address to add."""

    asset = AssetField()
    network = serializers.ChoiceField(choices=NETWORK_CHOICES)
    address = serializers.RegexField(PLAIN, max_length=120)
    label = serializers.RegexField(PLAIN, max_length=60)  # type: ignore[assignment]


class ProofFields(serializers.Serializer[dict[str, Any]]):
    """The code that was mailed."""

    code = serializers.RegexField(PLAIN, max_length=40)


class NewWithdrawalFields(ModeOf):
    """A withdrawal to ask for; the fee is kept of the amount."""

    address_id = serializers.UUIDField()
    amount = AmountField(help_text="In the address's asset")


class FeeFilter(serializers.Serializer[dict[str, Any]]):
    """What a withdrawal would be."""

    asset = AssetField()
    network = serializers.ChoiceField(choices=NETWORK_CHOICES)
    amount = AmountField(minor=True)


class FeeFields(serializers.Serializer[Any]):
    """What it would cost and what would arrive."""

    asset = AssetField()
    network = serializers.ChoiceField(choices=NETWORK_CHOICES)
    amount = Figure()
    fee = Figure()
    payout = Figure()


class StepFields(serializers.Serializer[Any]):
    """A state it came into."""

    state = serializers.ChoiceField(choices=WithdrawalState.choices)
    code = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class WithdrawalFields(serializers.Serializer[Any]):
    """A withdrawal: how far it is, why it waits and until when. `payout` arrives: the amount less the fee."""

    id = serializers.UUIDField()
    asset = AssetField()
    network = serializers.ChoiceField(choices=NETWORK_CHOICES)
    mode = serializers.ChoiceField(choices=Mode.choices)
    amount = Figure()
    fee = Figure()
    payout = Figure()
    address = serializers.CharField()
    state = serializers.ChoiceField(choices=WithdrawalState.choices)
    waits = WaitFields(many=True)
    leaves_at = serializers.DateTimeField(allow_null=True)
    approvals_given = serializers.IntegerField()
    approvals_required = serializers.IntegerField()
    can_cancel = serializers.BooleanField()
    confirm_by = serializers.DateTimeField(allow_null=True)
    txid = serializers.CharField(allow_blank=True)
    end_code = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    steps = StepFields(many=True)


class NewTransferFields(ModeOf):
    """Money for another customer, by e-mail address."""

    to = serializers.EmailField(max_length=254)
    asset = AssetField()
    amount = AmountField()


class TransferFields(serializers.Serializer[Any]):
    """A transfer; `to` is empty for its recipient."""

    id = serializers.UUIDField()
    direction = serializers.ChoiceField(choices=[("out", "Sent"), ("in", "Received")])
    to = serializers.CharField(allow_blank=True)
    asset = AssetField()
    mode = serializers.ChoiceField(choices=Mode.choices)
    amount = Figure()
    state = serializers.ChoiceField(choices=TransferState.choices)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


def page_of(fields: type[serializers.Serializer[Any]], name: str) -> type[serializers.Serializer[Any]]:
    """Return the shape of a page of rows; `next` is what `below` takes for the page after, null at the end."""
    return type(
        name,
        (serializers.Serializer,),
        {
            "__doc__": "A page, newest first.",
            "results": fields(many=True),
            "next": serializers.UUIDField(allow_null=True),
        },
    )


DepositPage = page_of(DepositFields, "DepositPage")
WithdrawalPage = page_of(WithdrawalFields, "WithdrawalPage")
TransferPage = page_of(TransferFields, "TransferPage")
