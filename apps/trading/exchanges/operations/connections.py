"""Opening, checking and revoking connections. Talking to the exchange happens outside, before or after these."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.core import outbox
from apps.core.actors import Actor, ActorKind
from apps.core.clock import now
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.core.transitions import transition
from apps.trading.exchanges.choices import CONNECTION_STATES, ConnectionState, KeyEvent
from apps.trading.exchanges.errors import (
    AlreadyConnected,
    ConnectionMissing,
    ConnectionNotActive,
    NotYourConnection,
    VenueUnknown,
)
from apps.trading.exchanges.gateways.port import Balance
from apps.trading.exchanges.models import Connection, ConnectionBalance, KeyActivity, Venue
from kernel.events.exchanges import ConnectionActivated, ConnectionRevoked

CONNECT = declare("exchanges.connect", "Connect and revoke exchange accounts")
RECORD = declare("exchanges.record", "Record what an exchange account shows (done by the product itself)")
PERSONS = (ActorKind.CUSTOMER, ActorKind.API_KEY)


@operation("exchanges.begin_connection", permission=CONNECT, audited=("owner_id", "venue"))
def begin_connection(*, actor: Actor, owner_id: UUID, venue: str, label: str) -> Connection:
    """Make a connection in state `opening`, without a key. Raises AlreadyConnected, NotYourConnection, VenueUnknown."""
    if actor.kind in PERSONS and actor.id != owner_id:
        raise NotYourConnection
    found = Venue.objects.filter(code=venue).first()
    if found is None:
        raise VenueUnknown(venue=venue)
    connection = Connection(owner_id=owner_id, venue=found, label=label, mode=found.mode)
    try:
        with transaction.atomic():
            connection.save(force_insert=True)
    except IntegrityError as error:
        if "one_paper_account_per_venue" not in str(error):
            raise
        raise AlreadyConnected(venue=found.title) from error
    return connection


@operation("exchanges.activate_connection", permission=RECORD, audited=("connection_id",))
def activate_connection(*, actor: Actor, connection_id: UUID, api_key: str, api_secret: str) -> Connection:
    """Store the key (sealed) and make the connection active. An active one stays as it is.

    Raises ConnectionMissing, and ConnectionNotActive for a revoked one.
    """
    connection = locked_connection(connection_id)
    if connection.state == ConnectionState.ACTIVE:
        return connection
    if connection.state == ConnectionState.REVOKED:
        raise ConnectionNotActive(state="revoked")
    connection.state = ConnectionState.ACTIVE
    connection.api_key, connection.api_secret = api_key, api_secret
    connection.key_hint, connection.last_error, connection.problem = api_key[-4:], "", ""
    connection.last_checked_at = connection.key_since = now()
    connection.save(
        update_fields=[
            "state", "api_key", "api_secret", "key_hint", "last_error", "problem", "last_checked_at", "key_since",
        ]
    )  # fmt: skip
    outbox.publish(
        ConnectionActivated(connection_id=connection.pk, owner_id=connection.owner_id, venue=connection.venue.code),
        actor=actor,
    )
    return connection


@operation("exchanges.reopen_connection", permission=CONNECT, audited=("connection_id",))
def reopen_connection(*, actor: Actor, connection_id: UUID) -> Connection:
    """Take an active connection back to `opening`, without its key and balances, until it gets another account.

    Its row stays locked until the end of the transaction. Raises ConnectionMissing, also for a stranger's, and
    MoveNotAllowed.
    """
    connection = locked_connection(connection_id)
    if actor.kind in PERSONS and connection.owner_id != actor.id:
        raise ConnectionMissing
    transition(
        connection,
        "reopen",
        table=CONNECTION_STATES,
        expected=connection.state,
        actor=actor,
        api_key=b"",
        api_secret=b"",
        key_hint="",
        last_error="",
    )
    connection.balances.all().delete()
    return connection


def add_connection(
    *, actor: Actor, owner_id: UUID, venue: str, label: str, api_key: str, api_secret: str
) -> Connection:
    """Make an active connection for a key that is known already. Raises as `begin_connection` does."""
    with transaction.atomic():
        begun = begin_connection(actor=actor, owner_id=owner_id, venue=venue, label=label)
        system = Actor.system("exchanges")
        return activate_connection(actor=system, connection_id=begun.pk, api_key=api_key, api_secret=api_secret)


@operation("exchanges.record_check", permission=RECORD, trail=False)
def record_check(*, actor: Actor, connection_id: UUID, error: str = "", problem: str = "") -> None:
    """Remember when the exchange was last asked, and what was wrong (empty: nothing); a new problem is noted."""
    known = Connection.objects.filter(pk=connection_id).exclude(problem=problem).first() if problem else None
    Connection.objects.filter(pk=connection_id).update(
        last_checked_at=now(), last_error=error[:300], problem=problem[:40]
    )
    if known is not None:
        KeyActivity.objects.create(
            connection=known,
            event=KeyEvent.PROBLEM,
            detail=error[:300],
            key_hint=known.key_hint,
            actor_kind=ActorKind(actor.kind).value,
        )


@operation("exchanges.record_balances", permission=RECORD, trail=False)
def record_balances(*, actor: Actor, connection_id: UUID, balances: Sequence[Balance], seen_at: datetime) -> None:
    """Replace the balances of a connection by what was seen at `seen_at`; an older sight changes nothing."""
    connection = locked_connection(connection_id)
    newest = connection.balances.order_by("-seen_at").values_list("seen_at", flat=True).first()
    if newest is not None and newest > seen_at:
        return
    rows = [
        ConnectionBalance(connection=connection, asset=item.asset, free=item.free, locked=item.locked, seen_at=seen_at)
        for item in balances
    ]
    ConnectionBalance.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["connection", "asset"],
        update_fields=["free", "locked", "seen_at"],
    )
    connection.balances.exclude(asset__in=[row.asset for row in rows]).delete()


@operation("exchanges.revoke_connection", permission=CONNECT, audited=("connection_id",))
def revoke_connection(*, actor: Actor, connection_id: UUID, reason: str = "") -> Connection:
    """Close a connection and destroy its key. Safe to repeat. Raises ConnectionMissing, also for a stranger's."""
    connection = locked_connection(connection_id)
    if actor.kind in PERSONS and connection.owner_id != actor.id:
        raise ConnectionMissing
    if connection.state == ConnectionState.REVOKED:
        return connection
    transition(
        connection,
        "revoke",
        table=CONNECTION_STATES,
        expected=connection.state,
        actor=actor,
        api_key=b"",
        api_secret=b"",
        passphrase=b"",
        next_key=b"",
        next_secret=b"",
        next_passphrase=b"",
        key_digest="",
        problem="",
        last_error="",
    )
    KeyActivity.objects.create(
        connection=connection,
        event=KeyEvent.REVOKED,
        detail=reason[:300],
        key_hint=connection.key_hint,
        actor_kind=ActorKind(actor.kind).value,
    )
    outbox.publish(
        ConnectionRevoked(connection_id=connection.pk, owner_id=connection.owner_id, venue=connection.venue.code),
        actor=actor,
    )
    return connection


def locked_connection(connection_id: UUID) -> Connection:
    """Return a connection, locked until the end of the transaction. Raises ConnectionMissing."""
    connection = (
        Connection.objects.select_for_update(of=("self",)).select_related("venue").filter(pk=connection_id).first()
    )
    if connection is None:
        raise ConnectionMissing
    return connection
