"""What owners are told about their bots."""

from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic

NEEDS_ATTENTION = declare_topic(
    NotificationTopic(
        name="bots.needs_attention",
        title="{bot} needs you",
        text="It failed several times in a row and goes on trying. What it said: {reason}",
        criticality=Criticality.IMPORTANT,
        icon="bots",
        tone="warn",
        path="/bots/{bot_id}/",
    )
)
PAUSED = declare_topic(
    NotificationTopic(
        name="bots.paused",
        title="{bot} is paused",
        text="Paused {reason}. It opens and closes nothing until it is resumed; its position stays.",
        icon="pause",
        path="/bots/{bot_id}/",
    )
)
