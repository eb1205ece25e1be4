"""Keys of nine exchanges are tried with the unmodified library: what each says, and what the customer reads."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from apps.core.actors import Actor
from apps.platform.rate_limiting.operations import limits_client
from apps.trading.exchanges import queries
from apps.trading.exchanges.catalogue.venues import TESTED
from apps.trading.exchanges.models import Connection
from apps.trading.exchanges.operations import NewKey, close_venues, seed_venues, submit_key, try_key
from tests.apps.trading.exchanges.test_venue_dialects import SECRET, pem
from tests.factories.venue_desk import Voice, open_desk
from tests.factories.venue_voices_more import VOICES

pytestmark = pytest.mark.django_db
KEY = "key-text-1"
WITHDRAWS: dict[str, Any] = {
    "bybit": {"readOnly": 0, "permissions": {"Spot": ["SpotTrade"], "Wallet": ["Withdraw"]}, "ips": ["*"]},
    "okx": {"perm": "read_only,withdraw,trade", "ip": ""},
    "kraken": {"permissions": ["query-funds", "modify-trades", "withdraw-funds"], "ip_allowlist": []},
    "coinbase": {"can_view": True, "can_trade": True, "can_transfer": True},
    "kucoin": {"permission": "General,Spot,Transfer", "ipWhitelist": ""},
    "bitget": {"ips": "", "authorities": ["stor", "stow", "wwow"]},
    "gate": [{"key": KEY, "perms": [{"name": "wallet", "read_only": False}, {"name": "spot", "read_only": False}]}],
    "htx": [{"accessKey": KEY, "permission": "readOnly,trade,withdraw", "ipAddresses": ""}],
}
READS: dict[str, Any] = {
    "bybit": {"readOnly": 1, "permissions": {"Spot": ["SpotTrade"], "Wallet": []}, "ips": ["203.0.113.7"]},
    "okx": {"perm": "read_only", "ip": "203.0.113.7"},
    "kraken": {"permissions": ["query-funds"], "ip_allowlist": ["203.0.113.7"]},
    "coinbase": {"can_view": True, "can_trade": False, "can_transfer": False},
    "kucoin": {"permission": "General", "ipWhitelist": "203.0.113.7"},
    "bitget": {"ips": "203.0.113.7", "authorities": ["stor"]},
    "gate": [{"key": KEY, "perms": [{"name": "spot", "read_only": True}], "ip_whitelist": ["203.0.113.7"]}],
    "htx": [{"accessKey": KEY, "permission": "readOnly", "ipAddresses": "203.0.113.7"}],
}
WRONG_SECRET: dict[str, Any] = {
    "bybit": (200, {"retCode": 10004, "retMsg": "error sign! origin_string[...]", "result": {}}),
    "okx": (401, {"code": "50113", "msg": "Invalid Sign", "data": []}),
    "kraken": (200, {"error": ["EAPI:Invalid signature"]}),
    "kucoin": (401, {"code": "400005", "msg": "Invalid KC-API-SIGN"}),
    "bitget": (400, {"code": "40009", "msg": "sign signature error", "data": None}),
    "gate": (401, {"label": "INVALID_SIGNATURE", "message": "Signature mismatch"}),
    "htx": (200, {"status": "error", "err-code": "api-signature-not-valid", "err-msg": "Signature not valid"}),
    "mexc": (400, {"code": 700002, "msg": "Signature for this request is not valid."}),
}
NOT_FROM_HERE: dict[str, Any] = {
    "bybit": (200, {"retCode": 10010, "retMsg": "Unmatched IP, please check your API key's bound IP addresses."}),
    "okx": (401, {"code": "50110", "msg": "Your IP is not included in your API key's IP whitelist.", "data": []}),
    "kucoin": (400, {"code": "400006", "msg": "The requested ip address is not in the api whitelist"}),
    "bitget": (400, {"code": "40018", "msg": "Invalid IP", "data": None}),
    "gate": (403, {"label": "IP_FORBIDDEN", "message": "Request IP not in whitelist"}),
    "mexc": (403, {"code": 700006, "msg": "ip not in the ip white list"}),
}


def spoken(names: Any) -> Any:
    """Run a test for the exchanges of a table."""
    return pytest.mark.parametrize("voice", sorted(names), indirect=True)


@pytest.fixture
def voice(request, monkeypatch) -> Iterator[Voice]:
    limits_client().flushdb()
    seed_venues()
    made = VOICES[request.param]()
    with open_desk(made) as settings:
        monkeypatch.setitem(queries._venues, made.name, queries.VenueWay(lambda: settings))
        yield made
        close_venues()


@pytest.fixture
def tried(customer, voice):
    """Enter a key at the exchange of the test and have it tried; returns the connection."""
    Authenticator.objects.create(user=customer, type=Authenticator.Type.TOTP, data={"secret": "sealed"})

    def attempt() -> Connection:
        is_pem = voice.name == "coinbase"
        key = NewKey("organizations/a/apiKeys/b" if is_pem else KEY, pem() if is_pem else SECRET, "phrase")
        row = submit_key(actor=Actor.of(customer), owner_id=customer.pk, venue=voice.name, label="Mine", key=key)
        return try_key(connection_id=row.pk)

    return attempt


def test_all_but_one_say_what_a_key_may_do():
    silent = {name for name, tested in TESTED.items() if not tested.reads_key_rights}
    assert silent == {"mexc"}
    assert set(WITHDRAWS) == set(READS) == set(TESTED) - silent - {"binance"}


@spoken(VOICES)
def test_a_key_that_reads_and_trades_is_kept(tried, voice):
    row = tried()
    assert (row.state, row.problem) == ("active", ""), row.last_error
    assert row.can_trade is (None if voice.name == "mexc" else True)
    told = queries.list_activity(row.pk)[0].detail
    assert ("does not tell what this key may do" in told) == (voice.name == "mexc")
    assert next(item.free for item in queries.list_balances(row.pk)) in (900, 1_000)


@spoken(WITHDRAWS)
def test_a_key_that_may_withdraw_is_refused_and_destroyed(tried, voice):
    voice.rights = WITHDRAWS[voice.name]
    row = tried()
    assert (row.state, row.problem, bytes(row.next_key)) == ("refused", "key_may_withdraw", b"")
    assert row.last_error.startswith("This key may withdraw. We never keep such a key: switch withdrawals off at ")


@spoken(READS)
def test_a_key_that_only_reads_is_kept_as_such(tried, voice):
    voice.rights = READS[voice.name]
    row = tried()
    assert (row.state, row.can_trade) == ("active", False), row.last_error
    assert row.is_ip_bound is (None if voice.name == "coinbase" else True)


@spoken(WRONG_SECRET)
def test_a_wrong_secret_says_so(tried, voice):
    voice.refuse_key = WRONG_SECRET[voice.name]
    row = tried()
    assert (row.state, row.problem) == ("refused", "secret_wrong"), row.last_error
    assert "the secret does not fit it" in row.last_error


@spoken(NOT_FROM_HERE)
def test_a_key_that_is_bound_to_other_addresses_says_so(tried, voice):
    voice.refuse_key = NOT_FROM_HERE[voice.name]
    row = tried()
    assert (row.state, row.problem) == ("refused", "key_not_accepted"), row.last_error
    assert "its list of addresses does not hold ours" in row.last_error


@spoken(["gate", "kucoin", "okx"])
def test_a_banned_address_and_a_clock_that_is_off_wait(tried, voice):
    voice.skew_ms = 5_000
    row = tried()
    assert row.state == "active"
    assert "Our clock and the exchange's differ by 5.0 s" in queries.list_activity(row.pk)[0].detail


@spoken(["kraken", "gate", "htx"])
def test_where_a_key_may_not_ask_for_its_rights_the_customer_is_told_to_look(tried, voice):
    voice.rights = {
        "kraken": {"permissions": []},
        "gate": [{"key": "another", "perms": []}],
        "htx": [{"accessKey": "another", "permission": ""}],
    }[voice.name]
    row = tried()
    assert (row.state, row.can_trade) == ("active", None)
    assert "does not tell what this key may do" in queries.list_activity(row.pk)[0].detail
