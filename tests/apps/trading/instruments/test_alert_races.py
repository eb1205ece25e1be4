"""Looks at the same moment, with real commits: one of them fires, and one notice is written."""

from decimal import Decimal
from typing import Any

import pytest

from apps.core import relay
from apps.core.actors import Actor
from apps.core.context import in_schema
from apps.core.models import OutboxEvent
from apps.platform.notifications.models import InboxItem
from apps.trading.instruments.operations import AlertWish, check_alerts, create_alert, seed_instruments
from tests.apps.finance.wallets.funding_ground import alpha, at_once
from tests.factories.people import make_customer

pytestmark = pytest.mark.real_commit
ABOVE = {"kind": "gt", "left": {"kind": "price", "field": "price"}, "right": {"kind": "constant", "value": "70000"}}


def test_sixteen_looks_at_once_fire_once(real_db: Any) -> None:
    del real_db
    with in_schema(alpha()):
        seed_instruments()
        ann = make_customer("ann@example.test")
        wish = AlertWish(symbol="BTCUSDT", name="Up", condition=ABOVE)
        create_alert(actor=Actor.of(ann), owner_id=ann.pk, wish=wish)

    def look(_number: int) -> int:
        return check_alerts(actor=Actor.system("tests"), facts={"BTCUSDT": {"price": Decimal(70_001)}})

    results, raised = at_once(16, look)
    assert not raised
    assert sorted(results) == [0] * 15 + [1]
    with in_schema(alpha()):
        assert OutboxEvent.objects.filter(name="instruments.alert_fired").count() == 1
        relay.drain()
        relay.drain()
        assert InboxItem.objects.filter(topic="instruments.alert").count() == 1
