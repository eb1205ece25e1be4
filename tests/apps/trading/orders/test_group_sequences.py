"""Random lives of brackets and pairs at a running exchange: fills, parts of fills, changes, refusals, lost answers, and
workers that die between a fact and its effects. Whatever happens: never more is closed than there is, nothing that was
entered stands without an exit, and at the end nothing is held and nothing is left to tell.
"""

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db.models import F

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.models import OutboxEvent
from apps.finance.ledger.models import Hold
from apps.trading.orders.choices import IN_FLIGHT, LATEST_ACCEPTANCE, Kind, Leg
from apps.trading.orders.models import Fill, Order, OrderGroup
from apps.trading.orders.operations import (
    Exit,
    NewGroup,
    NewOrder,
    NewTerms,
    amend_order,
    cancel_group,
    cancel_order,
    claim_order,
    look_at,
    place_group,
    reconcile_connection,
    settle_order,
)
from apps.trading.orders.operations.pairing import claim_pair
from apps.trading.orders.operations.sending import is_listed
from apps.trading.orders.tasks import nudge_due
from kernel.instruments import Side
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.test_order_kinds import price_now, seen
from tests.apps.trading.orders.wishes import SYSTEM, D
from tests.factories.prices import say_price

pytestmark = pytest.mark.django_db
STEPS = 12
MOST_ROUNDS = 40
LEAST = D("0.00001")
WIRE: tuple[tuple[str, str, str, dict[str, int]], ...] = (
    ("accept_then_timeout", "POST", "/api/v3/order", {"delay_ms": 20}),
    ("accept_then_timeout", "POST", "/api/v3/orderList/oco", {"delay_ms": 20}),
    ("accept_then_timeout", "DELETE", "/api/v3/order", {"delay_ms": 20}),
    ("drop", "POST", "/api/v3/order", {}),
    ("drop", "POST", "/api/v3/orderList/oco", {}),
    ("drop", "DELETE", "/api/v3/order", {}),
    ("drop", "DELETE", "/api/v3/orderList", {}),
    ("error_5xx", "POST", "/api/v3/order", {}),
    ("http_429", "POST", "/api/v3/orderList/oco", {}),
    ("http_429", "POST", "/api/v3/order", {}),
    ("duplicate", "POST", "/api/v3/order", {}),
    ("partial_fill", "POST", "/api/v3/order", {"percent": 40}),
)


class Life:
    """One group, what happens to it, and what must hold."""

    def __init__(self, seed: int, market: Any, owner: Any, connection_id: Any, on_commit: Any) -> None:
        self.pick, self.market, self.on_commit = Random(seed), market, on_commit
        self.actor, self.connection_id, self.told = Actor.of(owner), connection_id, [f"seed {seed}"]
        self.is_called_off = False
        self.orders = Order.objects.filter(connection_id=connection_id)
        self.group = self.do("place", lambda: self.place(owner), dies=False)

    def do(self, name: str, what: Any, *, dies: bool | None = None) -> Any:
        """Do one thing; its effects follow, or the process dies when its facts are committed."""
        dies = self.pick.random() < 0.3 if dies is None else dies
        self.told.append(f"{name}{', dies' if dies else ''}")
        try:
            if dies:
                return what()
            with self.on_commit():
                return what()
        except DomainError as refusal:
            self.told[-1] += f": {refusal.code}"
            return None

    def near(self, low: float, high: float) -> Decimal:
        """A price so many percent from the market's, at random between the two."""
        share = 1 + D(str(round(self.pick.uniform(low, high), 3))) / 100
        return (price_now(self.market) * share).quantize(D("0.01"))

    def place(self, owner: Any) -> OrderGroup:
        say_price("BTCUSDT", price_now(self.market))
        stop = Exit(stop_price=self.near(-1.2, -0.3))
        if self.pick.random() < 0.3:
            stop = Exit(trail_percent=D(self.pick.choice(["0.3", "0.6", "1"])))
        profit = self.near(0.4, 1.2)
        facts: dict[str, Any] = {
            "take_profit": Exit(price=profit) if self.pick.random() < 0.5 else Exit(stop_price=profit),
            "stop": stop,
            "held_by": self.pick.choice(["", "platform"]),
        }
        size = D(self.pick.choice(["0.01", "0.05", "0.12345"]))
        if self.pick.random() < 0.35:
            facts |= {"symbol": "BTCUSDT", "side": Side.SELL, "quantity": size}
        elif self.pick.random() < 0.5:
            facts["entry"] = NewOrder(symbol="BTCUSDT", side=Side.BUY, kind=Kind.MARKET, quantity=size)
        else:
            price = self.near(-0.15, 0.1)
            facts["entry"] = NewOrder(symbol="BTCUSDT", side=Side.BUY, kind=Kind.LIMIT, quantity=size, price=price)
        self.told.append(str(facts))
        where = {"actor": self.actor, "owner_id": owner.pk, "connection_id": self.connection_id}
        return place_group(**where, group=NewGroup(**facts))

    # ---- what happens

    def happen(self) -> None:
        """Let one thing happen, at random."""
        things = (self.move,) * 4 + (self.work,) * 4 + (self.break_wire,) * 2
        self.pick.choice((*things, self.claim, self.amend, self.amend, self.amend_entry, self.cancel))()

    def move(self) -> None:
        self.told.append("the market moves")
        self.market.step(self.pick.randint(1, 4))
        self.do("look", lambda: look_at(seen(price_now(self.market))))

    def work(self) -> None:
        Order.objects.filter(check_at__isnull=False).update(check_at=now())  # not travelled: the exchange has a clock
        OrderGroup.objects.filter(check_at__isnull=False).update(check_at=now())
        self.do("work", nudge_due)
        for order in self.orders.filter(state__in=("open", "partly_filled")):
            self.do("ask", lambda order=order: settle_order(order_id=order.pk, ask_anyway=True))

    def break_wire(self) -> None:
        kind, method, path, more = self.pick.choice(WIRE)
        self.told.append(f"{kind} {method} {path}")
        self.market.sandbox.control.inject_fault(kind, method=method, path=path, **more)

    def claim(self) -> None:
        """A worker takes what is to be sent, and is gone."""
        for order in self.orders.filter(state="intent"):
            if is_listed(order):
                self.do("claim pair", lambda: claim_pair(actor=SYSTEM, group_id=self.group.pk), dies=True)
            else:
                self.do("claim", lambda order=order: claim_order(actor=SYSTEM, order_id=order.pk), dies=True)

    def amend(self) -> None:
        found = list(self.alive().exclude(leg=Leg.ENTRY).order_by("id"))
        if not found:
            return
        order = self.pick.choice(found)
        price = self.near(-1.5, -0.2) if order.leg == Leg.STOP else self.near(0.2, 1.5)
        trail = NewTerms(trail_percent=D("0.8"))
        terms = trail if order.kind == Kind.TRAILING_STOP else NewTerms(stop_price=price)
        if order.kind == Kind.LIMIT:
            terms = NewTerms(price=price)
        self.do(f"amend {order.leg}", lambda: amend_order(actor=self.actor, order_id=order.pk, terms=terms))

    def amend_entry(self) -> None:
        entry = self.alive().filter(leg=Leg.ENTRY).first()
        if entry is not None:
            terms = NewTerms(price=self.near(-0.3, 0.1))
            self.do("amend entry", lambda: amend_order(actor=self.actor, order_id=entry.pk, terms=terms))

    def cancel(self) -> None:
        found = list(self.alive().order_by("id"))
        if not found or self.pick.random() < 0.6:
            return  # seldom: it ends the story
        order = self.pick.choice(found)
        self.is_called_off |= order.leg != Leg.ENTRY
        self.do(f"cancel {order.leg}", lambda: cancel_order(actor=self.actor, order_id=order.pk))

    # ---- what must hold

    def alive(self) -> Any:
        return self.orders.exclude(state__in=("filled", "cancelled", "rejected"))

    def check(self) -> None:
        """At every moment: no more goes out than came in, and no two exits can fill beyond the position."""
        entered, closed = self.sums()
        assert closed <= entered, self.told
        living = list(self.alive().exclude(leg=Leg.ENTRY).exclude(state="held"))
        if not all(is_listed(order) for order in living):
            assert len(living) <= 1, self.told
        exposed = max((order.quantity - order.filled for order in living), default=D(0))
        assert closed + exposed <= entered, self.told

    def sums(self) -> tuple[Decimal, Decimal]:
        """What may be closed of this group, and what is closed."""
        fills = Fill.objects.filter(order__group=self.group)
        closed = sum((row.quantity for row in fills.exclude(order__leg=Leg.ENTRY)), D(0))
        if self.group.kind == "oco":
            return self.group.quantity, closed
        entries = fills.filter(order__leg=Leg.ENTRY)
        return sum((row.quantity - (row.fee if row.fee_asset == "BTC" else 0) for row in entries), D(0)), closed

    def converge(self) -> None:
        """Let workers come back until nothing changes any more; what was claimed by a dead one is long ago then."""
        self.market.sandbox.control.clear_faults()
        before, calm = None, 0
        for _ in range(MOST_ROUNDS):
            long_ago = F("sent_at") - LATEST_ACCEPTANCE - timedelta(seconds=1)
            self.orders.filter(state__in=IN_FLIGHT, sent_at__gt=now() - LATEST_ACCEPTANCE).update(sent_at=long_ago)
            Order.objects.filter(check_at__isnull=False).update(check_at=now())
            OrderGroup.objects.filter(check_at__isnull=False).update(check_at=now())
            with self.on_commit():
                nudge_due()
            for order in self.orders.filter(state__in=("open", "partly_filled", "cancelling")):
                with self.on_commit():
                    settle_order(order_id=order.pk, ask_anyway=True)
            after = list(self.orders.order_by("id").values_list("state", "quantity", "filled", "price"))
            calm = calm + 1 if after == before else 0
            if calm == 2:
                self.check()
                return
            before = after
        raise AssertionError(("never calm", self.told, before))

    def is_protected(self) -> None:
        """What was entered and not closed has exits of just its size, unless the customer took one back."""
        self.group.refresh_from_db()
        entered, closed = self.sums()
        left = (entered - closed).quantize(LEAST, rounding="ROUND_DOWN")
        if left < LEAST or self.is_called_off:
            return
        exits = self.alive().exclude(leg=Leg.ENTRY)
        sizes = {order.quantity - order.filled for order in exits}
        assert (self.group.state, sizes) == ("working", {left}), (self.told, list(exits.values()))

    def end(self) -> None:
        """Everything is taken back: nothing is held, the books agree, and a second look tells nothing."""
        with self.on_commit():
            cancel_group(actor=self.actor, group_id=self.group.pk)
        self.converge()
        self.group.refresh_from_db()
        assert (self.group.state, self.alive().count()) == ("done", 0), self.told
        assert not Hold.objects.filter(state="open").exists(), self.told
        first = reconcile_connection(connection_id=self.connection_id)
        assert (first.error, first.differences, first.unsettled) == ("", [], 0), self.told
        events = OutboxEvent.objects.count()
        second = reconcile_connection(connection_id=self.connection_id)
        assert (second.differences, second.new_fills, OutboxEvent.objects.count()) == ([], 0, events), self.told
        assert faults() == {}, self.told


def live(seed: int, *given: Any) -> None:
    life = Life(seed, *given)
    if life.group is None:
        return  # its prices did not fit the market
    if seed % 3:
        life.converge()
    for _ in range(STEPS):
        life.happen()
        life.check()
    life.converge()
    life.is_protected()
    life.end()


@pytest.mark.parametrize("seed", range(4))
def test_groups_hold_whatever_happens(market, customer, connection_id, on_commit, seed):
    live(seed, market, customer, connection_id, on_commit)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4, 204))
def test_groups_hold_whatever_happens_in_many_lives(market, customer, connection_id, on_commit, seed):
    live(seed, market, customer, connection_id, on_commit)
