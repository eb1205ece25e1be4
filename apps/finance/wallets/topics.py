"""What people are told about deposits, withdrawals and transfers."""

from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic

IMPORTANT, SECURITY = Criticality.IMPORTANT, Criticality.SECURITY


def _topic(
    name: str, title: str, text: str, *, loud: Criticality, tone: str, icon: str, path: str
) -> NotificationTopic:
    return declare_topic(
        NotificationTopic(
            name=f"wallets.{name}", title=title, text=text, criticality=loud, icon=icon, tone=tone, path=path
        )
    )


WITHDRAWAL, DEPOSIT, TRANSFER = "/wallet/withdrawals/{id}/", "/wallet/deposits/{id}/", "/wallet/transfers/{id}/"
DEPOSIT_CREDITED = _topic(
    "deposit_credited", "{amount} {asset} arrived", "They are in your wallet.",
    loud=IMPORTANT, tone="good", icon="check-circle", path=DEPOSIT,
)  # fmt: skip
DEPOSIT_REJECTED = _topic(
    "deposit_rejected", "A deposit of {amount} {asset} was closed", "Nothing was credited: {why}.",
    loud=IMPORTANT, tone="warn", icon="info", path=DEPOSIT,
)  # fmt: skip
WITHDRAWAL_REQUESTED = _topic(
    "withdrawal_requested", "Withdrawal of {amount} {asset}",
    "You confirmed it just now. If it was not you, cancel it and change your password now.",
    loud=SECURITY, tone="warn", icon="shield", path=WITHDRAWAL,
)  # fmt: skip
WITHDRAWAL_CONFIRMED = _topic(
    "withdrawal_confirmed", "{amount} {asset} were paid out",
    "The network has confirmed it. The receipt is on its page.",
    loud=IMPORTANT, tone="good", icon="check-circle", path=WITHDRAWAL,
)  # fmt: skip
WITHDRAWAL_ENDED = _topic(
    "withdrawal_ended", "{amount} {asset} are back in your wallet", "The withdrawal did not leave: {why}.",
    loud=IMPORTANT, tone="warn", icon="info", path=WITHDRAWAL,
)  # fmt: skip
WITHDRAWAL_FAILED = _topic(
    "withdrawal_failed", "A withdrawal did not go out",
    "{amount} {asset} are still held. Staff try it again; you can cancel it.",
    loud=IMPORTANT, tone="warn", icon="info", path=WITHDRAWAL,
)  # fmt: skip
NEEDS_APPROVAL = _topic(
    "withdrawal_needs_approval", "A withdrawal of {amount} {asset} waits for approval",
    "{required} people other than the customer have to agree.",
    loud=IMPORTANT, tone="warn", icon="shield", path="/admin/wallets/withdrawal/{id}/change/",
)  # fmt: skip
PAYOUT_FAILED = _topic(
    "payout_failed", "A payout of {amount} {asset} failed", "The provider says: {why}. Try it again or reject it.",
    loud=IMPORTANT, tone="warn", icon="info", path="/admin/wallets/withdrawal/{id}/change/",
)  # fmt: skip
TRANSFER_SENT = _topic(
    "transfer_sent", "{amount} {asset} were delivered", "The recipient has them.",
    loud=Criticality.INFO, tone="good", icon="check-circle", path=TRANSFER,
)  # fmt: skip
TRANSFER_RECEIVED = _topic(
    "transfer_received", "You received {amount} {asset}", "Another customer sent them to you.",
    loud=IMPORTANT, tone="good", icon="check-circle", path=TRANSFER,
)  # fmt: skip
TRANSFER_RETURNED = _topic(
    "transfer_returned", "{amount} {asset} came back", "The transfer could not be delivered. Ask the recipient.",
    loud=IMPORTANT, tone="warn", icon="info", path=TRANSFER,
)  # fmt: skip
ADDRESS_PROVED = _topic(
    "address_proved", "A withdrawal address was added",
    "{asset} can be sent to it from {when} on. If it was not you, remove it and change your password now.",
    loud=SECURITY, tone="warn", icon="shield", path="/wallet/addresses/",
)  # fmt: skip
LOCK_CHANGED = _topic(
    "lock_changed", "The lock of your wallet changes", "{what}. If it was not you, change your password now.",
    loud=SECURITY, tone="warn", icon="shield", path="/wallet/lock/",
)  # fmt: skip

REASONS = {
    "wallets.by_owner": "you took it back",
    "wallets.not_confirmed": "it was not confirmed in time",
    "wallets.by_staff": "our staff refused it; ask support",
    "wallets.not_approved": "our staff did not approve it; ask support",
    "wallets.never_arrived": "nothing arrived for thirty days",
    "wallets.dropped": "the network dropped the payment",
    "wallets.never_accepted": "the provider never took it",
    "wallets.provider_refuses_address": "the provider does not pay to this address",
}
OTHER_REASON = "it did not pass our checks; ask support"


def words_of(code: str) -> str:
    """Return a reason in words, for a customer."""
    return REASONS.get(code, OTHER_REASON)
