"""One suite for every tested exchange: markets without the network, orders as they would be sent, its claims."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apps.trading.exchanges.catalogue.reading import declare, list_adapters
from apps.trading.exchanges.catalogue.venues import DECLARED_FILE, TESTED, capability_of, get_exchange
from apps.trading.exchanges.choices import Capability
from apps.trading.exchanges.errors import CapabilityMissing, CapabilityUnknown, ExchangeUnknown, MarketsNotKept
from apps.trading.exchanges.gateways.client_ids import to_venue
from apps.trading.exchanges.gateways.offline import OfflineClient
from apps.trading.orders.client_ids import client_id_of_bot

CLIENT_ID = client_id_of_bot(UUID("01980000-0000-7000-8000-000000000001"), 42)
SECRET = "c2VjcmV0LXRleHQtb2YtdGhlLWtleQ=="
every_tested = pytest.mark.parametrize("ccxt_id", TESTED)


class Sent(Exception):
    """The request that would have left."""


@pytest.fixture(scope="module")
def offline() -> dict[str, OfflineClient]:
    made = {name: OfflineClient(name) for name in TESTED}
    for client in made.values():
        client.load_markets()
    return made


@every_tested
def test_markets_load_without_the_network(offline, ccxt_id):
    client = offline[ccxt_id]
    markets = client.client.markets
    assert markets
    for symbol, market in markets.items():
        assert market["symbol"] == symbol
        assert market["base"]
        assert market["quote"]
        for step in (market["precision"]["amount"], market["precision"]["price"]):
            assert isinstance(step, str), f"{symbol}: amounts must be texts, never floats"
            assert Decimal(step) > 0
        for limit in market["limits"].values():
            assert all(bound is None or isinstance(bound, str | int) for bound in limit.values())
        if market["contract"]:
            assert Decimal(str(market["contractSize"])) > 0
            assert market["settle"]
    kinds = {market["type"] for market in markets.values()}
    assert "spot" in kinds
    declared = {kind for kind, can in (("spot", Capability.SPOT), ("swap", Capability.PERPETUAL))
                if client.exchange.how(can)}  # fmt: skip
    assert kinds - {"future"} <= declared


@every_tested
def test_amounts_are_cut_to_the_steps_of_the_market(offline, ccxt_id):
    client = offline[ccxt_id].client
    for symbol, market in client.markets.items():
        if market["type"] != "spot":
            continue
        cut = Decimal(client.amount_to_precision(symbol, "1.23456789123456"))
        assert cut % Decimal(market["precision"]["amount"]) == 0
        assert Decimal("1.23456789123456") - cut < Decimal(market["precision"]["amount"])


@every_tested
def test_an_order_carries_our_id_and_exact_amounts_and_never_the_secret(offline, ccxt_id):
    client = offline[ccxt_id].client
    symbol = next(name for name, market in client.markets.items() if market["type"] == "spot")
    private = generate_private_key(SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    client.apiKey, client.secret, client.password, client.uid = "key-text-1", SECRET, "phrase", "1"
    if ccxt_id == "coinbase":
        client.apiKey, client.secret = "organizations/a/apiKeys/b", pem

    def capture(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        if method != "POST":
            return {"status": "ok", "data": [{"id": 1, "type": "spot", "state": "working"}]}
        raise Sent(url, json.dumps(headers), str(body))

    ids = TESTED[ccxt_id].client_ids
    assert ids is not None
    sent_id = to_venue(ids.style, CLIENT_ID)
    answering, client.fetch = client.fetch, capture
    try:
        with pytest.raises(Sent) as sent:
            client.create_order(symbol, "limit", "buy", "0.125", "20000", {ids.param: sent_id})
    finally:
        client.fetch = answering
    url, headers, body = sent.value.args
    assert sent_id in url + body
    assert "0.125" in url + body
    assert client.secret not in url + headers + body
    assert len(sent_id) <= ids.longest


@every_tested
def test_what_is_not_declared_is_refused_in_words(ccxt_id):
    exchange = get_exchange(ccxt_id)
    for capability in Capability:
        if exchange.how(capability):
            exchange.require(capability)
        else:
            with pytest.raises(CapabilityMissing) as refused:
                exchange.require(capability)
            assert refused.value.text.startswith(f"{exchange.name} does not offer ")
    for needed in (Capability.SPOT, Capability.LIMIT_ORDER, Capability.OPEN_ORDERS, Capability.BALANCES):
        assert exchange.how(needed)


def test_unknown_words_are_clear_messages():
    with pytest.raises(CapabilityUnknown) as unknown:
        capability_of("teleport")
    assert "“teleport” is nothing we know of exchanges. Known are: spot, margin," in unknown.value.text
    with pytest.raises(ExchangeUnknown) as nowhere:
        get_exchange("mtgox2")
    assert "There is no exchange “mtgox2” here" in nowhere.value.text
    with pytest.raises(MarketsNotKept):
        OfflineClient("poloniex")


def test_five_are_recorded_five_synthetic_and_all_others_are_known_by_id():
    marks = [tested.metadata for tested in TESTED.values()]
    assert (marks.count("recorded"), marks.count("synthetic")) == (5, 5)
    assert set(json.loads(DECLARED_FILE.read_text())) == set(list_adapters()) > set(TESTED)


@every_tested
def test_the_file_of_declarations_is_what_the_library_declares(ccxt_id):
    assert json.loads(DECLARED_FILE.read_text())[ccxt_id] == declare(ccxt_id)
