"""What customers are told about saving, yield and staking."""

from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic

GOAL_REACHED = declare_topic(
    NotificationTopic(
        name="wallets.goal_reached",
        title="A savings goal is reached",
        text="{saved} {asset} are saved. The schedule has ended; the money stays until you take it back.",
        criticality=Criticality.IMPORTANT,
        icon="check-circle",
        tone="good",
        path="/wallet/goals/{goal_id}/",
    )
)
CONTRIBUTION_SKIPPED = declare_topic(
    NotificationTopic(
        name="wallets.contribution_skipped",
        title="A contribution was skipped",
        text="Nothing was moved for {due_on}: {why}. The next one is tried on its day.",
        icon="info",
        tone="warn",
        path="/wallet/goals/{goal_id}/",
    )
)
EARNING_ENDED = declare_topic(
    NotificationTopic(
        name="wallets.earning_ended",
        title="{amount} {asset} are back in your wallet",
        text="A {family} position was paid back with all it had earned.",
        icon="check-circle",
        tone="good",
        path="/wallet/earn/",
    )
)
