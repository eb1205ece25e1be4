"""What a posting costs: one call against the bare function, batches, a hot account against row-at-a-time ORM, an operation."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, connections, transaction

from apps.core.actors import Actor
from apps.core.benchmarks import Row, benchmark
from apps.core.clock import monotonic
from apps.core.context import in_schema
from apps.core.proofs import prove
from apps.core.schemas.owner import as_owner
from apps.finance.ledger.choices import AccountKind, Book, JournalKind
from apps.finance.ledger.models import Account, Entry, Journal
from apps.finance.ledger.operations import AccountName, Leg, NewJournal, open_accounts, post_many
from apps.finance.ledger.operations.calling import CALL, call_of
from apps.platform.tenants.operations import provision_tenant
from apps.platform.tenants.queries import get_tenant
from tests.benchmarks.database import own_database

SYSTEM = Actor.system("bench")
PEOPLE, SINGLES, BATCH, BATCHES, HOT_SECONDS, CLIENTS = 200, 1500, 1000, 20, 3.0, 8
ONE = Decimal(1)


@benchmark("ledger")
def run() -> Iterator[Row]:
    """Every answer is checked by the ledger's own proofs after the timing."""
    with own_database():
        provision_tenant(actor=SYSTEM, slug="bench", name="Bench", email="b@example.test", base_host="localhost")
        schema = get_tenant("bench").schema
        with in_schema(schema):
            people = _people()
            bare, single = _bare(people), _single(people)
            yield Row("ledger", "one transfer: client + server CPU", single * 1e3, "ms", "the bare function", bare * 1e3)
            yield Row("ledger", "one transfer: client + server CPU", single * 1e3, "ms", "limit of 2 x the function", 2e3 * bare)
            yield Row("ledger", f"batches of {BATCH}", _batches(people), "a second", "limit", 20_000)
            ours = _hot(schema, people, _post_hot)
            _check_books(schema)
            theirs = _hot(schema, people, _orm_hot)
            yield Row("ledger", f"{CLIENTS} clients on one hot account", ours, "a second", "ORM, a row at a time", theirs)


def _check_books(schema: str) -> None:
    faults = [fault for found in prove(schema).values() for fault in found]
    if [fault for fault in faults if "is not applied" not in fault]:
        raise AssertionError(f"the books do not hold: {faults[:3]}")


def _people() -> list[UUID]:
    """Open accounts and fund them."""
    names = [AccountName(AccountKind.MIRROR, "USDT", subject_id=UUID(int=place)) for place in range(1, PEOPLE + 1)]
    ids = open_accounts(names)
    return [ids[name] for name in names]


def _journal(key: str, source: UUID, target: UUID) -> NewJournal:
    return NewJournal(
        key=key, book=Book.VENUE, kind=JournalKind.VENUE_BALANCE, legs=(Leg(source, -ONE), Leg(target, ONE))
    )


def _server_seconds(pid: int) -> float:
    """Return the CPU time of a backend, from the scheduler's own count (nanoseconds)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        row: Any = cursor.fetchone()
        return int(row[0])


def _cpu(pid: int, function: Callable[[], None]) -> float:
    client, server = _client_seconds(), _server_seconds(pid)
    function()
    return _client_seconds() - client + _server_seconds(pid) - server


def _client_seconds() -> float:
    import time

    return time.process_time()


def _median_of_three(measure: Callable[[int], float]) -> float:
    return sorted(measure(place) for place in range(3))[1]


def _single(people: list[UUID]) -> float:
    pid, choose = _backend(), random.Random(1)  # noqa: S311 - a benchmark

    def measure(place: int) -> float:
        pairs = [choose.sample(people, 2) for _ in range(SINGLES)]

        def work() -> None:
            for number, (source, target) in enumerate(pairs):
                with transaction.atomic():
                    post_many(actor=SYSTEM, journals=[_journal(f"single:{place}:{number}", source, target)])

        return _cpu(pid, work) / SINGLES

    return _median_of_three(measure)


def _bare(people: list[UUID]) -> float:
    choose = random.Random(2)  # noqa: S311 - a benchmark
    facts = connection.get_connection_params()
    schema = connection.schema_name  # type: ignore[attr-defined]
    address = {name: facts[name] for name in ("dbname", "user", "password", "host", "port") if name in facts}
    with psycopg.connect(**address, autocommit=True) as opened:
        opened.execute(f"SET search_path = {schema}, public")  # noqa: S608 - our own schema
        pid = opened.info.backend_pid

        def measure(place: int) -> float:
            calls = []
            for number in range(SINGLES):
                source, target = choose.sample(people, 2)
                calls.append(call_of(SYSTEM, [_journal(f"bare:{place}:{number}", source, target)]).arguments)

            def work() -> None:
                for arguments in calls:
                    opened.execute(CALL, arguments).fetchone()

            return _cpu(pid, work) / SINGLES

        return _median_of_three(measure)


def _batches(people: list[UUID]) -> float:
    choose = random.Random(3)  # noqa: S311 - a benchmark
    started = monotonic()
    for place in range(BATCHES):
        journals = [_journal(f"batch:{place}:{number}", *choose.sample(people, 2)) for number in range(BATCH)]
        with transaction.atomic():
            post_many(actor=SYSTEM, journals=journals)
    return BATCH * BATCHES / (monotonic() - started)


def _hot(schema: str, people: list[UUID], once: Callable[[UUID, UUID, str], None]) -> float:
    """Return how many transfers into one account eight connections make in a second of wall time."""
    hot, done = people[0], [0] * CLIENTS
    started = threading.Barrier(CLIENTS + 1)

    def client(place: int) -> None:
        with as_owner() if once is _orm_hot else nullcontext(), in_schema(schema):
            connection.ensure_connection()
            started.wait()
            end = monotonic() + HOT_SECONDS
            while monotonic() < end:
                once(people[1 + place * 7], hot, f"hot{once.__name__}:{place}:{done[place]}")
                done[place] += 1
        connections.close_all()

    threads = [threading.Thread(target=client, args=(place,)) for place in range(CLIENTS)]
    for thread in threads:
        thread.start()
    started.wait()
    for thread in threads:
        thread.join()
    return sum(done) / HOT_SECONDS


def _post_hot(source: UUID, hot: UUID, key: str) -> None:
    with transaction.atomic():
        post_many(actor=SYSTEM, journals=[_journal(key, source, hot)])


def _orm_hot(source: UUID, hot: UUID, key: str) -> None:
    """The usual hand-written way, with the same duties: a key, floors, running balances, versions."""
    from apps.core.clock import now

    moment = now()
    with transaction.atomic():
        rows = {row.pk: row for row in Account.objects.select_for_update(no_key=True).filter(pk__in=[source, hot]).order_by("pk")}
        if Journal.objects.filter(key=key).exists():
            return
        journal = Journal(
            book=Book.VENUE, mode="live", kind=JournalKind.VENUE_BALANCE, key=key, input_hash="", effective_at=moment,
            booked_at=moment, actor_kind="system", content_hash="",
        )  # fmt: skip
        entries = []
        for account_id, amount in ((source, -ONE), (hot, ONE)):
            row = rows[account_id]
            row.balance += amount
            row.version += 1
            row.save(update_fields=["balance", "version"])
            entries.append(
                Entry(
                    journal=journal, account=row, amount=amount, balance_after=row.balance, version=row.version,
                    effective_at=moment, booked_at=moment,
                )  # fmt: skip
            )
        _write_orm(journal, entries)


def _write_orm(journal: Journal, entries: list[Entry]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('ledger_journal_id_seq')")
        row: Any = cursor.fetchone()
    journal.pk = row[0]
    for entry in entries:
        entry.journal_id = journal.pk
    Entry.objects.bulk_create(entries)
    journal.save(force_insert=True)
