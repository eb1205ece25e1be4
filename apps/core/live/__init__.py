"""Live updates: publish to a topic anywhere, receive it on one socket per page."""

from apps.core.live.publishing import publish, publish_async, publish_to_user, publish_to_user_after_commit, revoke
from apps.core.live.topics import Identity, Scope, Topic, register_topic

__all__ = [
    "Identity",
    "Scope",
    "Topic",
    "publish",
    "publish_async",
    "publish_to_user",
    "publish_to_user_after_commit",
    "register_topic",
    "revoke",
]
