"""What a customer reads on the page and over the API after a key was entered: each trouble in its own words."""

from typing import Any

import pytest

from apps.core.actors import Actor
from apps.trading.exchanges import queries
from apps.trading.exchanges.models import Connection
from apps.trading.exchanges.operations import record_states, try_key
from tests.apps.trading.exchanges.test_keys import (  # noqa: F401 - fixtures
    _be_banned,
    _exchange,
    new_key,
    owner,
    sandbox,
)
from tests.factories.sandbox_exchange import running_sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def entered(owner, web, api):  # noqa: F811 - the fixture
    """Enter a key on the page, let it be tried, and return (page, API's connection, API's newest activity)."""

    def enter(api_key: str, secret: str) -> tuple[str, dict[str, Any], str]:
        body = {"venue": "binance", "label": "Mine", "api_key": api_key, "secret": secret}
        made = web(owner).post("/exchanges/new/", body)
        assert made.status_code == 302, made.content.decode()
        row = Connection.objects.get()
        try_key(connection_id=row.pk)
        page = web(owner).get(made["Location"]).content.decode()
        shown = api(owner).get(f"/api/v1/connections/{row.pk}").json()
        lines = api(owner).get(f"/api/v1/connections/{row.pk}/activity").json()
        assert secret not in page + str(shown) + str(lines)
        return page.replace("&#x27;", "'"), shown, lines[0]["detail"]

    return enter


def test_a_key_that_may_withdraw(entered, sandbox):  # noqa: F811
    key = new_key(sandbox, permissions=("read", "trade", "withdraw"))
    page, shown, line = entered(key.api_key, key.secret)
    words = "This key may withdraw. We never keep such a key: switch withdrawals off at Binance"
    assert (shown["state"], shown["problem"]) == ("refused", "key_may_withdraw")
    assert words in page
    assert shown["last_error"].startswith(words)
    assert line.startswith(words)


def test_a_wrong_secret(entered, sandbox):  # noqa: F811
    page, shown, _ = entered(new_key(sandbox).api_key, "not-the-secret")
    words = "Binance knows this key, but the secret does not fit it. Copy both again, without spaces."
    assert (shown["state"], shown["problem"]) == ("refused", "secret_wrong")
    assert words in page
    assert shown["last_error"].startswith(words)


def test_a_key_that_only_reads(entered, sandbox):  # noqa: F811
    key = new_key(sandbox, permissions=("read",))
    page, shown, line = entered(key.api_key, key.secret)
    assert (shown["state"], shown["problem"], shown["can_trade"]) == ("active", "", False)
    assert "read only" in page
    assert "It can only read: balances are shown, orders are refused." in page
    assert line.startswith("It can only read: balances are shown, orders are refused.")


def test_an_address_that_is_not_in_the_keys_list(entered, sandbox, settings):  # noqa: F811
    settings.EGRESS_ADDRESSES = ("203.0.113.7",)
    key = new_key(sandbox, ips=("198.51.100.0/24",))
    page, shown, _ = entered(key.api_key, key.secret)
    words = "its list of addresses does not hold ours. Our requests come from 203.0.113.7."
    assert (shown["state"], shown["problem"]) == ("refused", "key_not_accepted")
    assert words in page
    assert words in shown["last_error"]


def test_an_address_that_is_banned(entered, sandbox, tmp_path):  # noqa: F811
    with running_sandbox(tmp_path, weight_per_minute=60) as strict:
        key = new_key(strict)
        queries._venues["binance"] = queries.VenueWay(strict.ccxt_settings)
        _be_banned(strict)
        page, shown, _ = entered(key.api_key, key.secret)
    assert (shown["state"], shown["problem"]) == ("opening", "address_banned")
    assert "Binance has banned our address for 1" in page
    assert "The key is tried again then." in shown["last_error"]


def test_a_clock_that_is_five_seconds_off(entered, sandbox, owner, web, api):  # noqa: F811
    sandbox.control.inject_fault("clock_skew", skew_ms=5_000)
    key = new_key(sandbox)
    page, shown, line = entered(key.api_key, key.secret)
    assert (shown["state"], shown["problem"]) == ("active", "")
    assert "Our clock and the exchange's differ by 5.0 s; requests carry the exchange's time." in line
    record_states(actor=Actor.system("tests"))
    health = web(owner).get("/exchanges/list/binance/").content.decode().replace("&#x27;", "'")
    assert "5.0 s ahead of ours; requests carry the exchange's time" in health
    assert "5.0 s ahead of ours" in page
    told = api(owner).get("/api/v1/exchanges/binance").json()["health"]["clock_offset_ms"]
    assert told in range(4_900, 5_100)
