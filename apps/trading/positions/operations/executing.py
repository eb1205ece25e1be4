"""What was wanted comes to an end: transfers are sent here, reductions and hedges are taken and answered by orders.

The row is the intent; what has no answer is asked for and never sent again.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.clock import now, to_ms
from apps.core.errors import StateChanged
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.trading.positions.choices import REQUEST_STATES, RequestKind, RequestState
from apps.trading.positions.errors import ContractsAway
from apps.trading.positions.gateways.port import ContractPort, Executed, NoAnswer, Outcome, Refused
from apps.trading.positions.models import ContractRequest
from apps.trading.positions.operations.booking import RECORD
from apps.trading.positions.operations.contracts import nudge
from apps.trading.positions.operations.modes import send_mode
from apps.trading.positions.operations.reading import open_port, read_account
from apps.trading.positions.operations.terms import send_terms
from apps.trading.positions.queries import get_contracts, list_requests

SYSTEM = Actor.system("positions")
LATEST_ACCEPTANCE = timedelta(seconds=10)
"""What the exchange has not accepted by then it never will: a signed request is good for five seconds."""


def send_requests(*, account_id: UUID, port: ContractPort | None = None) -> int:
    """Send the transfers that are wanted, and ask for those without an answer; return how many came to an end."""
    waiting = list(list_requests(account_id, is_open=True).filter(kind=RequestKind.MOVE).reverse())
    if not waiting:
        return 0
    port = port or open_port(get_contracts(account_id))
    return sum(_advance(row, port) for row in waiting)


def _advance(row: ContractRequest, port: ContractPort) -> bool:
    """Bring one request further; True when it is over."""
    if row.state == RequestState.WANTED:
        try:
            row = _move(actor=SYSTEM, request_id=row.pk, event="send", outcome=None)
        except StateChanged:
            return False  # another worker sends it
        outcome = port.transfer(row.quantity if row.side == "buy" else -row.quantity)
        if isinstance(outcome, NoAnswer):
            return False
        return _end(row, outcome)
    return _settle(row, port)


def _settle(row: ContractRequest, port: ContractPort) -> bool:
    """Ask what became of a request without an answer."""
    assert row.sent_at is not None
    is_late = row.sent_at <= now() - LATEST_ACCEPTANCE
    outcome = _find_move(row, port)
    if isinstance(outcome, Executed):
        return _end(row, outcome)
    if isinstance(outcome, Refused) and is_late:
        # Asked after the last moment of acceptance: it never was there. What is still wanted is decided anew.
        return _end(row, Refused(f"The exchange never had it. {outcome.words}"[:200]))
    return False


def _find_move(row: ContractRequest, port: ContractPort) -> Outcome:
    """A transfer has no id of ours: it is looked for among the wallet's changes since it was sent."""
    assert row.sent_at is not None
    amount = row.quantity if row.side == "buy" else -row.quantity
    try:
        rows = port.income(to_ms(row.sent_at))
    except ContractsAway as error:
        return NoAnswer(error.text)
    if any(each.kind == "TRANSFER" and each.amount == amount for each in rows):
        return Executed(filled=row.quantity, price=row.quantity / row.quantity)
    return Refused("No such transfer is among the wallet's changes.")


def _end(row: ContractRequest, outcome: Outcome) -> bool:
    event = "finish" if isinstance(outcome, Executed) else "refuse"
    try:
        _move(actor=SYSTEM, request_id=row.pk, event=event, outcome=outcome)
    except StateChanged:
        return False
    return True


@operation("positions.move_request", permission=RECORD, trail=False)
def _move(*, actor: Actor, request_id: UUID, event: str, outcome: Outcome | None) -> ContractRequest:
    row = ContractRequest.objects.get(pk=request_id)
    expected = RequestState.WANTED if event == "send" else RequestState.SENT
    changes: dict[str, Any] = {"sent_at": now()} if event == "send" else {}
    if isinstance(outcome, Executed):
        changes |= {"filled": outcome.filled, "price": outcome.price}
    elif isinstance(outcome, Refused):
        changes |= {"words": outcome.words[:200]}
    return transition(row, event, table=REQUEST_STATES, expected=expected.value, actor=actor, **changes)


@operation("positions.take_request", permission=RECORD, trail=False)
def take_request(*, actor: Actor, request_id: UUID, client_id: str) -> ContractRequest:
    """Note that a reduction or a hedge became an order of that client id; call it in the order's transaction.

    Raises StateChanged for a request that is taken or over already.
    """
    row = ContractRequest.objects.get(pk=request_id)
    changes: dict[str, Any] = {"sent_at": now(), "client_id": client_id}
    return transition(row, "send", table=REQUEST_STATES, expected=RequestState.WANTED.value, actor=actor, **changes)


@operation("positions.answer_request", permission=RECORD, trail=False)
def answer_request(
    *, actor: Actor, request_id: UUID, filled: Decimal, price: Decimal = Decimal(0), words: str = ""
) -> None:
    """End a reduction or a hedge with what its order filled; nothing filled: refused, with the words why.

    An id that names no request, or one that is over, changes nothing. The account is read anew after the commit.
    """
    row = ContractRequest.objects.filter(pk=request_id).select_for_update().first()
    if row is None or row.state in (RequestState.DONE, RequestState.REFUSED):
        return
    event = "finish" if filled else "refuse"
    changes: dict[str, Any] = {"filled": filled, "price": price, "words": words[:200]}
    transition(row, event, table=REQUEST_STATES, expected=row.state, actor=actor, **changes)
    nudge(row.account_id)


def advance_account(*, account_id: UUID, port: ContractPort | None = None) -> None:
    """One round: send what is wanted, read and decide, send what was decided. Raises ContractsAway."""
    port = port or open_port(get_contracts(account_id))
    send_mode(account_id=account_id, port=port)
    send_terms(account_id=account_id, port=port)
    send_requests(account_id=account_id, port=port)
    read_account(account_id=account_id, port=port)
    if send_requests(account_id=account_id, port=port):
        read_account(account_id=account_id, port=port)
