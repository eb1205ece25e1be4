"""What must hold of the ledger, recomputed from its rows."""

from apps.core.proofs import faults_of, proves
from apps.finance.ledger.operations.sealing import seal_faults

CHECKS: dict[str, str] = {
    "account {} is not the sum of its entries": """
        SELECT a.id FROM ledger_account a
        LEFT JOIN (SELECT account_id, sum(amount) AS total, count(*) AS n FROM ledger_entry GROUP BY account_id) e
            ON e.account_id = a.id
        WHERE a.balance <> coalesce(e.total, 0) OR a.version <> coalesce(e.n, 0)
    """,
    "account {} has a running balance that is not the running sum": """
        SELECT DISTINCT s.account_id FROM (
            SELECT account_id, balance_after, version,
                sum(amount) OVER w AS running, row_number() OVER w AS place
            FROM ledger_entry WINDOW w AS (PARTITION BY account_id ORDER BY version)
        ) s WHERE s.balance_after <> s.running OR s.version <> s.place
    """,
    "account {} holds another amount than its open holds": """
        SELECT a.id FROM ledger_account a
        LEFT JOIN (
            SELECT account_id, sum(remaining) AS total FROM ledger_hold WHERE state = 'open' GROUP BY account_id
        ) h ON h.account_id = a.id
        WHERE a.held <> coalesce(h.total, 0)
    """,
    "account {} is below its floor": """
        SELECT id FROM ledger_account WHERE floor IS NOT NULL AND side * balance - held < floor
    """,
    "journal {} does not sum to zero, or crosses books or modes": """
        SELECT j.uid FROM ledger_journal j JOIN ledger_entry e ON e.journal_id = j.id
        JOIN ledger_account a ON a.id = e.account_id
        GROUP BY j.uid, j.book, j.mode, a.asset
        HAVING sum(e.amount) <> 0 OR bool_or(a.book <> j.book OR a.mode <> j.mode)
    """,
    "journal {} has no entries": """
        SELECT uid FROM ledger_journal j WHERE NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.journal_id = j.id)
    """,
    "journal {} was changed after it was written": """
        SELECT j.uid FROM ledger_journal j JOIN (
            SELECT e.journal_id, string_agg(e.account_id || ':' || trim_scale(e.amount) || ':'
                || trim_scale(e.balance_after) || ':' || e.version, ',' ORDER BY e.account_id) AS legs
            FROM ledger_entry e GROUP BY e.journal_id
        ) l ON l.journal_id = j.id
        WHERE j.content_hash <> ledger_content(j.uid, j.key, j.book, j.mode, j.kind, j.effective_at, j.booked_at,
            j.actor_kind, j.actor_id, j.subject_id, j.reverses_id, l.legs)
    """,
    "asset {} does not add up over all accounts": """
        SELECT a.mode || ' ' || a.asset FROM ledger_account a GROUP BY a.mode, a.asset HAVING sum(a.balance) <> 0
    """,
    "asset {} is not cleared between the wallet and the house book": """
        SELECT a.mode || ' ' || a.asset FROM ledger_account a WHERE a.kind IN ('wallet_clearing', 'house_clearing')
        GROUP BY a.mode, a.asset HAVING sum(a.balance) <> 0
    """,
}
"""Fault in words → the query that finds those who have it."""


@proves("ledger")
def ledger_holds() -> list[str]:
    """Return what does not hold: balances, running sums, holds, floors, zero sums, contents, clearing, seals."""
    faults = faults_of(CHECKS)
    return faults + seal_faults()
