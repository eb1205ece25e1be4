"""Contracts at the sandbox exchange: positions, margin, funding, liquidation; nothing is made or lost; equal replay."""

import json
import random
from decimal import Decimal
from typing import Any

import pytest

from apps.trading.sandbox.exchange.candles import QUANTA
from apps.trading.sandbox.exchange.engine import Engine
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.market import MarketView
from apps.trading.sandbox.exchange.snapshot import dump_state, load_state, new_state
from apps.trading.sandbox.exchange.state import MarketClock
from apps.trading.sandbox.exchange.usdm.admission import admit_algo, admit_leverage, admit_order
from apps.trading.sandbox.exchange.usdm.contracts import TICK_LOT
from apps.trading.sandbox.exchange.usdm.funding import FUNDING_MS, rate_at
from apps.trading.sandbox.exchange.usdm.margin import available, cross_wallet, liquidation_of, pools_of
from apps.trading.sandbox.exchange.usdm.state import FuturesAccount
from tests.apps.trading.sandbox.engine_bench import START, Bench

UNIT = 10**8


class Desk:
    """A bench whose accounts hold contracts."""

    def __init__(self, recording, wallets=(100_000, 100_000)):
        self.bench = Bench(recording, accounts=3)
        self.engine = self.bench.engine
        self.told: list[Any] = []
        self.engine.listener = self.told.append
        self.bench.apply({"k": "clock", "standing": True, "running": False})
        for number, wallet in enumerate(wallets, start=1):
            self.bench.apply({"k": "um_transfer", "account": number, "amount": wallet * UNIT})

    @property
    def usdm(self):
        return self.engine.usdm

    def account(self, number=1):
        return self.usdm.state.accounts.get(number) or FuturesAccount(number)

    def order(self, number=1, **params):
        record = admit_order(self.usdm, self.account(number), {"symbol": "BTCUSDT", **params}, self._now())
        return self.bench.apply(record)

    def market(self, side, quantity, number=1, **more):
        return self.order(number, side=side, type="MARKET", quantity=quantity, **more)

    def limit(self, side, quantity, price, number=1, **more):
        given = {"timeInForce": "GTC"} | more
        return self.order(number, side=side, type="LIMIT", quantity=quantity, price=price, **given)

    def algo(self, number=1, **params):
        return self.bench.apply(
            admit_algo(self.usdm, self.account(number), {"symbol": "BTCUSDT", **params}, self._now())
        )

    def leverage(self, leverage, number=1, symbol="BTCUSDT"):
        params = {"symbol": symbol, "leverage": str(leverage)}
        return self.bench.apply(admit_leverage(self.usdm, self.account(number), params, self._now()))

    def go(self, price):
        """Let the market stand at a price: the next quantum of a bar that is written for it."""
        recording, clock = self.engine.view.recording, self.engine.state.clock
        bar = clock.quantum // QUANTA + 1
        candles = recording.symbols["BTCUSDT"]
        for name in ("open", "high", "low", "close"):
            getattr(candles, name)[bar % recording.bars] = int(Decimal(price) * 100)
        self.bench.apply({"k": "move", "q": bar * QUANTA, "standing": True})

    def held(self, number=1, side="BOTH", symbol="BTCUSDT"):
        return self.account(number).holding(symbol, side)

    def price(self):
        return self.usdm.price_of("BTCUSDT")

    def messages(self, kind):
        return [each.message for each in self.told if getattr(each, "message", {}).get("e") == kind]

    def _now(self):
        return START + len(self.bench.records)


@pytest.fixture
def desk(recording):
    copies = {symbol: [getattr(each, name).copy() for name in ("open", "high", "low", "close")]
              for symbol, each in recording.symbols.items()}  # fmt: skip
    desk = Desk(recording)
    desk.go("40000")
    yield desk
    assert desk.usdm.imbalance() == 0
    assert desk.engine.imbalance() == {}
    for symbol, columns in copies.items():
        for name, column in zip(("open", "high", "low", "close"), columns, strict=True):
            getattr(recording.symbols[symbol], name)[:] = column


def refused(code, call, *arguments, **more):
    with pytest.raises(ApiError) as caught:
        call(*arguments, **more)
    assert caught.value.code == code


def test_a_position_by_hand_opened_added_to_reduced_and_flipped(desk):
    desk.market("BUY", "0.100")
    desk.go("41000")
    desk.market("BUY", "0.300")
    assert (desk.held().lots, desk.held().cost) == (400, 16_300 * UNIT)  # 0.1 at 40,000 and 0.3 at 41,000: 40,750
    desk.go("42000")
    desk.market("SELL", "0.200")
    assert (desk.held().lots, desk.held().cost) == (200, 8_150 * UNIT)
    trade = desk.account().trades[-1]
    assert trade.realised == 250 * UNIT  # 0.2 × (42,000 − 40,750)
    desk.market("SELL", "0.500")
    assert (desk.held().lots, desk.held().cost) == (-300, -12_600 * UNIT)
    assert desk.account().trades[-1].realised == 250 * UNIT
    fees = (Decimal(4_000 + 12_300 + 8_400 + 21_000) * 5 / 10_000) * UNIT
    assert desk.account().wallet == 100_000 * UNIT + 500 * UNIT - fees
    kinds = [row.kind for row in desk.account().income]
    assert kinds.count("COMMISSION") == 4
    assert kinds.count("REALIZED_PNL") == 2


def test_isolated_margin_is_set_aside_and_liquidation_takes_no_more_than_it(desk):
    desk.bench.apply({"k": "um_type", "account": 1, "s": "BTCUSDT", "isolated": True})
    desk.leverage(10)
    desk.market("BUY", "1.000")
    assert desk.held().isolated == 4_000 * UNIT
    cross = cross_wallet(desk.account())
    price = liquidation_of(desk.account(), "BTCUSDT", "BOTH", desk.usdm.price_of)
    assert price is not None
    assert price.quantize(Decimal("0.01")) == Decimal("36144.58")  # (4,000 − 40,000) ÷ (0.004 − 1)
    desk.go("36144.59")
    assert desk.held().lots == 1_000
    (call,) = desk.messages("MARGIN_CALL")
    assert call["p"][0]["ps"] == "BOTH"
    assert desk.usdm.state.insurance == 0
    desk.go("36000")
    assert (desk.held().lots, desk.held().isolated) == (0, 0)
    assert cross_wallet(desk.account()) == cross
    forced = [order for order in desk.account().orders.values() if order.original_type == "LIQUIDATION"]
    assert [(order.status, order.client_id[:9], order.lots) for order in forced] == [("FILLED", "autoclose", 1_000)]


def test_a_gap_through_bankruptcy_is_made_good_by_the_insurance_fund(desk):
    desk.bench.apply({"k": "um_type", "account": 1, "s": "BTCUSDT", "isolated": True})
    desk.leverage(50)
    desk.market("BUY", "1.000")
    cross = cross_wallet(desk.account())
    desk.go("30000")
    assert desk.held().lots == 0
    assert cross_wallet(desk.account()) == cross
    assert desk.usdm.state.insurance == -(10_000 - 800) * UNIT


def test_cross_liquidation_closes_everything_and_cancels_orders(desk):
    desk.leverage(50)
    desk.market("BUY", "20.000")
    desk.limit("BUY", "0.010", "30000")
    price = liquidation_of(desk.account(), "BTCUSDT", "BOTH", desk.usdm.price_of)
    pool = pools_of(desk.account())[0]
    assert pool.balance(desk.usdm.price_of) > pool.maintenance(desk.usdm.price_of)
    assert price is not None
    desk.go(str(price.quantize(Decimal("0.01")) + 1))
    assert desk.held().lots == 20_000
    desk.go(str(price.quantize(Decimal("0.01")) - 1))
    assert desk.held().lots == 0
    assert not desk.account().open_orders
    assert 0 <= desk.account().wallet < 100_000 * UNIT


def test_hedge_mode_keeps_two_positions(desk):
    desk.bench.apply({"k": "um_dual", "account": 1, "dual": True})
    refused(-4061, desk.market, "BUY", "0.100")
    desk.market("BUY", "0.300", positionSide="LONG")
    desk.market("SELL", "0.100", positionSide="SHORT")
    assert (desk.held(side="LONG").lots, desk.held(side="SHORT").lots) == (300, -100)
    refused(-1106, desk.market, "SELL", "0.100", positionSide="LONG", reduceOnly="true")
    desk.market("SELL", "0.500", positionSide="LONG")  # closes, and never turns
    assert (desk.held(side="LONG").lots, desk.held(side="SHORT").lots) == (0, -100)
    refused(-2022, desk.market, "SELL", "0.100", positionSide="LONG")


def test_reduce_only_never_turns_a_position(desk):
    refused(-2022, desk.market, "SELL", "0.100", reduceOnly="true")
    desk.market("BUY", "0.300")
    resting = desk.limit("SELL", "0.200", "44000", reduceOnly="true")
    second = desk.limit("SELL", "0.200", "45000", reduceOnly="true")
    assert (resting.lots, second.lots) == (200, 100)
    desk.market("SELL", "0.250")
    assert desk.held().lots == 50
    assert (resting.lots, second.status) == (50, "EXPIRED")
    desk.go("46000")
    assert desk.held().lots == 0
    assert resting.status == "FILLED"


def test_limit_orders_fill_at_their_own_price_and_post_only_rests(desk):
    order = desk.limit("BUY", "0.100", "39000")
    refused(-5022, desk.limit, "BUY", "0.100", "40000", timeInForce="GTX")
    desk.go("38500")
    assert (order.status, order.quote) == ("FILLED", 3_900 * UNIT)
    assert desk.account().trades[-1].is_maker
    assert desk.account().trades[-1].fee == 3_900 * UNIT * 2 // 10_000


def test_conditional_orders(desk):
    refused(-2021, desk.algo, side="SELL", type="STOP_MARKET", quantity="0.1", triggerPrice="41000")
    desk.market("BUY", "0.300")
    stop = desk.algo(side="SELL", type="STOP_MARKET", closePosition="true", triggerPrice="39000")
    take = desk.algo(side="SELL", type="TAKE_PROFIT_MARKET", quantity="0.1", triggerPrice="42000", reduceOnly="true")
    trail = desk.algo(side="SELL", type="TRAILING_STOP_MARKET", quantity="0.05", callbackRate="1", reduceOnly="true")
    desk.go("42000")
    assert (take.status, desk.held().lots) == ("FINISHED", 200)
    desk.go("41579")  # 1 % below 42,000 is 41,580
    assert (trail.status, desk.held().lots) == ("FINISHED", 150)
    desk.go("38990")
    assert (stop.status, desk.held().lots) == ("FINISHED", 0)
    order = desk.account().orders[stop.order_id]
    assert (order.original_type, order.type, order.client_id) == ("STOP_MARKET", "MARKET", stop.client_id)
    assert [message["o"]["X"] for message in desk.messages("ALGO_UPDATE")] == ["NEW"] * 3 + ["FINISHED"] * 3


def test_margin_is_checked_before_an_order_is_taken(desk):
    desk.leverage(10)
    refused(-2019, desk.market, "BUY", "25.000")
    refused(-4028, desk.leverage, 126)
    desk.limit("BUY", "20.000", "39000")
    refused(-2019, desk.market, "BUY", "10.000")
    desk.market("SELL", "1.000")  # the other side: the larger of both counts
    assert available(desk.account(), desk.usdm.price_of) > 0
    refused(-4164, desk.limit, "BUY", "0.001", "4500")


def test_funding_is_paid_at_its_time_by_the_recorded_rate(desk):
    desk.market("BUY", "1.000")
    desk.market("SELL", "0.400", number=2)
    wallets = [desk.account(number).wallet for number in (1, 2)]
    slot = desk.engine.view.now_ms // FUNDING_MS + 1
    bars = -(-(slot * FUNDING_MS - desk.engine.view.now_ms) // desk.engine.view.recording.bar_ms)
    for _ in range(bars):
        desk.go("40000")
    rate = rate_at("BTCUSDT", slot)
    paid = [desk.account(number).wallet - before for number, before in zip((1, 2), wallets, strict=True)]
    assert rate != 0
    assert paid == [-40_000 * rate, 16_000 * rate]  # units of 10^-8: quantity × mark × rate
    rows = [row for row in desk.account().income if row.kind == "FUNDING_FEE"]
    assert [(row.amount, row.info) for row in rows] == [(paid[0], str(slot))]
    assert desk.messages("ACCOUNT_UPDATE")[-1]["a"]["m"] == "FUNDING_FEE"


def test_customers_trade_with_each_other(desk):
    desk.limit("BUY", "0.100", "40000", number=2)
    desk.market("SELL", "0.100")
    assert desk.held(2).lots == 100
    assert desk.usdm.state.street in (0, desk.held(2).lots * desk.price() * TICK_LOT)


def _random_requests(desk, seed):
    rng = random.Random(seed)
    for number in (1, 2):
        desk.leverage(rng.choice([5, 20, 50]), number)
    for _ in range(120):
        number, side = rng.choice([1, 2]), rng.choice(["BUY", "SELL"])
        quantity = f"{rng.randint(1, 4_000) / 1_000:.3f}"
        price = f"{desk.price() * rng.randint(970, 1_030) // 1_000 / 100:.2f}"
        try:
            kind = rng.randrange(6)
            if kind == 0:
                desk.limit(side, quantity, price, number, reduceOnly=rng.choice(["true", "false"]))
            elif kind == 1:
                desk.algo(number, side=side, type=rng.choice(["STOP_MARKET", "TAKE_PROFIT_MARKET"]), quantity=quantity,
                          triggerPrice=price, reduceOnly=rng.choice(["true", "false"]))  # fmt: skip
            elif kind == 2 and desk.account(number).open_orders:
                order_id = rng.choice(list(desk.account(number).open_orders))
                desk.bench.apply({"k": "um_cancel", "account": number, "id": order_id})
            elif kind < 5:
                desk.market(side, quantity, number)
            else:
                quantum = desk.engine.state.clock.quantum + rng.randint(1, 60)
                desk.bench.apply({"k": "move", "q": quantum, "standing": rng.choice([True, False])})
        except ApiError:
            continue
        assert desk.usdm.imbalance() == 0


@pytest.mark.parametrize("seed", range(6))
def test_random_histories_lose_nothing_and_replay_to_the_same_state(recording, seed):
    desk = Desk(recording)
    _random_requests(desk, seed)
    assert desk.engine.imbalance() == {}
    assert sum(len(desk.account(number).trades) for number in (1, 2)) > 10
    again = Bench(recording).engine
    for record in desk.bench.records:
        again.apply(json.loads(json.dumps(record)))
    assert again.digest() == desk.engine.digest()
    desk.engine.withdraw_quotes()
    again.withdraw_quotes()
    assert dump_state(again.state) == dump_state(desk.engine.state)


def test_a_snapshot_in_the_middle_leads_to_the_same_state(recording):
    desk = Desk(recording)
    _random_requests(desk, 99)
    half = len(desk.bench.records) // 2
    clock = MarketClock(recording.start_ms, 0, 60.0, "replay")
    first = Engine(new_state(recording, clock, 1), MarketView(recording, clock))
    for record in desk.bench.records[:half]:
        first.apply(record)
    first.apply({"k": "renew", "t": START})
    state = load_state(json.loads(json.dumps(dump_state(first.state))), recording, 1)
    second = Engine(state, MarketView(recording, state.clock))
    assert second.digest() == first.digest()
    for record in desk.bench.records[half:]:
        first.apply(record)
        second.apply(record)
    assert second.digest() == first.digest()


def test_a_reset_account_leaves_nothing(desk):
    desk.market("BUY", "1.000")
    desk.limit("BUY", "0.100", "39000")
    desk.bench.apply({"k": "reset", "account": 1, "funds": {"USDT": 5 * UNIT}})
    assert 1 not in desk.usdm.state.accounts
    assert not desk.usdm.markets["BTCUSDT"].orders
