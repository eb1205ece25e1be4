"""What owners are told about their keys."""

from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic

KEY_OLD = declare_topic(
    NotificationTopic(
        name="exchanges.key_old",
        title="Renew the key of {connection}",
        text="It is {days} days old. Make a new key at {venue} and enter it here; the old one serves until then.",
        criticality=Criticality.IMPORTANT,
        icon="key",
        tone="warn",
        path="/exchanges/{connection_id}/",
    )
)
