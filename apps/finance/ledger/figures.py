"""What a proof report tells of the books beside the faults: entries, balances, holds, conservation, by asset."""

from typing import Any

from django.db import connection

from apps.core.proofs import figures
from kernel.money.exact import plain

COUNTS = ("accounts", "entries", "open_holds")
FIGURES = """
    SELECT a.mode, a.asset, count(*) AS accounts,
        (SELECT count(*) FROM ledger_entry e JOIN ledger_account b ON b.id = e.account_id
            WHERE b.mode = a.mode AND b.asset = a.asset) AS entries,
        (SELECT count(*) FROM ledger_hold h JOIN ledger_account b ON b.id = h.account_id
            WHERE h.state = 'open' AND b.mode = a.mode AND b.asset = a.asset) AS open_holds,
        sum(a.held) AS held,
        coalesce(sum(a.balance) FILTER (WHERE a.balance > 0), 0) AS credits,
        coalesce(-sum(a.balance) FILTER (WHERE a.balance < 0), 0) AS debits,
        coalesce(sum(a.balance) FILTER (WHERE a.book = 'wallet' AND a.holder_id IS NOT NULL), 0) AS owed_to_customers,
        coalesce(-sum(a.balance) FILTER (WHERE a.kind = 'custody'), 0) AS in_custody,
        coalesce(sum(a.balance) FILTER (WHERE a.book = 'wallet'), 0) AS wallet_sum,
        coalesce(sum(a.balance) FILTER (WHERE a.book = 'venue'), 0) AS venue_sum,
        coalesce(sum(a.balance) FILTER (WHERE a.book = 'house'), 0) AS house_sum
    FROM ledger_account a GROUP BY a.mode, a.asset ORDER BY a.mode, a.asset
"""
"""One statement, so one moment. The three sums are zero: each book conserves every asset."""


@figures("ledger")
def per_asset() -> list[dict[str, Any]]:
    """Return a row for each mode and asset that has accounts; amounts are texts."""
    with connection.cursor() as cursor:
        cursor.execute(FIGURES)
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [
        {name: value if name in ("mode", "asset", *COUNTS) else f"{plain(value):f}" for name, value in row.items()}
        for row in rows
    ]
