"""What customers and the trading desk are told about orders."""

from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic

DIFFERS = declare_topic(
    NotificationTopic(
        name="orders.differs",
        title="Difference with the exchange",
        text="{account}: {what}. Nothing was changed; the trading desk looks at it.",
        criticality=Criticality.IMPORTANT,
        icon="compare",
        tone="warn",
        path="/orders/",
    )
)
DIFFERS_AT_DESK = declare_topic(
    NotificationTopic(
        name="orders.differs_at_desk",
        title="An account differs from its exchange",
        text="{what} on a customer's account. Our books stay as they are until somebody has looked.",
        criticality=Criticality.IMPORTANT,
        icon="compare",
        tone="warn",
        path="/admin/orders/reconcileincident/{incident_id}/change/",
    )
)
