"""What must hold between positions, accruals and the ledger, recomputed from the rows."""

from apps.core.proofs import faults_of, proves

CHECKS: dict[str, str] = {
    "yield position {} holds another amount than was put in and compounded": """
        SELECT p.id FROM wallets_yieldposition p JOIN wallets_yieldproduct t ON t.id = p.product_id
        LEFT JOIN ledger_account a ON a.kind = 'earn' AND a.subject_id = p.id
        LEFT JOIN (SELECT position_id, sum(amount) AS total FROM wallets_accrual GROUP BY position_id) e
            ON e.position_id = p.id
        WHERE coalesce(a.balance, 0) <> CASE WHEN p.state = 'closed' THEN 0
            ELSE p.amount + CASE WHEN t.compounds THEN coalesce(e.total, 0) ELSE 0 END END
    """,
    "staking position {} holds another amount than was put in and compounded": """
        SELECT p.id FROM wallets_stakeposition p JOIN wallets_stakingproduct t ON t.id = p.product_id
        LEFT JOIN ledger_account a ON a.kind = 'stake' AND a.subject_id = p.id
        LEFT JOIN (SELECT stake_id, sum(amount) AS total FROM wallets_accrual GROUP BY stake_id) e ON e.stake_id = p.id
        WHERE coalesce(a.balance, 0) <> CASE WHEN p.state = 'released' THEN 0
            ELSE p.amount + CASE WHEN t.compounds THEN coalesce(e.total, 0) ELSE 0 END END
    """,
    "accrual {} was not paid as it says": """
        SELECT c.id FROM wallets_accrual c LEFT JOIN ledger_journal j ON j.key = 'accrual:' || c.id::text
        LEFT JOIN ledger_entry e ON e.journal_id = j.id AND e.amount > 0
        WHERE coalesce(e.amount, 0) <> c.amount
    """,
    "position {} has a day without an accrual before its last one": """
        SELECT coalesce(position_id, stake_id) FROM wallets_accrual GROUP BY position_id, stake_id
        HAVING count(*) <> max(day) - min(day) + 1
    """,
    "closed goal {} still holds money": """
        SELECT g.id FROM wallets_savingsgoal g JOIN ledger_account a ON a.kind = 'savings' AND a.subject_id = g.id
        WHERE g.state = 'closed' AND a.balance <> 0
    """,
    "accrual run {} is not the sum of its accruals": """
        SELECT r.id FROM wallets_accrualrun r LEFT JOIN (
            SELECT p.product_id, s.product_id AS staking_id, coalesce(p.mode, s.mode) AS mode, c.day, count(*) AS n,
                sum(c.amount) AS total
            FROM wallets_accrual c LEFT JOIN wallets_yieldposition p ON p.id = c.position_id
            LEFT JOIN wallets_stakeposition s ON s.id = c.stake_id GROUP BY 1, 2, 3, 4
        ) c ON c.day = r.day AND c.mode = r.mode
            AND (c.product_id = r.product_id OR c.staking_id = r.staking_product_id)
        WHERE r.positions <> coalesce(c.n, 0) OR r.amount <> coalesce(c.total, 0)
    """,
}
"""Fault in words → the query that finds those who have it. A reversal by staff shows here until it is explained."""


@proves("wallets.earning")
def earning_holds() -> list[str]:
    """Return what does not hold between positions, accruals, runs and the ledger."""
    return faults_of(CHECKS)
