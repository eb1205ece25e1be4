"""Orders at nine exchanges that do not speak Binance's protocol: the unmodified adapter library on a real socket."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apps.core.clock import now, now_ms
from apps.core.ids import uuid7
from apps.trading.exchanges.catalogue.venues import TESTED
from apps.trading.exchanges.errors import VenueRefused, VenueUnavailable
from apps.trading.exchanges.gateways.dialects import DIALECTS, dialect_of
from apps.trading.exchanges.gateways.port import (
    Balance,
    Confirmed,
    OrderKind,
    OrderRequest,
    Rejected,
    TimeInForce,
    Unknown,
    VenueStatus,
)
from apps.trading.exchanges.gateways.unified_gateway import OrderAtVenue, UnifiedGateway
from apps.trading.orders.client_ids import client_id_of_bot, client_id_of_order
from kernel.instruments import Side
from tests.factories.venue_desk import Voice, open_desk
from tests.factories.venue_voices_more import VOICES

D = Decimal
SECRET = "c2VjcmV0LXRleHQtb2YtdGhlLWtleQ=="


class Desk:
    """A voice, a gateway that talks to it, and the orders that are ours."""

    def __init__(self, voice: Voice, gateway: UnifiedGateway) -> None:
        self.voice, self.gateway, self.symbol = voice, gateway, voice.symbol
        self.ours: list[OrderAtVenue] = []

    def request(self, kind: OrderKind = OrderKind.LIMIT, side: Side = Side.BUY, *, by_bot: bool = True) -> OrderRequest:
        """Return a new order of ours."""
        client_id = client_id_of_bot(uuid7(), len(self.ours)) if by_bot else client_id_of_order(uuid7())
        self.ours.append(OrderAtVenue(client_id, self.symbol, now()))
        is_limit = kind is OrderKind.LIMIT
        return OrderRequest(
            client_id=client_id, symbol=self.symbol, side=side, kind=kind, quantity=D("0.5"),
            price=D(20_000) if is_limit else None, time_in_force=TimeInForce.GTC if is_limit else None,
            timestamp_ms=now_ms(),
        )  # fmt: skip


def pem() -> str:
    private = generate_private_key(SECP256R1())
    return private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture(params=sorted(VOICES))
def desk(request) -> Iterator[Desk]:
    voice = VOICES[request.param]()
    name = voice.name
    with open_desk(voice) as settings:
        gateway = UnifiedGateway(
            ccxt_id=name, settings=settings, passphrase="phrase", timeout_ms=2_000,
            api_key="organizations/a/apiKeys/b" if name == "coinbase" else "key-text-1",
            api_secret=pem() if name == "coinbase" else SECRET,
        )  # fmt: skip
        made = Desk(voice, gateway)
        ids = TESTED[name].client_ids
        assert ids is not None
        gateway.id_param, gateway.longest_id = ids.param, ids.longest
        gateway.name_by(ids.style, lambda: made.ours)
        yield made
        gateway.close()


def test_every_tested_exchange_is_spoken_to():
    assert set(VOICES) == set(DIALECTS) == set(TESTED) - {"binance"}


@pytest.mark.parametrize("by_bot", [True, False])
def test_a_limit_order_is_confirmed_found_listed_and_taken_back(desk, by_bot):
    request = desk.request(by_bot=by_bot)
    outcome = desk.gateway.submit(request)
    assert isinstance(outcome, Confirmed), outcome
    (sent,) = desk.voice.orders
    order = outcome.order
    assert (order.client_id, order.venue_order_id, order.symbol) == (request.client_id, sent.id, desk.symbol)
    assert (order.status, order.kind, order.price) == (VenueStatus.OPEN, OrderKind.LIMIT, D(20_000))
    assert (order.quantity, order.filled, order.average_price) == (D("0.5"), D(0), None)
    found = desk.gateway.query(desk.symbol, request.client_id)
    assert found is not None
    assert (found.venue_order_id, found.status) == (sent.id, VenueStatus.OPEN)
    desk.voice.take("somebody-else", "sell", "limit", "0.1", "30000")
    shown = {row.client_id: row for row in desk.gateway.open_orders()}
    assert set(shown) == {request.client_id, "somebody-else"}
    assert shown["somebody-else"].symbol == desk.symbol
    done = desk.gateway.cancel(desk.symbol, request.client_id)
    assert isinstance(done, Confirmed), done
    assert (done.order.client_id, done.order.status) == (request.client_id, VenueStatus.CANCELLED)
    again = desk.gateway.cancel(desk.symbol, request.client_id)
    assert isinstance(again, Rejected), again


@pytest.mark.parametrize("side", list(Side))
def test_a_market_order_is_confirmed_as_filled_and_its_executions_are_read(desk, side):
    request = desk.request(OrderKind.MARKET, side)
    outcome = desk.gateway.submit(request)
    assert isinstance(outcome, Confirmed), outcome
    order = outcome.order
    assert (order.status, order.filled, order.kind) == (VenueStatus.FILLED, D("0.5"), OrderKind.MARKET)
    assert order.average_price == D(20_000)
    assert order.price is None
    (fill,) = desk.gateway.fills(desk.symbol)
    assert (fill.venue_order_id, fill.side, fill.symbol) == (order.venue_order_id, side, desk.symbol)
    assert (fill.quantity, fill.price, fill.fee) == (D("0.5"), D(20_000), D("0.0005"))
    assert fill.fee_asset in ("BTC", "USDT", "USD")
    assert not fill.is_maker


def test_a_refusal_is_proven_in_the_exchanges_own_words(desk):
    desk.voice.is_poor = True
    outcome = desk.gateway.submit(desk.request())
    assert isinstance(outcome, Rejected), outcome
    assert "insufficient" in outcome.message.lower() or "not enough" in outcome.message.lower()
    assert outcome.code not in ("", "refused", "local")
    assert desk.voice.orders == []


@pytest.mark.parametrize("fault", ["drop", "bad_gateway"])
def test_an_answer_that_does_not_come_is_unknown_and_the_question_settles_it(desk, fault):
    desk.gateway.prepare()
    desk.voice.fault = fault
    request = desk.request()
    outcome = desk.gateway.submit(request)
    assert isinstance(outcome, Unknown), outcome
    desk.voice.fault = ""
    arrived = fault == "drop"
    assert len(desk.voice.orders) == arrived
    if arrived:
        desk.voice.fill(desk.voice.orders[0], "0.5")
        found = desk.gateway.query(desk.symbol, request.client_id)
        assert found is not None
        assert (found.status, found.filled, found.average_price) == (VenueStatus.FILLED, D("0.5"), D(20_000))
        return
    long_ago = now() - timedelta(seconds=dialect_of(desk.voice.name).accepts_for_s + 1)
    with pytest.raises(VenueUnavailable):
        desk.gateway.query(desk.symbol, request.client_id)
    desk.ours[-1] = OrderAtVenue(request.client_id, desk.symbol, long_ago)
    assert desk.gateway.query(desk.symbol, request.client_id) is None


def test_an_order_that_cannot_leave_in_time_never_leaves(desk):
    from dataclasses import replace

    desk.gateway.prepare()
    late = replace(desk.request(), timestamp_ms=now_ms() - 5_001)
    outcome = desk.gateway.submit(late)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, desk.voice.orders) == ("local", [])


def test_executions_are_read_page_by_page_from_the_one_that_is_known(desk):
    size = dialect_of(desk.voice.name).trades_page
    order = desk.voice.take("x1", "buy", "limit", "1000000")
    count = 1_100 if size == 1_000 else size * 2 + 10
    begin = now_ms() - count * 2_000
    for number in range(1, count + 1):
        desk.voice.fill(order, "1", f"{number:05}" if desk.voice.name not in ("kucoin", "htx") else str(number),
                        begin + number * 2_000)  # fmt: skip
    newest = desk.gateway.fills(desk.symbol)
    assert len(newest) == min(size, count)
    known = newest[0].trade_id
    older = str(5) if desk.voice.name in ("kucoin", "htx") else "00005"
    found = desk.gateway.fills(desk.symbol, older)
    assert [int(fill.trade_id) for fill in found] == list(range(5, min(count, 1_004) + 1))
    assert desk.gateway.fills(desk.symbol, known)[0].trade_id == known


def test_balances_are_what_is_free_and_what_is_locked(desk):
    (row,) = desk.gateway.balances()
    expected = "USD" if desk.voice.name == "coinbase" else "USDT"
    assert row in (Balance(expected, D(900), D(100)), Balance(expected, D(1_000), D(100)))


def test_what_is_not_listed_or_not_spoken_is_refused_before_anything_leaves(desk):
    from dataclasses import replace

    with pytest.raises(VenueRefused):
        desk.gateway.submit(replace(desk.request(), symbol="NOPEUSDT"))
    desk.gateway.may_trade = False
    assert desk.gateway.submit(desk.request()) == Rejected("local", "the key of this connection can only read")
    assert desk.voice.orders == []
