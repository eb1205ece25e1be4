"""Seals chain all journals, and the proof finds what somebody with the owner's role changed, removed or swapped."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from apps.core.context import in_schema
from apps.core.schemas.owner import as_owner
from apps.finance.ledger.models import Entry, Journal, JournalSeal
from apps.finance.ledger.operations import seal_journals
from apps.finance.ledger.operations.sealing import GENESIS, newest_seal
from apps.finance.ledger.proofs import ledger_holds
from apps.platform.tenants.queries import get_tenant
from tests.apps.finance.ledger.ledger_ground import SYSTEM, deposit, fee, hold, transfer
from tests.factories.people import make_customer


def alpha() -> str:
    return get_tenant("alpha").schema


@pytest.mark.django_db
def test_seals_chain_and_take_each_journal_once(customer: Any) -> None:
    deposit(customer, "1", "d1")
    deposit(customer, "2", "d2")
    first = seal_journals(actor=SYSTEM)
    assert first is not None
    assert (first.number, first.row_count, first.previous_hash) == (1, 2, GENESIS)
    assert seal_journals(actor=SYSTEM) is None
    deposit(customer, "3", "d3")
    second = seal_journals(actor=SYSTEM)
    assert second is not None
    assert (second.number, second.row_count, second.previous_hash) == (2, 1, first.hash)
    assert newest_seal() == 2
    assert not Journal.objects.filter(seal__isnull=True).exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        Journal.objects.update(seal=first)
    assert ledger_holds() == []


@pytest.fixture
def books(real_db: Any) -> Iterator[None]:
    """Sealed books with a deposit, a transfer, a fee and a hold; commits are real and triggers can be switched off."""
    with in_schema(alpha()):
        ann, bob = make_customer("ann@example.test"), make_customer("bob@example.test")
        deposit(ann, "100", "d1")
        transfer(ann, bob, "30", "t1")
        fee(ann, "1", "f1")
        hold(ann, "5", "h1")
        seal_journals(actor=SYSTEM)
        deposit(bob, "7", "d2")
        seal_journals(actor=SYSTEM)
        assert ledger_holds() == []
        yield


def tamper(*statements: str) -> None:
    """Run statements as the owner of the tables with all triggers off: what a thief of its password can do."""
    schema = alpha()
    with as_owner(), in_schema(schema), connection.cursor() as cursor:
        tables = ("ledger_entry", "ledger_journal", "ledger_account", "ledger_hold", "ledger_journalseal")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


ENTRY = "(SELECT id FROM ledger_entry WHERE journal_id = (SELECT id FROM ledger_journal WHERE key = 't1') {} LIMIT 1)"
T1, D2 = "(SELECT id FROM ledger_journal WHERE key = 't1')", "(SELECT id FROM ledger_journal WHERE key = 'd2')"
TAMPERINGS: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "an entry's amount": (
        (f"UPDATE ledger_entry SET amount = amount + 1 WHERE id = {ENTRY.format('')}",),
        {"is not the sum of its entries", "does not sum to zero", "was changed after it was written", "running"},
    ),
    "both legs, balances and all": (
        (
            f"UPDATE ledger_entry SET amount = amount * 2 WHERE journal_id = {T1}",
            "UPDATE ledger_entry e SET balance_after = s.running FROM (SELECT id, sum(amount) OVER"
            " (PARTITION BY account_id ORDER BY version) AS running FROM ledger_entry) s WHERE s.id = e.id",
            "UPDATE ledger_account a SET balance = (SELECT sum(amount) FROM ledger_entry e WHERE e.account_id = a.id)"
            " WHERE version > 0",
        ),
        {"was changed after it was written"},
    ),
    "whom it belongs to": (
        (f"UPDATE ledger_journal SET actor_id = '{uuid4()}' WHERE key = 't1'",),
        {"was changed after it was written"},
    ),
    "when it counts": (
        ("UPDATE ledger_journal SET effective_at = effective_at - interval '40 days' WHERE key = 'd1'",),
        {"was changed after it was written"},
    ),
    "a journal is gone": (
        (f"DELETE FROM ledger_entry WHERE journal_id = {T1}", "DELETE FROM ledger_journal WHERE key = 't1'"),
        {"is not the sum of its entries", "journal seal 1: its journals were changed"},
    ),
    "the newest journal is gone, balances mended, nothing left of it": (
        (
            "UPDATE ledger_account a SET balance = balance - e.amount, version = a.version - 1"
            f" FROM ledger_entry e WHERE e.journal_id = {D2} AND e.account_id = a.id",
            f"DELETE FROM ledger_entry WHERE journal_id = {D2}",
            "DELETE FROM ledger_journal WHERE key = 'd2'",
        ),
        {"journal seal 2: its journals were changed"},
    ),
    "only the entries are gone": (
        (f"DELETE FROM ledger_entry WHERE journal_id = {T1}",),
        {"has no entries", "is not the sum of its entries"},
    ),
    "two journals are swapped": (
        (
            f"UPDATE ledger_journal SET seal_id = CASE WHEN id = {T1} THEN (SELECT id FROM ledger_journalseal WHERE"
            f" number = 2) ELSE (SELECT id FROM ledger_journalseal WHERE number = 1) END WHERE id IN ({T1}, {D2})",
        ),
        {"journal seal 1: its journals were changed", "journal seal 2: its journals were changed"},
    ),
    "the contents of two journals are swapped": (
        (
            "UPDATE ledger_journal j SET content_hash = o.content_hash FROM ledger_journal o"
            f" WHERE (j.id = {T1} AND o.id = {D2}) OR (j.id = {D2} AND o.id = {T1})",
        ),
        {"was changed after it was written", "journal seal 1: its journals were changed"},
    ),
    "the entries of two accounts are swapped": (
        (
            "UPDATE ledger_entry SET version = -version WHERE version <= 2 AND account_id = (SELECT account_id FROM"
            " ledger_entry WHERE version = 3 LIMIT 1)",
            "UPDATE ledger_entry SET version = 3 + version WHERE version < 0",
        ),
        {"running", "was changed after it was written"},
    ),
    "a balance": (
        ("UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'customer' AND balance > 40",),
        {"is not the sum of its entries", "does not add up over all accounts"},
    ),
    "what is held": (
        ("UPDATE ledger_account SET held = 0 WHERE held > 0",),
        {"holds another amount than its open holds"},
    ),
    "a seal": (
        (f"UPDATE ledger_journalseal SET hash = '{'a' * 64}' WHERE number = 1",),
        {"journal seal 1: its journals were changed", "journal seal 2: the chain is broken"},
    ),
    "a seal is gone": (
        (
            "UPDATE ledger_journal SET seal_id = NULL WHERE seal_id = (SELECT id FROM ledger_journalseal WHERE"
            " number = 1)",
            "DELETE FROM ledger_journalseal WHERE number = 1",
        ),
        {"journal seal 1: the chain is broken"},
    ),
}


@pytest.mark.real_commit
@pytest.mark.parametrize("name", TAMPERINGS)
def test_the_proof_finds_what_was_tampered_with(books: None, name: str) -> None:
    statements, expected = TAMPERINGS[name]
    tamper(*statements)
    found = " | ".join(ledger_holds())
    assert [words for words in expected if words not in found] == [], found


@pytest.mark.real_commit
def test_nothing_is_inserted_past_the_triggers_even_by_the_owner(books: None) -> None:
    """Zero sums, late legs, journals without entries and crossed books are refused to the owner of the tables too."""
    columns = "uid, book, mode, kind, key, input_hash, effective_at, booked_at, actor_kind, content_hash"
    copied = (
        f"INSERT INTO ledger_journal ({columns}) SELECT gen_random_uuid(), book, mode, kind, 'forged', input_hash,"
        " effective_at, booked_at, actor_kind, content_hash FROM ledger_journal WHERE key = 't1'"
    )
    legs = (
        "INSERT INTO ledger_entry (journal_id, account_id, amount, balance_after, version, effective_at, booked_at)"
        " SELECT {journal}, a.id, {amount}, 0, 100 + row_number() OVER (), now(), now() FROM ledger_account a"
        " WHERE {which}"
    )
    two = f"a.id IN (SELECT account_id FROM ledger_entry WHERE journal_id = {T1})"
    one_each = "a.kind IN ('fees', 'custody') AND a.version > 0"
    signed = "CASE WHEN row_number() OVER (ORDER BY a.id) = 1 THEN 1 ELSE -1 END"
    written = f"WITH j AS ({copied} RETURNING id) "
    attempts = {
        "a journal has no entries": copied,
        "do not sum to zero": written + legs.format(journal="(SELECT id FROM j)", amount="1", which=two),
        "entries are added to a journal": legs.format(journal=T1, amount=signed, which=two),
        "crosses books or modes": written + legs.format(journal="(SELECT id FROM j)", amount=signed, which=one_each),
        "an entry has no journal": legs.format(journal="999999", amount=signed, which=two),
        "is append-only|Cannot (update|delete)": "UPDATE ledger_entry SET amount = 5",
        "append-only|Cannot (update|delete)": "DELETE FROM ledger_journal",
    }
    before = (Journal.objects.count(), Entry.objects.count(), JournalSeal.objects.count())
    for words, statement in attempts.items():
        with (
            as_owner(),
            in_schema(alpha()),
            pytest.raises(DatabaseError, match=words),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    with in_schema(alpha()):
        assert before == (Journal.objects.count(), Entry.objects.count(), JournalSeal.objects.count())
        assert ledger_holds() == []
