"""The statement of a wallet: what moved, newest first, over all assets or one, page by page."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from apps.core.errors import Invalid
from apps.finance.ledger.choices import AccountKind, Mode
from apps.finance.ledger.queries import EntryRow, get_balances, list_entries

PAGE, MOST = 50, 200


class CursorInvalid(Invalid):
    """The cursor is not one of ours."""

    code = "wallets.cursor_invalid"
    message = "This cursor is not one that a page gave. Begin without one."


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One movement of an asset: `amount` positive came in; `balance_after` is of that asset's wallet.

    `kind` is the journal's (deposit, withdrawal, transfer, fee, save …), `subject_id` what it was about.
    """

    asset: str
    kind: str
    amount: Decimal
    balance_after: Decimal
    at: datetime
    journal_id: UUID
    subject_id: UUID | None


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """Movements, newest first, and the cursor of the next page; empty at the end."""

    rows: tuple[ActivityRow, ...]
    next_cursor: str


def list_activity(
    owner_id: UUID, *, mode: Mode = Mode.LIVE, asset: str = "", cursor: str = "", limit: int = PAGE
) -> ActivityPage:
    """Return movements of a customer's wallet in a mode, of one asset or all. Raises CursorInvalid."""
    many = max(1, min(limit, MOST))
    wallets = {
        str(row.account_id): row
        for row in get_balances(owner_id, mode=mode)
        if row.kind == AccountKind.CUSTOMER and asset in ("", row.asset)
    }
    below = _read(cursor)
    found: list[tuple[EntryRow, str]] = []
    for key, wallet in wallets.items():
        # One row more than the page tells whether anything follows.
        entries = list_entries(wallet.account_id, below=below.get(key), limit=many + 1)
        found += [(entry, key) for entry in entries]
    found.sort(key=lambda item: (item[0].booked_at, item[0].version), reverse=True)
    page = found[:many]
    for entry, key in page:
        below[key] = min(entry.version, below.get(key, entry.version))
    rows = tuple(_row(wallets[key].asset, entry) for entry, key in page)
    return ActivityPage(rows, _written(below) if len(found) > many else "")


def _row(asset: str, entry: EntryRow) -> ActivityRow:
    return ActivityRow(
        asset=asset,
        kind=entry.kind,
        amount=entry.amount,
        balance_after=entry.balance_after,
        at=entry.booked_at,
        journal_id=entry.journal_uid,
        subject_id=entry.subject_id,
    )


def _written(below: dict[str, int]) -> str:
    return urlsafe_b64encode(json.dumps(below, separators=(",", ":")).encode()).decode().rstrip("=")


def _read(cursor: str) -> dict[str, int]:
    """Return account → version to go on below. Only the caller's own accounts are looked up with it."""
    if not cursor:
        return {}
    try:
        found = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise CursorInvalid(field="cursor") from None
    most = 2**62
    if not isinstance(found, dict) or not all(type(value) is int and 0 <= value < most for value in found.values()):
        raise CursorInvalid(field="cursor")
    return found
