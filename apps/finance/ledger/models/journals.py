"""Journals and their entries: append-only, zero-sum, sealed.

Journal and entries are written by one statement, so that guards over whole statements watch both sides: entries sum to
zero, belong to a journal and to accounts of its book and mode; a journal has entries, reverses one that exists, and is
born without a seal. There are no row-wise foreign keys (two checks a row were a third of a posting's cost): the guards
check set-wise what is written, and accounts, journals and seals are never deleted.
"""

from typing import Any, ClassVar

import pgtrigger
from django.db import models

from apps.core.clock import now
from apps.core.guards import Guard, append_only, no_delete, no_truncate, set_once
from apps.core.ids import uuid7
from apps.core.models.base import EntryModel, PlacedModel
from apps.core.placement import DataCategory
from apps.finance.ledger.choices import Book, JournalKind, Mode
from apps.finance.ledger.models.accounts import Account, amount_field

FRESH: Any = pgtrigger.Referencing(new="fresh")  # type: ignore[no-untyped-call]
"""The rows a statement has inserted."""


class JournalSeal(EntryModel):
    """A batch of journals under one hash, chained to the seal before it."""

    data_categories: ClassVar = {
        "number": DataCategory.EVIDENCE,
        "row_count": DataCategory.EVIDENCE,
        "previous_hash": DataCategory.EVIDENCE,
        "hash": DataCategory.EVIDENCE,
    }

    number = models.PositiveBigIntegerField(unique=True)
    row_count = models.PositiveIntegerField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        triggers: ClassVar = append_only("journalseal")

    def __str__(self) -> str:
        return f"seal {self.number}"


class Journal(PlacedModel):
    """One movement of money: at least two entries that sum to zero per asset, in one book and one mode.

    `key` makes it happen once, for ever; `input_hash` says what was asked under the key. `effective_at` is when it
    counts, `booked_at` when it was written. `content_hash` covers the row and its entries (see `seals`).
    """

    data_categories: ClassVar = {
        "id": DataCategory.OPERATIONAL,
        "uid": DataCategory.OPERATIONAL,
        "book": DataCategory.OPERATIONAL,
        "mode": DataCategory.OPERATIONAL,
        "kind": DataCategory.FINANCIAL,
        "key": DataCategory.OPERATIONAL,
        "input_hash": DataCategory.EVIDENCE,
        "effective_at": DataCategory.FINANCIAL,
        "booked_at": DataCategory.FINANCIAL,
        "actor_kind": DataCategory.OPERATIONAL,
        "actor_id": DataCategory.OPERATIONAL,
        "subject_id": DataCategory.OPERATIONAL,
        "reverses": DataCategory.FINANCIAL,
        "content_hash": DataCategory.EVIDENCE,
        "seal": DataCategory.EVIDENCE,
    }

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(default=uuid7, editable=False, unique=True)
    book = models.CharField(max_length=8, choices=Book.choices)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    kind = models.CharField(max_length=16, choices=JournalKind.choices)
    key = models.CharField(max_length=160, db_collation="C")
    input_hash = models.CharField(max_length=64)
    effective_at = models.DateTimeField()
    booked_at = models.DateTimeField(default=now)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    reverses = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="reversals",
        db_index=False,
        db_constraint=False,
    )
    content_hash = models.CharField(max_length=64)
    seal = models.ForeignKey(
        JournalSeal,
        null=True,
        on_delete=models.PROTECT,
        related_name="journals",
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=models.Q(seal__isnull=True), name="journal_unsealed"),
            models.Index(fields=["seal"], condition=models.Q(seal__isnull=False), name="journal_by_seal"),
            models.Index(fields=["subject_id"], condition=models.Q(subject_id__isnull=False), name="journal_subject"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key"], name="one_journal_per_key"),
            models.UniqueConstraint(
                fields=["reverses"], condition=models.Q(reverses__isnull=False), name="one_reversal_per_journal"
            ),
            models.CheckConstraint(
                condition=models.Q(effective_at__lte=models.F("booked_at")), name="journal_is_not_in_the_future"
            ),
            models.CheckConstraint(
                condition=models.Q(kind=JournalKind.REVERSAL.value, reverses__isnull=False)
                | (~models.Q(kind=JournalKind.REVERSAL.value) & models.Q(reverses__isnull=True)),
                name="reversal_names_its_journal",
            ),
        ]
        triggers: ClassVar = [
            set_once("journal", "seal_id"),
            no_delete("journal"),
            no_truncate("journal"),
            Guard(
                name="journal_seal_stands",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=FRESH,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM fresh j
                        WHERE NOT EXISTS (SELECT 1 FROM ledger_journalseal s WHERE s.id = j.seal_id)
                    ) THEN
                        RAISE EXCEPTION 'a journal has a seal that is none' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            Guard(
                name="journal_has_entries",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=FRESH,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM fresh j
                        WHERE NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.journal_id = j.id)
                            OR j.reverses_id IS NOT NULL
                                AND NOT EXISTS (SELECT 1 FROM ledger_journal r WHERE r.id = j.reverses_id)
                            OR j.seal_id IS NOT NULL
                    ) THEN
                        RAISE EXCEPTION 'a journal has no entries, reverses none or is born sealed'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"


class Entry(PlacedModel):
    """One leg. `amount` is signed: credit positive, debit negative. Its public name is (account, version)."""

    data_categories: ClassVar = {
        "id": DataCategory.OPERATIONAL,
        "journal": DataCategory.FINANCIAL,
        "account": DataCategory.FINANCIAL,
        "amount": DataCategory.FINANCIAL,
        "balance_after": DataCategory.FINANCIAL,
        "version": DataCategory.OPERATIONAL,
        "effective_at": DataCategory.FINANCIAL,
        "booked_at": DataCategory.FINANCIAL,
    }

    id = models.BigAutoField(primary_key=True)
    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="entries", db_constraint=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    amount = amount_field()
    balance_after = amount_field()
    version = models.BigIntegerField()
    effective_at = models.DateTimeField()
    booked_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "entries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "version"], name="one_entry_per_account_version"),
            models.CheckConstraint(condition=~models.Q(amount=0), name="entry_moves_something"),
        ]
        triggers: ClassVar = [
            *append_only("entry"),
            Guard(
                name="entry_zero_sum",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=FRESH,
                func="""
                    DECLARE fault text; v_from bigint; v_to bigint; v_count bigint; v_sound bigint;
                    BEGIN
                    -- The usual case in one pass: every journal in one asset, its own book and mode, and written whole.
                    SELECT min(journal_id), max(journal_id), count(*) INTO v_from, v_to, v_count FROM fresh;
                    SELECT sum(s.entries) INTO v_sound
                    FROM (
                        SELECT journal_id, count(*) AS entries, min(place) AS place
                        FROM (
                            SELECT journal_id, amount, (
                                SELECT concat_ws(' ', a.book, a.mode, a.asset) COLLATE "C"
                                FROM ledger_account a WHERE a.id = account_id
                            ) AS place
                            FROM fresh OFFSET 0
                        ) f GROUP BY journal_id HAVING sum(amount) = 0 AND min(place) = max(place)
                            AND count(place) = count(*)
                    ) s
                    WHERE starts_with(s.place, (
                        SELECT concat_ws(' ', j.book, j.mode, '') FROM ledger_journal j WHERE j.id = s.journal_id
                    ));
                    IF v_sound = v_count
                        AND v_count = (SELECT count(*) FROM ledger_entry WHERE journal_id BETWEEN v_from AND v_to) THEN
                        RETURN NULL;
                    END IF;
                    SELECT CASE
                        WHEN j.id IS NULL OR q.entries <> q.known THEN 'an entry has no journal, or no account'
                        WHEN q.crosses OR q.book <> j.book OR q.mode <> j.mode THEN 'a journal crosses books or modes'
                        WHEN q.is_unequal THEN 'the entries of a journal do not sum to zero'
                        ELSE 'entries are added to a journal that is written' END
                    INTO fault
                    FROM (
                        SELECT s.journal_id, sum(s.entries) AS entries, sum(s.known) AS known,
                            bool_or(s.total <> 0) AS is_unequal, min(s.book) AS book, min(s.mode) AS mode,
                            min(s.book) <> max(s.book) OR min(s.mode) <> max(s.mode) AS crosses
                        FROM (
                            SELECT f.journal_id, a.book, a.mode, sum(f.amount) AS total, count(*) AS entries,
                                count(a.id) AS known
                            FROM fresh f LEFT JOIN ledger_account a ON a.id = f.account_id
                            GROUP BY f.journal_id, a.asset, a.book, a.mode
                        ) s GROUP BY s.journal_id
                    ) q LEFT JOIN ledger_journal j ON j.id = q.journal_id
                    WHERE j.id IS NULL OR q.entries <> q.known OR q.is_unequal OR q.crosses OR q.book <> j.book
                        OR q.mode <> j.mode
                        OR q.entries <> (SELECT count(*) FROM ledger_entry e WHERE e.journal_id = q.journal_id)
                    LIMIT 1;
                    IF fault IS NOT NULL THEN
                        RAISE EXCEPTION USING MESSAGE = fault, ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                    END;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} ({self.version})"
