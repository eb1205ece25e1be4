"""What the API takes and says about the ledger. Amounts are decimal texts on the account's normal side."""

from typing import Any

from rest_framework import serializers

from apps.core.api.amounts import StrictDecimalField
from apps.finance.ledger.choices import AccountKind, AccountState, Book, JournalKind, Mode

MOST_ROWS = 200
LARGEST_VERSION = 2**62


def amount_text(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount: a text without trailing zeros."""
    return serializers.DecimalField(max_digits=38, decimal_places=18, normalize_output=True, **more)


class AccountFilter(serializers.Serializer[dict[str, Any]]):
    """What a list of accounts can be narrowed by."""

    mode = serializers.ChoiceField(choices=Mode.choices, required=False)
    book = serializers.ChoiceField(choices=Book.choices, required=False)


class AccountSerializer(serializers.Serializer[Any]):
    """An account and how it stands now."""

    id = serializers.UUIDField(source="pk")
    book = serializers.ChoiceField(choices=Book.choices)
    mode = serializers.ChoiceField(choices=Mode.choices)
    kind = serializers.ChoiceField(choices=AccountKind.choices)
    asset = serializers.CharField(source="asset_id")
    subject_id = serializers.UUIDField(allow_null=True)
    state = serializers.ChoiceField(choices=AccountState.choices)
    balance = amount_text(source="natural")
    held = amount_text()
    available = amount_text()
    version = serializers.IntegerField(help_text="How many entries it has; the number of the newest one")


class EntrySerializer(serializers.Serializer[Any]):
    """One entry: positive is more. `version` is its number in the account."""

    version = serializers.IntegerField()
    journal = serializers.UUIDField(source="journal_uid")
    kind = serializers.ChoiceField(choices=JournalKind.choices)
    amount = amount_text()
    balance_after = amount_text()
    effective_at = serializers.DateTimeField()
    booked_at = serializers.DateTimeField()
    subject_id = serializers.UUIDField(allow_null=True)


class EntryFilter(serializers.Serializer[dict[str, Any]]):
    """Which entries; both moments are included."""

    as_of = serializers.DateTimeField(required=False, help_text="Only what counted by then")
    booked_as_of = serializers.DateTimeField(required=False, help_text="Only what was booked by then")
    cursor = serializers.IntegerField(
        required=False, min_value=1, max_value=LARGEST_VERSION, help_text="Go on below this version"
    )
    limit = serializers.IntegerField(required=False, min_value=1, default=50, help_text="At most 200 are returned")


class EntryPageSerializer(serializers.Serializer[Any]):
    """Entries, newest first; `next_cursor` is null on the last page."""

    results = EntrySerializer(many=True)
    next_cursor = serializers.IntegerField(allow_null=True)


class MomentFilter(serializers.Serializer[dict[str, Any]]):
    """Of when the balance is asked; both moments are included."""

    effective = serializers.DateTimeField(required=False, help_text="What counts then")
    booked = serializers.DateTimeField(required=False, help_text="By what was booked until then")


class LedgerBalanceSerializer(serializers.Serializer[Any]):
    """A balance in both times. Null: no bound."""

    account = serializers.UUIDField()
    asset = serializers.CharField()
    balance = amount_text()
    effective = serializers.DateTimeField(allow_null=True)
    booked = serializers.DateTimeField(allow_null=True)


class PeriodFilter(serializers.Serializer[dict[str, Any]]):
    """A period of booking and where to go on."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    cursor = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_VERSION)
    limit = serializers.IntegerField(required=False, min_value=1, default=50, help_text="At most 200 are returned")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the values; raises ValidationError when the period is empty."""
        if attrs["since"] >= attrs["until"]:
            raise serializers.ValidationError({"until": "The end of the period lies before its beginning."})
        return attrs


class StatementSerializer(serializers.Serializer[Any]):
    """A period of an account by booking: opening + incoming + outgoing = closing."""

    account = serializers.UUIDField(source="account_id")
    asset = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    opening = amount_text()
    incoming = amount_text()
    outgoing = amount_text()
    closing = amount_text()
    lines = serializers.IntegerField()
    entries = EntrySerializer(many=True)
    next_cursor = serializers.IntegerField(allow_null=True)


class ReversalInput(serializers.Serializer[dict[str, Any]]):
    """Why a journal is to be taken back."""

    reason = serializers.CharField(max_length=500)


class AdjustmentInput(serializers.Serializer[dict[str, Any]]):
    """By how much a customer's account is to be corrected (positive: to the customer), and why."""

    amount = StrictDecimalField(max_digits=38, decimal_places=18)
    reason = serializers.CharField(max_length=500)

    def validate_amount(self, value: Any) -> Any:
        """Return the amount; raises ValidationError for zero."""
        if not value:
            raise serializers.ValidationError("Write an amount other than zero.")
        return value


class RequestSerializer(serializers.Serializer[Any]):
    """A request that waits for another person."""

    id = serializers.UUIDField(source="pk")
    action = serializers.CharField()
    state = serializers.CharField()
    expires_at = serializers.DateTimeField()
