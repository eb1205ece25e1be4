"""Reading the journal."""

from dataclasses import dataclass
from datetime import date
from typing import IO, Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet

from apps.trading.portfolios.errors import EntryMissing
from apps.trading.portfolios.models import JournalEntry, JournalImage


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFilter:
    """What to look for: words in title or text, a tag, what it is about, a market, days (both included)."""

    search: str = ""
    tag: str = ""
    about: str = ""
    about_id: UUID | None = None
    symbol: str = ""
    since: date | None = None
    until: date | None = None


def get_entry(entry_id: UUID, owner_id: UUID) -> JournalEntry:
    """Return a person's note, or raise EntryMissing."""
    row = JournalEntry.objects.filter(pk=entry_id, owner_id=owner_id).first()
    if row is None:
        raise EntryMissing
    return row


def get_image(image_id: UUID, owner_id: UUID) -> JournalImage:
    """Return a picture of a person's note, or raise EntryMissing."""
    row = JournalImage.objects.filter(pk=image_id, entry__owner_id=owner_id).first()
    if row is None:
        raise EntryMissing
    return row


def open_image(image: JournalImage) -> IO[Any]:
    """Return the bytes of a picture, to be read. Raises EntryMissing when they are gone."""
    try:
        return default_storage.open(image.path, "rb")
    except FileNotFoundError:
        raise EntryMissing from None


def list_entries(owner_id: UUID, wanted: JournalFilter | None = None) -> QuerySet[JournalEntry]:
    """Return a person's notes that fit, newest day first."""
    found = JournalEntry.objects.filter(owner_id=owner_id).prefetch_related("images").order_by("-day", "-id")
    if wanted is None:
        return found
    for word in wanted.search.split()[:8]:
        found = found.filter(Q(title__icontains=word) | Q(text__icontains=word))
    if wanted.tag:
        found = found.filter(tags__contains=[wanted.tag.lower()])
    exact = {"about": wanted.about, "about_id": wanted.about_id, "symbol": wanted.symbol}
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if wanted.since is not None:
        found = found.filter(day__gte=wanted.since)
    return found if wanted.until is None else found.filter(day__lte=wanted.until)


def list_tags(owner_id: UUID) -> list[str]:
    """Return the tags that a person uses."""
    found: set[str] = set()
    for tags in JournalEntry.objects.filter(owner_id=owner_id).values_list("tags", flat=True):
        found.update(tags)
    return sorted(found)
