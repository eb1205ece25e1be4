"""The named points of the order path at which a process is killed: what it was doing, and where it stood."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.trading.exchanges.operations import open_credentials, open_venue
from apps.trading.orders.models import Order
from apps.trading.orders.operations import (
    NewTerms,
    amend_order,
    cancel_order,
    place_group,
    place_order,
    reconcile_connection,
)
from apps.trading.risk.operations import engage_own_switch
from tests.apps.trading.orders.boundaries import Stop, Where
from tests.apps.trading.orders.test_order_groups import bracket, pair
from tests.apps.trading.orders.test_order_kinds import near
from tests.apps.trading.orders.wishes import D, wish
from tests.factories.paper_market import PaperMarket
from tests.factories.people import api_client
from tests.factories.prices import say_book

FUNDS = {"USDT": Decimal(1_000_000), "BTC": Decimal(10)}
STOPPED_ORDERS = 4
ORDERS = "/api/v1/orders"


@dataclass
class Desk:
    """A customer with an account of its own, and what happens there. `size` is in base, from the seed."""

    name: str
    owner: Any
    connection_id: UUID
    market: PaperMarket
    size: Decimal
    first: Order | None = field(default=None)

    @property
    def actor(self) -> Actor:
        return Actor.of(self.owner)

    def order(self, *given: str) -> Order:
        """Place an order; the worker is in the same process and works right after the commit."""
        made = place_order(
            actor=self.actor, owner_id=self.owner.pk, connection_id=self.connection_id, order=wish("buy", *given)
        )
        made.refresh_from_db()
        return made

    def rest(self) -> None:
        self.first = self.order(f"{self.size}", near(self.market, "-20"))

    def write(self, path: str, body: dict[str, Any]) -> Any:
        """Write over the API, always under the same key: a client that heard nothing asks again."""
        return api_client(self.owner).post(path, body, format="json", headers={"Idempotency-Key": "once"})

    def post(self) -> Any:
        price = f"{self.market.last_ts % 1000 + 40_000}"
        body = {"connection_id": str(self.connection_id), "symbol": "BTCUSDT", "side": "buy", "kind": "limit",
                "quantity": f"{self.size}", "price": price}  # fmt: skip
        return self.write(ORDERS, body)

    def offered(self) -> None:
        """Let the exchange's book be known."""
        price = D(self.market.sandbox.control.status()["prices"]["BTCUSDT"])
        say_book("BTCUSDT", "sandbox", bids=[(price, "50")], asks=[(price, "50")])

    def route(self) -> Any:
        body = {"symbol": "BTCUSDT", "side": "buy", "mode": "paper", "quantity": f"{self.size}"}
        return self.write("/api/v1/routed-orders", body)


def nothing(_desk: Desk) -> None:
    """Nothing is there before."""


def at_market(desk: Desk) -> None:
    desk.order(f"{desk.size}")


def cancel(desk: Desk) -> None:
    assert desk.first is not None
    cancel_order(actor=desk.actor, order_id=desk.first.pk)


def shrink(desk: Desk) -> None:
    assert desk.first is not None
    amend_order(actor=desk.actor, order_id=desk.first.pk, terms=NewTerms(quantity=desk.size / 2))


def reprice(desk: Desk) -> None:
    assert desk.first is not None
    amend_order(actor=desk.actor, order_id=desk.first.pk, terms=NewTerms(price=D(near(desk.market, "-15"))))


def exits(desk: Desk) -> None:
    place_group(actor=desk.actor, owner_id=desk.owner.pk, connection_id=desk.connection_id, group=pair(desk.market))


def bracketed(desk: Desk) -> None:
    place_group(actor=desk.actor, owner_id=desk.owner.pk, connection_id=desk.connection_id, group=bracket(desk.market))


def lose_an_answer(desk: Desk) -> None:
    key = open_credentials(desk.connection_id).settings["apiKey"]
    desk.market.sandbox.control.inject_fault(
        "accept_then_timeout", count=1, delay_ms=5, method="POST", path="/api/v3/order", api_key=key
    )


def fill_unseen(desk: Desk) -> None:
    """Let an order fill at the exchange while nobody of us looks; the market may rise for days before it comes back."""
    desk.first = desk.order(f"{desk.size}", near(desk.market, "-0.02"))
    for _ in range(1_500):
        if not open_venue(desk.connection_id).open_orders("BTCUSDT"):
            return
        desk.market.sandbox.control.step(1)
    raise AssertionError("the market did not reach the order")


def reconcile(desk: Desk) -> None:
    reconcile_connection(connection_id=desk.connection_id)


def rest_several(desk: Desk) -> None:
    for _ in range(STOPPED_ORDERS):
        desk.rest()


def stop(desk: Desk) -> None:
    engage_own_switch(actor=desk.actor, scope="customer", subject_id=desk.owner.pk, reason="enough")


@dataclass(frozen=True)
class Point:
    """A point: what is there before, what the process does, where it dies, and how the customer's orders end up.

    `after` has a word for each order, the oldest first, with all that is right: "cancelled open|rejected".
    """

    name: str
    before: Callable[[Desk], Any]
    act: Callable[[Desk], Any]
    stop: Stop
    after: str


def moved(state: str) -> str:
    return rf"UPDATE \"orders_order\" SET \"state\" = %s.*\((OrderState\.{state.upper()}|'{state}')"


ROUTED = r"INSERT INTO \"orders_routedorder\""
STORED, FILLED = r"INSERT INTO \"orders_order\"", r"INSERT INTO \"orders_fill\""
WISHED, ENGAGED = r"UPDATE \"orders_order\" SET \"cancel_requested_at\"", r"UPDATE \"risk_killswitch\" SET"
POST, DELETE, PUT = r"^POST .*/api/v3/order(\?|$)", r"^DELETE .*/api/v3/order\?", r"^PUT .*/order/amend"
LIST, ALL, ASK = r"^POST .*/api/v3/orderList/oco", r"^DELETE .*/api/v3/openOrders", r"^GET .*/api/v3/order\?"
ALL_BACK = "cancelled " * STOPPED_ORDERS
W = Where
POINTS = [
    Point("web: an order is stored", nothing, Desk.post, Stop(W.STATEMENT, STORED), "open"),
    Point("web: an order is committed, nobody knows", nothing, Desk.post, Stop(W.COMMIT, STORED), "open"),
    Point("web: a cancel is wished", Desk.rest, cancel, Stop(W.STATEMENT, WISHED), "open"),
    Point("web: a cancel is committed, nobody knows", Desk.rest, cancel, Stop(W.COMMIT, WISHED), "cancelled"),
    Point(
        "web: a smaller size is committed, nobody knows", Desk.rest, shrink, Stop(W.COMMIT, "'orders.amend'"), "open"
    ),
    Point("web: a new price is stored", Desk.rest, reprice, Stop(W.STATEMENT, STORED), "open"),
    Point("web: a new price is committed, nobody knows", Desk.rest, reprice, Stop(W.COMMIT, STORED), "cancelled open"),
    Point("web: two exits are committed, nobody knows", nothing, exits, Stop(W.COMMIT, STORED), "open open"),
    Point("worker: an order is claimed", nothing, at_market, Stop(W.STATEMENT, moved("sent")), "filled"),
    Point("worker: a claim is committed, nothing sent", nothing, at_market, Stop(W.COMMIT, moved("sent")), "rejected"),
    Point("worker: an order is about to leave", nothing, at_market, Stop(W.LEAVES, POST), "rejected"),
    Point("worker: an order is on the wire", nothing, at_market, Stop(W.ON_THE_WIRE, POST), "filled|rejected"),
    Point("worker: an order is answered", nothing, at_market, Stop(W.ANSWERED, POST), "filled"),
    Point("worker: a fill is stored", nothing, at_market, Stop(W.STATEMENT, FILLED), "filled"),
    Point("worker: an answer is booked", nothing, at_market, Stop(W.COMMIT, FILLED), "filled"),
    Point("worker: a lost answer is asked for", lose_an_answer, at_market, Stop(W.ANSWERED, ASK), "filled"),
    Point("worker: a cancel is about to leave", Desk.rest, cancel, Stop(W.LEAVES, DELETE), "cancelled"),
    Point("worker: a cancel is on the wire", Desk.rest, cancel, Stop(W.ON_THE_WIRE, DELETE), "cancelled"),
    Point("worker: a cancel is answered", Desk.rest, cancel, Stop(W.ANSWERED, DELETE), "cancelled"),
    Point("worker: a cancel is stored", Desk.rest, cancel, Stop(W.STATEMENT, moved("cancelled")), "cancelled"),
    Point("worker: a smaller size is on the wire", Desk.rest, shrink, Stop(W.ON_THE_WIRE, PUT), "open"),
    Point("worker: a smaller size is answered", Desk.rest, shrink, Stop(W.ANSWERED, PUT), "open"),
    Point("worker: the first of two is over", Desk.rest, reprice, Stop(W.COMMIT, moved("cancelled")), "cancelled open"),
    Point(
        "worker: the second of two is set off", Desk.rest, reprice, Stop(W.STATEMENT, moved("intent")), "cancelled open"
    ),
    Point(
        "worker: the second of two is on the wire",
        Desk.rest,
        reprice,
        Stop(W.ON_THE_WIRE, POST),
        "cancelled open|rejected",
    ),
    Point("worker: two exits are claimed", nothing, exits, Stop(W.COMMIT, moved("sent")), "rejected rejected"),
    Point(
        "worker: two exits are on the wire", nothing, exits, Stop(W.ON_THE_WIRE, LIST), "open|rejected open|rejected"
    ),
    Point("worker: one of two exits is booked", nothing, exits, Stop(W.COMMIT, moved("open")), "open open"),
    Point("worker: an entry filled, its exits wait", nothing, bracketed, Stop(W.COMMIT, FILLED), "open open filled"),
    Point(
        "worker: the exits of an entry are set off",
        nothing,
        bracketed,
        Stop(W.STATEMENT, moved("intent"), 2),
        "open open filled",
    ),
    Point("web: a routed order is stored", Desk.offered, Desk.route, Stop(W.STATEMENT, ROUTED), "filled"),
    Point("web: a routed order is committed, nobody knows", Desk.offered, Desk.route, Stop(W.COMMIT, ROUTED), "filled"),
    Point("worker: a routed part is stored", Desk.offered, Desk.route, Stop(W.STATEMENT, STORED), "filled"),
    Point("worker: a routed part is committed", Desk.offered, Desk.route, Stop(W.COMMIT, STORED), "filled"),
    Point("worker: a routed part leaves", Desk.offered, Desk.route, Stop(W.ON_THE_WIRE, POST), "filled|rejected"),
    Point("reconcile: a fill is stored", fill_unseen, reconcile, Stop(W.STATEMENT, FILLED), "filled"),
    Point(
        "reconcile: balances are read", fill_unseen, reconcile, Stop(W.ANSWERED, r"^GET .*/api/v3/account"), "filled"
    ),
    Point("stop: a kill switch is committed, nobody knows", rest_several, stop, Stop(W.COMMIT, ENGAGED), ALL_BACK),
    Point("stop: orders are marked", rest_several, stop, Stop(W.COMMIT, WISHED), ALL_BACK),
    Point("stop: the exchange has taken all back", rest_several, stop, Stop(W.ANSWERED, ALL), ALL_BACK),
    Point("stop: half is booked", rest_several, stop, Stop(W.COMMIT, moved("cancelled"), 2), ALL_BACK),
]
"""Named for who dies: the one that answers people, that trades, that compares, that stops."""
