"""Engines without sockets for the tests of this folder: a small recording, random requests, what must always hold."""

import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from apps.trading.sandbox.exchange.admission import admit_amend, admit_list, admit_order
from apps.trading.sandbox.exchange.candles import QUANTA, Recording
from apps.trading.sandbox.exchange.engine import Engine
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.journal import Record
from apps.trading.sandbox.exchange.market import MarketView
from apps.trading.sandbox.exchange.settlement import standing_need
from apps.trading.sandbox.exchange.snapshot import new_state
from apps.trading.sandbox.exchange.state import Account, MarketClock, Order, OrderType

UNIT = 10**8
START = 1_704_067_200_000
BARS = 60
FUNDS = {"USDT": 10**6 * UNIT, "BTC": 20 * UNIT, "ETH": 20 * UNIT}
SYMBOLS = ("BTCUSDT", "ETHUSDT")
REFUSALS = {0, -1013, -1106, -1128, -2010, -2013, -2038}
Request = tuple[str, dict[str, str]]


def write_recording(folder: Path, symbol: str, gap_at: int | None = None) -> None:
    """Candles of a random walk in the form of the bundled ones."""
    rng = random.Random(symbol)
    price, rows = 4_000_000, []
    for number in range(BARS):
        opened = price
        price += rng.randint(-20_000, 20_000)
        high, low = max(opened, price) + rng.randint(0, 9_000), min(opened, price) - rng.randint(0, 9_000)
        time = START + number * 300_000 + (300_000 if gap_at is not None and number >= gap_at else 0)
        rows.append((time, opened, high, low, price, rng.randint(1, 10**11)))
    columns = np.array(rows, dtype=np.int64).T
    names = ("ts", "open", "high", "low", "close", "volume")
    np.savez(folder / f"{symbol}_5m.npz", **dict(zip(names, columns, strict=True)))


def price_of(ticks: int) -> str:
    """A price's text."""
    return f"{Decimal(ticks) / 100}"


class Bench:
    """An engine with its journal kept in a list."""

    def __init__(self, recording: Recording, accounts: int = 0) -> None:
        clock = MarketClock(recording.start_ms, 0, 60.0, "replay")
        self.engine = Engine(new_state(recording, clock, 1), MarketView(recording, clock))
        self.records: list[Record] = []
        for number in range(accounts):
            fees = {"maker": 50_000, "taker": 100_000}
            self.apply({"k": "account", "label": f"a{number}", "ref": "", "funds": dict(FUNDS)} | fees)

    def account(self, account_id: int = 1) -> Account:
        return self.engine.state.accounts[account_id]

    def apply(self, record: Record) -> Any:
        record = {"t": START + len(self.records)} | record
        self.records.append(json.loads(json.dumps(record)))
        return self.engine.apply(record)

    def order(self, account_id: int, **params: str) -> Any:
        now = START + len(self.records)
        return self.apply(admit_order(self.engine, self.account(account_id), params, now))

    def limit(self, account_id: int, side: str, quantity: str, price: str, **more: str) -> Order:
        order: Order = self.order(
            account_id,
            symbol="BTCUSDT",
            side=side,
            **{"type": "LIMIT", "timeInForce": "GTC", "quantity": quantity, "price": price} | more,
        )
        return order

    def place_list(self, account_id: int, kind: str, **params: str) -> Any:
        now = START + len(self.records)
        return self.apply(admit_list(self.engine, self.account(account_id), {"symbol": "BTCUSDT"} | params, kind, now))

    def amend(self, account_id: int, order: Order, quantity: str, **params: str) -> Any:
        request = {"symbol": order.symbol, "orderId": str(order.id), "newQty": quantity} | params
        return self.apply(admit_amend(self.engine, self.account(account_id), request, START + len(self.records)))

    def cancel(self, order: Order) -> Any:
        return self.apply({"k": "cancel", "account": order.account_id, "s": order.symbol, "id": order.id, "cid": "c"})

    def move(self, quanta: int) -> None:
        self.apply({"k": "move", "q": self.engine.state.clock.quantum + quanta})

    def price(self, symbol: str = "BTCUSDT") -> int:
        return self.engine.view.price(symbol)

    def play(self, seed: int, commands: int) -> None:
        """Random commands of every kind; refusals must leave the digest alone."""
        choices = random.Random(seed)
        for _ in range(commands):
            kind = choices.random()
            clock = self.engine.state.clock
            if kind < 0.2:
                self.move(choices.randint(1, 70))
            elif kind < 0.25:
                step = (clock.quantum // QUANTA + 1) * QUANTA
                self.apply({"k": "move", "q": step, "standing": choices.random() < 0.5})
            else:
                self._request(choices)

    def _request(self, choices: random.Random) -> None:
        account = self.account(choices.choice(list(self.engine.state.accounts)))
        kind, params = random_request(choices, self.engine, account)
        before = self.engine.digest()
        code = 0
        try:
            self.apply(admitted(self.engine, account, kind, params, START + len(self.records)))
        except ApiError as refusal:
            code = refusal.code
        assert code in REFUSALS
        assert (self.engine.digest() == before) == (code != 0)


def admitted(engine: Engine, account: Account, kind: str, params: dict[str, str], now: int) -> Record:
    """The record of a random request; ApiError when it is refused."""
    if kind == "order":
        return admit_order(engine, account, params, now)
    if kind == "amend":
        return admit_amend(engine, account, params, now)
    if kind == "cancel":
        order_id = int(params["orderId"])
        return {"k": "cancel", "t": now, "account": account.id, "s": params["symbol"], "id": order_id, "cid": ""}
    return admit_list(engine, account, params, kind, now)


def random_request(choices: random.Random, engine: Engine, account: Account) -> Request:
    """A request of any kind near the market; may be refused."""
    draw = choices.random()
    if draw < 0.3 and account.open_count:
        symbol, order_id = choices.choice(list(account.open_orders))
        params = {"symbol": symbol, "orderId": str(order_id)}
        order = account.open_orders[symbol, order_id]
        if draw < 0.1 and order.lots > 1:
            lots = choices.randint(1, order.lots)
            decimals = engine.state.markets[symbol].spec.lot_decimals
            return "amend", params | {"newQty": f"{Decimal(lots).scaleb(-decimals):f}"}
        return "cancel", params
    symbol = choices.choice(SYMBOLS)
    last = engine.state.markets[symbol].book.last_price
    params = {"symbol": symbol, "quantity": f"{Decimal(choices.randint(1, 300)) / 100}"}
    if draw < 0.45:
        return _random_list(choices, params, last)
    return "order", _random_order(choices, params, last)


def _random_order(choices: random.Random, params: dict[str, str], last: int) -> dict[str, str]:
    side = choices.choice(["BUY", "SELL"])
    kind = choices.choice(["LIMIT", "LIMIT", "LIMIT", "MARKET", *(member.value for member in OrderType)])
    params |= {"side": side, "type": kind}
    width = choices.choice([1_000, 30_000])  # narrow orders often take a part and rest with the remainder
    if kind not in ("MARKET", "STOP_LOSS", "TAKE_PROFIT"):
        params["price"] = price_of(last + choices.randint(-width, width))
    if kind in ("LIMIT", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"):
        params["timeInForce"] = choices.choice(["GTC", "GTC", "IOC", "FOK"])
    if kind.startswith(("STOP", "TAKE")):
        params |= _random_trigger(choices, last, rises=kind.startswith("STOP") == (side == "BUY"))
    if kind == "MARKET" and choices.random() < 0.5:
        del params["quantity"]
        params["quoteOrderQty"] = str(choices.randint(5, 90_000))
    if params.get("timeInForce") == "GTC" and choices.random() < 0.2:
        params["icebergQty"] = f"{Decimal(params['quantity']) / 4:.2f}"
    if choices.random() < 0.5:
        modes = ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"]
        params["selfTradePreventionMode"] = choices.choice(modes)
    return params


def _random_trigger(choices: random.Random, last: int, *, rises: bool) -> dict[str, str]:
    stop = {"stopPrice": price_of(last + choices.randint(-500, 20_000) * (1 if rises else -1))}
    if choices.random() < 0.7:
        return stop
    trail = {"trailingDelta": str(choices.randint(10, 60))}
    return stop | trail if choices.random() < 0.5 else trail


def _random_list(choices: random.Random, params: dict[str, str], last: int) -> Request:
    kind = choices.choice(["OCO", "OTO", "OTOCO"])
    quantity = params.pop("quantity")
    side = choices.choice(["BUY", "SELL"])
    near, far = choices.randint(100, 3_000), choices.randint(100, 3_000)
    gain, loss = ("below", "above") if side == "BUY" else ("above", "below")
    sign = -1 if side == "BUY" else 1
    pair = {
        f"{gain}Type": "LIMIT_MAKER",
        f"{gain}Price": price_of(last + sign * near),
        f"{loss}Type": "STOP_LOSS",
        f"{loss}StopPrice": price_of(last - sign * far),
    }
    if kind == "OCO":
        return kind, params | pair | {"side": side, "quantity": quantity}
    other = "SELL" if side == "BUY" else "BUY"
    params |= {
        "workingType": "LIMIT",
        "workingSide": other,
        "workingTimeInForce": "GTC",
        "workingQuantity": quantity,
        "workingPrice": price_of(last + choices.randint(-3_000, 3_000)),
        "pendingSide": side,
        "pendingQuantity": f"{Decimal(quantity) / 2:.2f}" if quantity != "0.01" else quantity,
    }
    if kind == "OTOCO":
        return kind, params | {f"pending{name[0].upper()}{name[1:]}": value for name, value in pair.items()}
    price = price_of(last + sign * near)
    return kind, params | {"pendingType": "LIMIT", "pendingTimeInForce": "GTC", "pendingPrice": price}


def check_books(engine: Engine) -> None:
    """Nothing below zero; locks are exactly what open orders may give; balances are funds plus trades."""
    assert engine.imbalance() == {}
    for account in engine.state.accounts.values():
        locked: dict[str, int] = {}
        for (symbol, _), order in account.open_orders.items():
            market = engine.state.markets[symbol]
            asset = market.spec.quote if order.side.value == "BUY" else market.spec.base
            locked[asset] = locked.get(asset, 0) + order.locked
            _check_lock(engine, order)
        expected = _expected_funds(engine, account)
        for asset in account.assets():
            assert account.free.get(asset, 0) >= 0
            assert account.locked.get(asset, 0) == locked.get(asset, 0)
            assert account.free.get(asset, 0) + account.locked.get(asset, 0) == expected[asset]


def _check_lock(engine: Engine, order: Order) -> None:
    market = engine.state.markets[order.symbol]
    if order.status.value == "PENDING_NEW":
        assert order.locked == 0
        return
    assert market.book.left(order.id) == order.remaining > 0
    pair = engine.state.lists[order.list_id].pair if order.list_id > 0 else ()
    members = [market.orders[each] for each in pair if market.orders[each].is_open] if order.id in pair else [order]
    assert sum(each.locked for each in members) == max(standing_need(market, each) for each in members)


def _expected_funds(engine: Engine, account: Account) -> dict[str, int]:
    expected = dict(account.initial)
    for trades in account.trades.values():
        for trade in trades:
            spec = engine.state.markets[trade.symbol].spec
            base, buys = trade.lots * spec.lot_units, trade.side.value == "BUY"
            expected[spec.base] += base if buys else -base
            expected[spec.quote] += -trade.quote if buys else trade.quote
            expected[trade.fee_asset] -= trade.fee
    return expected
