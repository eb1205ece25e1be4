"""64 orders at the edge of a limit, each with a connection of its own, against real commits."""

import threading
import time
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection, transaction

from apps.core.actors import Actor
from apps.core.context import in_schema
from apps.platform.tenants.queries import get_tenant
from apps.trading.risk.errors import ExposureTooLarge, KillSwitchEngaged, TooManyOrders
from apps.trading.risk.models import RiskClaim, RiskStanding
from apps.trading.risk.operations import check_may_send, claim_risk, engage_own_switch, shrink_claim
from tests.apps.trading.risk.ground import SYSTEM, Ground
from tests.factories.people import make_customer

pytestmark = pytest.mark.real_commit
MANY = 64


@pytest.fixture
def ground(real_db) -> Ground:
    """A customer with real commits."""
    with in_schema(schema()):
        return Ground(make_customer("ann@example.test"))


def schema() -> str:
    """Tenant A's schema."""
    return get_tenant("alpha").schema


def at_once(work, many: int = MANY) -> list[BaseException]:
    """Run `work(number)` in threads with connections of their own, all starting together; return what they raised."""
    gate, raised = threading.Barrier(many), []

    def run(number: int) -> None:
        try:
            with in_schema(schema()):
                connection.ensure_connection()
                gate.wait(60)
                work(number)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return raised


def test_sixty_four_orders_at_the_edge_never_pass_the_limit(ground):
    """Room for 20 orders of 100; each transaction goes on for a while after the claim, as an intent does."""
    with in_schema(schema()):
        ground.limit("total_exposure", "2000")
        proposals = [ground.proposal() for _ in range(MANY)]

    def place(number: int) -> None:
        with transaction.atomic():
            claim_risk(actor=SYSTEM, proposal=proposals[number])
            seen = RiskClaim.objects.filter(ended_at__isnull=True).count()
            assert seen <= 20

    raised = at_once(place)
    assert {type(error) for error in raised} == {ExposureTooLarge}
    assert len(raised) == MANY - 20
    with in_schema(schema()):
        assert RiskClaim.objects.count() == 20
        assert RiskStanding.objects.count() == 1, "the first order of a customer by sixty-four makes one row"


def test_fills_booked_meanwhile_make_no_room(ground):
    """Sixteen orders of a full account fill while forty-eight new ones come: position and claims stay at the limit."""
    with in_schema(schema()):
        ground.limit("total_exposure", "1600")
        ground.limit("open_orders", "40")
        resting = [ground.claim() for _ in range(16)]
        proposals = [ground.proposal() for _ in range(48)]

    def turn(number: int) -> None:
        if number < 16:
            with transaction.atomic():
                ground.fill("buy", "1")
                shrink_claim(order_id=resting[number], remaining=Decimal(0))
            return
        with transaction.atomic():
            claim_risk(actor=SYSTEM, proposal=proposals[number - 16])

    raised = at_once(turn)
    assert len(raised) == 48
    assert {type(error) for error in raised} <= {ExposureTooLarge, TooManyOrders}
    with in_schema(schema()):
        assert not RiskClaim.objects.filter(ended_at__isnull=True).exists()


def test_after_an_engaged_switch_committed_nothing_more_is_claimed_or_sent(ground):
    """A burst of orders; the switch is engaged in its middle. What was claimed before is stopped at sending."""
    engaged_at: list[float] = []
    claimed: list[tuple[float, UUID]] = []
    with in_schema(schema()):
        proposals = [[ground.proposal() for _ in range(6)] for _ in range(15)]

    def burst(number: int) -> None:
        if number == 15:
            engage_own_switch(actor=Actor.of(ground.owner), scope="customer")
            engaged_at.append(time.monotonic())
            return
        for item in proposals[number]:
            began = time.monotonic()
            try:
                claim_risk(actor=SYSTEM, proposal=item)
            except KillSwitchEngaged:
                continue
            claimed.append((began, item.order_id))

    assert at_once(burst, 16) == []
    assert not [order for began, order in claimed if began > engaged_at[0]]
    with in_schema(schema()):
        for _, order in claimed:
            with pytest.raises(KillSwitchEngaged):
                check_may_send(order_id=order)
