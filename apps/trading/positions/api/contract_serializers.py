"""What the API says about contract accounts, results and corrections. Amounts are decimal texts."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api.amounts import StrictDecimalField
from apps.trading.positions.api.serializers import amount
from apps.trading.positions.choices import Correction
from apps.trading.positions.models import (
    Book,
    ContractPosition,
    ContractRequest,
    ContractTerms,
    FundingPayment,
    HedgeRule,
    MarginAccount,
    PositionCorrection,
)
from apps.trading.positions.queries import ResultRow

Given = dict[str, Any]
SYMBOL = r"^[A-Z0-9]{2,32}$"


class ContractPositionSerializer(serializers.ModelSerializer[ContractPosition]):
    """A position as the exchange shows it; `liquidation` null: no price liquidates it."""

    quantity = amount()
    entry = amount()
    mark = amount()
    liquidation = amount(allow_null=True)
    isolated_wallet = amount()
    unrealised = amount()
    initial = amount()
    maintenance = amount()

    class Meta:
        model = ContractPosition
        fields: ClassVar = [
            "symbol", "position_side", "quantity", "entry", "mark", "liquidation", "leverage", "is_isolated",
            "isolated_wallet", "unrealised", "initial", "maintenance", "ratio", "read_at",
        ]  # fmt: skip


class MarginAccountSerializer(serializers.ModelSerializer[MarginAccount]):
    """A contract account as it was read at `read_at`; amounts in `asset`, `ratio` in percent.

    `wanted_hedged` null: no other mode is on its way. `mode_words`: why the last one was refused.
    """

    wallet = amount()
    cross_wallet = amount()
    balance = amount()
    unrealised = amount()
    initial = amount()
    maintenance = amount()
    available = amount()

    class Meta:
        model = MarginAccount
        fields: ClassVar = [
            "id", "connection_id", "asset", "is_hedged", "wanted_hedged", "mode_words", "wallet", "cross_wallet",
            "balance", "unrealised", "initial", "maintenance", "available", "ratio", "state", "protects", "done_stage",
            "read_at", "error",
        ]  # fmt: skip


class ContractRequestSerializer(serializers.ModelSerializer[ContractRequest]):
    """An order the product wanted of itself, or a transfer between wallets."""

    quantity = amount()
    filled = amount()
    price = amount()

    class Meta:
        model = ContractRequest
        fields: ClassVar = [
            "id", "kind", "stage", "symbol", "position_side", "side", "quantity", "filled", "price", "ratio", "reason",
            "state", "client_id", "words", "created_at", "sent_at",
        ]  # fmt: skip


class FundingPaymentSerializer(serializers.ModelSerializer[FundingPayment]):
    """A funding settlement; negative: paid."""

    amount = amount()

    class Meta:
        model = FundingPayment
        fields: ClassVar = ["id", "symbol", "amount", "reference", "at"]


class HedgeRuleSerializer(serializers.ModelSerializer[HedgeRule]):
    """A band; `delta` is what was held when it was looked at last."""

    low = amount()
    high = amount()
    target = amount()
    most = amount()
    delta = amount(allow_null=True)

    class Meta:
        model = HedgeRule
        fields: ClassVar = ["id", "symbol", "low", "high", "target", "most", "is_on", "delta", "decided_at"]


class ContractTermsSerializer(serializers.ModelSerializer[ContractTerms]):
    """Leverage and margin mode; `wanted_…` null: nothing is on its way. `words`: why the last wish was refused."""

    class Meta:
        model = ContractTerms
        fields: ClassVar = ["symbol", "leverage", "is_isolated", "wanted_leverage", "wanted_isolated", "words"]


class ContractDetailSerializer(serializers.Serializer[Given]):
    """A contract account with its positions, hedge rules and what was chosen for each contract."""

    account = MarginAccountSerializer()
    positions = ContractPositionSerializer(many=True)
    hedges = HedgeRuleSerializer(many=True)
    terms = ContractTermsSerializer(many=True)


class ContractListSerializer(serializers.Serializer[Given]):
    """Contract accounts."""

    results = MarginAccountSerializer(many=True)


class BookSerializer(serializers.ModelSerializer[Book]):
    """A book: connection × purpose."""

    class Meta:
        model = Book
        fields: ClassVar = ["id", "connection_id", "purpose", "purpose_id", "created_at"]


class NewContractsSerializer(serializers.Serializer[Given]):
    """Which connection's contracts are to be read."""

    connection_id = serializers.UUIDField()


class MoveSerializer(serializers.Serializer[Given]):
    """An amount from the spot wallet to the one of contracts; negative: back."""

    amount = StrictDecimalField(max_digits=20, decimal_places=2)


class ProtectionSerializer(serializers.Serializer[Given]):
    """Whether positions are reduced in stages before the exchange would liquidate them."""

    protects = serializers.BooleanField()


class NewTermsSerializer(serializers.Serializer[Given]):
    """A leverage and a margin mode for a contract ("BTCUSDTPERP")."""

    symbol = serializers.RegexField(SYMBOL)
    leverage = serializers.IntegerField(min_value=1, max_value=1_000)
    is_isolated = serializers.BooleanField()


class NewModeSerializer(serializers.Serializer[Given]):
    """Hedge mode (long and short positions apart), or one-way mode."""

    is_hedged = serializers.BooleanField()


class BandSerializer(serializers.Serializer[Given]):
    """A hedge band in base."""

    symbol = serializers.RegexField(SYMBOL)
    low = StrictDecimalField(max_digits=30, decimal_places=12)
    high = StrictDecimalField(max_digits=30, decimal_places=12)
    target = StrictDecimalField(max_digits=30, decimal_places=12)
    most = StrictDecimalField(max_digits=30, decimal_places=12)
    is_on = serializers.BooleanField(default=True)


class NewCorrectionSerializer(serializers.Serializer[Given]):
    """A change without an order; `key` makes it happen once."""

    book_id = serializers.UUIDField()
    symbol = serializers.RegexField(SYMBOL)
    kind = serializers.ChoiceField(choices=Correction.choices)
    quantity = StrictDecimalField(max_digits=38, decimal_places=18)
    price = StrictDecimalField(max_digits=38, decimal_places=18, required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=200)
    key = serializers.RegexField(r"^[A-Za-z0-9_.:-]{1,64}$")


class CorrectionSerializer(serializers.ModelSerializer[PositionCorrection]):
    """What was booked; `quantity` is signed."""

    quantity = amount()
    price = amount()

    class Meta:
        model = PositionCorrection
        fields: ClassVar = ["id", "book_id", "symbol", "kind", "quantity", "price", "reason", "key", "created_at"]


class GroupFilter(serializers.Serializer[Given]):
    """What results are summed by: connection, bot, symbol, strategy, portfolio."""

    by = serializers.RegexField(r"^[a-z]{1,20}$", default="connection")


class ResultSerializer(serializers.Serializer[ResultRow]):
    """What a group brought, in `quote`; null: a price is missing in `no_price`. `percent` is of the open cost."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not the field's own label
    quote = serializers.CharField()
    cost = amount()
    realised = amount()
    realised_fifo = amount()
    unrealised = amount(allow_null=True)
    fees = amount()
    other_fees = amount(allow_null=True)
    funding = amount()
    net = amount(allow_null=True)
    percent = serializers.DecimalField(max_digits=20, decimal_places=4, allow_null=True)
    positions = serializers.IntegerField()
    no_price = serializers.ListField(child=serializers.CharField())


class ResultListSerializer(serializers.Serializer[Given]):
    """Results by group."""

    results = ResultSerializer(many=True)
