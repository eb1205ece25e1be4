"""The inbox: one row a cause, a live frame after the commit, a mail when the topic is loud enough."""

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.live import publish_to_user, publish_to_user_after_commit
from apps.core.operation import operation
from apps.platform.configurations.queries import is_enabled
from apps.platform.notifications.choices import Criticality, NotificationTopic, topic_of
from apps.platform.notifications.errors import ItemMissing
from apps.platform.notifications.groups import send_to_person
from apps.platform.notifications.models import InboxItem
from apps.platform.notifications.operations.mail import queue_mail
from apps.platform.notifications.queries import count_unread, message_of

LIVE_TOPIC = "notifications"


def notify(recipient: UUID, topic: str, params: dict[str, Any], *, dedupe_key: str) -> InboxItem:
    """Tell a person something once: the same `dedupe_key` again changes nothing and returns the first item.

    Called from event handlers, in their transaction. `params` are JSON-able and hold no secrets. A topic that was
    never declared is a Defect.
    """
    kind = topic_of(topic)
    item, is_new = InboxItem.objects.get_or_create(
        owner_id=recipient, dedupe_key=dedupe_key, defaults={"topic": topic, "params": params}
    )
    if is_new:
        _mail(item, kind)
        schema = current_schema()
        transaction.on_commit(lambda: _publish(schema, item), robust=True)
    return item


@operation("notifications.mark_read", permission=None, trail=False)
def mark_read(*, actor: Actor, item_id: UUID) -> InboxItem:
    """Mark one of the actor's own items as read; again is the same. Raises ItemMissing."""
    item = InboxItem.objects.filter(pk=item_id, owner_id=actor.id).first()
    if item is None:
        raise ItemMissing
    if item.read_at is None:
        item.read_at = now()
        item.save(update_fields=["read_at"])
        _publish_count_after_commit(item.owner_id)
    return item


@operation("notifications.mark_all_read", permission=None, trail=False)
def mark_all_read(*, actor: Actor) -> int:
    """Mark all of the actor's own items as read; return how many were not."""
    changed = InboxItem.objects.filter(owner_id=actor.id, read_at__isnull=True).update(read_at=now())
    if changed and actor.id is not None:
        _publish_count_after_commit(actor.id)
    return changed


def _mail(item: InboxItem, kind: NotificationTopic) -> None:
    if kind.criticality is Criticality.INFO:
        return
    if kind.criticality is Criticality.IMPORTANT and not is_enabled("notifications.email"):
        return
    user = get_user_model()._default_manager.filter(pk=item.owner_id, is_active=True).first()
    if user is None:
        return
    message = message_of(item)
    queue_mail(recipient=user.email, subject=message.title, text=f"{message.title}\n\n{message.text}\n")


def _publish(schema: str, item: InboxItem) -> None:
    message = message_of(item)
    frame = {
        "unread": count_unread(item.owner_id),
        "id": str(item.pk),
        "title": message.title,
        "text": message.text,
        "url": message.url,
        "tone": message.tone,
    }
    publish_to_user(LIVE_TOPIC, item.owner_id, frame, schema=schema)
    send_to_person(schema, item.owner_id, frame)


def _publish_count_after_commit(owner_id: UUID) -> None:
    publish_to_user_after_commit(LIVE_TOPIC, owner_id, lambda: {"unread": count_unread(owner_id)})
