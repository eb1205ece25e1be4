"""Doing a thing once per key. The key row, the effect and the reply share one transaction."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import Defect, IdempotencyKeyMissing, IdempotencyKeyReused
from apps.core.ids import uuid7
from apps.core.models import IdempotencyRecord


@dataclass(frozen=True, slots=True)
class Reply:
    """What the first request was answered: a status and a body, kept byte for byte."""

    status: int
    body: str
    replayed: bool = False


def execute_once(*, actor: Actor, operation: str, key: str, request: Any, run: Callable[[], Reply]) -> Reply:
    """Run `run` once for (actor, operation, key) and return its reply, or the stored reply of the first time.

    `request` is the JSON-able input: the same key with another input raises IdempotencyKeyReused. A refusal (an
    exception of `run`) rolls everything back and does not use up the key. Concurrent calls wait for the first one.
    """
    if actor.id is None:
        raise Defect("An idempotency key belongs to a person.")
    person = actor.id
    checked = checked_key(key)
    digest = hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
    with transaction.atomic():
        record_id = uuid7()
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {IdempotencyRecord._meta.db_table}"  # noqa: S608 - the table's own name
                " (id, created_at, actor_id, operation, key, request_hash, reply_body)"
                " VALUES (%s, %s, %s, %s, %s, %s, '') ON CONFLICT (actor_id, operation, key) DO NOTHING",
                [record_id, now(), actor.id, operation, checked, digest],
            )
            is_first = cursor.rowcount == 1
        if not is_first:
            return _stored(person, operation, checked, digest)
        reply = run()
        IdempotencyRecord.objects.filter(pk=record_id).update(reply_status=reply.status, reply_body=reply.body)
        return reply


def has_answered(actor: Actor, operation: str, key: str) -> bool:
    """Return whether a key was answered already: then the stored reply comes, and nothing has to be proven again."""
    if actor.id is None:
        return False
    return IdempotencyRecord.objects.filter(actor_id=actor.id, operation=operation, key=key).exists()


def checked_key(key: str) -> str:
    """Return a key that can be one: 1 to 255 printable ASCII characters. Raises IdempotencyKeyMissing."""
    if not (1 <= len(key) <= 255 and key.isascii() and key.isprintable()):
        raise IdempotencyKeyMissing(field="Idempotency-Key")
    return key


def _stored(person: UUID, operation: str, key: str, digest: str) -> Reply:
    record = IdempotencyRecord.objects.get(actor_id=person, operation=operation, key=key)
    if record.request_hash != digest:
        raise IdempotencyKeyReused(field="Idempotency-Key")
    if record.reply_status is None:
        raise Defect("A key was committed without its reply.")
    return Reply(record.reply_status, record.reply_body, replayed=True)
