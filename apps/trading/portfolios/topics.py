"""What owners are told about their portfolios."""

from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic

REBALANCED = declare_topic(
    NotificationTopic(
        name="portfolios.rebalanced_by_schedule",
        title="{name}: rebalancing by schedule",
        text="{what}",
        icon="scale",
        path="/portfolios/{portfolio_id}/schedule/",
    )
)
DAY_RESULT = declare_topic(
    NotificationTopic(
        name="portfolios.day_result",
        title="{name}: result of the day",
        text="{what}",
        criticality=Criticality.IMPORTANT,
        icon="bell",
        path="/portfolios/alerts/",
    )
)
WEBHOOK_FAILED = declare_topic(
    NotificationTopic(
        name="portfolios.webhook_failed",
        title="Your results of {day} could not be sent",
        text="The address of your webhook did not take them: {why}",
        criticality=Criticality.IMPORTANT,
        icon="bell",
        tone="warn",
        path="/portfolios/webhook/",
    )
)
