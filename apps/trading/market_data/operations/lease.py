"""One leader for each feed, however many processes run. Time is the database's, so clocks of hosts do not matter."""

import hashlib
from datetime import timedelta

from django.db import connection

from apps.core.clock import now
from apps.core.ids import uuid7
from apps.trading.market_data.choices import PRESENCE
from apps.trading.market_data.models import FeedLease

TABLE = FeedLease._meta.db_table


def take_lease(name: str, owner: str, length: timedelta, *, free_for: timedelta = timedelta(0)) -> int | None:
    """Return the new epoch if the lease was free, over, or ours; None while another owner holds it.

    With `free_for` one that was another's is taken only after nobody wanted it for so long.
    """
    is_wanted = not free_for
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO public.{TABLE} AS lease (id, created_at, name, owner, epoch, until)"  # noqa: S608
            " VALUES (%s, %s, %s, %s, %s, clock_timestamp() + %s * interval '1 ms') ON CONFLICT (name) DO UPDATE SET"
            " owner = EXCLUDED.owner, epoch = lease.epoch + 1, until = clock_timestamp() + %s * interval '1 ms'"
            " WHERE lease.until < clock_timestamp() - %s * interval '1 ms' OR (%s AND lease.owner = EXCLUDED.owner)"
            " RETURNING epoch",
            [
                *(uuid7(), now(), name, owner, int(is_wanted), _ms(length) if is_wanted else 0),
                *(_ms(length), _ms(free_for), is_wanted),
            ],
        )
        row = cursor.fetchone()
    return int(row[0]) if row is not None and row[0] else None


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
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE public.{TABLE} SET until = clock_timestamp() WHERE name = %s AND owner = %s AND epoch = %s",  # noqa: S608
            [name, owner, epoch],
        )


def announce(owner: str, length: timedelta) -> int:
    """Say that a process is there for so long; return how many processes there are, this one included."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM public.{TABLE} WHERE name LIKE %s AND until < clock_timestamp()", [f"{PRESENCE}%"])  # noqa: S608
    take_lease(_presence(owner), owner, length)
    return FeedLease.objects.filter(name__startswith=PRESENCE).count()


def withdraw(owner: str) -> None:
    """Say that a process is gone."""
    FeedLease.objects.filter(name=_presence(owner)).delete()


def _presence(owner: str) -> str:
    return PRESENCE + hashlib.sha256(owner.encode()).hexdigest()[:20]


def _ms(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
