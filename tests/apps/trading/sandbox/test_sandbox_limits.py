"""Request weight, unfilled orders, and what a client is told about them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import aiohttp
import ccxt
import pytest

from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.limits import (
    DAY_MS,
    FIRST_BAN_MS,
    LONGEST_BAN_MS,
    REFUSALS_BEFORE_BAN,
    ConnectionLimit,
    LimitPlan,
    LimitReachedError,
    OrderLimit,
    WeightLimit,
)
from tests.apps.trading.sandbox.exchange_process import ExchangeProcess, recording

NOON = 1_700_049_600_000  # a whole minute
HERE, THERE = "10.0.0.1", "10.0.0.2"


def refused(act: Callable[[], Any]) -> LimitReachedError:
    with pytest.raises(LimitReachedError) as caught:
        act()
    return caught.value


# ---- the rules, by an own clock


def test_weight_counts_by_address_and_minute() -> None:
    limit = WeightLimit(LimitPlan(weight_per_minute=10))
    assert limit.charge(HERE, 4, NOON) == 4
    assert limit.charge(HERE, 6, NOON + 59_999) == 10
    assert limit.charge(THERE, 10, NOON) == 10
    error = refused(lambda: limit.charge(HERE, 1, NOON + 59_999))
    assert (error.status, error.code, error.retry_at_ms, error.retry_after_seconds) == (429, -1003, NOON + 60_000, 1)
    assert error.message == (
        "Too much request weight used; current limit is 10 request weight per 1 MINUTE. "
        "Please use WebSocket Streams for live updates to avoid polling the API."
    )
    assert limit.charge(HERE, 1, NOON + 60_000) == 1


def test_who_goes_on_is_banned_and_longer_each_time() -> None:
    limit = WeightLimit(LimitPlan(weight_per_minute=1))
    now, lengths = NOON, []
    for _ in range(14):
        charge = partial(limit.charge, HERE, 1)
        charge(now)
        for _ in range(REFUSALS_BEFORE_BAN):
            assert refused(partial(charge, now)).status == 429
        ban = refused(partial(charge, now))
        assert (ban.status, ban.code) == (418, -1003)
        assert f"IP banned until {ban.retry_at_ms}." in ban.message
        lengths.append(ban.retry_at_ms - now)
        assert refused(partial(charge, ban.retry_at_ms - 1)).status == 418
        now = ban.retry_at_ms
    assert lengths[:3] == [FIRST_BAN_MS, 2 * FIRST_BAN_MS, 4 * FIRST_BAN_MS]
    assert lengths[-1] == LONGEST_BAN_MS
    assert limit.charge(THERE, 1, now) == 1


def test_an_address_may_try_three_hundred_connections_in_five_minutes() -> None:
    limit = ConnectionLimit(LimitPlan())
    assert all(limit.admits(HERE, NOON + number) for number in range(300))
    assert not limit.admits(HERE, NOON + 300)
    assert limit.admits(THERE, NOON + 300)
    assert limit.admits(HERE, NOON + 300_001)
    assert ConnectionLimit(LimitPlan(connections_per_5_minutes=0)).admits(HERE, NOON)


def test_no_limit_counts_but_never_refuses() -> None:
    limit = WeightLimit(LimitPlan(weight_per_minute=0))
    assert limit.charge(HERE, 10**6, NOON) == 10**6
    assert limit.published() == []


def test_orders_count_by_account_in_both_intervals() -> None:
    limit = OrderLimit(LimitPlan(orders_per_10_seconds=3, orders_per_day=5))
    limit.add(1, 3, NOON)
    error = refused(lambda: limit.check(1, 1, NOON + 9_999))
    assert (error.status, error.code, error.retry_at_ms) == (429, -1015, NOON + 10_000)
    assert error.message == "Too many new orders; current limit is 3 orders per 10 SECOND."
    limit.check(2, 3, NOON)
    limit.check(1, 2, NOON + 10_000)
    limit.add(1, 2, NOON + 10_000)
    error = refused(lambda: limit.check(1, 1, NOON + 20_000))
    assert error.message == "Too many new orders; current limit is 5 orders per 1 DAY."
    assert error.retry_at_ms % DAY_MS == 0
    limit.check(1, 3, error.retry_at_ms)


def test_fills_give_orders_back() -> None:
    limit = OrderLimit(LimitPlan(orders_per_10_seconds=100))
    limit.add(1, 7, NOON)
    limit.credit(1, maker=False, now_ms=NOON)
    assert [row["count"] for row in limit.status(1, NOON)] == [6, 6]
    limit.credit(1, maker=True, now_ms=NOON)
    assert [row["count"] for row in limit.status(1, NOON)] == [1, 1]
    limit.credit(1, maker=True, now_ms=NOON)
    assert limit.headers(1, NOON) == {"X-MBX-ORDER-COUNT-10S": "0", "X-MBX-ORDER-COUNT-1D": "0"}


# ---- what clients see


def first_status(venue: Any, act: Callable[[], Any], besides: int = 200) -> int:
    """The first HTTP status that is neither 200 nor `besides`; ccxt calls both limits DDoSProtection."""
    for _ in range(200):
        try:
            act()
        except ccxt.DDoSProtection:
            if venue.last_status != besides:
                return int(venue.last_status)
    raise AssertionError("it was never refused")


@pytest.fixture
def strict(new_exchange: Callable[..., ExchangeProcess]) -> ExchangeProcess:
    return new_exchange("strict", "--weight-per-minute", "100", "--orders-per-10-seconds", "4", "--orders-per-day", "9")


def test_ccxt_sees_weights_then_429_then_418(strict: ExchangeProcess) -> None:
    venue = recording(ccxt.binance(strict.settings(strict.new_key())))
    venue.public_get_exchangeinfo()
    first = int(venue.last_response_headers["X-Mbx-Used-Weight-1m"])
    assert first == 20
    venue.fetch_order_book("BTC/USDT", 100)  # loads the markets too
    used = [int(venue.last_response_headers[name]) for name in ("X-Mbx-Used-Weight", "X-Mbx-Used-Weight-1m")]
    assert used[0] == used[1] > first
    assert first_status(venue, lambda: venue.public_get_depth({"symbol": "BTCUSDT", "limit": 1000})) == 429
    headers = venue.last_response_headers
    assert 1 <= int(headers["Retry-After"]) <= 60
    assert int(headers["X-Mbx-Used-Weight-1m"]) > 100
    assert first_status(venue, venue.public_get_ping, besides=429) == 418
    assert 100 < int(venue.last_response_headers["Retry-After"]) <= 120


def test_accepted_orders_show_their_count_and_the_limit_holds(strict: ExchangeProcess) -> None:
    venue = recording(ccxt.binance(strict.settings(strict.new_key())))
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    order |= {"quantity": "0.01", "price": "20000"}
    with pytest.raises(ccxt.BadRequest):
        venue.private_post_order(order | {"quantity": "1000"})
    assert "X-Mbx-Order-Count-1d" not in venue.last_response_headers
    counts: list[int] = []

    def place() -> None:
        venue.private_post_order(order)
        counts.append(int(venue.last_response_headers["X-Mbx-Order-Count-1d"]))

    assert first_status(venue, place) == 429
    assert '"code":-1015' in venue.last_http_response
    assert counts == sorted(set(counts))
    assert 4 <= len(counts) <= 9  # four in an interval of ten seconds; a second one may have begun
    assert int(venue.last_response_headers["Retry-After"]) >= 1
    assert len(venue.private_get_openorders({"symbol": "BTCUSDT"})) == len(counts)
    listed = venue.private_get_ratelimit_order()
    assert [(row["interval"], row["limit"]) for row in listed] == [("SECOND", 4), ("DAY", 9)]
    assert int(listed[1]["count"]) == len(counts)


def test_exchange_info_publishes_the_limits(exchange: ExchangeProcess, strict: ExchangeProcess) -> None:
    rows = ccxt.binance(strict.settings()).public_get_exchangeinfo()["rateLimits"]
    assert [(row["rateLimitType"], row["interval"], row["intervalNum"], row["limit"]) for row in rows] == [
        ("REQUEST_WEIGHT", "MINUTE", 1, 100),
        ("ORDERS", "SECOND", 10, 4),
        ("ORDERS", "DAY", 1, 9),
    ]
    free = ccxt.binance(exchange.settings()).public_get_exchangeinfo()["rateLimits"]
    assert [row["rateLimitType"] for row in free] == ["ORDERS"]


async def test_socket_answers_carry_limits_and_refusals(strict: ExchangeProcess) -> None:
    async with aiohttp.ClientSession(strict.base_url) as session:
        async with session.ws_connect("/ws-api/v3") as socket:
            await socket.send_json({"id": "a", "method": "ping"})
            answer = await socket.receive_json()
            assert answer["rateLimits"] == [
                {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 100, "count": 3}
            ]
            await socket.send_json({"id": "b", "method": "ping", "params": {"returnRateLimits": False}})
            assert await socket.receive_json() == {"id": "b", "status": 200, "result": {}}
            for number in range(10):
                await socket.send_json({"id": number, "method": "depth", "params": {"symbol": "BTCUSDT", "limit": 500}})
            answers = [await socket.receive_json() for _ in range(10)]
        refusals = [answer for answer in answers if answer["status"] == 429]
        assert refusals
        assert refusals[0]["error"]["code"] == -1003
        data = refusals[0]["error"]["data"]
        assert 0 < data["retryAfter"] - data["serverTime"] <= 60_000


def test_refusals_are_api_errors() -> None:
    error: ApiError = LimitReachedError(-1015, "text", 429, now_ms=0, retry_at_ms=1_500)
    assert error.body() == {"code": -1015, "msg": "text"}
    assert LimitReachedError(-1015, "text", 429, now_ms=0, retry_at_ms=1_500).retry_after_seconds == 2
