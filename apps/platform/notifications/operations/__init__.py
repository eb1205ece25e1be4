"""Telling people things."""

from apps.platform.notifications.operations.inbox import mark_all_read, mark_read, notify
from apps.platform.notifications.operations.mail import queue_mail, send_queued

__all__ = ["mark_all_read", "mark_read", "notify", "queue_mail", "send_queued"]
