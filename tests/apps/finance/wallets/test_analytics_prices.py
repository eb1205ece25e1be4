"""Prices: candles, the table of currency rates, through other assets; each with source and moment, never 0 for none."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from apps.core.actors import Actor
from apps.core.clock import freeze, from_ms
from apps.core.errors import Defect, UnknownAsset
from apps.core.permissions import PermissionMissing
from apps.finance.wallets.errors_earning import FiatRateInvalid, FiatRateThere
from apps.finance.wallets.models import FiatRate
from apps.finance.wallets.operations import RateFact, import_fiat_rates, register_price_source, set_fiat_rate
from apps.finance.wallets.prices import Price, get_price, get_prices
from apps.finance.wallets.queries_earning import list_fiat_rates
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data.prices import CandlePrices
from tests.apps.finance.wallets.earning_ground import DAY, SYSTEM, D, at, nothing_changes
from tests.factories.candles import FIVE, START, make_bars, store
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db
NOON = at("2025-03-10 12:00")


@pytest.fixture(autouse=True)
def _instruments(db: None) -> None:
    seed_instruments()


def rate(base: str, quote: str, value: str, when: datetime = NOON, source: str = "staff") -> FiatRate:
    return set_fiat_rate(actor=SYSTEM, fact=RateFact(base, quote, D(value), when), source=source, reason="test")


def value(asset: str, quote: str, when: datetime = NOON) -> Decimal | None:
    found = get_price(asset, quote, when)
    return None if found is None else found.value


def test_a_candle_counts_from_its_close_on() -> None:
    bars = make_bars(600)
    store(bars)
    for place in (0, 7, 287, 599):
        close = D(int(bars.close[place])) / 100
        ends = from_ms(int(bars.ts[place]) + FIVE)
        expected = Price(close, "BTCUSDT candle", ends)
        assert get_price("BTC", "USDT", ends) == expected
        assert get_price("BTC", "USDT", ends + timedelta(minutes=4, seconds=59)) == expected
    assert get_price("BTC", "USDT", from_ms(START + FIVE) - timedelta(milliseconds=1)) is None
    newest = get_price("BTC", "USDT", from_ms(START) + 400 * DAY)
    assert newest is not None
    assert newest.as_of == from_ms(int(bars.ts[-1]) + FIVE)


def test_many_moments_are_the_single_ones() -> None:
    bars = make_bars(2500)
    store(bars)
    first = from_ms(START) - DAY
    moments = [first + place * timedelta(hours=7, minutes=3) for place in range(45)]
    source = CandlePrices()
    many = source.prices("BTC", "USDT", moments)
    assert many == [source.price("BTC", "USDT", moment) for moment in moments]
    assert many[0] is None
    assert len({price.value for price in many if price}) > 20
    assert get_prices("BTC", "USDT", []) == []


def test_two_assets_are_priced_through_usdt() -> None:
    bitcoin, ether = make_bars(300), make_bars(290, seed=1, base=300_000)
    store(bitcoin)
    store(ether, symbol="ETHUSDT")
    when = from_ms(START) + timedelta(days=2)
    found = get_price("ETH", "BTC", when)
    assert found is not None
    exact = D(int(ether.close[-1])) / D(int(bitcoin.close[-1]))
    assert found == Price(exact, "ETHUSDT candle ÷ BTCUSDT candle", from_ms(int(ether.ts[-1]) + FIVE))
    assert value("USDT", "BTC", when) == D(1) / (D(int(bitcoin.close[-1])) / 100)


def test_candles_and_currencies_meet_in_usdt() -> None:
    store(make_bars(300))
    when = from_ms(START) + timedelta(days=3)
    rate("USDT", "USD", "0.999", from_ms(START))
    rate("EUR", "USD", "1.25", from_ms(START) - 9 * DAY, "demo table")
    bitcoin = get_price("BTC", "USDT", when)
    assert bitcoin is not None
    assert get_price("BTC", "USD", when) == Price(bitcoin.value * D("0.999"), "BTCUSDT candle × staff", from_ms(START))
    assert get_price("BTC", "EUR", when) == Price(
        bitcoin.value * D("0.7992"), "BTCUSDT candle × staff × demo table", from_ms(START) - 9 * DAY
    )


def test_what_nobody_knows_has_no_price() -> None:
    assert get_price("DOT", "USD", NOON) is None
    assert get_price("BTC", "USDT", NOON) is None
    assert get_price("NOK", "SEK", NOON) is None
    assert get_price("EUR", "EUR", NOON) == Price(D(1), "same asset", NOON)


def test_currency_rates_work_both_ways_and_the_newer_row_counts() -> None:
    rate("EUR", "USD", "1.25", NOON - 2 * DAY)
    assert (value("EUR", "USD"), value("USD", "EUR")) == (D("1.25"), D("0.8"))
    rate("USD", "EUR", "0.5", NOON - DAY)
    assert (value("EUR", "USD"), value("USD", "EUR")) == (D(2), D("0.5"))
    assert value("EUR", "USD", NOON - DAY - timedelta(seconds=1)) == D("1.25")
    assert value("EUR", "USD", NOON - 3 * DAY) is None
    rate("USD", "BRL", "5", NOON - DAY)
    assert (value("EUR", "BRL"), value("BRL", "EUR")) == (D(10), D("0.1"))
    rate("EUR", "BRL", "11", NOON - DAY, "desk")
    assert get_price("EUR", "BRL", NOON) == Price(D(11), "desk", NOON - DAY)
    assert [str(row) for row in list_fiat_rates()] == [
        "EUR/BRL 11.000000000000000000",
        "EUR/USD 1.250000000000000000",
        "USD/BRL 5.000000000000000000",
        "USD/EUR 0.500000000000000000",
    ]


def test_a_rate_is_entered_once_and_never_rewritten() -> None:
    first = rate("EUR", "USD", "1.25")
    assert rate("EUR", "USD", "1.250").pk == first.pk
    with nothing_changes():
        with pytest.raises(FiatRateThere):
            rate("EUR", "USD", "1.26")
        for base, quote, number, when in (
            ("EUR", "EUR", "1", NOON),
            ("BTC", "USD", "1", NOON),
            ("EUR", "USD", "0", NOON),
            ("EUR", "USD", "-1", NOON),
            ("EUR", "USD", "NaN", NOON),
            ("EUR", "USD", "1", at("2999-01-01")),
            ("EUR", "USD", "1", NOON.replace(tzinfo=None)),
        ):
            with pytest.raises(FiatRateInvalid):
                rate(base, quote, number, when)
        with pytest.raises(UnknownAsset):
            rate("XXX", "USD", "1")
    for breach in (lambda: FiatRate.objects.update(rate=D(2)), lambda: FiatRate.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            breach()


def test_rates_are_for_finance(customer: Any) -> None:
    fact = RateFact("EUR", "USD", D(1), NOON)
    with nothing_changes():
        for user in (customer, make_staff("sup@example.test", role="support")):
            with pytest.raises(PermissionMissing):
                set_fiat_rate(actor=Actor.of(user), fact=fact, reason="no")
    set_fiat_rate(actor=Actor.of(make_staff("fin@example.test", role="finance")), fact=fact, reason="yes")


def test_a_table_is_imported_whole_or_not_at_all(tmp_path: Path) -> None:
    table = "base,quote,rate,as_of\nEUR,USD,1.25,2025-01-31T16:00:00+00:00\nGBP,USD,1.5,2025-01-31T16:00:00Z\n"
    assert import_fiat_rates(actor=SYSTEM, text=table, source="ECB", reason="daily") == 2
    assert import_fiat_rates(actor=SYSTEM, text=table, source="ECB", reason="daily") == 0
    assert get_price("GBP", "EUR", NOON) == Price(D("1.2"), "ECB", at("2025-01-31 16:00"))
    with nothing_changes():
        for wrong in (
            "base,quote,rate\nEUR,USD,1\n",
            table.replace("1.5", "1,5"),
            table.replace("1.5", "abc"),
            table.replace("2025-01-31T16:00:00Z", "soon"),
            table.replace("2025-01-31T16:00:00Z", "2025-01-31T16:00:00"),
            "base,quote,rate,as_of\nUSD,SEK,10,2025-01-31T16:00:00+00:00\nUSD,SEK,-1,2025-01-31T17:00:00+00:00\n",
        ):
            with pytest.raises(FiatRateInvalid):
                import_fiat_rates(actor=SYSTEM, text=wrong, source="ECB", reason="daily")
        file = tmp_path / "rates.csv"
        file.write_text("nonsense")
        with pytest.raises(CommandError, match="first line"):
            call_command("import_fiat_rates", "alpha", str(file))
    file.write_text("base,quote,rate,as_of\nUSD,NOK,10,2025-01-31T16:00:00+00:00\n")
    call_command("import_fiat_rates", "alpha", str(file))
    assert FiatRate.objects.get(quote__code="NOK").source == "rates.csv"


def test_sources_are_asked_in_order_and_one_name_is_one_source() -> None:
    class Fixed:
        def __init__(self, known: str) -> None:
            self.known = known

        def price(self, asset: str, quote: str, at: datetime) -> Price | None:
            return self.prices(asset, quote, [at])[0]

        def prices(self, asset: str, quote: str, moments: Any) -> list[Price | None]:
            mine = (asset, quote) == ("XMR", "USD")
            return [Price(D(self.known), f"says {self.known}", moment) if mine else None for moment in moments]

    first, second = Fixed("1"), Fixed("2")
    takes_out = [register_price_source("tests.second", second, 2), register_price_source("tests.first", first, 1)]
    try:
        assert value("XMR", "USD") == D(1)
        with pytest.raises(Defect):
            register_price_source("tests.first", second, 1)
        takes_out.pop()()
        assert value("XMR", "USD") == D(2)
    finally:
        for take_out in takes_out:
            take_out()
    assert value("XMR", "USD") is None


def test_the_demo_says_that_its_rates_are_the_demos() -> None:
    from apps.core.ids import uuid7
    from apps.core.seeding import SeedTenant
    from apps.finance.wallets.models import YieldProduct
    from apps.finance.wallets.queries_earning import list_staking_products, list_yield_products
    from apps.finance.wallets.seeds_earning import first_products

    def tenant(*, demo: bool) -> SeedTenant:
        return SeedTenant(id=uuid7(), schema="", slug="alpha", host="alpha.localhost", demo=demo)

    with freeze(NOON):
        first_products(tenant(demo=False))
        assert set(YieldProduct.objects.values_list("state", flat=True)) == {"draft"}
        assert (list_yield_products(), list_fiat_rates()) == ([], [])
        first_products(tenant(demo=True))
        assert list_yield_products() == list_staking_products() == []  # what is there is never touched
        assert get_price("EUR", "JPY", NOON) == Price(D(162), "demo table", at("2020-01-01"))


def test_the_demo_offers_products_with_rates() -> None:
    from apps.core.ids import uuid7
    from apps.core.seeding import SeedTenant
    from apps.finance.wallets.queries_earning import list_staking_products, list_yield_products
    from apps.finance.wallets.seeds_earning import first_products

    with freeze(NOON):
        for _ in range(2):
            first_products(SeedTenant(id=uuid7(), schema="", slug="alpha", host="alpha.localhost", demo=True))
        assert [(view.name, len(view.rates)) for view in list_yield_products()] == [
            ("BTC flexible", 1),
            ("USDT 30 days", 1),
            ("USDT flexible", 2),
        ]
        assert [view.name for view in list_staking_products(asset="ETH")] == ["ETH staking"]
