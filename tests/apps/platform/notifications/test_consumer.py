"""Notifications over the channel layer: a person's own, in order, and no longer than the session lasts."""

import asyncio
import json
from typing import Any

import pytest
from django.db import connection

from apps.core.context import in_schema
from apps.core.ids import uuid7
from apps.core.live import Identity, revoke
from apps.core.live.gate import IdentityGate
from apps.core.live.socket import REVOKED
from apps.platform.notifications.choices import NotificationTopic, declare_topic
from apps.platform.notifications.consumers import NotificationsConsumer
from apps.platform.notifications.groups import send_to_person
from apps.platform.notifications.operations import notify
from apps.platform.tenants.queries import get_tenant
from tests.factories.people import make_customer
from tests.factories.sockets import WebSocket

ANN, BOB = uuid7(), uuid7()
NOTE = declare_topic(NotificationTopic("tests.hello", "Hello {name}", "For {name}."))
FRAME = {"unread": 1, "title": "Bot paused"}


def socket(user: Any, schema: str = "t_one") -> WebSocket:
    async def resolve(_scope: dict[str, Any]) -> Identity | None:
        return None if user is None else Identity(schema=schema, user_id=user, session_hash="s1")

    return WebSocket(IdentityGate(resolve, NotificationsConsumer.as_asgi()), path="/ws/notifications")


@pytest.mark.django_db
async def test_a_person_hears_their_own_notifications_and_nobody_elses() -> None:
    ann, bob, stranger = socket(ANN), socket(BOB), socket(ANN, schema="t_two")
    for one in (ann, bob, stranger):
        assert await one.connect()
    await asyncio.to_thread(send_to_person, "t_one", ANN, FRAME)
    assert json.loads(await ann.text()) == FRAME
    for schema, user, one in (("t_one", BOB, bob), ("t_two", ANN, stranger)):
        await asyncio.to_thread(send_to_person, schema, user, {"title": "yours"})
        assert json.loads(await one.text()) == {"title": "yours"}
    for one in (ann, bob, stranger):
        await one.disconnect()


@pytest.mark.django_db
async def test_an_ended_session_ends_the_socket() -> None:
    ann = socket(ANN)
    assert await ann.connect()
    await asyncio.to_thread(revoke, "t_one", ANN, "s1")
    assert (await ann.event())["code"] == REVOKED


@pytest.mark.django_db
async def test_a_stranger_is_refused() -> None:
    assert not await socket(None).connect()


@pytest.mark.real_commit
def test_notify_sends_after_the_commit(real_db: dict[str, str]) -> None:
    schema = get_tenant("alpha").schema
    with in_schema(schema):
        ann = make_customer("ann@example.test")

    def tell() -> None:
        with in_schema(schema):
            notify(ann.pk, NOTE.name, {"name": "Ann"}, dedupe_key="k")
        connection.close()

    async def scenario() -> Any:
        page = socket(ann.pk, schema=schema)
        assert await page.connect()
        await asyncio.to_thread(tell)
        frame = json.loads(await page.text())
        await page.disconnect()
        return frame

    assert asyncio.run(scenario())["title"] == "Hello Ann"
