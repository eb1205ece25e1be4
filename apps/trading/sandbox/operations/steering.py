"""Staff steer the exchange: the command is written down with its reason, the exchange is asked, the outcome is kept.

The exchange is shared by all tenants, so this is the platform's: the verbs stand on its console.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.core.transitions import transition
from apps.trading.sandbox.choices import COMMAND_STATES, CommandState, Verb
from apps.trading.sandbox.client import SandboxControl, SandboxRefusedError, SandboxUnavailableError
from apps.trading.sandbox.errors import ExchangeRefused, OutcomeUnknown
from apps.trading.sandbox.models import ExchangeCommand
from apps.trading.sandbox.queries import control, get_key_name

STEER = declare("sandbox.steer", "Pause, run and jump the sandbox exchange, and put faults on it")
SYSTEM = Actor.system("sandbox")
_LONGEST_ANSWER = 300


@operation("sandbox.ask_exchange", permission=STEER, audited=("verb", "facts"))
def ask_exchange(*, actor: Actor, verb: Verb, facts: Mapping[str, Any], reason: str) -> ExchangeCommand:
    """Write down what the exchange is to do; `carry_out` asks it after the commit.

    `facts` by verb: speed {speed}; jump {market_time, ms}; halt {symbol, cancel_orders} and trade {symbol}; fault
    {kind, and any of count, every, delay_ms, skew_ms, percent, method, path, account}. Raises NoSuchPaperAccount.
    """
    if facts.get("account"):
        get_key_name(facts["account"])
    return ExchangeCommand.objects.create(verb=verb, facts=dict(facts))


def carry_out(*, command_id: UUID) -> ExchangeCommand:
    """Ask the exchange for a written command, once, and keep the outcome.

    Runs outside any transaction: what the exchange did cannot be rolled back. Raises ExchangeRefused, OutcomeUnknown,
    MoveNotAllowed when it was asked before.
    """
    with transaction.atomic(durable=True):
        pass
    command = ExchangeCommand.objects.get(pk=command_id)
    COMMAND_STATES.target("confirm", command.state)
    try:
        answer = _CALLS[Verb(command.verb)](control(), command.facts)
    except SandboxRefusedError as error:
        _keep(command, "refuse", str(error))
        raise ExchangeRefused(reason=str(error)) from error
    except SandboxUnavailableError as error:
        _keep(command, "lose", "no answer")
        raise OutcomeUnknown from error
    return _keep(command, "confirm", _words(answer))


def _keep(command: ExchangeCommand, event: str, answer: str) -> ExchangeCommand:
    return transition(
        command,
        event,
        table=COMMAND_STATES,
        expected=CommandState.ASKED,
        actor=SYSTEM,
        answer=answer[:_LONGEST_ANSWER],
    )


def _words(answer: Any) -> str:
    """What the exchange answered, without names of keys."""
    shown = ("market_time", "speed", "running", "status", "symbol", "kind", "id", "started", "generation")
    facts = answer if isinstance(answer, dict) else vars(answer) if answer is not None else {}
    return ", ".join(f"{name} {facts[name]}" for name in shown if name in facts)


def _put_fault(exchange: SandboxControl, facts: Mapping[str, Any]) -> Any:
    rule = {name: value for name, value in facts.items() if name not in ("kind", "account")}
    if facts.get("account"):
        rule["api_key"] = get_key_name(facts["account"])
    return exchange.inject_fault(facts["kind"], **rule)


_CALLS: dict[Verb, Callable[[SandboxControl, Mapping[str, Any]], Any]] = {
    Verb.PAUSE: lambda exchange, _: exchange.pause(),
    Verb.RESUME: lambda exchange, _: exchange.resume(),
    Verb.SPEED: lambda exchange, facts: exchange.set_speed(facts["speed"]),
    Verb.JUMP: lambda exchange, facts: exchange.jump(facts["market_time"]),
    Verb.FAULT: _put_fault,
    Verb.CLEAR_FAULTS: lambda exchange, _: exchange.clear_faults(),
    Verb.HALT: lambda exchange, facts: exchange.halt_symbol(facts["symbol"], cancel_orders=facts["cancel_orders"]),
    Verb.TRADE: lambda exchange, facts: exchange.trade_symbol(facts["symbol"]),
    Verb.SNAPSHOT: lambda exchange, _: exchange.request_snapshot(),
}
