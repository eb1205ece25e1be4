"""Instruments: seeding, the kernel's view, the API, and agreement with the bundled sandbox exchange."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from apps.core.context import in_schema
from apps.trading.instruments import queries
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.models import Instrument
from apps.trading.instruments.operations import seed_instruments
from apps.trading.sandbox.exchange.payloads import exchange_symbol
from apps.trading.sandbox.exchange.symbols import KNOWN_SYMBOLS
from apps.trading.sandbox.exchange.usdm.contracts import CONTRACTS, LOT_DECIMALS, MIN_NOTIONAL
from kernel.instruments import perpetual_of

pytestmark = pytest.mark.django_db
D = Decimal


def test_seeding_is_repeatable_and_keeps_changes():
    assert seed_instruments() == 6
    Instrument.objects.filter(symbol="SOLUSDT").update(is_active=False)
    assert seed_instruments() == 0
    assert [row.symbol for row in queries.list_instruments()] == ["BTCUSDT", "ETHUSDT"]
    assert [row.symbol for row in queries.list_instruments("eth")] == ["ETHUSDT"]
    contracts = [row.symbol for row in queries.list_instruments(asset_class="perp")]
    assert contracts == ["BTCUSDTPERP", "ETHUSDTPERP", "SOLUSDTPERP"]
    assert [row.symbol for row in queries.search_instruments("btc")] == ["BTCUSDT"]
    assert queries.search_instruments("btcusdtperp")[0].symbol == "BTCUSDTPERP"


def test_the_kernel_gets_exact_steps():
    seed_instruments()
    spec = queries.get_spec("BTCUSDT")
    assert (spec.tick, spec.lot, spec.max_quantity, spec.min_notional) == (D("0.01"), D("0.00001"), D(9000), D(5))
    assert f"{spec.price(6_000_001)}" == "60000.01"


@pytest.mark.parametrize("symbol", ["NOPE", "btcusdt", "BTC/USDT", "", "A" * 40, "BTC\x00USDT", "ＢＴＣ"])
def test_unknown_symbols_are_not_found(symbol):
    seed_instruments()
    with pytest.raises(UnknownSymbol):
        queries.get_spec(symbol)


def test_rules_equal_those_the_sandbox_exchange_enforces():
    seed_instruments()
    for name, listed in KNOWN_SYMBOLS.items():
        spec = queries.get_spec(name)
        filters = {row["filterType"]: row for row in exchange_symbol(listed)["filters"]}
        assert D(filters["PRICE_FILTER"]["tickSize"]) == spec.tick
        assert D(filters["LOT_SIZE"]["stepSize"]) == spec.lot
        assert D(filters["LOT_SIZE"]["minQty"]) == spec.min_quantity
        assert D(filters["LOT_SIZE"]["maxQty"]) == spec.max_quantity
        assert D(filters["NOTIONAL"]["minNotional"]) == spec.min_notional


def test_rules_of_contracts_equal_those_the_sandbox_exchange_enforces():
    seed_instruments()
    for name, listed in CONTRACTS.items():
        spec = queries.get_spec(perpetual_of(name))
        assert (spec.base, spec.quote, spec.lot) == (listed.base, listed.quote, D(1).scaleb(-LOT_DECIMALS))
        assert spec.max_quantity == D(listed.max_quantity).scaleb(-8)
        assert (spec.tick, spec.min_notional) == (D("0.01"), D(MIN_NOTIONAL).scaleb(-8))


def test_the_database_refuses_nonsense():
    seed_instruments()
    for change in ({"tick": 0}, {"lot": -1}, {"symbol": "btc"}, {"max_quantity": 0}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Instrument.objects.filter(symbol="BTCUSDT").update(**change)


def test_all_tenants_read_the_same_rows(tenant_b):
    seed_instruments()
    mine = queries.get_instrument("BTCUSDT").pk
    with in_schema(tenant_b.schema):
        assert queries.get_instrument("BTCUSDT").pk == mine


def test_the_api_answers_texts_and_problems(customer, api):
    seed_instruments()
    client = api(customer)
    listed = client.get("/api/v1/instruments").json()["results"]
    assert [row["symbol"] for row in listed] == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
    assert (listed[0]["tick"], listed[0]["max_quantity"]) == ("0.01", "9000")
    assert client.get("/api/v1/instruments", {"search": "sol"}).json()["results"][0]["base"] == "SOL"
    assert client.get("/api/v1/instruments", {"search": "\x00"}).status_code == 422
    assert client.get("/api/v1/instruments/ETHUSDT").json()["lot"] == "0.0001"
    missing = client.get("/api/v1/instruments/NOPE")
    assert (missing.status_code, missing.json()["code"]) == (404, "instruments.unknown_symbol")
