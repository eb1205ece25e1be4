"""The topic `wallet`: balances reach the customer's pages whoever posted."""

import json
from typing import Any

import pytest
from django.conf import settings
from redis import Redis

from apps.core import relay
from apps.core.context import current_schema
from apps.core.live.publishing import backlog_key
from apps.core.live.topics import Scope, channel_name
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.live import TOPIC
from tests.apps.finance.ledger.ledger_ground import deposit, transfer

pytestmark = pytest.mark.django_db


def frames_of(user: Any) -> list[dict[str, Any]]:
    """Return the newest frames on a person's topic, oldest first."""
    channel = channel_name(TOPIC, schema=current_schema(), user_id=user.pk, scope=Scope.USER)
    with Redis.from_url(settings.REDIS_URL, db=settings.HUB_DB) as client:
        kept: Any = client.lrange(backlog_key(channel), 0, -1)
        return [json.loads(text)["data"] for text in kept]


def amounts(frame: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    return {row["asset"]: (row["amount"], row["held"], row["available"]) for row in frame["balances"]}


def test_what_the_ledger_posts_reaches_both_people_and_nobody_else(
    customer: Any, other_customer: Any, staff: Any, on_commit: Any
) -> None:
    """Posted by the ledger itself, as an accrual or a staff's correction is: no operation of the wallets is called."""
    with on_commit():
        deposit(customer, "100.5", "d1")
        transfer(customer, other_customer, "30", "t1")
        relay.drain()
    last = frames_of(customer)[-1]
    assert (last["mode"], amounts(last)) == (Mode.LIVE.value, {"USDT": ("70.5", "0", "70.5")})
    assert amounts(frames_of(other_customer)[-1]) == {"USDT": ("30", "0", "30")}
    assert frames_of(staff) == []


def test_paper_money_is_announced_as_paper(customer: Any, on_commit: Any) -> None:
    with on_commit():
        deposit(customer, "7", "d1", mode=Mode.PAPER)
        relay.drain()
    last = frames_of(customer)[-1]
    assert (last["mode"], amounts(last)) == ("paper", {"USDT": ("7", "0", "7")})
