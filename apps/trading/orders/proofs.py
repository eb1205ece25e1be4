"""What must hold of orders, recomputed from their fills."""

from django.db import connection

from apps.core.proofs import faults_of, proves
from apps.trading.orders.choices import FINAL
from kernel.instruments.contracts import PERPETUAL

WRONG_SUMS = """
    SELECT o.client_id FROM orders_order o
    LEFT JOIN (SELECT order_id, sum(quantity) AS filled FROM orders_fill GROUP BY order_id) f ON f.order_id = o.id
    WHERE o.filled <> coalesce(f.filled, 0)
"""
UNBOOKED = """
    SELECT f.id FROM orders_fill f
    LEFT JOIN positions_positionentry e ON e.fill_id = f.id WHERE e.id IS NULL
"""

EXPECTED = """
    WITH side AS (
        SELECT f.id, f.connection_id, f.fee, f.fee_asset, p.base, p.quote, f.quantity,
            f.quantity * f.price AS value, CASE f.side WHEN 'buy' THEN 1 ELSE -1 END AS sign
        FROM orders_fill f JOIN orders_order o ON o.id = f.order_id
        JOIN positions_position p ON p.book_id = o.book_id AND p.symbol = f.symbol
    ), moved AS (
        SELECT id, connection_id, 'mirror' AS kind, base AS name, sign * quantity AS amount FROM side
        UNION ALL SELECT id, connection_id, 'mirror', quote, -sign * value FROM side
        UNION ALL SELECT id, connection_id, 'venue_clearing', base, -sign * quantity FROM side
        UNION ALL SELECT id, connection_id, 'venue_clearing', quote, sign * value FROM side
        UNION ALL SELECT id, connection_id, 'mirror', fee_asset, -fee FROM side WHERE fee_asset <> ''
        UNION ALL SELECT id, connection_id, 'venue_fees', fee_asset, fee FROM side WHERE fee_asset <> ''
    ), expected AS (
        SELECT id, connection_id, kind, CASE WHEN name ~ '^[A-Z][A-Z0-9]{1,15}$' THEN name
            ELSE 'V' || upper(left(encode(sha256(convert_to(name, 'UTF8')), 'hex'), 15)) END AS asset,
            sum(amount) AS amount
        FROM moved GROUP BY 1, 2, 3, 4 HAVING sum(amount) <> 0
    ), booked AS (
        SELECT j.uid, j.key, j.kind AS journal_kind, a.kind, a.asset, a.subject_id, e.amount, e.account_id
        FROM ledger_journal j JOIN ledger_entry e ON e.journal_id = j.id JOIN ledger_account a ON a.id = e.account_id
        WHERE j.book = 'venue'
    )
"""
"""`expected`: what fills move by kind of account and asset, from fills alone; `booked`: what the venue book has."""

VENUE_CHECKS: dict[str, str] = {
    "fill {} is not booked as it happened": """
        SELECT DISTINCT coalesce(x.id::text, b.key) FROM expected x
        FULL JOIN (SELECT * FROM booked WHERE journal_kind = 'fill') b
            ON b.key = 'fill:' || x.id AND b.kind = x.kind AND b.asset = x.asset AND b.subject_id = x.connection_id
        WHERE x.amount IS DISTINCT FROM b.amount
    """,
    "mirror {} is not its first balance, the venue's own movements and our fills": """
        SELECT a.id FROM ledger_account a
        LEFT JOIN (
            SELECT connection_id, asset, sum(amount) AS amount FROM expected WHERE kind = 'mirror' GROUP BY 1, 2
        ) x ON x.connection_id = a.subject_id AND x.asset = a.asset
        LEFT JOIN (
            SELECT account_id, sum(amount) AS amount FROM booked WHERE journal_kind <> 'fill' GROUP BY 1
        ) b ON b.account_id = a.id
        WHERE a.kind = 'mirror' AND a.side * a.balance <> coalesce(x.amount, 0) + coalesce(b.amount, 0)
    """,
    "first balance {} is not booked as it was seen": """
        SELECT s.id FROM orders_balancebaseline s
        LEFT JOIN ledger_journal j ON j.key = 'baseline:' || s.id
        LEFT JOIN ledger_entry e ON e.journal_id = j.id
            AND e.account_id IN (SELECT id FROM ledger_account WHERE kind = 'mirror' AND subject_id = s.connection_id)
        WHERE s.amount <> coalesce(e.amount, 0)
    """,
    "order {} is over and still holds money": """
        SELECT o.client_id FROM orders_order o JOIN ledger_hold h ON h.subject_id = o.id
        WHERE h.state = 'open' AND o.state = ANY (%(final)s) AND o.reported_filled <= o.filled
    """,
    "group {} is done and still holds money": """
        SELECT g.id FROM orders_ordergroup g JOIN ledger_hold h ON h.key = 'group:' || g.id
        WHERE h.state = 'open' AND g.state = 'done'
    """,
    # A contract order that only closes holds nothing.
    # An order that came to life again after it counted as dead has given its hold back.
    "order {} is open and holds nothing": """
        SELECT o.client_id FROM orders_order o LEFT JOIN ledger_hold h ON h.key = 'order:' || o.id
        WHERE o.state <> ALL (%(final)s) AND o.reject_code = ''
          AND o.leg NOT IN ('take_profit', 'stop') AND o.symbol NOT LIKE %(contracts)s
          AND coalesce(h.state, '') NOT IN ('open', 'settled')
    """,
    # Fills that were booked before the hold (those from before there was a ledger) have not used it.
    "order {} holds another amount than its fills have left of its hold": """
        SELECT o.client_id FROM orders_order o JOIN ledger_hold h ON h.key = 'order:' || o.id AND h.state = 'open'
        LEFT JOIN orders_fill f ON f.order_id = o.id
        LEFT JOIN ledger_journal j ON j.key = 'fill:' || f.id AND j.uid > h.id
        LEFT JOIN ledger_entry e ON e.journal_id = j.id AND e.account_id = h.account_id
        WHERE o.state <> ALL (%(final)s) OR o.reported_filled > o.filled
        GROUP BY o.client_id, h.settled, h.released, h.amount
        HAVING h.released <> 0 OR h.settled <> least(h.amount, coalesce(sum(greatest(-e.amount, 0)), 0))
    """,
}
"""Fault in words → the query, after `EXPECTED`, that finds those who have it."""


@proves("orders")
def orders_follow_their_fills() -> list[str]:
    """Return the orders whose filled quantity is not the sum of their fills, and fills that no position has booked."""
    with connection.cursor() as cursor:
        cursor.execute(WRONG_SUMS)
        faults = [f"order {row[0]} is not the sum of its fills" for row in cursor.fetchall()]
        cursor.execute(UNBOOKED)
        return faults + [f"fill {row[0]} is not booked" for row in cursor.fetchall()]


@proves("venue book")
def venue_book_follows_the_fills() -> list[str]:
    """Return where the ledger's venue book is not what fills, first balances and open orders make of it."""
    params = {"final": list(FINAL), "contracts": f"%{PERPETUAL}"}
    return faults_of({words: EXPECTED + query for words, query in VENUE_CHECKS.items()}, params)
