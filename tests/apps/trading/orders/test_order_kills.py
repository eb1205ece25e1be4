"""`kill -9` at named points of the order path: whatever a process was doing, the next one brings it to its end, once.

For each point a process of its own (a fork, with connections of its own) does one thing and dies there by SIGKILL. Then
the product's own sweeps go on, as after a restart. OUTCRY_KILL_SEED repeats a run,
OUTCRY_KILL_POINT (a pattern) does only some points.
"""

import os
import random
import re
import signal
import traceback
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse

from apps.core.clock import monotonic, travel
from apps.core.context import in_schema
from apps.core.models import OutboxEvent
from apps.core.relay import drain
from apps.core.timers import fire_due
from apps.trading.exchanges.operations import close_venues, open_venue
from apps.trading.orders import tasks
from apps.trading.orders.choices import AT_VENUE
from apps.trading.orders.models import Order, OrderGroup
from apps.trading.orders.operations import reconcile_connection
from apps.trading.orders.routing.queries import exists_going_on
from apps.trading.orders.routing.tasks import sweep_routes
from apps.trading.risk.queries import is_switched_off
from tests.apps.trading.orders.funded import faults
from tests.apps.trading.orders.kill_points import FUNDS, POINTS, Desk, Point, shrink
from tests.apps.trading.orders.test_order_faults import alpha, compare
from tests.apps.trading.orders.wishes import D
from tests.factories.paper_market import PaperMarket
from tests.factories.people import make_customer
from tests.factories.prices import say_price

pytestmark = [pytest.mark.real_commit, pytest.mark.kills]
LONGEST_ACT = 60
NETS = timedelta(seconds=6)
"""Timers that stand behind a task fire so long after it."""
SETTLED_WITHIN = 30.0
NOT_REACHED, FAILED = 3, 4
ENDED = {NOT_REACHED: "never got there", FAILED: "failed before", -signal.SIGALRM: "took too long"}


@pytest.fixture
def market(exchange, real_db, settings):
    """A market in tenant A, with real commits; workers work in the process that gives them something to do."""
    exchange.control.clear_faults()
    settings.CELERY_TASK_ALWAYS_EAGER = True
    with in_schema(alpha()):
        made = PaperMarket(exchange)
        made.store_history(10)
        reverse("orders-list")  # the addresses are read once, not by each process anew
        say_price("BTCUSDT", D(exchange.control.status()["prices"]["BTCUSDT"]))
        yield made
    made.close()


def killed(point: Point, desk: Desk) -> str:
    """Let a process of its own do what the point says, and die there; return what went otherwise."""
    connections.close_all()
    child = os.fork()
    if not child:
        _do(point, desk)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return "" if code == -signal.SIGKILL else f"{point.name}: {ENDED.get(code, code)}"


def _do(point: Point, desk: Desk) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LONGEST_ACT)
    try:
        close_venues()  # the sockets of these clients are the test's
        with in_schema(alpha()):
            point.before(desk)
            point.stop.arm()
            point.act(desk)
        os._exit(NOT_REACHED)
    except BaseException:  # noqa: BLE001 - nothing of this process may go on in the test
        traceback.print_exc()
        os._exit(FAILED)


def go_on() -> bool:
    """Do what the product's beat has done after a few seconds; return whether something is left."""
    tasks.sweep()
    sweep_routes()
    with travel(NETS):
        fire_due()
    drain()
    waiting = Order.objects.filter(check_at__isnull=False).exists() or OrderGroup.objects.filter(
        check_at__isnull=False
    ).exists()  # fmt: skip
    stopped = Order.objects.filter(cancel_requested_at__isnull=False, ended_at__isnull=True).exists()
    if waiting or stopped or exists_going_on():
        return True
    return any(order.needs_settling for order in Order.objects.filter(ended_at__isnull=True))


def run_all(market: PaperMarket, seed: int) -> None:
    print(f"seed {seed}")
    choices = random.Random(seed)
    desks: dict[str, tuple[Point, Desk]] = {}
    alive: list[str] = []
    wanted = [point for point in POINTS if re.search(os.environ.get("OUTCRY_KILL_POINT", ""), point.name)]
    for number, point in enumerate(choices.sample(wanted, len(wanted))):
        owner = make_customer(f"k{seed}-{number}@example.test")
        size = D(choices.randint(2, 9) * 2).scaleb(-3)
        desk = Desk(point.name, owner, market.connect(owner, FUNDS), market, size)
        desks[point.name] = (point, desk)
        if otherwise := killed(point, desk):
            alive.append(otherwise)
        if point.act in (Desk.post, Desk.route):
            assert point.act(desk).status_code == 201
        go_on()
    assert alive == []
    begun = monotonic()
    while go_on():
        assert monotonic() - begun < SETTLED_WITHIN, list(
            Order.objects.filter(ended_at__isnull=True, check_at__isnull=False).values_list("state", "checks")
        )
    print(f"{len(desks)} points, settled {monotonic() - begun:.1f} s after the last")
    for point, desk in desks.values():
        check(point, desk)
    before = facts()
    for _, desk in desks.values():
        second = reconcile_connection(connection_id=desk.connection_id)
        assert (second.settled, second.new_fills, second.differences) == (0, 0, []), desk.name
    assert facts() == before, "the second comparison changed something"
    assert faults() == {}


def check(point: Point, desk: Desk) -> None:
    """Books and exchange agree to the last digit, and what was wanted came about."""
    first = reconcile_connection(connection_id=desk.connection_id)
    assert (first.differences, first.error) == ([], ""), desk.name
    compare(desk.name, desk.connection_id)
    orders = list(Order.objects.filter(owner_id=desk.owner.pk).exclude(origin_kind="guard").order_by("id"))
    states, wanted = [order.state for order in orders], point.after.split()
    assert len(states) == len(wanted), f"{desk.name}: {states}"
    assert all(state in words.split("|") for state, words in zip(states, wanted, strict=True)), f"{desk.name}: {states}"
    if point.act is shrink:
        assert orders[0].quantity == open_venue(desk.connection_id).open_orders()[0].quantity == desk.size / 2
    open_now = open_venue(desk.connection_id).open_orders("BTCUSDT")
    assert {row.client_id for row in open_now} == {order.client_id for order in orders if order.state in AT_VENUE}, (
        desk.name
    )
    if desk.name.startswith("stop"):
        assert is_switched_off(owner_id=desk.owner.pk)
        assert open_now == []


def facts() -> tuple[Any, ...]:
    return OutboxEvent.objects.count(), list(Order.objects.order_by("id").values_list("id", "state", "filled"))


def test_a_process_killed_at_a_named_point_leaves_nothing_doubled_and_nothing_lost(market):
    assert len(POINTS) >= 20
    run_all(market, int(os.environ.get("OUTCRY_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**6))


@pytest.mark.long
def test_ten_seeds(market):
    for seed in range(1, 11):
        run_all(market, seed)
