"""One-way or hedge mode of a contract account: wanted by a person, sent by a worker until the venue said yes or no.

What waits here for its trigger was placed for the mode that holds: the venue does not see it, so that whoever holds
such orders is asked before (`guard_mode`).
"""

from collections.abc import Callable
from uuid import UUID

from django.db import connection as database

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.trading.positions.gateways.port import ContractPort, Executed, Refused
from apps.trading.positions.models import MarginAccount
from apps.trading.positions.operations.booking import RECORD
from apps.trading.positions.operations.contracts import CONTRACTS, nudge
from apps.trading.positions.queries import get_contracts, get_own_contracts

SYSTEM = Actor.system("positions")
LOCK = 7_304
Guard = Callable[[UUID, bool], None]
"""Connection, and whether hedge mode is wanted."""
_guards: list[Guard] = []


def guard_mode(function: Guard) -> None:
    """Have a function asked before the mode of a connection's contracts changes; it raises what speaks against it."""
    _guards[:] = [function]


def hold_mode(account_id: UUID) -> None:
    """Keep the mode of an account from being asked for anew until the end of the transaction that places an order."""
    _lock("pg_advisory_xact_lock_shared", account_id)


@operation("positions.choose_mode", permission=CONTRACTS, audited=("account_id", "is_hedged"))
def choose_mode(*, actor: Actor, owner_id: UUID, account_id: UUID, is_hedged: bool) -> MarginAccount:
    """Want hedge mode (long and short apart) or one-way mode; a trading worker asks the exchange for it.

    Until it answered, no order of a contract is taken; while positions or orders are open it says no, and its words
    are kept. Raises ContractsMissing, and what the guard of the mode raises.
    """
    account = get_own_contracts(account_id, owner_id)
    _lock("pg_advisory_xact_lock", account.pk)
    for guard in _guards:
        guard(account.connection_id, is_hedged)
    MarginAccount.objects.filter(pk=account.pk).update(wanted_hedged=is_hedged, mode_words="")
    nudge(account.pk)
    return get_own_contracts(account_id, owner_id)


def _lock(function: str, account_id: UUID) -> None:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, hashtext(current_schema() || %s))", [LOCK, str(account_id)])


def send_mode(*, account_id: UUID, port: ContractPort) -> bool:
    """Ask the exchange for the mode that is wanted; return whether it answered. Asking twice is the same as once."""
    wanted = get_contracts(account_id).wanted_hedged
    if wanted is None:
        return False
    outcome = port.set_hedged(wanted)
    if not isinstance(outcome, Executed | Refused):
        return False
    words = outcome.words if isinstance(outcome, Refused) else ""
    _answered(actor=SYSTEM, account_id=account_id, wanted=wanted, words=words)
    return True


@operation("positions.answer_mode", permission=RECORD, trail=False)
def _answered(*, actor: Actor, account_id: UUID, wanted: bool, words: str) -> None:
    """Keep the answer to what was asked, unless the other mode is wanted meanwhile."""
    done = {} if words else {"is_hedged": wanted}
    found = MarginAccount.objects.filter(pk=account_id, wanted_hedged=wanted)
    found.update(**done, wanted_hedged=None, mode_words=words[:200])
