"""`kill -9` in a bracket on a contract and in a change of the position mode: each comes to its end, once.

As in `test_order_kills` a fork does one thing and dies there; then the product's own sweeps go on.
"""

import random
from decimal import Decimal
from typing import Any

import pytest

from apps.core.clock import monotonic, now
from apps.finance.ledger.models import Hold
from apps.trading.orders import operations as orders
from apps.trading.orders.checked_prices import CheckedPrice
from apps.trading.orders.choices import AT_VENUE, Kind
from apps.trading.orders.models import Order, OrderGroup
from apps.trading.orders.operations import Exit, NewGroup, NewOrder
from apps.trading.positions.models import MarginAccount, Position
from apps.trading.positions.operations import advance_account, choose_mode
from kernel.instruments import Side
from tests.apps.trading.orders.boundaries import Stop, Where
from tests.apps.trading.orders.contract_desk import PERP, Desk
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.kill_points import FILLED, FUNDS, STORED, Point, moved
from tests.apps.trading.orders.test_order_kills import SETTLED_WITHIN, go_on, killed
from tests.apps.trading.orders.test_order_kills import market as _market
from tests.apps.trading.orders.test_order_kinds import near
from tests.factories.people import make_customer

pytestmark = [pytest.mark.real_commit, pytest.mark.kills, pytest.mark.long]
D = Decimal
SIZE = D("0.1")
market = _market
W = Where


def nothing(_desk: Any) -> None:
    """Nothing is there before."""


def bracket(desk: Any) -> None:
    """Workers work in the same process, right after each commit."""
    entry = NewOrder(symbol=PERP, side=Side.BUY, kind=Kind.MARKET, quantity=SIZE)
    exits: dict[str, Any] = {
        "take_profit": Exit(price=D(near(desk.market, "1"))), "stop": Exit(stop_price=D(near(desk.market, "-1"))),
    }  # fmt: skip
    wanted = NewGroup(entry=entry, **exits)
    orders.place_group(**desk.who, connection_id=desk.connection_id, group=wanted)


def goes_to(desk: Any, percent: str) -> None:
    """A price sets off the exits of this desk alone: only these are looked at."""
    mine = Order.objects.filter(connection_id=desk.connection_id, state="held")
    others = Order.objects.filter(state="held").exclude(pk__in=mine.values("pk"))
    assert not others.exists(), "another point's exits wait, too"
    orders.look_at({PERP: CheckedPrice(PERP, D(near(desk.market, percent)), now())})


def falls(desk: Any) -> None:
    goes_to(desk, "-2")


def profit_rests(desk: Any) -> None:
    bracket(desk)
    goes_to(desk, "2")
    assert Order.objects.get(connection_id=desk.connection_id, leg="take_profit").state == "open"


def to_hedge(desk: Any) -> None:
    choose_mode(**desk.who, account_id=desk.account.pk, is_hedged=True)
    advance_account(account_id=desk.account.pk)


POST, DELETE, DUAL = r"^POST .*/fapi/v1/order", r"^DELETE .*/fapi/v1/order", r"^POST .*/positionSide/dual"
SET_OFF = r"UPDATE \"orders_order\" SET \"triggered_at\""
POINTS = [
    Point("an entry is committed, nobody knows", nothing, bracket, Stop(W.COMMIT, STORED), "held held filled"),
    Point(
        "an entry is on the wire",
        nothing,
        bracket,
        Stop(W.ON_THE_WIRE, POST),
        "held|cancelled held|cancelled filled|rejected",
    ),
    Point("the fill of an entry is stored", nothing, bracket, Stop(W.STATEMENT, FILLED), "held held filled"),
    Point("an entry is booked, its exits wait", nothing, bracket, Stop(W.COMMIT, FILLED), "held held filled"),
    Point("a stop is set off, nobody knows", bracket, falls, Stop(W.COMMIT, SET_OFF), "cancelled filled filled"),
    Point("a stop is claimed", bracket, falls, Stop(W.COMMIT, moved("sent")), "cancelled rejected filled filled"),
    Point(
        "a stop is on the wire",
        bracket,
        falls,
        Stop(W.ON_THE_WIRE, POST),
        "cancelled filled|rejected filled filled",
    ),
    Point("a stop is answered", bracket, falls, Stop(W.ANSWERED, POST), "cancelled filled filled"),
    Point("a stop is booked", bracket, falls, Stop(W.COMMIT, FILLED), "cancelled filled filled"),
    Point(
        "a resting profit is taken back on the wire",
        profit_rests,
        falls,
        Stop(W.ON_THE_WIRE, DELETE),
        "cancelled filled filled",
    ),
    Point(
        "a resting profit is proven over",
        profit_rests,
        falls,
        Stop(W.COMMIT, moved("cancelled")),
        "cancelled filled filled",
    ),
    Point("the position mode is on the wire", nothing, to_hedge, Stop(W.ON_THE_WIRE, DUAL), ""),
    Point("the position mode is answered", nothing, to_hedge, Stop(W.ANSWERED, DUAL), ""),
]
"""`after`: take profit, stop, entry, then a stop that was fired again."""


def test_a_process_killed_in_a_bracket_on_a_contract_leaves_nothing_doubled_and_nothing_open(market):
    done: list[tuple[Point, Any]] = []
    for number, point in enumerate(random.SystemRandom().sample(POINTS, len(POINTS))):
        owner = make_customer(f"c{number}@example.test")
        desk: Any = Desk(market, owner, market.connect(owner, FUNDS))
        assert killed(point, desk) == ""
        _settle(point)
        done.append((point, desk))
        check(point, desk)
        for group in OrderGroup.objects.filter(connection_id=desk.connection_id, state="working"):
            orders.cancel_group(actor=desk.who["actor"], group_id=group.pk)
    _settle(POINTS[0])
    assert faults() == {}
    before = list(Order.objects.order_by("id").values_list("id", "state", "filled"))
    for point, desk in done:
        again = orders.reconcile_connection(connection_id=desk.connection_id)
        assert (again.error, again.differences, again.new_fills) == ("", [], 0), point.name
    assert list(Order.objects.order_by("id").values_list("id", "state", "filled")) == before


def _settle(point: Point) -> None:
    begun = monotonic()
    while go_on():
        assert monotonic() - begun < SETTLED_WITHIN, point.name


def check(point: Point, desk: Any) -> None:
    """The exchange and our books agree, and what was wanted came about."""
    account = desk.advance()
    if point.act is to_hedge:
        assert (account.is_hedged, account.wanted_hedged, account.mode_words) == (True, None, ""), point.name
        assert MarginAccount.objects.get(pk=account.pk).error == ""
        return
    rows = list(Order.objects.filter(connection_id=desk.connection_id).order_by("id"))
    states, wanted = [row.state for row in rows], point.after.split()
    again = wanted.pop() if len(wanted) == 4 else ""
    lost = rows[1].state == "rejected"
    assert len(states) == (4 if lost else 3), f"{point.name}: {states}"
    expected = [*wanted, *([again] if lost else [])]
    assert all(state in words.split("|") for state, words in zip(states, expected, strict=True)), (point.name, states)
    theirs: Any = desk.venue().fapiPrivateGetAllOrders({"symbol": "BTCUSDT"})
    assert sorted(row["clientOrderId"] for row in theirs) == sorted(row.client_id for row in rows if row.venue_order_id)
    at_venue = {row["clientOrderId"] for row in desk.venue().fapiPrivateGetOpenOrders()}
    assert at_venue == {row.client_id for row in rows if row.state in AT_VENUE}
    entry = rows[2].filled
    closed = sum((row.filled for row in rows if row.leg != "entry"), D(0))
    position = Position.objects.filter(book__connection_id=desk.connection_id).first()
    assert (D(0) if position is None else position.quantity) == entry - closed, point.name
    assert closed == (SIZE if point.act is falls else 0), point.name
    held = Hold.objects.filter(state="open", subject_id__in=[row.pk for row in rows])
    assert not held.exists(), point.name
    report = orders.reconcile_connection(connection_id=desk.connection_id)
    assert (report.error, report.differences, report.new_fills) == ("", [], 0), point.name
