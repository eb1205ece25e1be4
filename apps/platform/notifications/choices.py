"""Topics: what people are told, in which words, and how loudly."""

from dataclasses import dataclass
from enum import StrEnum

from apps.core.errors import Defect


class Criticality(StrEnum):
    """How loudly."""

    INFO = "info"
    """Inbox only."""
    IMPORTANT = "important"
    """Inbox, and e-mail unless the tenant turned that off."""
    SECURITY = "security"
    """Inbox and e-mail, always."""


@dataclass(frozen=True, slots=True)
class NotificationTopic:
    """A kind of message. `title` and `text` are templates over the params of `notify` ("{symbol}")."""

    name: str
    title: str
    text: str
    criticality: Criticality = Criticality.INFO
    icon: str = "info"
    tone: str = "plain"
    path: str = ""
    """Where the message leads, a template over the params ("/bots/{bot_id}/")."""


_topics: dict[str, NotificationTopic] = {}


def declare_topic(topic: NotificationTopic) -> NotificationTopic:
    """Make a topic known (when the product starts) and return it; a second one of the same name is a Defect."""
    if _topics.get(topic.name, topic) != topic:
        raise Defect(f"Notification topic {topic.name} is declared twice.")
    _topics[topic.name] = topic
    return topic


def topic_of(name: str) -> NotificationTopic:
    """Return a declared topic, or raise Defect."""
    if name not in _topics:
        raise Defect(f"Notification topic {name} was never declared.")
    return _topics[name]


WELCOME = declare_topic(
    NotificationTopic(
        name="users.welcome",
        title="Welcome",
        text="Your account is ready. You start on paper with virtual funds; nothing you do moves real money.",
        icon="check-circle",
        tone="good",
        path="/",
    )
)
NEW_DEVICE = declare_topic(
    NotificationTopic(
        name="authentication.new_device",
        title="New sign-in",
        text="{device} signed in to your account. If this was not you, change your password now.",
        criticality=Criticality.SECURITY,
        icon="device",
        tone="warn",
        path="/account/security/",
    )
)
CREDENTIAL_CHANGED = declare_topic(
    NotificationTopic(
        name="authentication.credential_changed",
        title="{what}",
        text="This was done in your account just now. If it was not you, change your password and sign out everywhere.",
        criticality=Criticality.SECURITY,
        icon="key",
        tone="warn",
        path="/account/security/",
    )
)
ROLE_CHANGED = declare_topic(
    NotificationTopic(
        name="security.role_changed",
        title="{what}",
        text="Your rights in this organisation changed.",
        criticality=Criticality.SECURITY,
        icon="shield",
        path="/account/security/",
    )
)
