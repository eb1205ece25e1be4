"""Who is told when an alert fires."""

from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.platform.notifications.operations import notify
from apps.trading.instruments.queries import find_alert
from apps.trading.instruments.topics import ALERT
from apps.trading.instruments.wording import alert_sentence
from kernel.events.instruments import AlertFired


@handles(AlertFired, name="instruments.tell_alert")
def tell_alert(item: AlertFired, _row: OutboxEvent) -> None:
    """Tell the owner, once for each firing; nobody is told of an alert that was removed meanwhile."""
    alert = find_alert(item.alert_id)
    if alert is None:
        return
    params = {
        "symbol": item.symbol,
        "name": alert.name,
        "sentence": alert_sentence(alert.condition),
        "price": "unknown" if item.price is None else f"{item.price:,f}",
    }
    notify(item.owner_id, ALERT.name, params, dedupe_key=f"alert:{item.alert_id}:{item.number}")
