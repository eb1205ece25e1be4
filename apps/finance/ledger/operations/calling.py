"""What is asked of the ledger, as a call of its posting function. Every journal passes here: microseconds count."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_request_id
from apps.core.errors import Defect
from apps.core.ids import uuid7
from apps.finance.ledger.errors import AmountNotBookable, JournalUnbalanced
from apps.finance.ledger.operations.commands import Leg, NewHold, NewJournal, Release

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._#/-]{0,159}", re.ASCII)
JOURNALS = (
    "%s, %s, %s, %s, %s, %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],"
    " %s::uuid[], %s::bigint[], %s::int[], %s::int[], %s::numeric[]"
)
HOLDS = (
    "%s::uuid[], %s::int[], %s::int[], %s::numeric[], %s::uuid[], %s::text[], %s::int[], %s::numeric[], %s::text[],"
    " %s::uuid[], %s::timestamptz[], %s::boolean[]"
)
CALL = f"SELECT * FROM ledger_post({JOURNALS})"  # noqa: S608 - our own constants
CALL_WITH_HOLDS = f"SELECT * FROM ledger_post({JOURNALS}, {HOLDS})"  # noqa: S608 - our own constants
NOTHING = "{}"
DOUBLE_ENTRY = 2


@dataclass(frozen=True, slots=True)
class Call:
    """The statement, its arguments, and the public ids drawn for new journals and new holds."""

    text: str
    arguments: list[Any]
    journals: list[UUID]
    holds: list[UUID]


def call_of(
    actor: Actor, journals: Sequence[NewJournal], holds: Sequence[NewHold] = (), releases: Sequence[Release] = ()
) -> Call:
    """Return the call that books all of it.

    Raises Defect for a bad or repeated key, JournalUnbalanced for less than two legs, an account twice or an amount
    that is none, AmountNotBookable for a part of a hold, or a hold, that is not above zero.
    """
    _check_keys([item.key for item in journals])
    _check_keys([item.key for item in holds])
    legs = _legs(journals)
    uses: list[tuple[int, UUID, Decimal | None]] = [
        (place, use.hold_id, use.amount) for place, item in enumerate(journals, 1) for use in item.uses
    ]
    uses += [(0, item.hold_id, item.amount) for item in releases]
    if not all(_is_positive(amount) or (amount is None and not place) for place, _, amount in uses):
        raise AmountNotBookable
    if not all(_is_positive(item.amount) for item in holds):
        raise AmountNotBookable
    places = _places([leg[0] for leg in legs] + [item.account_id for item in holds])
    uids = [uuid7() for _ in journals]
    arguments = [
        now(),
        actor.kind.value,
        actor.id,
        current_request_id(),
        uuid7(),
        _ids(places),
        _ids(uids),
        _array([item.key for item in journals]),
        _array([item.book.value for item in journals]),
        _array([item.mode.value for item in journals]),
        _array([item.kind.value for item in journals]),
        _times([item.effective_at for item in journals]),
        _ids([item.subject_id for item in journals]),
        _numbers([item.reverses_id for item in journals]),
        _numbers([len(item.legs) for item in journals]),
        _numbers([places[leg[0]] for leg in legs]),
        _numbers([leg[1] for leg in legs]),
    ]
    if not (uses or holds):
        return Call(CALL, arguments, uids, [])
    hold_places, hold_ids = _places([use[1] for use in uses]), [uuid7() for _ in holds]
    arguments += [
        _ids(hold_places),
        _numbers([use[0] for use in uses]),
        _numbers([hold_places[use[1]] for use in uses]),
        _numbers([use[2] for use in uses]),
        _ids(hold_ids),
        _array([item.key for item in holds]),
        _numbers([places[item.account_id] for item in holds]),
        _numbers([item.amount for item in holds]),
        _array([item.purpose.value for item in holds]),
        _ids([item.subject_id for item in holds]),
        _times([item.expires_at for item in holds]),
        _array(["t" if item.must_cover else "f" for item in holds]),
    ]
    return Call(CALL_WITH_HOLDS, arguments, uids, hold_ids)


def _check_keys(keys: list[str]) -> None:
    if len(set(keys)) != len(keys) or not all(map(KEY.fullmatch, keys)):
        raise Defect("Keys of the ledger are 1 to 160 letters, digits and :._#/- and differ from each other.")


def _legs(journals: Sequence[NewJournal]) -> list[Leg]:
    """Return the legs of all journals in a row, after checking what the database could only say less clearly."""
    found: list[Leg] = []
    for journal in journals:
        legs = journal.legs
        if len(legs) < DOUBLE_ENTRY or len({leg[0] for leg in legs}) != len(legs):
            raise JournalUnbalanced
        found += legs
    for _, amount in found:
        if not isinstance(amount, Decimal) or not amount.is_finite() or not amount:
            raise JournalUnbalanced
    return found


def _is_positive(amount: object) -> bool:
    return isinstance(amount, Decimal) and amount.is_finite() and amount > 0


def _places(ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return the sorted ids with their places from 1."""
    return {key: place for place, key in enumerate(sorted(set(ids)), 1)}


def _array(values: Iterable[str]) -> str:
    """Return PostgreSQL's text of an array. No value holds a comma, quote, brace, backslash or blank."""
    return "{" + ",".join(values) + "}"


def _ids(values: Iterable[UUID | None]) -> str:
    return _nullable(["NULL" if value is None else value.hex for value in values])


def _numbers(values: Iterable[Decimal | int | None]) -> str:
    return _nullable(["NULL" if value is None else str(value) for value in values])


def _times(values: Iterable[datetime | None]) -> str:
    return _nullable(["NULL" if value is None else value.isoformat() for value in values])


def _nullable(texts: list[str]) -> str:
    """Return an array; the empty one for nothing but NULLs."""
    return NOTHING if texts.count("NULL") == len(texts) else _array(texts)
