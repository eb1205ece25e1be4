"""Notifications: inbox, live topic and e-mail behind one call."""

from typing import Any

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Registers handlers, the live topic and the count in the frame of the pages."""

    name = "apps.platform.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Connect the inbox to events, sockets and pages."""
        from apps.core.live import Identity, Scope, Topic, register_topic
        from apps.core.shell import fill
        from apps.platform.notifications import handlers, tasks  # noqa: F401 - registers them
        from apps.platform.notifications.operations.inbox import LIVE_TOPIC
        from apps.platform.notifications.queries import count_unread

        def snapshot(identity: Identity, _topic: str) -> dict[str, Any]:
            return {"unread": count_unread(identity.user_id)}

        def is_own(_identity: Identity, topic: str) -> bool:
            return topic == LIVE_TOPIC

        register_topic(Topic(prefix=LIVE_TOPIC, scope=Scope.USER, snapshot=snapshot, authorise=is_own))
        fill("unread", lambda user: count_unread(user.pk))
