"""One leader for each feed, however many processes run. Time is the database's, so clocks of hosts do not matter."""

from datetime import timedelta

from django.db import connection

from apps.core.clock import now
from apps.core.ids import uuid7
from apps.trading.market_data.models import FeedLease

TABLE = FeedLease._meta.db_table


def take_lease(name: str, owner: str, length: timedelta) -> int | None:
    """Return the new epoch if the lease was free, over, or ours; None while another owner holds it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO public.{TABLE} AS lease (id, created_at, name, owner, epoch, until)"  # noqa: S608
            " VALUES (%s, %s, %s, %s, 1, clock_timestamp() + %s * interval '1 ms') ON CONFLICT (name) DO UPDATE SET"
            " owner = EXCLUDED.owner, epoch = lease.epoch + 1, until = EXCLUDED.until"
            " WHERE lease.until < clock_timestamp() OR lease.owner = EXCLUDED.owner RETURNING epoch",
            [uuid7(), now(), name, owner, _ms(length)],
        )
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def renew_lease(name: str, owner: str, epoch: int, length: timedelta) -> bool:
    """Lengthen a lease that is still ours; return whether it was."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE public.{TABLE} SET until = clock_timestamp() + %s * interval '1 ms'"  # noqa: S608 - our own table
            " WHERE name = %s AND owner = %s AND epoch = %s AND until >= clock_timestamp()",
            [_ms(length), name, owner, epoch],
        )
        return bool(cursor.rowcount)


def release_lease(name: str, owner: str, epoch: int) -> None:
    """Give a lease back, so that another process need not wait for its end."""
    FeedLease.objects.filter(name=name, owner=owner, epoch=epoch).update(until=now() - timedelta(seconds=1))


def _ms(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
