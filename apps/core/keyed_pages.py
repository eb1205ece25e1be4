"""Pages of a list that goes by its key: newest first, each page older than the last row of the one before."""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Model, QuerySet

from apps.core.view import Page

Row = TypeVar("Row", bound=Model)


def page_of(
    found: QuerySet[Row], *, after: UUID | None, size: int, base: str, words: str, kept: Mapping[str, Any] | None = None
) -> tuple[list[Row], Page]:
    """Return at most `size` rows of a list ordered by "-id", older than `after`, and where it goes on.

    `base` is the list's address, `kept` the parts of its query that stay, `words` what the rows are ("charges").
    """
    rows = list((found if after is None else found.filter(pk__lt=after))[: size + 1])
    shown, stays = rows[:size], dict(kept or {})
    first = f"{base}?{urlencode(stays)}" if stays else base
    older = f"{base}?{urlencode({**stays, 'after': shown[-1].pk})}" if len(rows) > size else ""
    return shown, Page(f"{len(shown)} {words}", first if after is not None else "", older)
