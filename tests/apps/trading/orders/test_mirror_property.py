"""Whatever is ordered, filled, cancelled and forgotten: mirror = first balance + fills − fees, to the last digit."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.trading.exchanges.operations import Confirmed, VenueStatus
from apps.trading.orders.errors import InsufficientBalance, WouldMeetOwnOrder
from apps.trading.orders.operations import record_fills, record_outcome
from tests.apps.trading.orders.funded import connected, faults, standing
from tests.apps.trading.orders.test_order_ledger import replace_fee
from tests.apps.trading.orders.wishes import SYSTEM, D, execution, sent, view, wish

pytestmark = pytest.mark.django_db
START = {"USDT": D(100_000), "BTC": D(1), "BNB": D(3)}
LOT = D("0.00001")

pieces = st.tuples(
    st.integers(1, 100),  # parts of the order
    st.integers(1_000_000, 9_000_000),  # price in cents
    st.integers(-(10**6), 10**9),  # fee in 10^-12
    st.sampled_from(["BTC", "USDT", "BNB"]),
)
orders = st.tuples(
    st.sampled_from(["buy", "sell"]),
    st.integers(100, 20_000),  # lots
    st.integers(1_000_000, 9_000_000),  # limit in cents
    st.lists(pieces, max_size=4),
    st.sampled_from(["open", "cancelled", "late"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([("buy", 100, 1_000_000, [(1, 1_000_000, 10**7, "BTC"), (1, 1_000_000, 10**8, "BTC")], "open")])  # fee >= fill
@given(st.lists(orders, min_size=1, max_size=5))
def test_the_mirror_is_what_was_there_and_what_our_fills_did(customer: Any, wanted: Any) -> None:
    point = transaction.savepoint()
    try:
        check(customer, wanted)
    finally:
        transaction.savepoint_rollback(point)


def check(customer: Any, wanted: Any) -> None:
    connection = connected(customer, **{asset: str(amount) for asset, amount in START.items()})
    expected = dict(START)
    for number, (side, lots, limit, parts, end) in enumerate(wanted):
        try:
            order = sent(
                customer,
                connection.pk,
                wish(side, str(lots * LOT), str(D(limit) / 100)),
            )
        except (InsufficientBalance, WouldMeetOwnOrder):
            continue
        fills, left = [], order.quantity
        for place, (share, cents, fee, asset) in enumerate(parts):
            quantity = min(left, max(LOT, (order.quantity * share / 100).quantize(LOT)))
            if not quantity:
                break
            left -= quantity
            made = execution(order, f"{number}.{place}", str(quantity), str(D(cents) / 100), venue_id=f"v{number}")
            fills.append(replace_fee(made, str(D(fee).scaleb(-12)), asset))
            moved(expected, side, fills[-1])
        finish(order, fills, end, f"v{number}")
    found = standing(connection)
    assert {asset: found.get(asset, (D(0), D(0)))[0] for asset in expected} == expected
    assert faults() == {}


def moved(expected: dict[str, Decimal], side: str, fill: Any) -> None:
    sign = 1 if side == "buy" else -1
    expected["BTC"] += sign * fill.quantity
    expected["USDT"] -= sign * fill.quantity * fill.price
    expected[fill.fee_asset] -= fill.fee


def finish(order: Any, fills: list[Any], end: str, venue_id: str) -> None:
    """Tell of the fills one by one, of an end before the last of them, and of all of it again."""
    status = VenueStatus.OPEN if end == "open" else VenueStatus.CANCELLED
    for fill in fills[:-1]:
        record_fills(actor=SYSTEM, order_id=order.pk, fills=[fill])
    known = fills if end == "cancelled" else fills[:-1]
    filled = str(sum((fill.quantity for fill in known), D(0)))
    answer = Confirmed(view(order, status, filled, venue_id), tuple(known))
    record_outcome(actor=SYSTEM, order_id=order.pk, outcome=answer)
    record_fills(actor=SYSTEM, order_id=order.pk, fills=fills)
    record_outcome(actor=SYSTEM, order_id=order.pk, outcome=answer)
