"""The lease of a private account stream: one process for each connection. The database's clock decides."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.clock import now
from apps.core.ids import uuid7
from apps.trading.orders.models import AccountStream

TABLE = AccountStream._meta.db_table


def take_stream(connection_id: UUID, owner: str, length: timedelta) -> int | None:
    """Return the new epoch if the stream was free, over, or ours; None while another owner holds it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} AS stream (id, created_at, connection_id, owner, epoch, until, last_error)"  # noqa: S608
            " VALUES (%s, %s, %s, %s, 1, clock_timestamp() + %s::interval, '')"
            " ON CONFLICT (connection_id) DO UPDATE SET"
            " owner = EXCLUDED.owner, epoch = stream.epoch + 1, until = EXCLUDED.until"
            " WHERE stream.until < clock_timestamp() OR stream.owner = EXCLUDED.owner RETURNING epoch",
            [uuid7(), now(), connection_id, owner, f"{length.total_seconds()} s"],
        )
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def renew_stream(connection_id: UUID, owner: str, epoch: int, length: timedelta) -> bool:
    """Lengthen a lease that is still ours; return whether it was."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TABLE} SET until = clock_timestamp() + %s::interval"  # noqa: S608 - our own table
            " WHERE connection_id = %s AND owner = %s AND epoch = %s AND until >= clock_timestamp()",
            [f"{length.total_seconds()} s", connection_id, owner, epoch],
        )
        return bool(cursor.rowcount)


def release_stream(connection_id: UUID, owner: str, epoch: int) -> None:
    """Give a lease back, so that another process need not wait for its end."""
    found = AccountStream.objects.filter(connection_id=connection_id, owner=owner, epoch=epoch)
    found.update(until=now() - timedelta(seconds=1))


def note_stream(connection_id: UUID, **facts: Any) -> None:
    """Remember what the stream last saw (`snapshot_at`, `event_at`, `last_error`)."""
    if "last_error" in facts:
        facts["last_error"] = str(facts["last_error"])[:300]
    AccountStream.objects.filter(connection_id=connection_id).update(**facts)
