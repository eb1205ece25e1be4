"""The results of a day as they are sent, their signature, and reading webhooks."""

import base64
import hashlib
import hmac
import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.core.sealing import open_field
from apps.trading.portfolios import queries
from apps.trading.portfolios.calendar import day_bounds, zone_of
from apps.trading.portfolios.errors import WebhookMissing
from apps.trading.portfolios.models import NavSample, Portfolio, ResultWebhook, WebhookDelivery
from apps.trading.portfolios.valuing import EXACT

PREFIX = "whsec_"
DAY = timedelta(days=1)


def get_webhook(owner_id: UUID) -> ResultWebhook:
    """Return the webhook of a customer, or raise WebhookMissing."""
    found = ResultWebhook.objects.filter(owner_id=owner_id).first()
    if found is None:
        raise WebhookMissing
    return found


def list_deliveries(owner_id: UUID) -> QuerySet[WebhookDelivery]:
    """Return what was sent to a customer, newest first."""
    return WebhookDelivery.objects.filter(owner_id=owner_id).order_by("-id")


def url_of(row: ResultWebhook) -> str:
    """Return the address of a webhook."""
    return open_field(row, "url")


def end_of(day: date, owner_id: UUID) -> datetime:
    """Return the moment a day of a customer's clock ends (UTC)."""
    return day_bounds(day, zone_of(owner_id)).end


def sign(secret: str, message_id: str, timestamp: int, body: str) -> str:
    """Return the signature of a message as Standard Webhooks has it: v1, HMAC-SHA256 of id.timestamp.body, base64."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    told = f"{message_id}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()


def body_of(owner_id: UUID, day: date) -> str:
    """Return the results of a day as JSON: by portfolio its value at the end and what the day brought, or null."""
    zone = zone_of(owner_id)
    span = day_bounds(day, zone)
    rows = [_of_portfolio(row, span.start, span.end) for row in queries.list_portfolios(owner_id)]
    data = {"day": day.isoformat(), "zone": zone, "portfolios": rows}
    told = {"type": "portfolios.day_results", "timestamp": span.end.isoformat(), "data": data}
    return json.dumps(told, separators=(",", ":"))


def _of_portfolio(row: Portfolio, start: datetime, end: datetime) -> dict[str, Any]:
    first = queries.noted_before(row, start) or queries.first_noted_since(row, start)
    last = queries.noted_before(row, end)
    result = None
    if first is not None and last is not None and _goes_on(first, last):
        flows = EXACT.subtract(
            queries.sum_flows(row, since=first.seen_at), queries.sum_flows(row, since=last.seen_at)
        )  # fmt: skip
        result = EXACT.subtract(EXACT.subtract(last.value, first.value), flows)
    return {
        "id": str(row.pk),
        "name": row.name,
        "mode": row.mode,
        "currency": row.currency,
        "value": None if last is None else f"{last.value.normalize():f}",
        "result": None if result is None else f"{result.normalize():f}",
    }


def _goes_on(first: NavSample, last: NavSample) -> bool:
    return first.epoch == last.epoch and first.seen_at <= last.seen_at
