"""A large order on recorded candles: figures by hand, the same steps as live, and clear words where candles miss."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from apps.core.clock import from_ms
from apps.core.errors import DomainError
from apps.trading.instruments.operations import seed_instruments
from apps.trading.orders.algos.choices import AlgoKind
from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.algos.operations import AlgoWish
from apps.trading.orders.algos.trying import try_algo
from kernel.execution import volume_price
from kernel.instruments import Bars, Side
from kernel.simulation import Costs
from tests.factories.candles import FIVE, START, store

pytestmark = pytest.mark.django_db
D = Decimal
AT = from_ms(START + 10 * FIVE)
COSTS = Costs(maker_fee=D("0.001"), taker_fee=D("0.001"))


def stairs(count: int = 40) -> Bars:
    """Candle i stands at 59,900 + 10 × i, and 10 BTC trade in each."""
    price = 5_990_000 + 1_000 * np.arange(count, dtype=np.int64)
    ts = START + np.arange(count, dtype=np.int64) * FIVE
    return Bars(ts, price, price, price, price, np.full(count, 10**9, dtype=np.int64))


@pytest.fixture(autouse=True)
def _recorded(db: None) -> None:
    seed_instruments()
    store(stairs())


def wish(algo: str = "twap", **more: Any) -> AlgoWish:
    facts: dict[str, Any] = {"side": Side.BUY, "quantity": D("1.2"), "duration": timedelta(hours=1), **more}
    if algo in ("twap", "vwap"):
        facts.setdefault("slices", 12)
    return AlgoWish(symbol="BTCUSDT", algo=AlgoKind(algo), **facts)


def test_the_figures_equal_those_by_hand():
    found = try_algo(wish=wish(), start=AT - timedelta(minutes=3), costs=COSTS)  # the next candle opens at AT
    assert (found.start, found.end, found.why, found.parts, found.filled) == (
        AT, AT + timedelta(hours=1), "complete", 12, D("1.2"),
    )  # fmt: skip
    assert [(fill.price, fill.quantity) for fill in found.fills] == [(60_000 + 10 * i, D("0.1")) for i in range(12)]
    assert (found.arrival_price, found.average_price, found.market_price) == (60_000, 60_055, 60_055)
    assert (found.slippage_bps, found.against_market_bps) == (D("9.1667"), 0)
    assert found.fees == D("72.066")  # 0.1 × 0.001 × 720,660
    assert found.share_bps == D("109.0909")  # 1.2 of the 110 that traded before the last part
    assert found.tracking is not None
    assert (found.tracking.worst_bps, found.tracking.slices) == (0, 12)
    sold = try_algo(wish=wish(side=Side.SELL), start=AT, costs=Costs(slippage_bps=D(10)))
    assert sold.slippage_bps is not None
    assert sold.fills[0].price == D("59940.00")
    assert sold.slippage_bps == D("0.8425")  # 60,055 × 0.999 = 59,994.945 against 60,000
    assert not AlgoOrder.objects.exists()


def test_the_guard_a_share_and_an_iceberg_behave_as_live():
    guarded = try_algo(wish=wish(guard_bps=5), start=AT, costs=COSTS)
    # 60,030 is 5 bp above 60,000: it is sent; 60,040 is not
    assert (guarded.why, guarded.filled, guarded.paused_at) == ("slippage", D("0.4"), AT + timedelta(minutes=20))
    assert guarded.tracking is not None
    assert guarded.tracking.worst_bps == D("6666.6667")  # 0.8 of 1.2 missing at the end
    share = try_algo(wish=wish("pov", quantity=D(50), participation_bps=100), start=AT, costs=COSTS)
    assert (share.why, share.filled, share.share_bps, share.tracking) == ("time", D("1.2"), D(100), None)
    shown = {"quantity": D("0.3"), "limit_price": D(60_000), "display_quantity": D("0.1")}
    bought = try_algo(wish=wish("iceberg", **shown), start=AT, costs=COSTS)
    assert (bought.why, bought.filled, bought.parts) == ("time", D("0.1"), 2)  # the second rests, and none comes down
    sold = try_algo(wish=wish("iceberg", side=Side.SELL, **shown), start=AT, costs=COSTS)
    assert (sold.why, sold.filled, sold.average_price) == ("complete", D("0.3"), 60_010)


def test_the_markets_own_price_is_its_mean_by_volume():
    bars = stairs(3)
    volumes = np.array([10**8, 0, 3 * 10**8], dtype=np.int64)
    made = Bars(bars.ts, bars.open, bars.high + 300, bars.low, bars.close, volumes)
    assert volume_price(made) == (5_990_100 + 3 * 5_992_100) / 4
    assert volume_price(Bars(bars.ts, bars.open, bars.high, bars.low, bars.close, volumes * 0)) is None


REFUSED = [
    ({}, timedelta(hours=3), "orders.algo_history_missing"),
    ({}, timedelta(days=-400), "orders.algo_history_missing"),
    ({"duration": timedelta(days=8)}, timedelta(0), "orders.algo_does_not_fit"),
    ({"duration": None}, timedelta(0), "orders.algo_does_not_fit"),
    ({"slices": 501}, timedelta(0), "orders.algo_does_not_fit"),
    ({"quantity": D("0.000001")}, timedelta(0), "orders.quantity_off_grid"),
]


@pytest.mark.parametrize(("more", "later", "code"), REFUSED)
def test_what_cannot_be_tried_is_refused_in_words(more, later, code):
    with pytest.raises(DomainError) as refused:
        try_algo(wish=wish(**more), start=AT + later, costs=COSTS)
    assert refused.value.code == code


def test_the_api_and_the_page_try_it_and_write_nothing(customer, api, web):
    asked = {
        "symbol": "BTCUSDT", "side": "buy", "algo": "twap", "quantity": "1.2", "minutes": "60", "slices": "12",
        "guard_bps": "5", "start": AT.isoformat(),
    }  # fmt: skip
    told = api(customer).get("/api/v1/algo-orders/trial", asked).json()
    names = ("why", "filled", "arrival_price", "average_price", "slippage_bps", "worst_error_bps", "fees")
    assert {name: told[name] for name in names} == {
        "why": "slippage", "filled": "0.4", "arrival_price": "60000", "average_price": "60015", "slippage_bps": "2.5",
        "worst_error_bps": "6666.6667", "fees": "24.006",
    }  # fmt: skip
    assert (len(told["fills"]), told["reason"].startswith("Its mean price or the market")) == (4, True)
    early = api(customer).get("/api/v1/algo-orders/trial", {**asked, "start": "2020-01-01T00:00:00Z"})
    assert (early.status_code, early.json()["code"]) == (422, "orders.algo_history_missing")
    assert api(customer).get("/api/v1/algo-orders/trial", {**asked, "fee": "NaN"}).status_code == 422
    client = web(customer)
    assert "Candles of 5 minutes are recorded from" in client.get("/orders/algos/try/").content.decode()
    form = {
        "symbol": "BTCUSDT", "side": "buy", "algo": "twap", "quantity": "1.2", "minutes": "60", "slices": "12",
        "guard": "0.05", "day": f"{AT:%Y-%m-%d}", "clock": f"{AT:%H:%M}", "fee": "0.1", "slippage": "0",
        "catch_up": "at_once", "rest": "finish",
    }  # fmt: skip
    page = client.get("/orders/algos/try/", form).content.decode()
    for words in ("60,015.00", "60,000.00 at start", "66.67 %", "4 fills", "Stopped", "24.01 USDT"):
        assert words in page
    assert "guard=0.05" in page
    assert client.get("/orders/algos/new/", {"guard": "0.05", "quantity": "1.2"}).content.decode().count('"1.2"') == 1
    assert client.get("/orders/algos/try/", {**form, "quantity": "-1"}).status_code == 422
    missing = client.get("/orders/algos/try/", {**form, "day": "2020-01-01"})
    assert (missing.status_code, "are not recorded" in missing.content.decode()) == (422, True)
    assert not AlgoOrder.objects.exists()
