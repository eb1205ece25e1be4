"""What every adapter has to do, as numbered cases on its port. A case that needs a capability names it.

Run against one account at a venue whose market stands: `Bench` is how a case talks to it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from itertools import count
from typing import Any

from apps.trading.exchanges.errors import VenueRefused
from apps.trading.exchanges.operations import (
    Confirmed,
    OrderKind,
    OrderRequest,
    Rejected,
    TimeInForce,
    VenueOrder,
    VenuePort,
    VenueStatus,
)
from kernel.instruments import Side

D = Decimal
SYMBOL, BASE, QUOTE = "BTCUSDT", "BTC", "USDT"
LOT = D("0.001")
K, S, T = OrderKind, Side, TimeInForce
_ids = count(1)


@dataclass
class Bench:
    """A port, the market's price, and the ways of a case to order something."""

    port: VenuePort
    price: Decimal
    move: Callable[[], object]
    made: list[str] = field(default_factory=list)

    def near(self, percent: str) -> Decimal:
        """A price on the grid so many percent from the market's."""
        return (self.price * (1 + D(percent) / 100)).quantize(D("0.01"), rounding=ROUND_DOWN)

    def request(self, kind: OrderKind, side: Side, **more: Any) -> OrderRequest:
        """An order with an id of its own; prices in percent from the market."""
        client_id = more.pop("client_id", f"m{next(_ids):025d}")
        self.made.append(client_id)
        facts: dict[str, Any] = {"quantity": LOT, **more}
        for name in ("price", "stop_price"):
            if name in facts:
                facts[name] = self.near(facts[name])
        if facts.get("price") is not None and kind is not K.MARKET and not facts.get("post_only"):
            facts.setdefault("time_in_force", T.GTC)
        return OrderRequest(client_id=client_id, symbol=SYMBOL, side=side, kind=kind, **facts)

    def order(self, kind: OrderKind, side: Side, **more: Any) -> VenueOrder:
        """Send an order that is taken, and return it."""
        outcome = self.port.submit(self.request(kind, side, **more))
        assert isinstance(outcome, Confirmed), outcome
        return outcome.order

    def free(self, asset: str) -> Decimal:
        """What is free of an asset."""
        return next((row.free for row in self.port.balances() if row.asset == asset), D(0))

    def clean(self) -> None:
        """Take back what a case left."""
        for row in self.port.open_orders(SYMBOL):
            self.port.cancel(SYMBOL, row.client_id)


@dataclass(frozen=True)
class Case:
    """One numbered promise; `needs` are the capabilities without which it is skipped."""

    number: int
    title: str
    run: Callable[[Bench], None]
    needs: frozenset[str] = frozenset()


RESTING: list[tuple[str, OrderKind, Side, dict[str, Any], str]] = [
    ("limit buy", K.LIMIT, S.BUY, {"price": "-5"}, ""),
    ("limit sell", K.LIMIT, S.SELL, {"price": "5"}, ""),
    ("post-only buy", K.LIMIT, S.BUY, {"price": "-5", "post_only": True}, "post_only"),
    ("post-only sell", K.LIMIT, S.SELL, {"price": "5", "post_only": True}, "post_only"),
    ("stop buy", K.STOP, S.BUY, {"stop_price": "5"}, "stop"),
    ("stop sell", K.STOP, S.SELL, {"stop_price": "-5"}, "stop"),
    ("stop limit buy", K.STOP_LIMIT, S.BUY, {"stop_price": "5", "price": "6"}, "stop_limit"),
    ("stop limit sell", K.STOP_LIMIT, S.SELL, {"stop_price": "-5", "price": "-6"}, "stop_limit"),
    ("take profit buy", K.TAKE_PROFIT, S.BUY, {"stop_price": "-5"}, "take_profit"),
    ("take profit sell", K.TAKE_PROFIT, S.SELL, {"stop_price": "5"}, "take_profit"),
    ("take profit limit buy", K.TAKE_PROFIT_LIMIT, S.BUY, {"stop_price": "-5", "price": "-4"}, "take_profit_limit"),
    ("take profit limit sell", K.TAKE_PROFIT_LIMIT, S.SELL, {"stop_price": "5", "price": "4"}, "take_profit_limit"),
    ("trailing stop buy", K.TRAILING_STOP, S.BUY, {"trail_percent": D(2)}, "trailing_stop"),
    ("trailing stop sell", K.TRAILING_STOP, S.SELL, {"trail_percent": D(2)}, "trailing_stop"),
]
AT_ONCE: list[tuple[str, OrderKind, Side, dict[str, Any]]] = [
    ("market buy", K.MARKET, S.BUY, {}),
    ("market sell", K.MARKET, S.SELL, {}),
    ("crossing limit buy", K.LIMIT, S.BUY, {"price": "1"}),
    ("crossing limit sell", K.LIMIT, S.SELL, {"price": "-1"}),
    ("IOC buy", K.LIMIT, S.BUY, {"price": "1", "time_in_force": T.IOC}),
    ("IOC sell", K.LIMIT, S.SELL, {"price": "-1", "time_in_force": T.IOC}),
    ("FOK buy", K.LIMIT, S.BUY, {"price": "1", "time_in_force": T.FOK}),
    ("FOK sell", K.LIMIT, S.SELL, {"price": "-1", "time_in_force": T.FOK}),
]
NEVER: list[tuple[str, OrderKind, Side, dict[str, Any]]] = [
    ("IOC buy away from the market", K.LIMIT, S.BUY, {"price": "-5", "time_in_force": T.IOC}),
    ("IOC sell away from the market", K.LIMIT, S.SELL, {"price": "5", "time_in_force": T.IOC}),
    ("FOK buy away from the market", K.LIMIT, S.BUY, {"price": "-5", "time_in_force": T.FOK}),
    ("FOK sell away from the market", K.LIMIT, S.SELL, {"price": "5", "time_in_force": T.FOK}),
]
REFUSED: list[tuple[str, OrderKind, Side, dict[str, Any], str]] = [
    ("post-only buy that would take", K.LIMIT, S.BUY, {"price": "1", "post_only": True}, "post_only"),
    ("post-only sell that would take", K.LIMIT, S.SELL, {"price": "-1", "post_only": True}, "post_only"),
    ("stop buy below the market", K.STOP, S.BUY, {"stop_price": "-5"}, "stop"),
    ("stop sell above the market", K.STOP, S.SELL, {"stop_price": "5"}, "stop"),
    ("take profit buy above the market", K.TAKE_PROFIT, S.BUY, {"stop_price": "5"}, "take_profit"),
    ("take profit sell below the market", K.TAKE_PROFIT, S.SELL, {"stop_price": "-5"}, "take_profit"),
    ("stop limit buy below", K.STOP_LIMIT, S.BUY, {"stop_price": "-5", "price": "-4"}, "stop_limit"),
    ("stop limit sell above", K.STOP_LIMIT, S.SELL, {"stop_price": "5", "price": "4"}, "stop_limit"),
    ("take profit limit buy above", K.TAKE_PROFIT_LIMIT, S.BUY, {"stop_price": "5", "price": "6"}, "take_profit_limit"),
    ("purchase of more than there is", K.MARKET, S.BUY, {"quantity": D(5000)}, "covers_purchases"),
    ("sale of more than there is", K.MARKET, S.SELL, {"quantity": D(5000)}, "covers_sales"),
    ("order below the least worth", K.LIMIT, S.BUY, {"price": "-5", "quantity": D("0.00001")}, "filters"),
    ("quantity below the lot", K.MARKET, S.BUY, {"quantity": D("0.000001")}, "filters"),
]


def _rests(kind: OrderKind, side: Side, more: dict[str, Any]) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        made = bench.order(kind, side, **more)
        assert (made.status, made.filled, made.side, made.symbol) == (VenueStatus.OPEN, 0, side, SYMBOL)
        assert (made.quantity, made.client_id) == (LOT, bench.made[-1])

    return run


def _is_found(kind: OrderKind, side: Side, more: dict[str, Any]) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        made = bench.order(kind, side, **more)
        found = bench.port.query(SYMBOL, made.client_id)
        assert found is not None
        assert (found.venue_order_id, found.status, found.quantity) == (made.venue_order_id, VenueStatus.OPEN, LOT)
        assert [row.client_id for row in bench.port.open_orders(SYMBOL)] == [made.client_id]

    return run


def _is_cancelled(kind: OrderKind, side: Side, more: dict[str, Any]) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        made = bench.order(kind, side, **more)
        before = bench.free(QUOTE), bench.free(BASE)
        outcome = bench.port.cancel(SYMBOL, made.client_id)
        assert isinstance(outcome, Confirmed)
        assert outcome.order.status is VenueStatus.CANCELLED
        found = bench.port.query(SYMBOL, made.client_id)
        assert found is not None
        assert (found.status, found.filled) == (VenueStatus.CANCELLED, 0)
        assert bench.port.open_orders(SYMBOL) == []
        after = bench.free(QUOTE), bench.free(BASE)
        assert after >= before
        assert after != before  # what it held is free again

    return run


def _fills(kind: OrderKind, side: Side, more: dict[str, Any]) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        outcome = bench.port.submit(bench.request(kind, side, **more))
        assert isinstance(outcome, Confirmed), outcome
        assert (outcome.order.status, outcome.order.filled) == (VenueStatus.FILLED, LOT)
        assert sum(fill.quantity for fill in outcome.fills) == LOT
        assert outcome.order.average_price is not None

    return run


def _is_booked_at_the_venue(kind: OrderKind, side: Side, more: dict[str, Any]) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        before = bench.free(BASE)
        outcome = bench.port.submit(bench.request(kind, side, **more))
        assert isinstance(outcome, Confirmed)
        listed = [row for row in bench.port.fills(SYMBOL) if row.venue_order_id == outcome.order.venue_order_id]
        assert [(row.trade_id, row.quantity, row.price, row.fee, row.fee_asset) for row in listed] == [
            (row.trade_id, row.quantity, row.price, row.fee, row.fee_asset) for row in outcome.fills
        ]
        assert not any(row.is_maker for row in listed)
        fees = sum(row.fee for row in listed if row.fee_asset == BASE)
        assert bench.free(BASE) - before == (LOT if side is S.BUY else -LOT) - fees

    return run


def _never_fills(kind: OrderKind, side: Side, more: dict[str, Any]) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        made = bench.order(kind, side, **more)
        assert (made.status, made.filled) == (VenueStatus.CANCELLED, 0)
        assert bench.port.open_orders(SYMBOL) == []

    return run


def _is_refused(kind: OrderKind, side: Side, more: dict[str, Any]) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        before = bench.free(QUOTE), bench.free(BASE)
        outcome = bench.port.submit(bench.request(kind, side, **more))
        assert isinstance(outcome, Rejected), outcome
        assert outcome.message
        assert bench.port.open_orders(SYMBOL) == []
        assert (bench.free(QUOTE), bench.free(BASE)) == before

    return run


def _stale_stamp(bench: Bench) -> None:
    outcome = bench.port.submit(bench.request(K.MARKET, S.BUY, timestamp_ms=1_000))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "-1021"


def _same_id_twice(bench: Bench) -> None:
    made = bench.order(K.LIMIT, S.BUY, price="-5")
    outcome = bench.port.submit(bench.request(K.LIMIT, S.BUY, price="-5", client_id=made.client_id))
    assert not isinstance(outcome, Confirmed)
    assert len(bench.port.open_orders(SYMBOL)) == 1


def _long_id(bench: Bench) -> None:
    assert isinstance(bench.port.submit(bench.request(K.MARKET, S.BUY, client_id="x" * 60)), Rejected)


def _unknown_symbol(bench: Bench) -> None:
    request = OrderRequest(client_id="m1", symbol="NOPEUSDT", side=S.BUY, kind=K.MARKET, quantity=LOT)
    try:
        outcome = bench.port.submit(request)
    except VenueRefused:
        return
    assert isinstance(outcome, Rejected)


def _unknown_order(bench: Bench) -> None:
    assert bench.port.query(SYMBOL, "m" + "z" * 25) is None


def _cancel_of_nothing(bench: Bench) -> None:
    assert isinstance(bench.port.cancel(SYMBOL, "m" + "z" * 25), Rejected)


def _cancel_twice(bench: Bench) -> None:
    made = bench.order(K.LIMIT, S.BUY, price="-5")
    assert isinstance(bench.port.cancel(SYMBOL, made.client_id), Confirmed)
    assert isinstance(bench.port.cancel(SYMBOL, made.client_id), Rejected)


def _cancel_of_filled(bench: Bench) -> None:
    made = bench.order(K.MARKET, S.BUY)
    assert isinstance(bench.port.cancel(SYMBOL, made.client_id), Rejected)
    found = bench.port.query(SYMBOL, made.client_id)
    assert found is not None
    assert (found.status, found.filled) == (VenueStatus.FILLED, LOT)


def _fills_from_a_trade_on(bench: Bench) -> None:
    for _ in range(3):
        bench.order(K.MARKET, S.BUY)
    rows = bench.port.fills(SYMBOL)
    assert [int(row.trade_id) for row in rows] == sorted(int(row.trade_id) for row in rows)
    later = bench.port.fills(SYMBOL, rows[-2].trade_id)
    assert [row.trade_id for row in later] == [row.trade_id for row in rows[-2:]]


def _locks(side: Side, price: str, asset: str) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        before = bench.free(asset)
        made = bench.order(K.LIMIT, side, price=price)
        held = LOT if asset == BASE else LOT * (made.price or D(0))
        assert before - bench.free(asset) == held
        locked = next(row.locked for row in bench.port.balances() if row.asset == asset)
        assert locked == held

    return run


def _all_symbols(bench: Bench) -> None:
    made = bench.order(K.LIMIT, S.BUY, price="-5")
    assert made.client_id in [row.client_id for row in bench.port.open_orders()]


def _open_in_order_of_none(bench: Bench) -> None:
    assert bench.port.open_orders(SYMBOL) == []


def _three_open(bench: Bench) -> None:
    made = {bench.order(K.LIMIT, S.BUY, price=f"-{n}").client_id for n in (4, 5, 6)}
    assert {row.client_id for row in bench.port.open_orders(SYMBOL)} == made


def _smaller(bench: Bench) -> None:
    made = bench.order(K.LIMIT, S.BUY, price="-5", quantity=LOT * 3)
    outcome = bench.port.amend(SYMBOL, made.client_id, LOT)
    assert isinstance(outcome, Confirmed), outcome
    (found,) = bench.port.open_orders(SYMBOL)
    assert (found.client_id, found.venue_order_id, found.quantity) == (made.client_id, made.venue_order_id, LOT)


def _larger(bench: Bench) -> None:
    made = bench.order(K.LIMIT, S.BUY, price="-5")
    assert isinstance(bench.port.amend(SYMBOL, made.client_id, LOT * 2), Rejected)
    (found,) = bench.port.open_orders(SYMBOL)
    assert found.quantity == LOT


def _amend_of_nothing(bench: Bench) -> None:
    assert isinstance(bench.port.amend(SYMBOL, "m" + "z" * 25, LOT), Rejected)


def _pair(bench: Bench, side: Side, profit: OrderKind, stop: OrderKind) -> tuple[Any, Any]:
    up, down = ("5", "-5") if side is S.SELL else ("-5", "5")
    first = {"price": up} if profit is K.LIMIT else {"stop_price": up, "price": up}
    second: dict[str, Any] = {"stop_price": down}
    if stop is K.STOP_LIMIT:
        second["price"] = down
    if stop is K.TRAILING_STOP:
        second = {"trail_percent": D(2)}
    return bench.port.submit_pair(
        bench.request(profit, side, **first), bench.request(stop, side, **second), f"l{next(_ids):025d}"
    )


def _pair_rests(side: Side, profit: OrderKind, stop: OrderKind) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        for outcome in _pair(bench, side, profit, stop):
            assert isinstance(outcome, Confirmed), outcome
            assert outcome.order.status is VenueStatus.OPEN
        assert {row.client_id for row in bench.port.open_orders(SYMBOL)} == set(bench.made[-2:])

    return run


def _one_cancels_the_other(leg: int) -> Callable[[Bench], None]:
    def run(bench: Bench) -> None:
        outcomes = _pair(bench, S.SELL, K.LIMIT, K.STOP)
        assert isinstance(bench.port.cancel(SYMBOL, outcomes[leg].order.client_id), Confirmed)
        assert bench.port.open_orders(SYMBOL) == []
        for client_id in bench.made[-2:]:
            found = bench.port.query(SYMBOL, client_id)
            assert found is not None
            assert found.status is VenueStatus.CANCELLED

    return run


def _wrong_pair(bench: Bench) -> None:
    request = bench.request(K.LIMIT, S.SELL, price="-5")
    stop = bench.request(K.STOP, S.SELL, stop_price="5")
    for outcome in bench.port.submit_pair(request, stop, f"l{next(_ids):025d}"):
        assert isinstance(outcome, Rejected)
    assert bench.port.open_orders(SYMBOL) == []


def _held_once(bench: Bench) -> None:
    before = bench.free(BASE)
    _pair(bench, S.SELL, K.LIMIT, K.STOP)
    assert before - bench.free(BASE) == LOT


def _all_back(bench: Bench) -> None:
    made = {bench.order(K.LIMIT, S.BUY, price=f"-{n}").client_id for n in (4, 5, 6)}
    made.add(bench.order(K.LIMIT, S.SELL, price="5").client_id)
    ended = bench.port.cancel_all(SYMBOL)
    assert {(key, view.client_id, view.status) for key, view in ended.items()} == {
        (client_id, client_id, VenueStatus.CANCELLED) for client_id in made
    }
    assert bench.port.open_orders(SYMBOL) == []


def _all_back_with_a_pair(bench: Bench) -> None:
    made = bench.order(K.LIMIT, S.BUY, price="-5")
    _pair(bench, S.SELL, K.LIMIT, K.STOP)
    assert made.client_id in bench.port.cancel_all(SYMBOL)
    assert bench.port.open_orders(SYMBOL) == []


def _all_back_of_none(bench: Bench) -> None:
    assert bench.port.cancel_all(SYMBOL) == {}


def _table() -> list[tuple[str, Callable[[Bench], None], str]]:
    rows: list[tuple[str, Callable[[Bench], None], str]] = []
    for name, kind, side, more, need in RESTING:
        rows.append((f"{name} rests", _rests(kind, side, more), f"{kind} {need}"))
        rows.append((f"{name} is found by its id and listed", _is_found(kind, side, more), f"{kind} {need} listing"))
        title = f"{name} is taken back and frees what it held"
        rows.append((title, _is_cancelled(kind, side, more), f"{kind} {need} taking_back locks"))
    for name, kind, side, more in AT_ONCE:
        rows.append((f"{name} fills at once", _fills(kind, side, more), kind))
        rows.append((f"{name} is listed with its fee", _is_booked_at_the_venue(kind, side, more), f"{kind} booking"))
    rows += [(f"{name} ends without a fill", _never_fills(kind, side, more), kind) for name, kind, side, more in NEVER]
    rows += [
        (f"{name} is refused", _is_refused(kind, side, more), f"{kind} {need}")
        for name, kind, side, more, need in REFUSED
    ]
    rows += [
        ("a request with an old time is refused", _stale_stamp, "stamps"),
        ("an id in use is not taken again", _same_id_twice, "ids"),
        ("an id that is too long never leaves", _long_id, "ids"),
        ("a symbol that the venue does not list is refused", _unknown_symbol, "market"),
        ("an unknown id is said to be unknown", _unknown_order, "ids"),
        ("taking back what is not there is refused", _cancel_of_nothing, "taking_back"),
        ("taking back twice is refused the second time", _cancel_twice, "taking_back"),
        ("taking back what filled is refused, and it stays filled", _cancel_of_filled, "taking_back"),
        ("executions come by trade id, from one on", _fills_from_a_trade_on, "ids"),
        ("a resting purchase locks quote", _locks(S.BUY, "-5", QUOTE), "locks"),
        ("a resting sale locks base", _locks(S.SELL, "5", BASE), "locks"),
        ("open orders of all symbols", _all_symbols, "limit listing"),
        ("no open orders", _open_in_order_of_none, "listing"),
        ("several open orders", _three_open, "limit listing"),
        ("a smaller quantity keeps the order", _smaller, "amend"),
        ("a larger quantity is refused", _larger, "amend"),
        ("changing what is not there is refused", _amend_of_nothing, "amend"),
        ("limit and stop of a sale as a list", _pair_rests(S.SELL, K.LIMIT, K.STOP), "pairs"),
        ("limit and stop limit of a sale as a list", _pair_rests(S.SELL, K.LIMIT, K.STOP_LIMIT), "pairs"),
        ("limit and stop of a purchase as a list", _pair_rests(S.BUY, K.LIMIT, K.STOP), "pairs"),
        ("limit and trailing stop of a sale as a list", _pair_rests(S.SELL, K.LIMIT, K.TRAILING_STOP), "pairs"),
        ("take profit limit and stop as a list", _pair_rests(S.SELL, K.TAKE_PROFIT_LIMIT, K.STOP), "pairs"),
        ("taking the profit back takes the stop back", _one_cancels_the_other(0), "pairs"),
        ("taking the stop back takes the profit back", _one_cancels_the_other(1), "pairs"),
        ("a list the wrong way round is refused whole", _wrong_pair, "pairs"),
        ("a list locks its quantity once", _held_once, "pairs"),
        ("taking all of a symbol back names each and leaves none", _all_back, "cancel_all"),
        ("taking all of a symbol back ends a list too", _all_back_with_a_pair, "cancel_all pairs"),
        ("taking all back where nothing is open names nothing", _all_back_of_none, "cancel_all"),
    ]
    return rows


CASES = [
    Case(number, title, run, frozenset(needs.split())) for number, (title, run, needs) in enumerate(_table(), start=1)
]
