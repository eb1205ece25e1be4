"""Counting: exact, apart by tenant and subject, refilled by time, honest about its state."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.context import in_schema
from apps.platform.rate_limiting.choices import API_ANONYMOUS, LIMITS, Limit, Priority, WhenDown
from apps.platform.rate_limiting.errors import LimitsUnavailable, RateReached
from apps.platform.rate_limiting.operations import clear, give_back, limits_client, take
from apps.platform.rate_limiting.operations.buckets import key_of
from apps.platform.rate_limiting.queries import client_ip
from tests.factories.people import HOST

pytestmark = pytest.mark.django_db
TEN = Limit("ten", 10, 86_400, WhenDown.REFUSE, "test")


def remaining(limit: Limit, subject: str = "x", **more: Any) -> int:
    """Take, and return what is left."""
    taken = take(limit, subject, **more)
    assert taken is not None
    return taken.remaining


def count(limit: Limit, subject: str = "x", most: int = 100, **more) -> int:
    """Return how many tokens can be taken one by one."""
    for taken in range(most):
        try:
            take(limit, subject, **more)
        except RateReached:
            return taken
    return most


def test_a_full_bucket_gives_its_capacity_then_names_the_wait():
    assert count(TEN) == 10
    with pytest.raises(RateReached) as refused:
        take(TEN, "x")
    assert refused.value.params["retry_after"] == pytest.approx(8640, abs=5)
    assert refused.value.http_status == 429


def test_a_refusal_takes_nothing():
    assert remaining(TEN, cost=8) == 2
    with pytest.raises(RateReached):
        take(TEN, "x", cost=3)
    assert remaining(TEN, cost=2) == 0


def test_subjects_limits_and_tenants_are_apart(tenant_b):
    assert count(TEN) == 10
    assert count(TEN, "y") == 10
    assert count(Limit("other", 3, 3600, WhenDown.REFUSE, "test")) == 3
    with in_schema(tenant_b.schema):
        assert count(TEN) == 10


def test_tokens_come_back_with_time():
    fast = Limit("fast", 1000, 1, WhenDown.REFUSE, "test")
    for _ in range(50):
        take(fast, "x", cost=1)
    key = key_of(fast, "x")
    left, at = (int(value or 0) for value in limits_client().hmget(key, "left", "at"))
    limits_client().hset(key, mapping={"left": 0, "at": at - 500_000})
    assert 400 <= remaining(fast) <= 999
    assert left < 1_000_000_000


def test_what_is_given_back_can_be_taken_and_no_more():
    assert count(TEN) == 10
    give_back(TEN, "x")
    assert count(TEN) == 1
    clear(TEN, "x")
    give_back(TEN, "x", cost=100)
    assert count(TEN) == 10


def test_the_less_important_leave_something():
    assert count(TEN, "low", priority=Priority.LOW) == 5
    assert count(TEN, "low", priority=Priority.NORMAL) == 4
    assert count(TEN, "low", priority=Priority.HIGH) == 1


def test_keys_name_schema_and_limit_and_hide_the_subject(tenant_a):
    key = key_of(TEN, "ann@example.test")
    assert key.startswith(f"bucket:{tenant_a.schema}:ten:")
    assert "ann" not in key
    take(TEN, "ann@example.test")
    assert 0 < limits_client().ttl(key) <= 86_401


def test_without_redis_some_refuse_and_some_allow(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1"
    with pytest.raises(LimitsUnavailable):
        take(TEN, "x")
    assert take(Limit("reading", 1, 60, WhenDown.ALLOW, "test"), "x") is None


def test_replies_say_where_the_caller_stands(api, customer):
    client = api(customer)
    first, second = client.get("/api/v1/me"), client.get("/api/v1/me")
    assert first["X-RateLimit-Limit"] == "1200"
    assert int(first["X-RateLimit-Remaining"]) - int(second["X-RateLimit-Remaining"]) in (0, 1)
    assert int(second["X-RateLimit-Reset"]) >= 1


class Open(APIView):
    """An endpoint for anyone."""

    permission_classes = (AllowAny,)

    def get(self, _request: Any) -> Response:
        return Response({})


def ask(ip: str, **headers: str) -> Any:
    request = RequestFactory().get("/", REMOTE_ADDR=ip, headers=headers)
    request.user = AnonymousUser()
    return Open.as_view()(request)


def test_strangers_are_counted_by_address_whatever_they_say_of_it():
    answers = [ask("203.0.113.7", **{"X-Forwarded-For": f"10.0.0.{at}"}) for at in range(API_ANONYMOUS.capacity + 5)]
    assert [answer.status_code for answer in answers[: API_ANONYMOUS.capacity]] == [200] * API_ANONYMOUS.capacity
    assert answers[-1].status_code == 429
    assert answers[-1]["X-RateLimit-Remaining"] == "0"
    assert int(answers[-1]["Retry-After"]) >= 1
    assert answers[-1].data["code"] == "rate_limiting.rate_reached"
    assert ask("203.0.113.8").status_code == 200


def test_behind_a_proxy_of_ours_the_last_address_it_saw_counts(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": "192.0.2.1, 203.0.113.7"})
    assert client_ip(request) == "203.0.113.7"


def test_the_list_of_limits_is_complete(api, customer):
    listed = api(customer).get("/api/v1/limits").json()
    assert {row["name"] for row in listed} == set(LIMITS)


def test_bursts_of_the_sign_up_page_are_refused(db):
    browser = Client(HTTP_HOST=HOST, REMOTE_ADDR="203.0.113.20")
    # The limit counts in fixed minutes: a burst that meets the turn of one is counted twice from nothing.
    statuses = [browser.get("/signup/").status_code for _ in range(120)]
    while statuses[-1] == 200 and len(statuses) < 400:
        statuses.append(browser.get("/signup/").status_code)
    assert set(statuses[:-1]) == {200}
    assert statuses[-1] == 429
    assert Client(HTTP_HOST=HOST, REMOTE_ADDR="203.0.113.21").get("/signup/").status_code == 200
