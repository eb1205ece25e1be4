"""What must hold between deposits, withdrawals, transfers and the ledger, recomputed from the rows."""

from apps.core.proofs import faults_of, proves

CHECKS: dict[str, str] = {
    "credited deposit {} is not booked as it says": """
        SELECT d.id FROM wallets_deposit d LEFT JOIN ledger_journal j ON j.key = 'deposit:' || d.id::text || ':credit'
        LEFT JOIN ledger_entry e ON e.journal_id = j.id AND e.amount > 0
        WHERE d.state = 'credited' AND coalesce(e.amount, 0) <> d.credited
    """,
    "deposit {} is booked and not credited": """
        SELECT d.id FROM wallets_deposit d JOIN ledger_journal j ON j.key = 'deposit:' || d.id::text || ':credit'
        WHERE d.state <> 'credited'
    """,
    "withdrawal {} is booked otherwise than it stands": """
        SELECT w.id FROM wallets_withdrawal w
        LEFT JOIN ledger_journal j ON j.key = 'withdrawal:' || w.id::text || ':paid'
        LEFT JOIN ledger_entry e ON e.journal_id = j.id AND e.amount > 0
        WHERE coalesce(e.amount, 0) <> CASE WHEN w.state = 'confirmed' THEN w.amount - w.fee ELSE 0 END
    """,
    "withdrawal {} does not hold what it should": """
        SELECT w.id FROM wallets_withdrawal w LEFT JOIN ledger_hold h ON h.id = w.hold_id
        WHERE coalesce(h.remaining, -1) <> CASE WHEN w.ended_at IS NULL THEN w.amount ELSE 0 END
    """,
    "withdrawal {} is paid without a provider's proof": """
        SELECT w.id FROM wallets_withdrawal w WHERE w.state = 'confirmed' AND NOT EXISTS (
            SELECT FROM wallets_providercall c WHERE c.withdrawal_id = w.id AND c.state = 'paid' AND c.txid = w.txid)
    """,
    "transfer {} does not hold what it should": """
        SELECT t.id FROM wallets_transfer t LEFT JOIN ledger_hold h ON h.id = t.hold_id
        WHERE coalesce(h.remaining, -1) <> CASE WHEN t.state = 'held' THEN t.amount ELSE 0 END
    """,
    "delivered transfer {} is not booked": """
        SELECT t.id FROM wallets_transfer t
        LEFT JOIN ledger_journal j ON j.key = 'transfer:' || t.id::text || ':done'
        WHERE (j.id IS NOT NULL) <> (t.state = 'done')
    """,
    "deposit {} is not what it was when it was credited": "SELECT id FROM wallets_deposit WHERE problem <> ''",
}
"""Fault in words → the query that finds those who have it."""


@proves("wallets.funding")
def funding_holds() -> list[str]:
    """Return what does not hold between movements of money and the ledger."""
    return faults_of(CHECKS)
