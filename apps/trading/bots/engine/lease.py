"""Owning a bot for one step. The database's clock and the row's lock decide; the epoch fences every write."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.trading.bots.choices import LEASE
from apps.trading.bots.errors import LeaseLost
from apps.trading.bots.models import Bot

TABLE = Bot._meta.db_table
LENGTH = f"{LEASE.total_seconds()} s"

TAKE = f"""
    WITH old AS (
        SELECT id, lease_owner FROM {TABLE}
        WHERE id = %s AND (lease_until IS NULL OR lease_until < clock_timestamp()) FOR UPDATE SKIP LOCKED
    )
    UPDATE {TABLE} AS bot SET lease_owner = %s, lease_epoch = lease_epoch + 1,
        lease_until = clock_timestamp() + %s::interval
    FROM old WHERE bot.id = old.id RETURNING bot.lease_epoch, bot.nudges, old.lease_owner
"""  # noqa: S608 - our own table
HOLD = f"""
    UPDATE {TABLE} SET lease_until = clock_timestamp() + %s::interval WHERE id = %s AND lease_epoch = %s RETURNING *
"""  # noqa: S608
RELEASE = f"""
    UPDATE {TABLE} SET lease_owner = '', lease_until = NULL, next_look_at = %s, step_at = clock_timestamp()
    WHERE id = %s AND lease_epoch = %s AND nudges = %s
"""  # noqa: S608


@dataclass
class Lease:
    """A bot that this step owns. `took_over`: its last owner never came back."""

    bot_id: UUID
    epoch: int
    nudges: int
    took_over: bool


def take_lease(bot_id: UUID, owner: str) -> Lease | None:
    """Return the lease if the bot was free or its owner is overdue; each taking raises the epoch.

    None: somebody works on it; the call is counted, so that the owner looks once more before it goes.
    """
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [bot_id, owner, LENGTH])
        row = cursor.fetchone()
        if row is None:
            cursor.execute(f"UPDATE {TABLE} SET nudges = nudges + 1 WHERE id = %s", [bot_id])  # noqa: S608
            return None
    return Lease(bot_id, int(row[0]), int(row[1]), took_over=bool(row[2]))


def hold(lease: Lease) -> Bot:
    """Return the bot, its row locked until the end of the transaction, and lengthen the lease. Raises LeaseLost.

    An owner that slept beyond its time goes on only if nobody took the bot over meanwhile: whoever takes it raises the
    epoch, and then nothing of the old owner is written or sent any more.
    """
    found = list(Bot.objects.raw(HOLD, [LENGTH, lease.bot_id, lease.epoch]))
    if not found:
        raise LeaseLost
    return found[0]


def release(lease: Lease, next_look_at: datetime | None) -> bool:
    """Give the bot back; False when somebody called meanwhile: then look once more and release again.

    Raises LeaseLost when another worker owns it.
    """
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, [next_look_at, lease.bot_id, lease.epoch, lease.nudges])
        if cursor.rowcount:
            return True
        cursor.execute(f"SELECT lease_epoch, nudges FROM {TABLE} WHERE id = %s", [lease.bot_id])  # noqa: S608
        epoch, lease.nudges = cursor.fetchone()
    if epoch != lease.epoch:
        raise LeaseLost
    return False
