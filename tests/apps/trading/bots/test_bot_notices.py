"""What the owner of a bot is told: once a cause, with the bot's name and the way to it."""

from typing import Any

import pytest

from apps.core import relay
from apps.core.actors import Actor
from apps.core.sealing import open_field
from apps.platform.notifications.models import OutgoingMail
from apps.platform.notifications.queries import list_inbox, message_of
from apps.trading.bots.engine.step import ATTENTION_AFTER
from apps.trading.bots.operations import pause_bot
from tests.apps.trading.bots.test_bot_life import begun, stepped

pytestmark = pytest.mark.django_db


def told(owner: Any, topic: str) -> list[tuple[str, str, str]]:
    """Title, text and link of what the owner finds in the inbox after the relay ran, twice."""
    relay.drain()
    relay.drain()
    messages = [message_of(item) for item in list_inbox(owner.pk).filter(topic=topic)]
    return [(message.title, message.text, message.url) for message in messages]


def test_a_bot_that_fails_again_and_again_calls_its_owner_once_and_by_mail(
    market, customer, other_customer, monkeypatch
):
    bot = begun(customer, market.connect(customer))
    market.step()
    monkeypatch.setattr("apps.trading.bots.engine.step.take_round", lambda *_: 1 / 0)
    for _ in range(ATTENTION_AFTER - 1):
        stepped(bot)
    assert told(customer, "bots.needs_attention") == []
    before = OutgoingMail.objects.count()
    for _ in range(2):
        stepped(bot)
    text = "It failed several times in a row and goes on trying. What it said: ZeroDivisionError: division by zero"
    assert told(customer, "bots.needs_attention") == [("Eager needs you", text, f"/bots/{bot.pk}/")]
    assert told(other_customer, "bots.needs_attention") == []
    assert OutgoingMail.objects.count() == before + 1
    mail = OutgoingMail.objects.latest("id")
    assert (open_field(mail, "recipient"), open_field(mail, "subject")) == (customer.email, "Eager needs you")


def test_a_pause_stands_in_the_inbox_with_who_wanted_it(market, customer, other_customer):
    bot = begun(customer, market.connect(customer))
    relay.drain()
    before = OutgoingMail.objects.count()
    pause_bot(actor=Actor.system("tests"), bot_id=bot.pk, reason="by the trading desk")
    text = "Paused by the trading desk. It opens and closes nothing until it is resumed; its position stays."
    assert told(customer, "bots.paused") == [("Eager is paused", text, f"/bots/{bot.pk}/")]
    assert told(other_customer, "bots.paused") == []
    assert OutgoingMail.objects.count() == before
