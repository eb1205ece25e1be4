"""What every venue adapter promises, run with unmodified ccxt against the real sandbox exchange process."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from apps.trading.exchanges.errors import VenueRefused, VenueUnavailable
from apps.trading.exchanges.gateways.ccxt_gateway import CcxtGateway
from apps.trading.exchanges.gateways.port import (
    Balance,
    Confirmed,
    OrderKind,
    OrderRequest,
    Rejected,
    TimeInForce,
    Unknown,
    VenuePort,
    VenueStatus,
)
from kernel.instruments import Side
from tests.factories.sandbox_exchange import RunningSandbox, running_sandbox

D = Decimal
ORDERS = "/api/v3/order"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("venue")) as running:
        yield running


@pytest.fixture
def account(sandbox):
    sandbox.control.clear_faults()
    return sandbox.open_account({"USDT": D(100_000), "BTC": D(1)}, maker_fee=D("0.001"), taker_fee=D("0.001"))


@pytest.fixture
def venue(sandbox, account) -> Iterator[VenuePort]:
    port = gateway(sandbox, account)
    yield port
    port.close()


def gateway(sandbox: RunningSandbox, account: dict[str, Any], **more) -> CcxtGateway:
    return CcxtGateway(
        ccxt_id="binance",
        settings=sandbox.ccxt_settings(),
        api_key=account["api_key"],
        api_secret=account["secret"],
        **more,
    )


def market(client_id: str, side: Side = Side.BUY, quantity: str = "0.00100") -> OrderRequest:
    return OrderRequest(client_id=client_id, symbol="BTCUSDT", side=side, kind=OrderKind.MARKET, quantity=D(quantity))


def limit(client_id: str, price: str, *, side: Side = Side.BUY, quantity: str = "0.00100") -> OrderRequest:
    return OrderRequest(
        client_id=client_id,
        symbol="BTCUSDT",
        side=side,
        kind=OrderKind.LIMIT,
        quantity=D(quantity),
        price=D(price),
        time_in_force=TimeInForce.GTC,
    )


def test_a_market_order_is_confirmed_with_its_fills_to_the_last_digit(venue, sandbox):
    price = sandbox.control.pause().prices["BTCUSDT"]
    outcome = venue.submit(market("m1"))
    assert isinstance(outcome, Confirmed)
    order, (fill,) = outcome.order, outcome.fills
    assert (order.client_id, order.symbol, order.side, order.kind) == ("m1", "BTCUSDT", Side.BUY, OrderKind.MARKET)
    assert (order.status, order.quantity, order.filled) == (VenueStatus.FILLED, D("0.001"), D("0.001"))
    assert (order.price, order.average_price) == (None, price)
    assert (fill.quantity, fill.price, fill.fee, fill.fee_asset) == (D("0.001"), price, D("0.000001"), "BTC")
    assert (fill.client_id, fill.venue_order_id, fill.is_maker) == ("m1", order.venue_order_id, False)
    assert fill.at_ms == order.at_ms > 0
    assert venue.balances() == [
        Balance("BTC", D("1.000999"), D(0)),
        Balance("USDT", D(100_000) - price * D("0.001"), D(0)),
    ]


def test_what_was_filled_can_be_asked_again(venue):
    first, second = venue.submit(market("m1")), venue.submit(market("m2", Side.SELL, "0.00200"))
    found = venue.query("BTCUSDT", "m1")
    assert found == first.order
    fills = venue.fills("BTCUSDT")
    assert [fill.trade_id for fill in fills] == [first.fills[0].trade_id, second.fills[0].trade_id]
    assert (fills[0].venue_order_id, fills[0].quantity, fills[0].price) == (
        first.order.venue_order_id,
        first.fills[0].quantity,
        first.fills[0].price,
    )
    assert (fills[1].fee, fills[1].fee_asset, fills[1].side) == (second.fills[0].fee, "USDT", Side.SELL)
    assert venue.fills("BTCUSDT", fills[1].trade_id) == [fills[1]]


def test_a_limit_order_rests_locks_funds_and_is_cancelled(venue):
    outcome = venue.submit(limit("l1", "10000.01"))
    assert isinstance(outcome, Confirmed)
    assert (outcome.order.status, outcome.order.price, outcome.fills) == (VenueStatus.OPEN, D("10000.01"), ())
    assert outcome.order.average_price is None
    (resting,) = venue.open_orders("BTCUSDT")
    assert (resting.client_id, resting.status) == ("l1", VenueStatus.OPEN)
    assert venue.open_orders() == [resting]
    assert Balance("USDT", D("99989.99999"), D("10.00001")) in venue.balances()
    cancelled = venue.cancel("BTCUSDT", "l1")
    assert isinstance(cancelled, Confirmed)
    assert (cancelled.order.client_id, cancelled.order.status) == ("l1", VenueStatus.CANCELLED)
    assert venue.query("BTCUSDT", "l1").status is VenueStatus.CANCELLED
    assert venue.open_orders() == []


def test_cancelling_what_is_not_open_is_rejected(venue):
    venue.submit(market("m1"))
    for client_id in ("m1", "never"):
        outcome = venue.cancel("BTCUSDT", client_id)
        assert isinstance(outcome, Rejected)
        assert outcome.code == "-2011"


def test_an_order_that_never_was_is_none(venue):
    assert venue.query("BTCUSDT", "never") is None


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        (market("r1", quantity="100.00000"), "-2010", "insufficient balance"),
        (limit("r2", "10.00"), "-1013", "NOTIONAL"),
        (market("r3", quantity="0.000001"), "local", "precision"),
        (limit("r4", "2000000.00"), "-1013", "PRICE_FILTER"),
    ],
)
def test_a_refusal_is_proven_and_leaves_nothing(venue, request_, code, words):
    before = venue.balances()
    outcome = venue.submit(request_)
    assert isinstance(outcome, Rejected)
    assert outcome.code == code
    assert words in outcome.message
    assert venue.query("BTCUSDT", request_.client_id) is None
    assert venue.balances() == before


def test_a_second_open_order_with_the_same_id_is_unknown_not_rejected(venue):
    """The venue's refusal proves that an earlier send arrived: calling it rejected would lose an order."""
    venue.submit(limit("twice", "10000.00"))
    outcome = venue.submit(limit("twice", "10000.00"))
    assert isinstance(outcome, Unknown)
    assert len(venue.open_orders()) == 1


@pytest.mark.parametrize("kind", ["accept_then_timeout", "late_answer"])
def test_an_answer_that_does_not_come_is_unknown_although_the_order_was_taken(sandbox, account, kind):
    venue = gateway(sandbox, account, timeout_ms=400)
    assert venue.query("BTCUSDT", "u1") is None
    sandbox.control.inject_fault(kind, delay_ms=1_000, method="POST", path=ORDERS, api_key=account["api_key"])
    outcome = venue.submit(market("u1"))
    assert isinstance(outcome, Unknown)
    assert account["api_key"] not in outcome.reason
    assert "signature" not in outcome.reason
    found = venue.query("BTCUSDT", "u1")
    assert found is not None
    assert found.status is VenueStatus.FILLED
    assert len(venue.fills("BTCUSDT")) == 1
    venue.close()


@pytest.mark.parametrize("kind", ["drop", "error_5xx"])
def test_a_lost_connection_or_a_5xx_is_unknown_although_nothing_happened(sandbox, account, venue, kind):
    venue.balances()
    sandbox.control.inject_fault(kind, method="POST", path=ORDERS, api_key=account["api_key"])
    assert isinstance(venue.submit(market("u2")), Unknown)
    assert venue.query("BTCUSDT", "u2") is None


def test_too_many_requests_is_a_proven_refusal(sandbox, account, venue):
    venue.balances()
    sandbox.control.inject_fault("http_429", method="POST", path=ORDERS, api_key=account["api_key"])
    outcome = venue.submit(market("u3"))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "-1003"


def test_a_question_without_an_answer_is_unavailable_never_none(sandbox, account, venue):
    venue.balances()
    sandbox.control.inject_fault("error_5xx", count=3, method="GET", api_key=account["api_key"])
    for question in (lambda: venue.query("BTCUSDT", "x"), venue.balances, lambda: venue.fills("BTCUSDT")):
        with pytest.raises(VenueUnavailable):
            question()


def test_before_anything_was_sent_an_absent_venue_is_unavailable(account):
    settings = RunningSandbox.ccxt_settings(type("Nowhere", (), {"url": "http://127.0.0.1:9"})())
    venue = CcxtGateway(ccxt_id="binance", settings=settings, api_key="k", api_secret="s", timeout_ms=500)
    with pytest.raises(VenueUnavailable):
        venue.submit(market("n1"))
    venue.close()


def test_a_revoked_key_is_refused(sandbox, account, venue):
    sandbox.control.revoke_key(account["api_key"])
    with pytest.raises(VenueRefused):
        venue.balances()
    outcome = venue.submit(market("k1"))
    assert isinstance(outcome, Rejected)


def test_the_clock_of_the_venue_is_measured_and_used(sandbox, account, monkeypatch):
    venue = gateway(sandbox, account)
    behind = venue._client.milliseconds
    monkeypatch.setattr(venue._client, "milliseconds", lambda: behind() - 60_000)
    assert venue.balances()
    assert 59_000 < venue.clock_offset_ms < 61_000
    monkeypatch.setattr(venue._client, "milliseconds", lambda: behind() - 120_000)
    outcome = venue.submit(market("c1"))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "-1021"
    assert isinstance(venue.submit(market("c2")), Confirmed)  # the refusal made it measure again
    venue.close()


def test_an_unlisted_symbol_is_refused(venue):
    with pytest.raises(VenueRefused):
        venue.query("NOPEUSDT", "x")
