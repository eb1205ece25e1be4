"""Sending the results of each day to an address of the customer: signed, tried again, the same message each time."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import timers
from apps.core.actors import Actor
from apps.core.clock import now, to_ms
from apps.core.context import current_schema
from apps.core.errors import DomainError
from apps.core.operation import operation
from apps.core.outbound import WEB, fetch, read_target
from apps.core.sealing import open_field
from apps.platform.notifications.operations import notify
from apps.trading.portfolios import webhooks
from apps.trading.portfolios.calendar import today_in, zone_of
from apps.trading.portfolios.choices import DeliveryState
from apps.trading.portfolios.errors import WebhookInvalid
from apps.trading.portfolios.models import ResultWebhook, WebhookDelivery
from apps.trading.portfolios.operations.permissions import MANAGE, RUN
from apps.trading.portfolios.topics import WEBHOOK_FAILED

DAY_OVER, TRY_AGAIN = "portfolios.day_over", "portfolios.deliver_again"
SETTLED = timedelta(minutes=5)
"""So long after midnight the last values of a day are noted."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440))
OK, NO_MORE = range(200, 300), 410
SYSTEM = Actor.system("portfolios")
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that one worker tries to send now."""

    delivery_id: UUID
    url: str
    headers: dict[str, str]
    body: bytes


def check_webhook(url: str) -> None:
    """Raise WebhookInvalid or AddressRefused for an address to which nothing can be sent."""
    if not url.isascii() or len(url) > LONGEST:
        raise WebhookInvalid(field="url", most=LONGEST)
    read_target(url, WEB)


@operation("portfolios.set_webhook", permission=MANAGE, audited=("owner_id",))
def set_webhook(*, actor: Actor, owner_id: UUID, url: str) -> tuple[ResultWebhook, str]:
    """Send the results of each day to an https address, from today on; return it with the new secret, said only once.

    Faces call it after `confirm_webhook`. Raises WebhookInvalid and AddressRefused.
    """
    check_webhook(url)
    secret = webhooks.PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    today = today_in(zone_of(owner_id), now())
    row = ResultWebhook.objects.select_for_update().filter(owner_id=owner_id).first()
    row = row or ResultWebhook(owner_id=owner_id, next_day=today)
    row.url, row.secret, row.paused_at, row.next_day = url, secret, None, max(row.next_day, today)
    row.save()
    _arm(row)
    return row, secret


@operation("portfolios.remove_webhook", permission=MANAGE, audited=("owner_id",))
def remove_webhook(*, actor: Actor, owner_id: UUID) -> None:
    """Send nothing any more; what was not delivered yet is given up. Raises WebhookMissing."""
    webhooks.get_webhook(owner_id).delete()
    WebhookDelivery.objects.filter(owner_id=owner_id, state=DeliveryState.WAITING).update(
        state=DeliveryState.GIVEN_UP, error="the webhook was removed", ended_at=now(), next_attempt_at=None
    )


@operation("portfolios.close_day", permission=RUN, trail=False)
def close_day(*, actor: Actor, webhook_id: UUID, day: date) -> WebhookDelivery | None:
    """Write down what a day brought, once, have it sent after the commit, and set the timer of the next day."""
    row = ResultWebhook.objects.select_for_update().filter(pk=webhook_id, next_day=day, paused_at__isnull=True).first()
    if row is None:
        return None
    made, _ = WebhookDelivery.objects.get_or_create(
        owner_id=row.owner_id, day=day, defaults={"body": webhooks.body_of(row.owner_id, day), "next_attempt_at": now()}
    )
    row.next_day = max(day + webhooks.DAY, today_in(zone_of(row.owner_id), now()))
    row.save(update_fields=["next_day"])
    _arm(row)
    _send_after_commit(made)
    return made


def deliver(*, delivery_id: UUID, send: Callable[..., Any] = fetch) -> None:
    """Try to send a message once, if it is due: claimed before, recorded after, nothing held while it is under way."""
    found = claim_delivery(actor=SYSTEM, delivery_id=delivery_id)
    if found is None:
        return
    try:
        reply = send("POST", found.url, headers=found.headers, body=found.body, rules=WEB)
        status, error = reply.status, "" if reply.status in OK else f"it answered {reply.status}"
    except DomainError as refusal:
        status, error = None, refusal.text
    record_delivery(actor=SYSTEM, delivery_id=delivery_id, status=status, error=error)


@operation("portfolios.claim_delivery", permission=RUN, trail=False)
def claim_delivery(*, actor: Actor, delivery_id: UUID) -> Outgoing | None:
    """Take a message that is due and set when it is tried again, whatever becomes of this try; None if it is not."""
    row = WebhookDelivery.objects.select_for_update().filter(pk=delivery_id, state=DeliveryState.WAITING).first()
    hook = None if row is None else ResultWebhook.objects.filter(owner_id=row.owner_id).first()
    if row is None or hook is None or row.next_attempt_at is None or row.next_attempt_at > now():
        return None
    row.next_attempt_at = now() + WAITS[min(row.attempts, len(WAITS) - 1)]
    row.attempts += 1
    row.save(update_fields=["next_attempt_at", "attempts"])
    timers.schedule(
        name=TRY_AGAIN, key=f"{row.pk}:{row.attempts}", due_at=row.next_attempt_at, payload={"delivery": str(row.pk)}
    )
    moment = to_ms(now()) // 1000
    headers = {
        "Content-Type": "application/json",
        "webhook-id": str(row.pk),
        "webhook-timestamp": str(moment),
        "webhook-signature": webhooks.sign(open_field(hook, "secret"), str(row.pk), moment, row.body),
    }
    return Outgoing(row.pk, open_field(hook, "url"), headers, row.body.encode())


@operation("portfolios.record_delivery", permission=RUN, trail=False)
def record_delivery(*, actor: Actor, delivery_id: UUID, status: int | None, error: str) -> WebhookDelivery:
    """Note how a try went; the last one that fails, or a 410, gives the message up and tells the customer."""
    row = WebhookDelivery.objects.select_for_update().get(pk=delivery_id)
    if row.state != DeliveryState.WAITING:
        return row
    row.answered, row.error = status, error[:200]
    if not error:
        row.state, row.ended_at, row.next_attempt_at = DeliveryState.DELIVERED, now(), None
    elif status == NO_MORE or row.attempts > len(WAITS):
        row.state, row.ended_at, row.next_attempt_at = DeliveryState.GIVEN_UP, now(), None
        if status == NO_MORE:
            ResultWebhook.objects.filter(owner_id=row.owner_id).update(paused_at=now())
        params = {"day": row.day.isoformat(), "why": row.error}
        notify(row.owner_id, WEBHOOK_FAILED.name, params, dedupe_key=f"portfolios.webhook:{row.pk}")
    row.save()
    return row


def deliver_again(delivery_id: UUID) -> None:
    """Have a waiting message tried after the commit; for its timer."""
    row = WebhookDelivery.objects.filter(pk=delivery_id, state=DeliveryState.WAITING).first()
    if row is not None:
        _send_after_commit(row)


def _arm(row: ResultWebhook) -> None:
    due = webhooks.end_of(row.next_day, row.owner_id) + SETTLED
    payload = {"webhook": str(row.pk), "day": row.next_day.isoformat()}
    timers.schedule(name=DAY_OVER, key=f"{row.pk}:{row.next_day}", due_at=due, payload=payload)


def _send_after_commit(row: WebhookDelivery) -> None:
    from apps.trading.portfolios.tasks import deliver as task  # the task calls the operations

    schema, key = current_schema(), str(row.pk)
    transaction.on_commit(lambda: task.delay(schema, key), robust=True)
