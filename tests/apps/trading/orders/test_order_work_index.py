"""The sweep of the orders opens tenants with an order by hand to check, all of them, and no other."""

from datetime import timedelta
from typing import Any

import pytest

from apps.core import work
from apps.core.actors import Actor
from apps.core.clock import now, travel
from apps.core.models import TenantWork
from apps.core.tasks import sweep_all
from apps.trading.exchanges.operations import Unknown
from apps.trading.orders.choices import LATEST_ACCEPTANCE, WORK
from apps.trading.orders.operations import cancel_order, claim_order, record_outcome, send_order, settle_order
from apps.trading.orders.tasks import sweep
from tests.apps.trading.orders.wishes import SYSTEM, place, sent, wish
from tests.factories.opened import opened_schemas

pytestmark = pytest.mark.django_db


def opened_by_a_sweep(on_commit: Any) -> set[str]:
    with opened_schemas() as seen, on_commit():
        sweep()
    return seen


def is_in_index() -> bool:
    return TenantWork.objects.filter(kind=WORK, next_due_at__lte=now()).exists()


def forget() -> None:
    TenantWork.objects.filter(kind=WORK).delete()


def test_an_intent_whose_nudge_was_lost_is_sent_by_the_sweep(market, customer, connection_id, tenant_b, on_commit):
    assert not is_in_index()
    order = place(customer, connection_id)  # its on-commit nudge never runs: the process is dead
    seen = opened_by_a_sweep(on_commit)
    order.refresh_from_db()
    assert order.state == "filled"
    assert tenant_b.schema not in seen


def test_an_order_in_flight_keeps_its_tenant_until_the_venue_said_what_became_of_it(
    market, customer, connection_id, on_commit
):
    order = sent(customer, connection_id)
    with travel(LATEST_ACCEPTANCE + timedelta(seconds=20)):
        opened_by_a_sweep(on_commit)
        order.refresh_from_db()
        assert (order.state, order.reject_code) == ("rejected", "never_accepted")
        assert is_in_index()
    with travel(LATEST_ACCEPTANCE + work.LINGER * 2):
        opened_by_a_sweep(on_commit)
        assert not is_in_index()


def test_every_way_to_a_next_look_enters_the_tenant_again(market, customer, connection_id, on_commit):
    order = place(customer, connection_id)
    forget()
    claim_order(actor=SYSTEM, order_id=order.pk)
    assert is_in_index(), "claimed"
    forget()
    record_outcome(actor=SYSTEM, order_id=order.pk, outcome=Unknown("no answer"))
    assert is_in_index(), "lost from sight"
    forget()
    settle_order(order_id=order.pk)
    assert is_in_index(), "asked about, not found yet"
    resting = send_order(order_id=place(customer, connection_id, wish(price="30000")).pk)
    forget()
    assert (resting.state, resting.check_at) == ("open", None)
    cancel_order(actor=Actor.of(customer), order_id=resting.pk)
    assert is_in_index(), "wanted back"
    opened_by_a_sweep(on_commit)
    resting.refresh_from_db()
    assert resting.state == "cancelled"


def test_a_resting_order_needs_no_sweep(market, customer, connection_id, on_commit):
    assert send_order(order_id=place(customer, connection_id, wish(price="30000")).pk).state == "open"
    with travel(work.LINGER * 2):
        opened_by_a_sweep(on_commit)
        assert not is_in_index()
        assert opened_by_a_sweep(on_commit) <= {"public", customer_schema()}


def customer_schema() -> str:
    """The schema that the tests run in (the question to the index is asked from there)."""
    from apps.core.context import current_schema

    return current_schema()


def test_an_entry_that_was_lost_is_restored_by_the_full_sweep(
    market, customer, connection_id, on_commit, settings, tmp_path
):
    settings.STATE_DIR = tmp_path  # the full sweep anchors seals, which the test's rollback takes away
    order = place(customer, connection_id)
    forget()
    opened_by_a_sweep(on_commit)
    order.refresh_from_db()
    assert order.state == "intent"
    sweep_all()
    opened_by_a_sweep(on_commit)
    order.refresh_from_db()
    assert order.state == "filled"
