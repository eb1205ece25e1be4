"""What fills did to positions, summed over time."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

RESULTS = """
    SELECT date_bin('15 minutes', e.at, '2000-01-01 00:00+00'), p.quote, sum(e.realised_fifo - e.fee_quote), count(*)
    FROM positions_positionentry e
    JOIN positions_position p ON p.id = e.position_id JOIN positions_book b ON b.id = p.book_id
    WHERE b.owner_id = %(owner)s AND (%(since)s::timestamptz IS NULL OR e.at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR e.at < %(until)s)
        AND (%(books)s::uuid[] IS NULL OR b.id = ANY(%(books)s))
    GROUP BY 1, 2 ORDER BY 1, 2
"""


def list_quarter_results(
    owner_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    book_ids: Collection[UUID] | None = None,
) -> list[tuple[datetime, str, Decimal, int]]:
    """Return (start of a quarter of an hour, quote asset, realised by FIFO less fees, fills), oldest first.

    Exact; the quarters that fills fell into, from `since` on and before `until`, of all or of some books.
    """
    books = None if book_ids is None else list(book_ids)
    with connection.cursor() as cursor:
        cursor.execute(RESULTS, {"owner": owner_id, "since": since, "until": until, "books": books})
        return list(cursor.fetchall())
