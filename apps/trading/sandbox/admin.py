"""The sandbox at the trading desk of the platform's console: accounts of all tenants, and the exchange itself."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse

from apps.core.actors import Actor
from apps.core.clock import from_ms, to_ms
from apps.core.desk import Desk, DeskAdmin, OperationAction, desk_admin
from apps.trading.sandbox import operations
from apps.trading.sandbox.choices import Verb
from apps.trading.sandbox.client import MarketPosition
from apps.trading.sandbox.errors import SandboxAway
from apps.trading.sandbox.exchange.faults import FaultKind
from apps.trading.sandbox.models import ExchangeCommand, SandboxAccount
from apps.trading.sandbox.operations import STEER
from apps.trading.sandbox.queries import ExchangeFacts, get_exchange_facts, get_market_position


@desk_admin(SandboxAccount, site="console")
class SandboxAccountAdmin(DeskAdmin):
    """Paper accounts by tenant and connection."""

    desk = Desk.TRADING
    list_display: ClassVar = ["account_id", "tenant_id", "connection_id", "created_at"]
    exclude: ClassVar = ["key_name", "old_key_name"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the market's position above the list."""
        return super().changelist_view(
            request, {**(extra_context or {}), "title": f"Sandbox accounts · {position_in_words()}"}
        )


class SpeedForm(forms.Form):
    """How fast the recording is played."""

    speed = forms.FloatField(min_value=0.001, max_value=100_000, help_text="Market seconds per second.")


class JumpForm(forms.Form):
    """Where in the recording to go."""

    at = forms.DateTimeField(label="Date and time (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))


class SymbolForm(forms.Form):
    """Which symbol."""

    symbol = forms.RegexField(r"\A[A-Z0-9]{2,20}\Z", help_text="As the exchange names it, such as BTCUSDT.")


class HaltForm(SymbolForm):
    """Which symbol, and what becomes of its orders."""

    cancel_orders = forms.BooleanField(required=False, label="Cancel its open orders")


class FaultForm(forms.Form):
    """One rule; empty filters match everybody and everything."""

    kind = forms.ChoiceField(choices=[(kind.value, kind.value.replace("_", " ")) for kind in FaultKind])
    account = forms.RegexField(r"\A[0-9]{0,12}\Z", required=False, help_text="A paper account; empty: everybody.")
    count = forms.IntegerField(min_value=1, max_value=1_000_000, initial=1)
    every = forms.IntegerField(min_value=1, max_value=1_000_000, initial=1, label="Each n-th matching request")
    delay_ms = forms.IntegerField(min_value=0, max_value=600_000, initial=0, label="Delay (ms)")
    skew_ms = forms.IntegerField(
        min_value=-86_400_000, max_value=86_400_000, initial=0, label="Clock ahead by (ms; clock skew only)"
    )
    percent = forms.IntegerField(min_value=0, max_value=99, initial=0, label="Filled (%; partial fill only)")
    path = forms.CharField(
        max_length=200, required=False, help_text="Such as /api/v3/order or order.place; empty: all."
    )


def _steer(verb: Verb, *names: str) -> Any:
    """A runner that writes the command down, commits, and asks the exchange."""

    def run(actor: Actor, _row: Any, given: dict[str, Any]) -> Any:
        facts = {name: given[name] for name in names if given[name] not in ("", None)}
        if verb is Verb.JUMP:
            facts = {"market_time": to_ms(given["at"])}
        command = operations.ask_exchange(actor=actor, verb=verb, facts=facts, reason=given["reason"])
        return operations.carry_out(command_id=command.pk)

    return run


def _action(verb: Verb, *names: str, form: type[forms.Form] | None = None, dangerous: bool = False) -> OperationAction:
    return OperationAction(verb.value, verb.label, STEER, _steer(verb, *names), form=form, is_dangerous=dangerous)


@desk_admin(ExchangeCommand, site="console")
class ExchangeCommandAdmin(DeskAdmin):
    """Where the exchange stands, what staff may do with it, and what was asked so far."""

    desk = Desk.TRADING
    list_display: ClassVar = ["created_at", "verb", "facts", "state", "answer"]
    list_filter: ClassVar = ["verb", "state"]
    ordering: ClassVar = ["-id"]
    change_list_template = "admin/sandbox/commands.html"
    table_operations = (
        _action(Verb.PAUSE),
        _action(Verb.RESUME),
        _action(Verb.SPEED, "speed", form=SpeedForm),
        _action(Verb.JUMP, form=JumpForm, dangerous=True),
        _action(
            Verb.FAULT, "kind", "account", "count", "every", "delay_ms", "skew_ms", "percent", "path",
            form=FaultForm, dangerous=True,
        ),
        _action(Verb.CLEAR_FAULTS),
        _action(Verb.HALT, "symbol", "cancel_orders", form=HaltForm, dangerous=True),
        _action(Verb.TRADE, "symbol", form=SymbolForm),
        _action(Verb.SNAPSHOT),
    )  # fmt: skip

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the exchange above its commands; a sentence instead when it does not answer."""
        shown: dict[str, Any] = {"title": "Sandbox exchange", "exchange": None}
        try:
            facts = get_exchange_facts()
        except SandboxAway as away:
            shown["away"] = away.text
        else:
            shown |= {"exchange": facts, "symbols": _symbol_rows(facts), "stands": stands_in_words(facts.position)}
        return super().changelist_view(request, {**(extra_context or {}), **shown})


def _symbol_rows(facts: ExchangeFacts) -> list[tuple[str, str, str]]:
    return [(name, status, f"{facts.position.prices[name]:,f}") for name, status in facts.statuses.items()]


def position_in_words() -> str:
    """Return where the replay stands, such as "market at 2024-06-01 12:05, running at 60×"."""
    try:
        return stands_in_words(get_market_position())
    except SandboxAway:
        return "the exchange does not answer"


def stands_in_words(position: MarketPosition) -> str:
    """Return a position in words."""
    pace = f"running at {position.speed:g}×" if position.running else "standing"
    return f"market at {from_ms(position.market_time):%Y-%m-%d %H:%M}, {pace}"
