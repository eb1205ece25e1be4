"""What customers and the trading desk are told about risk."""

from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic

NEARLY = declare_topic(
    NotificationTopic(
        name="risk.nearly_used",
        title="{rule}: {part} % of the limit",
        text="{scope} limit “{rule}” in {mode} trading: {value} of {limit}.",
        criticality=Criticality.IMPORTANT,
        icon="shield",
        tone="warn",
        path="/risk/",
    )
)
STATE = declare_topic(
    NotificationTopic(
        name="risk.state",
        title="Trading is {state}",
        text="{mode} trading of your {what} is {state} now. {why}",
        criticality=Criticality.IMPORTANT,
        icon="shield",
        tone="warn",
        path="/risk/",
    )
)
SWITCH = declare_topic(
    NotificationTopic(
        name="risk.switch",
        title="Kill switch engaged",
        text="The kill switch of your {what} is engaged. Only orders that make positions smaller pass.",
        criticality=Criticality.IMPORTANT,
        icon="shield",
        tone="warn",
        path="/risk/",
    )
)
SWITCH_AT_DESK = declare_topic(
    NotificationTopic(
        name="risk.switch_at_desk",
        title="Kill switch engaged: {what}",
        text="A kill switch is engaged. Lifting it takes two people.",
        criticality=Criticality.IMPORTANT,
        icon="shield",
        tone="warn",
        path="/admin/risk/killswitch/{switch_id}/change/",
    )
)
