"""A stream that stands still opens no position, and still closes one."""

import json

import pytest

from apps.core.clock import now_ms
from apps.core.live.publishing import client as hub_client
from apps.trading.bots.models import BotSignal
from apps.trading.market_data.gateways.live_cache import state_key
from apps.trading.orders.queries import list_bot_orders
from tests.apps.trading.bots.test_bot_life import begun, stepped

pytestmark = pytest.mark.django_db
OLD_MS = 16_000


@pytest.fixture
def say():
    """Say what the feed last said of the market; afterwards nothing was ever said."""

    def tell(state: str, age_ms: int = 0) -> None:
        hub_client().set(state_key("BTCUSDT"), json.dumps({"state": state, "at": now_ms() - age_ms}))

    yield tell
    hub_client().delete(state_key("BTCUSDT"))


@pytest.mark.parametrize(("state", "age_ms"), [("stale", 0), ("live", OLD_MS)])
def test_a_stalled_or_silent_stream_opens_nothing_until_it_flows_again(market, customer, say, state, age_ms):
    bot = begun(customer, market.connect(customer))
    say(state, age_ms)
    market.step()
    bot = stepped(bot)
    assert BotSignal.objects.get().decision == "stale"
    assert not list_bot_orders(bot.pk).exists()
    say("live")
    market.step()
    bot = stepped(bot)
    assert list_bot_orders(bot.pk).count() == 1
