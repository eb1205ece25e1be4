"""What may happen once happens once, however many ask at the same moment."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory

from apps.core.context import in_schema
from apps.platform.authentication.bridge import attach
from apps.platform.authentication.sessions import open_session
from apps.platform.authentication.sockets import _identify, issue_ticket
from apps.platform.rate_limiting.choices import Limit, WhenDown
from apps.platform.rate_limiting.errors import RateReached
from apps.platform.rate_limiting.operations import take
from apps.platform.security.errors import StepUpRequired
from apps.platform.security.models import StepUpGrant
from apps.platform.security.operations import Summary, require_recent_2fa
from tests.apps.platform.identity import log_in, recovery_code, verified
from tests.factories.people import HOST, make_customer

pytestmark = pytest.mark.real_commit


@pytest.fixture
def schema(real_db) -> str:
    from apps.platform.tenants.queries import get_tenant

    return get_tenant("alpha").schema


def outcomes(count: int, schema: str, ask: Callable[[], bool]) -> list[bool]:
    """Ask `count` times at once, each in its own thread and connection; return the answers."""
    found: list[bool] = []
    start = threading.Barrier(count)

    def run() -> None:
        start.wait()
        try:
            with in_schema(schema):
                found.append(ask())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == count
    return found


def test_a_bucket_of_forty_lets_forty_of_sixty_four_through(schema):
    limit = Limit("test", 40, 86_400, WhenDown.REFUSE, "test")

    def ask() -> bool:
        try:
            take(limit, "somebody")
        except RateReached:
            return False
        return True

    assert sum(outcomes(64, schema, ask)) == 40


def test_a_ticket_opens_one_socket_of_thirty_two(schema):
    with in_schema(schema):
        user = make_customer("ann@example.test")
        key = log_in(user.email)[0].session.session_key
        ticket = issue_ticket(user_id=user.pk, session_key=key, key_id=None)
    scope = {"headers": [(b"host", HOST.encode())], "subprotocols": [f"ticket.{ticket}"]}
    assert sum(outcomes(32, schema, lambda: _identify(scope) is not None)) == 1


def test_a_confirmation_is_used_by_one_of_sixteen(schema):
    payload = {"amount": "1"}
    with in_schema(schema):
        user = make_customer("ann@example.test")
        browser = verified(user)
        key = browser.session.session_key

    def ask() -> bool:
        request: Any = RequestFactory().post("/", HTTP_HOST=HOST)
        found: Any = open_session(key)
        request.session, request.user = found[1], attach(*found)
        try:
            require_recent_2fa(request, "a.b", payload, summary=Summary("t"))
        except StepUpRequired:
            return False
        return True

    with in_schema(schema):
        assert ask() is False
        challenge = StepUpGrant.objects.get().pk
        body = {"code": recovery_code(user)}
        assert browser.post(f"/api/v1/step-ups/{challenge}", body, content_type="application/json").status_code == 200
    assert sum(outcomes(16, schema, ask)) == 1
