"""Contract accounts as the venue shows them, what we want done about them, and the funding they paid."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel, EntryModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only, no_delete
from apps.trading.positions.choices import REQUEST_STATES, AccountState, PositionSide, RequestKind, RequestState
from apps.trading.positions.models.columns import amount_field

FINANCIAL, OPERATIONAL = DataCategory.FINANCIAL, DataCategory.OPERATIONAL


class MarginAccount(BaseModel):
    """A connection's wallet for contracts as the venue showed it at `read_at`; amounts in `asset`, ratio in percent.

    `done_stage` is the reduction stage that was carried out since the ratio was last below the first one.
    `wanted_hedged` is the mode that is on its way to the venue, `mode_words` why the last one was refused.
    """

    data_categories: ClassVar = {
        "owner": OPERATIONAL,
        "connection": OPERATIONAL,
        "asset": FINANCIAL,
        "is_hedged": OPERATIONAL,
        "wanted_hedged": OPERATIONAL,
        "mode_words": OPERATIONAL,
        "wallet": FINANCIAL,
        "cross_wallet": FINANCIAL,
        "balance": FINANCIAL,
        "unrealised": FINANCIAL,
        "initial": FINANCIAL,
        "maintenance": FINANCIAL,
        "available": FINANCIAL,
        "ratio": FINANCIAL,
        "state": OPERATIONAL,
        "protects": OPERATIONAL,
        "done_stage": OPERATIONAL,
        "income_at": OPERATIONAL,
        "last_trade": OPERATIONAL,
        "read_at": OPERATIONAL,
        "error": OPERATIONAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    connection = models.OneToOneField("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    asset = models.CharField(max_length=16, default="USDT")
    is_hedged = models.BooleanField(default=False)
    wanted_hedged = models.BooleanField(null=True)
    mode_words = models.CharField(max_length=200, blank=True)
    wallet = amount_field(default=0)
    cross_wallet = amount_field(default=0)
    balance = amount_field(default=0)
    unrealised = amount_field(default=0)
    initial = amount_field(default=0)
    maintenance = amount_field(default=0)
    available = amount_field(default=0)
    ratio = models.DecimalField(max_digits=9, decimal_places=4, default=0)
    state = models.CharField(max_length=12, choices=AccountState.choices, default=AccountState.SAFE)
    protects = models.BooleanField(default=True)
    done_stage = models.PositiveSmallIntegerField(default=0)
    income_at = models.BigIntegerField(default=0)
    last_trade = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        triggers: ClassVar = [no_delete("marginaccount")]

    def __str__(self) -> str:
        return f"contracts of {self.connection_id}"


class ContractPosition(BaseModel):
    """One open position as the venue shows it: signed quantity in base, prices and amounts in quote."""

    data_categories: ClassVar = {
        "account": OPERATIONAL,
        "symbol": FINANCIAL,
        "position_side": FINANCIAL,
        "quantity": FINANCIAL,
        "entry": FINANCIAL,
        "mark": FINANCIAL,
        "liquidation": FINANCIAL,
        "leverage": FINANCIAL,
        "is_isolated": OPERATIONAL,
        "isolated_wallet": FINANCIAL,
        "unrealised": FINANCIAL,
        "initial": FINANCIAL,
        "maintenance": FINANCIAL,
        "ratio": FINANCIAL,
        "read_at": OPERATIONAL,
    }

    account = models.ForeignKey(MarginAccount, on_delete=models.PROTECT, related_name="positions")
    symbol = models.CharField(max_length=32)
    position_side = models.CharField(max_length=5, choices=PositionSide.choices, blank=True, default="")
    quantity = amount_field()
    entry = amount_field()
    mark = amount_field()
    liquidation = amount_field(null=True)
    leverage = models.PositiveSmallIntegerField()
    is_isolated = models.BooleanField()
    isolated_wallet = amount_field(default=0)
    unrealised = amount_field()
    initial = amount_field()
    maintenance = amount_field()
    ratio = models.DecimalField(max_digits=9, decimal_places=4)
    read_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "symbol", "position_side"], name="one_contract_per_symbol_side"),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.quantity.normalize():f}"


class FundingPayment(EntryModel):
    """One funding settlement of a symbol (negative: paid); also a journal of the venue book. Each is booked once."""

    data_categories: ClassVar = {
        "account": OPERATIONAL,
        "symbol": FINANCIAL,
        "amount": FINANCIAL,
        "reference": OPERATIONAL,
        "at": OPERATIONAL,
    }

    account = models.ForeignKey(MarginAccount, on_delete=models.PROTECT, related_name="funding")
    symbol = models.CharField(max_length=32)
    amount = amount_field()
    reference = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "symbol", "at", "reference"], name="one_funding_per_time"),
        ]
        triggers: ClassVar = append_only("fundingpayment")

    def __str__(self) -> str:
        return f"{self.symbol} {self.amount.normalize():f}"


class HedgeRule(BaseModel):
    """Keep what a connection's books hold of `symbol`, contracts included, between `low` and `high` base."""

    data_categories: ClassVar = {
        "account": OPERATIONAL,
        "symbol": FINANCIAL,
        "low": FINANCIAL,
        "high": FINANCIAL,
        "target": FINANCIAL,
        "most": FINANCIAL,
        "is_on": OPERATIONAL,
        "delta": FINANCIAL,
        "decided_at": OPERATIONAL,
    }

    account = models.ForeignKey(MarginAccount, on_delete=models.PROTECT, related_name="rules")
    symbol = models.CharField(max_length=32)
    low = amount_field()
    high = amount_field()
    target = amount_field()
    most = amount_field()
    is_on = models.BooleanField(default=True)
    delta = amount_field(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "symbol"], name="one_hedge_rule_per_symbol"),
            models.CheckConstraint(
                condition=models.Q(low__lte=models.F("target"), target__lte=models.F("high"), most__gt=0),
                name="hedge_band_in_order",
            ),
        ]
        triggers: ClassVar = [no_delete("hedgerule")]

    def __str__(self) -> str:
        return f"hedge of {self.symbol}"


class ContractRequest(BaseModel):
    """A contract order that the product wants of itself: a stage of the reduction, or a hedge.

    The row is the intent, committed before anything is sent; `client_id` follows from it, so that it is one order.
    """

    data_categories: ClassVar = {
        "account": OPERATIONAL,
        "kind": OPERATIONAL,
        "stage": OPERATIONAL,
        "symbol": FINANCIAL,
        "position_side": FINANCIAL,
        "side": FINANCIAL,
        "quantity": FINANCIAL,
        "filled": FINANCIAL,
        "price": FINANCIAL,
        "ratio": FINANCIAL,
        "reason": OPERATIONAL,
        "state": OPERATIONAL,
        "client_id": OPERATIONAL,
        "words": OPERATIONAL,
        "sent_at": OPERATIONAL,
    }

    account = models.ForeignKey(MarginAccount, on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=8, choices=RequestKind.choices)
    stage = models.PositiveSmallIntegerField(default=0)
    symbol = models.CharField(max_length=32)
    position_side = models.CharField(max_length=5, choices=PositionSide.choices, blank=True, default="")
    side = models.CharField(max_length=4)
    quantity = amount_field()
    filled = amount_field(default=0)
    price = amount_field(default=0)
    ratio = models.DecimalField(max_digits=9, decimal_places=4, default=0)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=RequestState.choices, default=RequestState.WANTED)
    client_id = models.CharField(max_length=36, unique=True)
    words = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="contract_request_of_something"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account", "id"],
                condition=models.Q(state__in=[RequestState.WANTED.value, RequestState.SENT.value]),
                name="contract_request_open",
            )
        ]
        triggers: ClassVar = [
            no_delete("contractrequest"),
            REQUEST_STATES.trigger("contractrequest"),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.quantity.normalize():f} {self.symbol}"
