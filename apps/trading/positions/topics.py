"""What customers are told about their contract accounts."""

from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic

CALLED = declare_topic(
    NotificationTopic(
        name="positions.margin_called",
        title="Margin call: {ratio} %",
        text="Maintenance margin {maintenance} {asset} stands against a margin balance of {balance} {asset}.",
        criticality=Criticality.IMPORTANT,
        icon="shield",
        tone="warn",
        path="/positions/",
    )
)
REDUCED = declare_topic(
    NotificationTopic(
        name="positions.reduced",
        title="{symbol} is being reduced",
        text="Stage {stage} before liquidation: margin ratio {ratio} %, {quantity} are closed at the market.",
        criticality=Criticality.IMPORTANT,
        icon="shield",
        tone="warn",
        path="/positions/",
    )
)
