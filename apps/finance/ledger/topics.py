"""What staff are told about the books."""

from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic

PROOF_FAILED = declare_topic(
    NotificationTopic(
        name="ledger.proof_failed",
        title="The proof is red",
        text="{faults} of the things that must always hold do not. Look at the report before anything else is booked.",
        criticality=Criticality.SECURITY,
        icon="error",
        tone="danger",
        path="/admin/core/proofreport/{report_id}/change/",
    )
)
