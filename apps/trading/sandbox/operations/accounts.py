"""A paper account is facts first: an `opening` connection is committed, then the exchange is asked, then it is active.

The exchange knows the account by the connection's id (and by how often it was set anew), so asking again after a crash
finds the same account.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import timers
from apps.core.actors import Actor
from apps.core.clock import now, to_ms
from apps.core.context import current_tenant_schema
from apps.core.operation import operation
from apps.platform.tenants.queries import get_tenant_by_schema
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.operations import (
    CONNECT,
    Balance,
    activate_connection,
    begin_connection,
    record_balances,
    record_check,
    reopen_connection,
)
from apps.trading.exchanges.queries import get_connection, get_open_connection
from apps.trading.sandbox.client import AccountKey, SandboxRefusedError, SandboxUnavailableError
from apps.trading.sandbox.errors import AccountMissing, FundsNotPossible, SandboxAway
from apps.trading.sandbox.models import SandboxAccount
from apps.trading.sandbox.queries import START_FUNDS, control, get_account

VENUE = "sandbox"
OPENING_TIMER = "sandbox.open_account"
RETRY_AFTER = timedelta(seconds=30)
SYSTEM = Actor.system("sandbox")


@operation("sandbox.request_paper_account", permission=CONNECT, audited=("owner_id", "funds"))
def request_paper_account(
    *, actor: Actor, owner_id: UUID, funds: Mapping[str, Decimal] | None = None, label: str = "Sandbox exchange"
) -> UUID:
    """Ask for a paper account and return the id of its connection, which a trading worker opens after the commit.

    Raises AlreadyConnected, NotYourConnection, FundsNotPossible.
    """
    wanted = START_FUNDS if funds is None else funds
    if not wanted or any(not amount.is_finite() or amount <= 0 for amount in wanted.values()):
        raise FundsNotPossible(field="funds", reason="amounts must be positive")
    begun = begin_connection(actor=actor, owner_id=owner_id, venue=VENUE, label=label)
    tenant = get_tenant_by_schema(current_tenant_schema())
    SandboxAccount.objects.create(
        tenant_id=tenant.id, connection_id=begun.pk, funds={asset: f"{amount:f}" for asset, amount in wanted.items()}
    )
    schedule_retry(begun.pk)
    nudge_opening(begun.pk)
    return begun.pk


@operation("sandbox.request_fresh_account", permission=CONNECT, audited=("connection_id",))
def request_fresh_account(*, actor: Actor, connection_id: UUID) -> SandboxAccount:
    """Have an active paper connection given another account with fresh start funds; a worker opens it after the commit.

    The connection is `opening` until then, and its old key is revoked. Raises ConnectionMissing, AccountMissing and
    MoveNotAllowed.
    """
    reopen_connection(actor=actor, connection_id=connection_id)
    account = SandboxAccount.objects.select_for_update().get(pk=get_account(connection_id).pk)
    account.old_key_name, account.key_name, account.account_id = account.key_name, "", ""
    account.generation += 1
    account.funds = {asset: f"{amount:f}" for asset, amount in START_FUNDS.items()}
    account.save(update_fields=["old_key_name", "key_name", "account_id", "generation", "funds"])
    schedule_retry(connection_id)
    nudge_opening(connection_id)
    return account


def open_paper_account(*, actor: Actor, owner_id: UUID, funds: Mapping[str, Decimal] | None = None) -> UUID:
    """Make sure that a customer has an active paper account, and return its connection's id.

    Asks the exchange inline (demo bootstrap, tests); an account that was asked for before is finished. Raises
    SandboxAway and FundsNotPossible, and RuntimeError inside a transaction.
    """
    existing = get_open_connection(owner_id, VENUE)
    if existing is None:
        connection_id = request_paper_account(actor=actor, owner_id=owner_id, funds=funds)
    else:
        connection_id = existing.pk
    finish_paper_account(connection_id=connection_id)
    return connection_id


def finish_paper_account(*, connection_id: UUID) -> None:
    """Ask the exchange for the account of an opening connection, store its key, make it active. Safe to repeat.

    Runs outside any transaction, because what the exchange did cannot be rolled back. A connection that is active or
    revoked already stays as it is. Raises SandboxAway (to be tried again) and FundsNotPossible.
    """
    _refuse_transaction()
    found = get_connection(connection_id)
    if found.state != ConnectionState.OPENING:
        return
    account = get_account(connection_id)
    if account.old_key_name:
        _revoke(account.old_key_name)
    try:
        opened, key = _ask_exchange(account)
    except SandboxUnavailableError as error:
        record_check(actor=SYSTEM, connection_id=connection_id, error="The sandbox exchange does not answer.")
        raise SandboxAway from error
    except SandboxRefusedError as error:
        record_check(actor=SYSTEM, connection_id=connection_id, error=f"The sandbox exchange refused: {error}")
        raise FundsNotPossible(reason=str(error)) from error
    _store(account, opened, key)


def close_paper_account(*, connection_id: UUID) -> None:
    """Revoke the key of a closed connection of this tenant at the exchange. Safe to repeat; raises SandboxAway."""
    try:
        account = get_account(connection_id)
    except AccountMissing:
        return
    for name in (account.old_key_name, account.key_name):
        if name:
            _revoke(name)
    SandboxAccount.objects.filter(pk=account.pk).update(key_name="", old_key_name="")


def schedule_retry(connection_id: UUID) -> None:
    """Have the opening looked at again later; the moment is part of the key, so that a timer can set the next one."""
    due_at = now() + RETRY_AFTER
    timers.schedule(name=OPENING_TIMER, key=f"{connection_id}/{to_ms(due_at)}", due_at=due_at)


def _ask_exchange(account: SandboxAccount) -> tuple[dict[str, Any], AccountKey]:
    exchange = control()
    funds = {asset: Decimal(amount) for asset, amount in account.funds.items()}
    opened = exchange.open_account(label=account.reference, reference=account.reference, funds=funds)
    return opened, exchange.create_key(opened["account_id"], label=account.reference)


def _store(account: SandboxAccount, opened: dict[str, Any], key: AccountKey) -> None:
    """Write what the exchange answered; a key that comes second (two workers asked) or too late is revoked again."""
    with transaction.atomic():
        locked = SandboxAccount.objects.select_for_update().get(pk=account.pk)
        state = get_connection(account.connection_id).state
        is_first = state == ConnectionState.OPENING and not locked.key_name and locked.generation == account.generation
        if is_first:
            activate_connection(
                actor=SYSTEM, connection_id=account.connection_id, api_key=key.api_key, api_secret=key.secret
            )
            locked.account_id, locked.key_name, locked.old_key_name = str(opened["account_id"]), key.api_key, ""
            locked.save(update_fields=["account_id", "key_name", "old_key_name"])
            balances = [
                Balance(row["asset"], Decimal(row["free"]), Decimal(row["locked"])) for row in opened["balances"]
            ]
            record_balances(actor=SYSTEM, connection_id=account.connection_id, balances=balances, seen_at=now())
    if not is_first:
        _revoke(key.api_key)


def _revoke(key_name: str) -> None:
    try:
        control().revoke_key(key_name)
    except SandboxUnavailableError as error:
        raise SandboxAway from error
    except SandboxRefusedError as error:
        if error.status != 404:  # an exchange that was reset does not know the key: it is gone either way
            raise SandboxAway from error


def nudge_opening(connection_id: UUID) -> None:
    """Have a trading worker open the account once this transaction is committed; the timer is the net under it."""
    from apps.trading.sandbox.tasks import open_account  # the task calls this module

    schema = current_tenant_schema()
    transaction.on_commit(lambda: open_account.delay(schema, str(connection_id)), robust=True)


def nudge_closing(connection_id: UUID) -> None:
    """Have a trading worker revoke the key at the exchange once this transaction is committed."""
    from apps.trading.sandbox.tasks import close_account  # the task calls this module

    schema = current_tenant_schema()
    transaction.on_commit(lambda: close_account.delay(schema, str(connection_id)), robust=True)


def _refuse_transaction() -> None:
    """Refuse to ask the exchange inside a transaction: what it did could not be rolled back."""
    with transaction.atomic(durable=True):
        pass
