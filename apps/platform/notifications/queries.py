"""Reading the inbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.platform.notifications.choices import topic_of
from apps.platform.notifications.models import InboxItem


@dataclass(frozen=True, slots=True)
class Message:
    """An inbox item in words."""

    id: UUID
    at: datetime
    topic: str
    title: str
    text: str
    icon: str
    tone: str
    url: str
    is_read: bool


def list_inbox(owner_id: UUID, *, unread_only: bool = False) -> QuerySet[InboxItem]:
    """Return a person's items, newest first."""
    rows = InboxItem.objects.filter(owner_id=owner_id).order_by("-id")
    return rows.filter(read_at__isnull=True) if unread_only else rows


def count_unread(owner_id: UUID) -> int:
    """Return how many items wait to be read."""
    return InboxItem.objects.filter(owner_id=owner_id, read_at__isnull=True).count()


def message_of(item: InboxItem) -> Message:
    """Return an item in words."""
    topic = topic_of(item.topic)
    params = _Params(item.params)
    return Message(
        id=item.pk,
        at=item.created_at,
        topic=item.topic,
        title=topic.title.format_map(params),
        text=topic.text.format_map(params),
        icon=topic.icon,
        tone=topic.tone,
        url=topic.path.format_map(params),
        is_read=item.read_at is not None,
    )


class _Params(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"
