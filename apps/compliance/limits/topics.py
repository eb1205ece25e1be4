"""What customers are told about their limits."""

from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic

TIER_CHANGED = declare_topic(
    NotificationTopic(
        name="limits.tier_changed",
        title="Your tier is now {tier}",
        text="Your limits for withdrawals and transfers are those of tier {number} from now on.",
        criticality=Criticality.IMPORTANT,
        icon="scale",
        path="/account/limits/",
    )
)
