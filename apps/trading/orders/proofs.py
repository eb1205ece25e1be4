"""What must hold of orders, recomputed from their fills."""

from django.db import connection

from apps.core.proofs import proves

WRONG_SUMS = """
    SELECT o.client_id FROM orders_order o
    LEFT JOIN (SELECT order_id, sum(quantity) AS filled FROM orders_fill GROUP BY order_id) f ON f.order_id = o.id
    WHERE o.filled <> coalesce(f.filled, 0)
"""
UNBOOKED = """
    SELECT f.id FROM orders_fill f
    LEFT JOIN positions_positionentry e ON e.fill_id = f.id WHERE e.id IS NULL
"""


@proves("orders")
def orders_follow_their_fills() -> list[str]:
    """Return the orders whose filled quantity is not the sum of their fills, and fills that no position has booked."""
    with connection.cursor() as cursor:
        cursor.execute(WRONG_SUMS)
        faults = [f"order {row[0]} is not the sum of its fills" for row in cursor.fetchall()]
        cursor.execute(UNBOOKED)
        return faults + [f"fill {row[0]} is not booked" for row in cursor.fetchall()]
