"""Who may change what, asked of the database itself (a migrated schema equals a replayed one: core/test_schemas).

As the product's own role no booked row can be changed, removed, emptied or written past the posting function; as the
owner of the tables the guards refuse it, whatever settings the session has.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction
from psycopg import errors, sql

from apps.core import audit, seals
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import in_schema
from apps.core.schemas.owner import as_owner
from apps.finance.ledger.choices import AccountKind, Book, HoldPurpose, JournalKind
from apps.finance.ledger.models import PeriodClose
from apps.finance.ledger.operations import (
    AccountName,
    Leg,
    NewHold,
    NewJournal,
    open_accounts,
    post_many,
    seal_journals,
)
from apps.finance.ledger.proofs import ledger_holds
from apps.platform.tenants.queries import get_tenant

pytestmark = pytest.mark.real_commit
SYSTEM = Actor.system("tests")
BOOKS = ("ledger_journal", "ledger_entry", "ledger_journalseal", "ledger_account", "ledger_hold", "ledger_periodclose")
TRAIL = ("core_auditevent", "core_auditseal")
ONLY_READ = ("ledger_journal", "ledger_entry", "ledger_hold")
"""The posting function alone writes these."""
FILLED_ONCE = {
    ("ledger_journal", "seal_id"),
    ("core_auditevent", "seal_id"),
    *(("ledger_periodclose", column) for column in ("id", "created_at", "until", "closed_by", "reason", "reopened_at")),
}
"""Columns the role may touch: a guard lets one be filled once, and here all are filled, or the touch fills nothing."""
MOVED = {("ledger_account", "state")}
"""A state machine watches it; setting it to itself is no move."""


@dataclass(frozen=True)
class Tenants:
    """The schemas, and what stood in their tables."""

    schemas: tuple[str, ...]
    before: dict[str, list[Any]]


@pytest.fixture
def tenants(real_db: dict[str, str]) -> Iterator[Tenants]:
    schemas = (get_tenant("alpha").schema, get_tenant("beta").schema)
    for schema in schemas:
        fill(schema)
    before = {schema: picture(schema) for schema in schemas}
    yield Tenants(schemas, before)
    for schema in schemas:
        assert picture(schema) == before[schema], schema
        with in_schema(schema):
            assert ledger_holds() == []


def fill(schema: str) -> None:
    """Write a row into every table: a sealed journal, a hold, a closed period, a sealed audit event."""
    names = [AccountName(AccountKind.VENUE_CLEARING, "USDT"), AccountName(AccountKind.MIRROR, "USDT")]
    with in_schema(schema):
        clearing, mirror = (open_accounts(names)[name] for name in names)
        journal = NewJournal(
            key="first",
            book=Book.VENUE,
            kind=JournalKind.VENUE_BALANCE,
            legs=(Leg(clearing, Decimal(-5)), Leg(mirror, Decimal(5))),
        )
        hold = NewHold(key="held", account_id=mirror, amount=Decimal(1), purpose=HoldPurpose.ORDER)
        with transaction.atomic():
            post_many(actor=SYSTEM, journals=[journal], holds=[hold])
        seal_journals(actor=SYSTEM)
        moment = now()
        PeriodClose.objects.create(until=moment.replace(year=2020), reason="done", reopened_at=moment)
        audit.record(actor=SYSTEM, operation="tests.looked")
        seals.seal_pending()


def picture(schema: str) -> list[Any]:
    with in_schema(schema), connection.cursor() as cursor:
        found = []
        for table in (*BOOKS, *TRAIL):
            cursor.execute(f"SELECT to_jsonb(t) FROM {table} t ORDER BY id")
            found.append((table, cursor.fetchall()))
            assert found[-1][1], f"{table} of {schema} is empty"
        return found


def columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND table_name = %s",
            [table],
        )
        return [row[0] for row in cursor.fetchall()]


def refusal(statement: str, *settings: str) -> DatabaseError:
    """Run a statement that has to fail, after settings of the session; return the error."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for line in (*settings, statement, "SET CONSTRAINTS ALL IMMEDIATE"):
                cursor.execute(line)
    except DatabaseError as error:
        return error
    raise AssertionError(f"went through: {statement}")


def ignore_all() -> str:
    """Return the setting that switches pgtrigger's own triggers off, for every trigger there is here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(DISTINCT t.tgname::text) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal"
        )
        row: Any = cursor.fetchone()
    return sql.SQL("SET LOCAL pgtrigger.ignore = {}").format(sql.Literal("{" + ",".join(row[0]) + "}")).as_string(None)


def cannot_change_what_is_booked(tenants: Tenants) -> None:
    for schema in tenants.schemas:
        with in_schema(schema):
            for table in (*BOOKS, *TRAIL):
                assert isinstance(refusal(f"TRUNCATE {table} CASCADE").__cause__, errors.InsufficientPrivilege)
                refusal(f"DELETE FROM {table}")
                for column in columns(table):
                    if (table, column) in MOVED:
                        continue
                    error = refusal(f"UPDATE {table} SET {column} = {column}")
                    if (table, column) not in FILLED_ONCE:
                        assert isinstance(error.__cause__, errors.InsufficientPrivilege), (table, column)
            for table in ONLY_READ:
                for statement in (
                    f"INSERT INTO {table} SELECT * FROM {table}",
                    f"INSERT INTO {table} DEFAULT VALUES",
                    f"COPY {table} FROM STDIN",
                    f"MERGE INTO {table} t USING {table} s ON false WHEN NOT MATCHED THEN INSERT DEFAULT VALUES",
                    f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
                ):
                    assert isinstance(refusal(statement).__cause__, errors.InsufficientPrivilege), statement


def cannot_disarm_the_guards(tenants: Tenants) -> None:
    for schema in tenants.schemas:
        with in_schema(schema):
            for statement in (
                "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
                "ALTER TABLE ledger_journal DROP CONSTRAINT one_journal_per_key",
                "DROP TABLE ledger_entry CASCADE",
                "DROP FUNCTION ledger_post",
                "ALTER FUNCTION ledger_post SECURITY INVOKER",
                "CREATE TABLE shadow (id int)",
                "CREATE FUNCTION shadow() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "SET session_replication_role = replica",
                "SET ROLE outcry_owner",
            ):
                error = refusal(statement)
                assert isinstance(error, ProgrammingError), (statement, error)


def cannot_ignore_the_guards(tenants: Tenants) -> None:
    """pgtrigger's triggers can be ignored by setting; the guards of the books cannot."""
    rich = (
        "INSERT INTO ledger_account (id, created_at, book, mode, kind, asset, side, precision, stripe, state, balance,"
        " held, version) VALUES (gen_random_uuid(), now(), 'wallet', 'live', 'custody', 'USDT', -1, 6, 15, 'open',"
        " {balance}, {held}, {version})"
    )
    for schema in tenants.schemas:
        with in_schema(schema):
            ignored = ignore_all()
            for statement in (
                rich.format(balance=1000, held=0, version=0),
                rich.format(balance=0, held=1, version=0),
                rich.format(balance=0, held=0, version=1),
                "UPDATE ledger_journal SET seal_id = NULL",
                "UPDATE ledger_journal SET seal_id = seal_id + 1",
                "UPDATE ledger_periodclose SET reopened_at = NULL",
                "UPDATE ledger_periodclose SET until = now()",
                "DELETE FROM ledger_periodclose",
            ):
                assert isinstance(refusal(statement, ignored), IntegrityError), statement


def the_owner_is_refused_by_the_guards(tenants: Tenants) -> None:
    forged = (
        "INSERT INTO ledger_account (id, created_at, book, mode, kind, asset, side, precision, stripe, state, balance,"
        " held, version) SELECT gen_random_uuid(), created_at, book, mode, kind, asset, side, precision, 15, state, 7,"
        " 0, 0 FROM ledger_account LIMIT 1"
    )
    for schema in tenants.schemas:
        with as_owner(), in_schema(schema):
            ignored = ignore_all()
            for table in BOOKS:
                for statement in (f"TRUNCATE {table} CASCADE", f"DELETE FROM {table}"):
                    assert isinstance(refusal(statement, ignored), IntegrityError), statement
            for statement in (
                "UPDATE ledger_entry SET amount = 5",
                "UPDATE ledger_entry SET id = id",
                "UPDATE ledger_journal SET kind = 'fee'",
                "UPDATE ledger_journal SET content_hash = input_hash",
                "UPDATE ledger_journalseal SET row_count = 2",
                "UPDATE ledger_account SET asset = 'BTC'",
                "UPDATE ledger_account SET state = 'other'",
                "UPDATE ledger_hold SET state = 'open', remaining = 2",
                "UPDATE ledger_hold SET amount = 5",
                "UPDATE ledger_periodclose SET until = now()",
                "INSERT INTO ledger_entry SELECT * FROM ledger_entry",
                forged,
            ):
                refusal(statement, ignored)
            for table in TRAIL:
                for statement in (f"TRUNCATE {table} CASCADE", f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
                    refusal(statement)


def test_neither_role_changes_what_is_booked_in_any_tenant(tenants: Tenants) -> None:
    """One test, because a schema made by migrations takes its time."""
    cannot_change_what_is_booked(tenants)
    cannot_disarm_the_guards(tenants)
    cannot_ignore_the_guards(tenants)
    the_owner_is_refused_by_the_guards(tenants)
