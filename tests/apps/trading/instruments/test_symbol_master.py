"""The symbol master: listing, changing, aliases, hours, search, and the shelf that is thrown away on a change."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from apps.core.actors import Actor
from apps.core.errors import DomainError, NotAllowed
from apps.core.shelves import hit_rates
from apps.trading.instruments import queries
from apps.trading.instruments.errors import InstrumentInvalid, SymbolTaken
from apps.trading.instruments.models import Instrument
from apps.trading.instruments.operations import (
    NewInstrument,
    add_alias,
    add_instrument,
    change_instrument,
    remove_alias,
    seed_instruments,
)

pytestmark = pytest.mark.django_db
OPERATOR = Actor.system("tests")
D = Decimal
APPLE = NewInstrument(
    symbol="AAPL", base="AAPL", quote="USD", tick=D("0.01"), lot=D(1), name="Apple Inc.", asset_class="stock",
    market="XNAS", hours="xnys",
)  # fmt: skip
EURO = NewInstrument(
    symbol="EURUSD", base="EUR", quote="USD", tick=D("0.00001"), lot=D(1_000), name="Euro against US dollar",
    asset_class="forex", hours="forex",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _listed(on_commit: Any) -> None:
    with on_commit():
        seed_instruments()
        for wanted in (APPLE, EURO):
            add_instrument(actor=OPERATOR, instrument=wanted)
        add_alias(actor=OPERATOR, symbol="AAPL", alias="AAPL.US", source="yahoo")
        add_alias(actor=OPERATOR, symbol="BTCUSDT", alias="xbt/usdt", source="kraken")
        add_alias(actor=OPERATOR, symbol="EURUSD", alias="EUR/USD")


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("BTCUSDT", "BTCUSDT"),
        ("btc", "BTCUSDT"),
        ("btc/usdt", "BTCUSDT"),
        ("xbt", "BTCUSDT"),
        ("bitcoin", "BTCUSDT"),
        ("bitcion", "BTCUSDT"),
        ("BTCSUDT", "BTCUSDT"),
        ("etherr", "ETHUSDT"),
        ("eur/usd", "EURUSD"),
        ("euro dollar", "EURUSD"),
        ("apple", "AAPL"),
        ("aple", "AAPL"),
        ("aapl.us", "AAPL"),
        ("solan", "SOLUSDT"),
    ],
)
def test_search_finds_what_was_meant(typed: str, first: str) -> None:
    assert queries.search_instruments(typed)[0].symbol == first


@pytest.mark.parametrize("typed", ["", "   ", "zzzzzz", "\x00", "%", "_", "'; DROP TABLE x", "ＢＴＣ"])
def test_search_finds_nothing_in_noise(typed: str) -> None:
    assert queries.search_instruments(typed) == []


def test_search_keeps_to_a_class_and_a_limit() -> None:
    assert [row.symbol for row in queries.search_instruments("usd", asset_class="forex")] == ["EURUSD"]
    assert len(queries.search_instruments("usdt", limit=2)) == 2


def test_the_shelf_is_thrown_away_on_a_change(on_commit: Any) -> None:
    def rate() -> tuple[int, int]:
        found = next(row for row in hit_rates() if row.name == "instruments")
        return found.hits, found.misses

    queries.search_instruments("btc")
    queries.search_instruments("eth")
    assert rate() == (1, 1)
    with on_commit():
        change_instrument(actor=OPERATOR, symbol="AAPL", changes={"status": "delisted"})
    assert queries.search_instruments("apple") == []
    assert rate() == (1, 2)
    row = queries.get_instrument("AAPL")
    assert (row.status, row.is_active) == ("delisted", False)
    assert "AAPL" not in [found.symbol for found in queries.list_instruments()]


def test_aliases_lead_to_one_instrument() -> None:
    def symbol(text: str, source: str = "") -> str | None:
        found = queries.find_instrument(text, source)
        return None if found is None else found.symbol

    assert symbol("XBT/USDT", "kraken") == "BTCUSDT"
    assert symbol("XBT/USDT") is None
    assert symbol("eur/usd") == symbol("EURUSD") == symbol("EUR-USD") == "EURUSD"
    again = add_alias(actor=OPERATOR, symbol="BTCUSDT", alias="XBT/USDT", source="kraken")
    with pytest.raises(SymbolTaken):
        add_alias(actor=OPERATOR, symbol="ETHUSDT", alias="XBT/USDT", source="kraken")
    with pytest.raises(SymbolTaken):
        add_alias(actor=OPERATOR, symbol="ETHUSDT", alias="BTCUSDT")
    assert remove_alias(actor=OPERATOR, alias_id=again.pk) == 1
    assert remove_alias(actor=OPERATOR, alias_id=again.pk) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": "aapl"}, {"symbol": "A"}, {"tick": D(0)}, {"lot": D("-1")}, {"tick": D("NaN")}, {"hours": "never"},
        {"asset_class": "bond"}, {"base": "a b"}, {"max_quantity": D(0), "min_quantity": D(1)}, {"name": "x" * 121},
        {"name": "a\nb"}, {"market": "x" * 25},
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_words(changes: dict[str, Any]) -> None:
    facts = {field: getattr(APPLE, field) for field in APPLE.__slots__}
    with pytest.raises(InstrumentInvalid):
        add_instrument(actor=OPERATOR, instrument=NewInstrument(**{**facts, "symbol": "NEW", **changes}))


def test_facts_of_a_listing_do_not_change(customer: Any, staff: Any) -> None:
    with pytest.raises(SymbolTaken):
        add_instrument(actor=OPERATOR, instrument=APPLE)
    with pytest.raises(InstrumentInvalid):
        change_instrument(actor=OPERATOR, symbol="AAPL", changes={"symbol": "X"})
    for person in (customer, staff):
        with pytest.raises(NotAllowed):
            change_instrument(actor=Actor.of(person), symbol="AAPL", changes={"status": "halted"})
    with pytest.raises(DatabaseError), transaction.atomic():
        Instrument.objects.filter(symbol="AAPL").update(status="delisted")


def test_hours_and_status_say_whether_it_trades() -> None:
    apple = queries.get_instrument("AAPL")
    monday, saturday = 1_717_423_200_000, 1_717_855_200_000  # 14:00 UTC
    assert [queries.is_open(apple, at) for at in (monday, saturday)] == [True, False]
    assert queries.is_open(queries.get_instrument("BTCUSDT"), saturday)
    halted = change_instrument(actor=OPERATOR, symbol="AAPL", changes={"status": "halted"})
    assert not queries.is_open(halted, monday)


def test_the_api_searches_and_filters(customer: Any, api: Any) -> None:
    client = api(customer)
    found = client.get("/api/v1/instruments", {"search": "aple"}).json()["results"]
    assert (found[0]["symbol"], found[0]["hours"], found[0]["market"]) == ("AAPL", "xnys", "XNAS")
    kinds = client.get("/api/v1/instruments", {"asset_class": "forex"}).json()["results"]
    assert [row["symbol"] for row in kinds] == ["EURUSD"]
    assert client.get("/api/v1/instruments", {"asset_class": "bond"}).status_code == 422


def test_a_domain_error_is_all_that_comes_out() -> None:
    for alias in ("", " ", "a" * 41, "ü", "a b"):
        with pytest.raises(DomainError):
            add_alias(actor=OPERATOR, symbol="AAPL", alias=alias)
