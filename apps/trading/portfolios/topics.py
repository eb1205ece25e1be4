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
