"""A key's life: entered (sealed at once), tried at the exchange by a trading worker, accepted or destroyed, replaced.

Web processes seal and never open. What a person enters waits in `next_*` until the exchange was asked.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.core import outbox, timers
from apps.core.actors import Actor, ActorKind
from apps.core.clock import now, to_ms
from apps.core.context import PUBLIC, current_tenant_schema, in_schema
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.platform.authentication.queries import exists_factor
from apps.trading.exchanges.catalogue.venues import get_exchange
from apps.trading.exchanges.choices import CONNECTION_STATES, ConnectionState, KeyEvent, Mode
from apps.trading.exchanges.errors import (
    ConnectionMissing,
    ConnectionNotActive,
    KeyIncomplete,
    KeyKnown,
    NoAccountOffered,
    NotYourConnection,
    SecondFactorNeeded,
)
from apps.trading.exchanges.models import Connection, KeyActivity, Venue
from apps.trading.exchanges.operations.connections import CONNECT, PERSONS, RECORD, locked_connection
from kernel.events.exchanges import ConnectionActivated, KeyReplaced

VERIFY_TIMER = "exchanges.verify_key"
ROTATION_TIMER = "exchanges.rotation_due"
RETRY_AFTER = timedelta(seconds=30)
ROTATE_AFTER = timedelta(days=90)
REMIND_AGAIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as a person enters it; nothing of it is ever shown."""

    api_key: str = field(repr=False)
    secret: str = field(repr=False)
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TriedKey:
    """What a trial brought: rights (None: the exchange does not say) and a word to the owner ("" for none)."""

    can_trade: bool | None
    is_ip_bound: bool | None
    note: str = ""


@operation("exchanges.submit_key", permission=CONNECT, audited=("owner_id", "venue"))
def submit_key(*, actor: Actor, owner_id: UUID, venue: str, label: str, key: NewKey) -> Connection:
    """Connect a real exchange with a key; a trading worker tries it after the commit.

    `venue` is an exchange's id of the list. Raises ExchangeUnknown, NoAccountOffered (the sandbox takes no keys),
    KeyIncomplete, KeyKnown, NotYourConnection, SecondFactorNeeded.
    """
    _refuse_stranger(actor, owner_id)
    if not exists_factor(owner_id):
        raise SecondFactorNeeded
    cleaned = _checked_key(venue, key)
    with in_schema(PUBLIC):
        found = ensure_venue(venue)
    connection = Connection(
        owner_id=owner_id, venue=found, label=label.strip()[:60] or found.title, mode=found.mode,
        key_digest=_digest(venue, cleaned.api_key), key_hint=cleaned.api_key[-4:],
        next_key=cleaned.api_key, next_secret=cleaned.secret, next_passphrase=cleaned.passphrase or b"",
    )  # fmt: skip
    _save_new(connection, found.title)
    note(connection, actor, KeyEvent.SUBMITTED)
    _have_tried(connection.pk)
    return connection


@operation("exchanges.replace_key", permission=CONNECT, audited=("connection_id",))
def replace_key(*, actor: Actor, connection_id: UUID, key: NewKey) -> Connection:
    """Enter a newer key for a connection: the old one serves until the exchange has accepted the new one.

    For a connection whose key was refused it is another try. Raises ConnectionMissing (also for a stranger's),
    ConnectionNotActive, KeyIncomplete, KeyKnown, NoAccountOffered for paper accounts.
    """
    connection = locked_connection(connection_id)
    if actor.kind in PERSONS and connection.owner_id != actor.id:
        raise ConnectionMissing
    if connection.mode == Mode.PAPER:
        raise NoAccountOffered(venue=connection.venue.title)
    if connection.state == ConnectionState.REVOKED:
        raise ConnectionNotActive(state="revoked")
    cleaned = _checked_key(connection.venue.ccxt_id, key)
    digest = _digest(connection.venue.code, cleaned.api_key)
    if connection.state == ConnectionState.ACTIVE and digest == connection.key_digest:
        raise KeyKnown(venue=connection.venue.title)
    if connection.state == ConnectionState.REFUSED:
        transition(connection, "retry", table=CONNECTION_STATES, expected=connection.state, actor=actor)
    if connection.state == ConnectionState.OPENING:
        connection.key_digest, connection.key_hint = digest, cleaned.api_key[-4:]
    connection.next_key, connection.next_secret = cleaned.api_key, cleaned.secret
    connection.next_passphrase = cleaned.passphrase or b""
    connection.problem = connection.last_error = ""
    _save_new(connection, connection.venue.title)
    note(connection, actor, KeyEvent.SUBMITTED)
    _have_tried(connection.pk)
    return connection


@operation("exchanges.accept_key", permission=RECORD, audited=("connection_id",))
def accept_key(*, actor: Actor, connection_id: UUID, key: NewKey, tried: TriedKey, sealed: bytes) -> Connection:
    """Make the key that was tried the key of the connection; `sealed` is what was tried, an older try changes nothing.

    Raises ConnectionMissing.
    """
    connection = locked_connection(connection_id)
    if bytes(connection.next_key) != sealed or connection.state not in (
        ConnectionState.OPENING, ConnectionState.ACTIVE,
    ):  # fmt: skip
        return connection
    is_first = connection.state == ConnectionState.OPENING
    connection.state = ConnectionState.ACTIVE
    connection.api_key, connection.api_secret = key.api_key, key.secret
    connection.passphrase = key.passphrase or b""
    connection.next_key = connection.next_secret = connection.next_passphrase = b""
    connection.key_hint, connection.key_digest = key.api_key[-4:], _digest(connection.venue.code, key.api_key)
    connection.can_trade, connection.is_ip_bound = tried.can_trade, tried.is_ip_bound
    connection.problem, connection.last_error = "", ""
    connection.key_since = connection.last_checked_at = now()
    connection.save()
    note(connection, actor, KeyEvent.ACCEPTED if is_first else KeyEvent.REPLACED, tried.note)
    timers.schedule(name=ROTATION_TIMER, key=str(connection.pk), due_at=now() + ROTATE_AFTER)
    event = ConnectionActivated if is_first else KeyReplaced
    outbox.publish(
        event(connection_id=connection.pk, owner_id=connection.owner_id, venue=connection.venue.code), actor=actor
    )
    return connection


@operation("exchanges.refuse_key", permission=RECORD, audited=("connection_id", "problem"))
def refuse_key(*, actor: Actor, connection_id: UUID, problem: str, reason: str, sealed: bytes) -> Connection:
    """Destroy a key that was tried in vain; a connection that had one before keeps that. Raises ConnectionMissing."""
    connection = locked_connection(connection_id)
    if bytes(connection.next_key) != sealed:
        return connection
    note(connection, actor, KeyEvent.REFUSED, reason)
    if connection.state == ConnectionState.OPENING:
        return transition(
            connection, "refuse", table=CONNECTION_STATES, expected=connection.state, actor=actor,
            next_key=b"", next_secret=b"", next_passphrase=b"", key_digest="",
            problem=problem, last_error=reason[:300], last_checked_at=now(),
        )  # fmt: skip
    connection.next_key = connection.next_secret = connection.next_passphrase = b""
    connection.problem, connection.last_error, connection.last_checked_at = problem, reason[:300], now()
    connection.save()
    return connection


@operation("exchanges.postpone_key", permission=RECORD, trail=False)
def postpone_key(*, actor: Actor, connection_id: UUID, problem: str, reason: str) -> None:
    """Say why a key could not be tried yet; it is tried again."""
    Connection.objects.filter(pk=connection_id).update(
        problem=problem, last_error=reason[:300], last_checked_at=now()
    )  # fmt: skip
    schedule_trial(connection_id)


@operation("exchanges.remind_of_age", permission=RECORD, audited=("connection_id",))
def remind_of_age(*, actor: Actor, connection_id: UUID) -> Connection | None:
    """Note that a key is old and set the next reminder; None when the connection is not active any more."""
    connection = locked_connection(connection_id)
    if connection.state != ConnectionState.ACTIVE:
        return None
    note(connection, actor, KeyEvent.REMINDED)
    moment = now()
    timers.schedule(name=ROTATION_TIMER, key=f"{connection.pk}/{to_ms(moment)}", due_at=moment + REMIND_AGAIN)
    return connection


def note(connection: Connection, actor: Actor, event: KeyEvent, detail: str = "") -> None:
    """Write a line of a key's activity, in the caller's transaction."""
    KeyActivity.objects.create(
        connection=connection, event=event, detail=detail[:300], key_hint=connection.key_hint,
        actor_kind=ActorKind(actor.kind).value,
    )  # fmt: skip


def ensure_venue(code: str) -> Venue:
    """Return the row of an exchange of the list, made when it is first used (public schema). Raises ExchangeUnknown."""
    known = Venue.objects.filter(code=code).first()
    if known is not None:
        return known
    exchange = get_exchange(code)
    facts = {"title": exchange.name, "ccxt_id": code, "mode": Mode.LIVE.value}
    return Venue.objects.get_or_create(code=code, defaults=facts)[0]


def schedule_trial(connection_id: UUID) -> None:
    """Have a waiting key looked at again; the moment is part of the name, so that a timer can set the next one."""
    due_at = now() + RETRY_AFTER
    timers.schedule(name=VERIFY_TIMER, key=f"{connection_id}/{to_ms(due_at)}", due_at=due_at)


def nudge_trial(connection_id: UUID) -> None:
    """Have a trading worker try a waiting key once this transaction is committed."""
    from apps.trading.exchanges.tasks import verify_key  # the task calls this package

    schema = current_tenant_schema()
    transaction.on_commit(lambda: verify_key.delay(schema, str(connection_id)), robust=True)


def _have_tried(connection_id: UUID) -> None:
    schedule_trial(connection_id)
    nudge_trial(connection_id)


def _save_new(connection: Connection, title: str) -> None:
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError as error:
        if "one_connection_per_key" not in str(error):
            raise
        raise KeyKnown(venue=title) from error


def _checked_key(venue: str, key: NewKey) -> NewKey:
    if venue == "sandbox":
        raise NoAccountOffered(field="venue", venue=venue)
    exchange = get_exchange(venue)
    cleaned = NewKey(key.api_key.strip(), key.secret.strip(), key.passphrase.strip())
    wanted = {"api_key": cleaned.api_key, "secret": cleaned.secret}
    if "password" in exchange.needs:
        wanted["passphrase"] = cleaned.passphrase
    for part, value in wanted.items():
        if not value:
            raise KeyIncomplete(field=part, exchange=exchange.name, part=part.replace("_", " "))
    return cleaned


def _digest(venue: str, api_key: str) -> str:
    return hashlib.sha256(f"{current_tenant_schema()}|{venue}|{api_key}".encode()).hexdigest()


def _refuse_stranger(actor: Actor, owner_id: UUID) -> None:
    if actor.kind in PERSONS and actor.id != owner_id:
        raise NotYourConnection
