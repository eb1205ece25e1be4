"""What people are told about their alerts."""

from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic

ALERT = declare_topic(
    NotificationTopic(
        name="instruments.alert",
        title="{symbol}: {name}",
        text="Your alert fired: {sentence}. Price at that moment: {price}.",
        criticality=Criticality.IMPORTANT,
        icon="bell",
        path="/markets/{symbol}/",
    )
)
