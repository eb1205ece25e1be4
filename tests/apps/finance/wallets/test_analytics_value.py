"""What a wallet is worth: exact figures now and day by day, shares that add up, and no price where there is none."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from apps.core.actors import Actor
from apps.core.clock import freeze, now
from apps.finance.ledger.choices import AccountKind, Mode
from apps.finance.ledger.queries import balance_at
from apps.finance.wallets.errors_earning import CurrencyUnknown
from apps.finance.wallets.operations import (
    GoalPlan,
    RateFact,
    create_goal,
    deposit_to_goal,
    open_yield_position,
    set_fiat_rate,
)
from apps.finance.wallets.prices import get_price
from apps.finance.wallets.valuation import currency_of, value_now, value_series
from apps.trading.instruments.operations import seed_instruments
from tests.apps.finance.wallets.earning_ground import SYSTEM, D, at, fund, run_timers, yield_product
from tests.factories.candles import make_bars, store

pytestmark = pytest.mark.django_db
FIRST = at("2024-06-01")


def bitcoin(days: int = 8) -> Any:
    """Store candles from 2024-06-01 on and return them."""
    seed_instruments()
    bars = make_bars(days * 288, start=int(FIRST.timestamp()) * 1000)
    store(bars)
    return bars


def close_of(bars: Any, day: int) -> Decimal:
    """Return the price at the end of the day `day` of June 2024."""
    return D(int(bars.close[day * 288 - 1])) / 100


def rate(base: str, quote: str, value: str, when: str = "2024-06-01") -> None:
    set_fiat_rate(actor=SYSTEM, fact=RateFact(base, quote, D(value), at(when)), reason="test")


def test_the_wallet_now_to_the_last_cent(customer: Any) -> None:
    bars = bitcoin()
    with freeze(at("2024-06-04")):
        rate("USDT", "USD", "0.9995")
        fund(customer, "BTC", "0.12345678")
        fund(customer, "USDT", "1000")
        fund(customer, "DOT", "7")
        goal = create_goal(actor=Actor.of(customer), asset="USDT", plan=GoalPlan(name="x", target=D(500)))
        deposit_to_goal(actor=Actor.of(customer), goal_id=goal.pk, amount=D(250), movement_id=uuid4())
        found = value_now(customer.pk)
    price = close_of(bars, 3) * D("0.9995")
    worth = (D("0.12345678") * price).quantize(D("0.000001"), rounding="ROUND_DOWN")
    assert (found.currency, found.mode, found.at) == ("USD", "live", at("2024-06-04"))
    assert found.total == worth + D("999.5")
    assert found.unpriced == ("DOT",)
    shown = {(row.valued.asset, row.kind): row.valued for row in found.holdings}
    assert shown["BTC", "customer"].value == worth
    source = shown["BTC", "customer"].price
    assert source is not None
    assert (source.value, source.source, source.as_of) == (price, "BTCUSDT candle × staff", FIRST)
    assert (shown["USDT", "customer"].value, shown["USDT", "savings"].value) == (D("749.625"), D("249.875"))
    assert (shown["DOT", "customer"].price, shown["DOT", "customer"].value) == (None, None)
    assert shown["DOT", "customer"].amount == D(7)


def test_shares_add_up_to_one_and_name_what_has_no_price(customer: Any) -> None:
    rate("USDT", "USD", "1")
    rate("EUR", "USD", "1")
    rate("GBP", "USD", "1")
    for asset in ("USDT", "EUR", "GBP"):
        fund(customer, asset, "10")
    fund(customer, "DOT", "1")
    found = value_now(customer.pk, "USD")
    assert [(part.name, part.value, part.share) for part in found.by_asset] == [
        ("EUR", D(10), D("0.3334")),
        ("GBP", D(10), D("0.3333")),
        ("USDT", D(10), D("0.3333")),
        ("DOT", None, None),
    ]
    assert [(part.name, part.value, part.share) for part in found.by_place] == [("customer", D(30), D(1))]


def test_an_empty_wallet_is_worth_nothing_and_an_unpriced_one_is_not(customer: Any, other_customer: Any) -> None:
    rate("USDT", "USD", "1")
    empty = value_now(customer.pk)
    assert (empty.total, empty.unpriced, empty.holdings, empty.by_asset) == (D(0), (), (), ())
    fund(other_customer, "DOT", "1")
    unknown = value_now(other_customer.pk)
    assert (unknown.total, unknown.unpriced) == (None, ("DOT",))
    (point,) = value_series(other_customer.pk, days=1)
    assert (point.total, point.unpriced) == (None, ("DOT",))


def test_the_currency_is_dollars_where_their_rate_is_known(customer: Any) -> None:
    assert currency_of(customer.pk) == "USDT"
    fund(customer, "USDT", "5")
    assert value_now(customer.pk).total == D(5)
    rate("USDT", "USD", "2")
    assert currency_of(customer.pk) == "USD"
    assert value_now(customer.pk).total == D(10)
    with pytest.raises(CurrencyUnknown):
        value_now(customer.pk, "DOGE")


def test_each_day_has_its_balance_and_its_price(customer: Any) -> None:
    bars = bitcoin()
    owner = Actor.of(customer)
    rate("USDT", "USD", "1")
    product = yield_product(("2024-01-01", (("0", "0.365"),)), asset_id="USDT")
    with freeze(at("2024-06-02 10:00")):
        fund(customer, "BTC", "0.5")
    with freeze(at("2024-06-03 10:00")):
        fund(customer, "USDT", "1000")
        open_yield_position(actor=owner, product_id=product.pk, amount=D(1000))
    with freeze(at("2024-06-05 09:00")):
        fund(customer, "BTC", "0.25")
        fund(customer, "DOT", "3")
    with freeze(at("2024-06-06 12:00")):
        run_timers()  # two days of interest, made up late: they count at the ends of their days
        points = value_series(customer.pk, "USD", 6)
        present = get_price("BTC", "USD", now())
    assert present is not None
    half = D("0.5")
    assert [(point.day.day, point.total, point.unpriced) for point in points] == [
        (1, D(0), ()),
        (2, half * close_of(bars, 2), ()),
        (3, half * close_of(bars, 3) + 1000, ()),
        (4, half * close_of(bars, 4) + 1001, ()),
        (5, D("0.75") * close_of(bars, 5) + 1002, ("DOT",)),
        (6, D("0.75") * present.value + 1002, ("DOT",)),
    ]
    assert [point.at for point in points] == [*(at(f"2024-06-0{day}") for day in range(2, 7)), at("2024-06-06 12:00")]
    part = points[1].parts[0]
    assert part.price is not None
    assert (part.asset, part.amount, part.price.as_of) == ("BTC", half, at("2024-06-01"))
    assert part.price.source == "BTCUSDT candle × staff"
    with freeze(at("2024-06-06 12:00")):
        assert value_now(customer.pk, "USD").total == points[-1].total


def test_the_series_is_what_the_ledger_says_of_each_moment(customer: Any) -> None:
    import random

    from apps.finance.ledger.models import Account

    rng = random.Random(7)
    for day in range(1, 29):
        for _ in range(rng.randrange(4)):
            with freeze(at(f"2024-06-{day:02} {rng.randrange(24):02}:{rng.randrange(60):02}")):
                fund(customer, "USDT", str(rng.randrange(1, 1000)))
                if rng.random() < 0.5:
                    goal = create_goal(actor=Actor.of(customer), asset="USDT", plan=GoalPlan(name="x", target=D(9**9)))
                    deposit_to_goal(actor=Actor.of(customer), goal_id=goal.pk, amount=D(1), movement_id=uuid4())
    with freeze(at("2024-07-03 05:00")):
        points = value_series(customer.pk, "USDT", 40)
    accounts = list(Account.objects.filter(holder=customer).values_list("id", flat=True))
    for point in points:
        assert point.total == sum(balance_at(account, effective=point.at) for account in accounts)
    assert len({point.total for point in points}) > 15


def test_paper_and_live_are_never_added_up(customer: Any) -> None:
    fund(customer, "USDT", "5")
    fund(customer, "USDT", "7", mode=Mode.PAPER)
    assert value_now(customer.pk, "USDT").total == D(5)
    assert value_now(customer.pk, "USDT", Mode.PAPER).total == D(7)
    assert value_series(customer.pk, "USDT", 1, Mode.PAPER)[0].total == D(7)


def test_long_histories_are_read_in_pages(customer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.finance.wallets.valuation.PAGE", 3)
    for day in range(1, 11):
        with freeze(at(f"2024-06-{day:02} 10:00")):
            fund(customer, "USDT", "1")
    with freeze(at("2024-06-10 12:00")):
        assert [point.total for point in value_series(customer.pk, "USDT", 12)] == [
            D(0), D(0), *map(D, range(1, 11)),
        ]  # fmt: skip
        assert len(value_series(customer.pk, "USDT", 0)) == 1
    assert sum(1 for row in value_now(customer.pk, "USDT").holdings if row.kind == AccountKind.CUSTOMER) == 1
