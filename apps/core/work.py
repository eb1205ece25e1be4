"""The index of work in public: which schemas have something to do, so that beat does not open every one of them.

Two sorts of work share it, each kind with an entry of its own. Timers have a time (`note_due`, `renew`). Work that
goes on by itself, such as a running bot, is there or is not: whoever makes it calls `keep` in the same transaction,
and the entry stays until a sweep has found nothing for a while (`sweep`). A crash at any point leaves the entry.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction

from apps.core.clock import now
from apps.core.context import current_schema, in_schema
from apps.core.errors import Defect
from apps.core.ids import uuid7
from apps.core.models import TenantWork

logger = logging.getLogger("outcry.work")
HasWork = Callable[[], bool]
TABLE = f"public.{TenantWork._meta.db_table}"
FRESH = timedelta(seconds=15)
"""An entry that was confirmed so recently is not written again."""
LINGER = timedelta(seconds=75)
"""An entry is struck off when nobody saw work for so long: FRESH and more than the longest transaction (45 s)."""
_kinds: dict[str, HasWork] = {}

NOTE = f"""
    INSERT INTO {TABLE} AS work (id, created_at, schema, kind, next_due_at, seen_at) VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (schema, kind) DO UPDATE SET next_due_at = LEAST(work.next_due_at, EXCLUDED.next_due_at),
        seen_at = GREATEST(work.seen_at, EXCLUDED.seen_at)
"""  # noqa: S608 - our own table
# Never waits: whoever holds the row is busy with the same thing, and no transaction may hang on another for it.
CONFIRM = f"""
    UPDATE {TABLE} SET next_due_at = LEAST(next_due_at, %s), seen_at = %s WHERE id IN
        (SELECT id FROM {TABLE} WHERE schema = %s AND kind = %s FOR UPDATE SKIP LOCKED)
"""  # noqa: S608
STRIKE_OFF = f"""
    UPDATE {TABLE} SET next_due_at = NULL WHERE id IN
        (SELECT id FROM {TABLE} WHERE schema = %s AND kind = %s AND seen_at < %s FOR UPDATE SKIP LOCKED)
"""  # noqa: S608
DUE = f"""
    SELECT schema, seen_at FROM {TABLE} AS work WHERE kind = %s AND next_due_at <= %s
        AND EXISTS (SELECT FROM public.tenants_tenant WHERE schema_name = work.schema AND status = 'active')
    ORDER BY next_due_at
"""  # noqa: S608


def register(kind: str, has_work: HasWork) -> None:
    """Make a kind of lasting work known; `has_work` tells whether the current schema has any, whatever the index says.

    Called when the product starts. Two answers for one kind are a Defect.
    """
    if _kinds.get(kind, has_work) is not has_work:
        raise Defect(f"Work {kind} is registered twice.")
    _kinds[kind] = has_work


def keep(kind: str) -> None:
    """Enter this schema for lasting work of a kind; call it in the transaction that makes the work.

    Nearly always one read: an entry that was confirmed lately stands longer than any transaction lasts.
    """
    schema, moment = current_schema(), now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT next_due_at IS NOT NULL AND seen_at > %s FROM {TABLE} WHERE schema = %s AND kind = %s",  # noqa: S608
            [moment - FRESH, schema, kind],
        )
        found = cursor.fetchone()
        if found is None:
            _note(schema, kind, moment, moment)
        elif not found[0]:
            cursor.execute(CONFIRM, [moment, moment, schema, kind])
            if not cursor.rowcount:
                transaction.on_commit(lambda: _note(schema, kind, moment, moment), robust=True)


def sweep(kind: str, look: Callable[[], object]) -> None:
    """Call `look` inside each active tenant that has lasting work of a kind; one that fails stops no other."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, [kind, now()])
        rows = cursor.fetchall()
    for schema, seen_at in rows:
        try:
            with in_schema(schema):
                look()
                if seen_at is None or seen_at <= now() - FRESH:
                    _review(schema, kind)
        except Exception:
            logger.exception("sweep failed", extra={"schema": schema, "kind": kind})


def restore() -> None:
    """Enter this schema again for all lasting work it has: the net under a lost entry."""
    for kind, has_work in _kinds.items():
        if has_work():
            keep(kind)


def note_due(schema: str, kind: str, due_at: datetime) -> None:
    """Tell the index that a schema has work of a kind at `due_at` (keeps the earliest)."""
    _note(schema, kind, due_at, None)


def due_schemas(kind: str, limit: int = 1000) -> list[str]:
    """Return schemas whose work of a kind is due, longest waiting first; public among them."""
    rows = TenantWork.objects.filter(kind=kind, next_due_at__lte=now()).order_by("next_due_at")
    with in_schema("public"):
        return list(rows.values_list("schema", flat=True)[:limit])


def renew(schema: str, kind: str, next_due: Callable[[], datetime | None]) -> None:
    """Write the time of a schema's next work.

    The entry is locked before `next_due` reads: work that was committed and noted before is then seen, and whoever
    notes some later waits and puts its time into the new entry.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT FROM {TABLE} WHERE schema = %s AND kind = %s FOR UPDATE", [schema, kind])
        if cursor.rowcount:
            cursor.execute(
                f"UPDATE {TABLE} SET next_due_at = %s WHERE schema = %s AND kind = %s",  # noqa: S608
                [next_due(), schema, kind],
            )


def _review(schema: str, kind: str) -> None:
    """Confirm the entry of the current schema while there is work, strike it off when there was none for a while."""
    moment = now()
    has_work = _kinds[kind]()
    with connection.cursor() as cursor:
        if has_work:
            cursor.execute(CONFIRM, [moment, moment, schema, kind])
        else:
            cursor.execute(STRIKE_OFF, [schema, kind, moment - LINGER])


def _note(schema: str, kind: str, due_at: datetime, seen_at: datetime | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [uuid7(), now(), schema, kind, due_at, seen_at])
