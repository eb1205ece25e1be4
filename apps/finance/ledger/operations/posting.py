"""Posting: one call, one SQL function, one round of locks. Nothing else writes journals, entries, holds or balances."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import DatabaseError, IntegrityError, connection

from apps.core.actors import Actor
from apps.core.errors import Defect, DomainError
from apps.finance.ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AccountMissing,
    AmountTooFine,
    HoldEnded,
    HoldMissing,
    HoldTooSmall,
    InsufficientFunds,
    JournalUnbalanced,
    KeyReused,
    PeriodClosed,
    PostedTwice,
)
from apps.finance.ledger.operations.calling import call_of
from apps.finance.ledger.operations.commands import NewHold, NewJournal, Posted, Release, Standing
from kernel.money.exact import plain

REFUSALS: dict[str, type[DomainError]] = {
    "OL400": JournalUnbalanced,
    "OL402": InsufficientFunds,
    "OL403": AccountFrozen,
    "OL404": AccountMissing,
    "OL409": KeyReused,
    "OL410": AccountClosed,
    "OL411": HoldEnded,
    "OL412": HoldTooSmall,
    "OL413": JournalUnbalanced,
    "OL414": HoldMissing,
    "OL422": AmountTooFine,
    "OL423": PeriodClosed,
}


def post_many(
    *,
    actor: Actor,
    journals: Sequence[NewJournal] = (),
    holds: Sequence[NewHold] = (),
    releases: Sequence[Release] = (),
) -> Posted:
    """Book journals, reserve and give back holds: all of it or nothing, in the caller's transaction.

    Keys make each part happen once: the same key with the same content is a replay and changes nothing; with other
    content it is KeyReused. Raises InsufficientFunds, AccountFrozen, AccountClosed, AccountMissing, AmountTooFine,
    PeriodClosed, HoldMissing, HoldEnded, HoldTooSmall, and the defects JournalUnbalanced and PostedTwice. A
    transaction may call this once.
    """
    if not connection.in_atomic_block:
        raise Defect("Posting needs a transaction.")
    if not (journals or holds or releases):
        return Posted()
    call = call_of(actor, journals, holds, releases)
    try:
        with connection.cursor() as cursor:
            cursor.execute(call.text, call.arguments)
            row: Any = cursor.fetchone()
    except IntegrityError as error:
        raise _of_constraint(error) from error
    except DatabaseError as error:
        raise _refusal(error) from error
    _once(row[7])
    posted, replayed = _outcome(call.journals, row[0], row[1])
    held, held_before = _outcome(call.holds, row[2], row[3])
    return Posted(
        journals=posted,
        replayed=replayed,
        holds=held,
        holds_replayed=held_before,
        accounts=dict(zip(row[4], map(Standing, row[5] or (), row[6] or ()), strict=True)),
    )


def _outcome(
    drawn: list[UUID], places: list[int] | None, known: list[UUID] | None
) -> tuple[tuple[UUID, ...], tuple[bool, ...]]:
    """Return the ids that count, and which were there before; `places` (from 1) of those, and their `known` ids."""
    if not places:
        return tuple(drawn), (False,) * len(drawn)
    before = dict(zip(places, known or (), strict=True))
    numbered = range(1, len(drawn) + 1)
    return (
        tuple(before.get(place, uid) for place, uid in zip(numbered, drawn, strict=True)),
        tuple(place in before for place in numbered),
    )


def _once(transaction_id: str) -> None:
    """Raise PostedTwice when this transaction has posted before.

    A test's own outer transaction does not count: there the outermost block of the code under test is the transaction.
    The server's connection belongs to the mark: after a crash PostgreSQL gives the ids of lost transactions again.
    """
    blocks: list[Any] = connection.atomic_blocks
    place = next((index for index, block in enumerate(blocks) if not block._from_testcase), None)
    inner = None if not place else connection.savepoint_ids[place - 1]
    marker = (connection.connection, transaction_id, inner)
    if getattr(connection, "ledger_posted_in", None) == marker:
        raise PostedTwice
    connection.ledger_posted_in = marker  # type: ignore[attr-defined]


def _refusal(error: DatabaseError) -> Exception:
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    cls = REFUSALS.get(getattr(diagnosis, "sqlstate", "") or "")
    if cls is None:
        return error
    facts = json.loads(diagnosis.message_detail or "{}", parse_float=Decimal)
    for name in ("available", "remaining"):
        if name in facts:
            facts[name] = f"{plain(max(Decimal(facts[name]), Decimal(0))):f}"
    return cls(**{name: value for name, value in facts.items() if name != "code"})


def _of_constraint(error: IntegrityError) -> Exception:
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", "") or ""
    if name in ("one_journal_per_key", "one_hold_per_key"):
        return KeyReused()
    if not name and any(words in str(error) for words in ("sum to zero", "crosses books")):
        return JournalUnbalanced()
    return error
