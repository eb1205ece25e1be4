"""The trading desk: trades made elsewhere. Each waits for a second person at the approvals."""

from datetime import UTC
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.core.actors import Actor
from apps.core.desk import Desk, DeskAdmin, OperationAction, Queue, add_queue, desk_admin
from apps.core.forms import StrictDecimalFormField
from apps.core.models import Approval, ApprovalState
from apps.trading.exchanges.errors import ConnectionMissing
from apps.trading.exchanges.queries import get_connection
from apps.trading.orders.models import StaffTrade
from apps.trading.orders.staff_trades import operations
from apps.trading.orders.staff_trades.choices import InBalance
from apps.trading.orders.staff_trades.operations import ACTION, BOOK, Traded
from kernel.instruments import Side

Given = dict[str, Any]
Text = UnfoldAdminTextInputWidget


def _amount(label: str, **more: Any) -> StrictDecimalFormField:
    given = {"label": label, "max_digits": 36, "decimal_places": 18, "widget": Text(), "min_value": Decimal(0)}
    return StrictDecimalFormField(**{**given, **more})


class TradeForm(forms.Form):
    """A trade made elsewhere."""

    customer = forms.EmailField(label="Customer (e-mail)", widget=Text())
    connection = forms.UUIDField(label="Connection (id)", widget=Text())
    book_id = forms.UUIDField(label="Book of a bot (id; empty: by hand)", required=False, widget=Text())
    symbol = forms.RegexField(r"^[A-Z0-9]{1,32}\Z", widget=Text())
    side = forms.ChoiceField(choices=[("buy", "Bought"), ("sell", "Sold")], widget=UnfoldAdminSelectWidget())
    quantity = _amount("Quantity, in base")
    price = _amount("Price, in quote")
    fee = _amount("Fee", required=False)
    fee_asset = forms.RegexField(
        r"^[A-Z0-9]{1,16}\Z", label="Asset of the fee (empty: quote)", required=False, widget=Text()
    )
    traded_at = forms.DateTimeField(
        label="When, UTC", input_formats=["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"], widget=Text(),
        help_text="As 2026-01-31 14:05:00.",
    )  # fmt: skip
    in_balance = forms.ChoiceField(
        label="In the account's balance", choices=InBalance.choices, widget=UnfoldAdminSelectWidget()
    )

    def clean(self) -> dict[str, Any]:
        """Return the fields with the customer's id as `owner_id`; raises ValidationError."""
        given: dict[str, Any] = super().clean() or {}
        if "customer" in given and "connection" in given:
            try:
                connection = get_connection(given["connection"])
            except ConnectionMissing:
                raise ValidationError("There is no such connection.") from None
            if connection.owner.email.lower() != given["customer"].lower():
                raise ValidationError("This connection belongs to another customer.")
            given["owner_id"] = connection.owner_id
        return given


def _ask(actor: Actor, _row: Any, given: Given) -> Any:
    traded = Traded(
        connection_id=given["connection"],
        symbol=given["symbol"],
        side=Side(given["side"]),
        quantity=given["quantity"],
        price=given["price"],
        fee=given["fee"] or Decimal(0),
        fee_asset=given["fee_asset"],
        traded_at=given["traded_at"].replace(tzinfo=UTC),
        in_balance=InBalance(given["in_balance"]),
        book_id=given["book_id"],
    )
    return operations.ask_to_book(actor=actor, owner_id=given["owner_id"], traded=traded, reason=given["reason"])


def _counter(actor: Actor, row: StaffTrade, given: Given) -> Any:
    return operations.ask_for_counter_trade(actor=actor, trade_id=row.pk, reason=given["reason"])


@desk_admin(StaffTrade)
class StaffTradeAdmin(DeskAdmin):
    """Trades made elsewhere that two people booked. A counter-trade is the one way to take one back."""

    desk = Desk.TRADING
    list_display: ClassVar = (
        "traded_at", "owner_id", "connection", "side", "quantity", "symbol", "price", "fee", "fee_asset", "in_balance",
        "reverses", "reason",
    )  # fmt: skip
    list_filter: ClassVar = ("symbol", "side", "in_balance")
    list_select_related: ClassVar = ("connection",)
    table_operations = (OperationAction("book", "Book a trade made elsewhere", BOOK, _ask, form=TradeForm),)
    operations = (
        OperationAction(
            "counter", "Ask for the counter-trade", BOOK, _counter, is_dangerous=True,
            available=lambda row: row.reverses_id is None and not StaffTrade.objects.filter(reverses=row).exists(),
        ),
    )  # fmt: skip


add_queue(
    Queue(
        Desk.TRADING,
        "trades made elsewhere to approve",
        lambda: Approval.objects.filter(state=ApprovalState.PENDING, action=ACTION).count(),
        lambda: reverse("admin:core_approval_changelist"),
    )
)
