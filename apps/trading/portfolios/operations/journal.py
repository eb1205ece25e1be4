"""Writing the journal. Pictures are judged by their bytes, kept in the tenant's media, and fetched by nobody else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.ids import uuid7
from apps.core.operation import operation
from apps.trading.orders.errors import OrderMissing
from apps.trading.orders.queries import get_order
from apps.trading.portfolios import journal
from apps.trading.portfolios.calendar import known_zone, today_in, zone_of
from apps.trading.portfolios.choices import ImageKind, JournalAbout
from apps.trading.portfolios.errors import (
    PictureRefused,
    SubjectMissing,
    TagsInvalid,
    TextInvalid,
    TooManyPortfolios,
)
from apps.trading.portfolios.models import JournalEntry, JournalImage, Preference
from apps.trading.portfolios.operations.permissions import MANAGE
from apps.trading.positions.errors import PositionMissing
from apps.trading.positions.queries import get_own_position

TITLE, TEXT, MOST_TAGS = 120, 20_000, 12
TAG = re.compile(r"[\w-]{1,30}")
MOST_ENTRIES, MOST_IMAGES, MOST_BYTES = 20_000, 8, 5_000_000
SIGNATURES = ((b"\x89PNG\r\n\x1a\n", ImageKind.PNG), (b"\xff\xd8\xff", ImageKind.JPEG), (b"GIF87a", ImageKind.GIF),
              (b"GIF89a", ImageKind.GIF))  # fmt: skip
LEAST_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What to write. `day` None: the day of the trade, or today, by the person's clock."""

    title: str
    text: str = ""
    tags: Sequence[str] = ()
    day: date | None = None


@operation("portfolios.choose_zone", permission=MANAGE, audited=("zone",))
def choose_zone(*, actor: Actor, owner_id: UUID, zone: str) -> Preference:
    """Choose the time zone of the calendar and the journal. Raises ZoneUnknown."""
    known_zone(zone)
    row, _ = Preference.objects.update_or_create(owner_id=owner_id, defaults={"zone": zone})
    return row


@operation("portfolios.write_note", permission=MANAGE, audited=("about", "about_id"))
def write_note(*, actor: Actor, owner_id: UUID, about: str, about_id: UUID | None = None, note: Note) -> JournalEntry:
    """Write a note about an order, a position or a day. Raises SubjectMissing, TextInvalid and TagsInvalid."""
    if JournalEntry.objects.filter(owner_id=owner_id).count() >= MOST_ENTRIES:
        raise TooManyPortfolios(most=MOST_ENTRIES, what="notes")
    symbol, day = _subject(owner_id, JournalAbout(about), about_id)
    return JournalEntry.objects.create(
        owner_id=owner_id,
        about=about,
        about_id=None if about == JournalAbout.DAY else about_id,
        symbol=symbol,
        day=note.day or day,
        changed_at=now(),
        **_checked(note),
    )


@operation("portfolios.change_note", permission=MANAGE, audited=("entry_id",))
def change_note(*, actor: Actor, owner_id: UUID, entry_id: UUID, note: Note) -> JournalEntry:
    """Write a note anew. Raises EntryMissing, TextInvalid and TagsInvalid."""
    row = journal.get_entry(entry_id, owner_id)
    for name, value in _checked(note).items():
        setattr(row, name, value)
    row.day, row.changed_at = note.day or row.day, now()
    row.save()
    return row


@operation("portfolios.remove_note", permission=MANAGE, audited=("entry_id",))
def remove_note(*, actor: Actor, owner_id: UUID, entry_id: UUID) -> None:
    """Remove a note with its pictures. Raises EntryMissing."""
    row = journal.get_entry(entry_id, owner_id)
    for image in row.images.all():
        _forget(image.path)
    row.delete()


@operation("portfolios.add_picture", permission=MANAGE, audited=("entry_id",))
def add_picture(*, actor: Actor, owner_id: UUID, entry_id: UUID, content: bytes, label: str = "") -> JournalImage:
    """Keep a picture of a note (PNG, JPEG, WebP or GIF by its bytes; at most 5 MB, 8 a note).

    Raises EntryMissing and PictureRefused.
    """
    entry = journal.get_entry(entry_id, owner_id)
    if entry.images.count() >= MOST_IMAGES:
        raise PictureRefused(field="content", why=f"a note has at most {MOST_IMAGES}")
    if len(content) > MOST_BYTES:
        raise PictureRefused(field="content", why=f"it is larger than {MOST_BYTES // 1_000_000} MB")
    kind = kind_of(content)
    key = uuid7()
    wanted = f"journal/{entry.pk}/{key}.{kind.value}"
    path = default_storage.save(wanted, ContentFile(content))
    return JournalImage.objects.create(
        id=key, entry=entry, kind=kind, size=len(content), path=path, label=_shown(label)[:TITLE]
    )


@operation("portfolios.remove_picture", permission=MANAGE, audited=("image_id",))
def remove_picture(*, actor: Actor, owner_id: UUID, image_id: UUID) -> None:
    """Remove a picture. Raises EntryMissing."""
    row = journal.get_image(image_id, owner_id)
    _forget(row.path)
    row.delete()


def kind_of(content: bytes) -> ImageKind:
    """Return what the bytes are, whatever their name says. Raises PictureRefused."""
    if len(content) >= LEAST_BYTES:
        for signature, kind in SIGNATURES:
            if content.startswith(signature):
                return kind
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return ImageKind.WEBP
    raise PictureRefused(field="content", why="it is no PNG, JPEG, WebP or GIF")


def _subject(owner_id: UUID, about: JournalAbout, about_id: UUID | None) -> tuple[str, date]:
    """Return the symbol of what a note is about and the day it happened on."""
    zone, symbol, moment = zone_of(owner_id), "", now()
    try:
        if about is JournalAbout.ORDER and about_id is not None:
            order = get_order(about_id, owner_id=owner_id)
            symbol, moment = order.symbol, order.decided_at
        elif about is JournalAbout.POSITION and about_id is not None:
            position = get_own_position(about_id, owner_id)
            symbol, moment = position.symbol, position.last_fill_at or moment
        elif about is not JournalAbout.DAY:
            raise SubjectMissing
    except (OrderMissing, PositionMissing):
        raise SubjectMissing from None
    return symbol, today_in(zone, moment)


def _checked(note: Note) -> dict[str, object]:
    title = _shown(note.title).strip()
    if not title or len(title) > TITLE or len(note.text) > TEXT or "\x00" in note.text:
        raise TextInvalid(field="title")
    tags = sorted({tag.strip().lower() for tag in note.tags if tag.strip()})
    if len(tags) > MOST_TAGS or not all(TAG.fullmatch(tag) for tag in tags):
        raise TagsInvalid(field="tags", most=MOST_TAGS)
    return {"title": title, "text": note.text.strip(), "tags": tags}


def _shown(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())


def _forget(path: str) -> None:
    """Delete the bytes once the row is gone for good."""
    transaction.on_commit(lambda: default_storage.delete(path), robust=True)
