"""What must hold of positions, recomputed from their entries and lots."""

from django.db import connection

from apps.core.proofs import proves

WRONG = """
    SELECT p.id FROM positions_position p
    LEFT JOIN (SELECT position_id, count(*) AS number, sum(realised_fifo) AS fifo, sum(realised_average) AS average
               FROM positions_positionentry GROUP BY position_id) e ON e.position_id = p.id
    LEFT JOIN positions_positionentry newest ON newest.position_id = p.id AND newest.version = p.version
    LEFT JOIN (SELECT position_id, sum(remaining) AS remaining FROM positions_positionlot GROUP BY position_id) l
           ON l.position_id = p.id
    WHERE p.version <> coalesce(e.number, 0)
       OR p.quantity <> coalesce(newest.quantity_after, 0)
       OR p.realised_fifo <> coalesce(e.fifo, 0)
       OR p.realised_average <> coalesce(e.average, 0)
       OR abs(p.quantity) <> coalesce(l.remaining, 0)
"""


@proves("positions")
def positions_follow_their_entries() -> list[str]:
    """Return the positions whose quantity, results or lots are not what their entries add up to."""
    with connection.cursor() as cursor:
        cursor.execute(WRONG)
        return [f"position {row[0]} is not the sum of its entries" for row in cursor.fetchall()]
