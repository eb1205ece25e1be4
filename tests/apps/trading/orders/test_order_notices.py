"""Who is told that our books and a venue differ: the owner of the account and the trading desk, once."""

from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from apps.core import relay
from apps.core.context import in_schema
from apps.platform.notifications.models import InboxItem
from apps.platform.notifications.queries import list_inbox, message_of
from apps.trading.orders.choices import IncidentKind
from apps.trading.orders.models import ReconcileIncident
from apps.trading.orders.operations.incidents import note_incident
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db


def told(person: Any) -> list[tuple[str, str, str, str]]:
    messages = [message_of(item) for item in list_inbox(person.pk).filter(topic__startswith="orders.")]
    return [(message.topic, message.title, message.text, message.url) for message in messages]


def test_a_difference_is_told_to_the_owner_and_the_trading_desk(
    market, customer, other_customer, connection_id, staff, tenant_b
):
    trader = make_staff("tia@example.test", role="trading_ops")
    banker = make_staff("fin@example.test", role="finance")
    for found in ("9", "8"):
        with transaction.atomic():
            note_incident(
                connection_id=connection_id, kind=IncidentKind.BALANCE, subject="BTC", expected="10", found=found
            )
    relay.drain()
    relay.drain()
    incident = ReconcileIncident.objects.get()
    text = "Paper: Balance differs. Nothing was changed; the trading desk looks at it."
    assert told(customer) == [("orders.differs", "Difference with the exchange", text, "/orders/")]
    text = "Balance differs on a customer's account. Our books stay as they are until somebody has looked."
    url = f"/admin/orders/reconcileincident/{incident.pk}/change/"
    desk = [("orders.differs_at_desk", "An account differs from its exchange", text, url)]
    assert (told(trader), told(staff)) == (desk, desk)
    assert reverse("admin:orders_reconcileincident_change", args=[incident.pk], urlconf="config.urls_tenant") == url
    assert told(banker) == told(other_customer) == []
    with in_schema(tenant_b.schema):
        assert not InboxItem.objects.filter(topic__startswith="orders.").exists()
