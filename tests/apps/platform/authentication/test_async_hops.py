"""From coroutines: who opens a socket, and who asks a page, each found in the schema of its own tenant."""

import asyncio
from typing import Any

import pytest
from django.test import RequestFactory

from apps.core.context import in_schema, mark_schema
from apps.platform.authentication.bridge import SecondFactorBridge
from apps.platform.authentication.sessions import open_session
from apps.platform.authentication.sockets import resolve
from tests.apps.platform.identity import verified
from tests.factories.people import HOST, make_customer

pytestmark = pytest.mark.real_commit


@pytest.fixture
def session_key(real_db) -> tuple[str, str, Any]:
    from apps.platform.tenants.queries import get_tenant

    schema = get_tenant("alpha").schema
    with in_schema(schema):
        user = make_customer("ann@example.test")
        return schema, str(verified(user).session.session_key), user


def test_sockets(session_key):
    schema, key, user = session_key
    headers = [(b"host", HOST.encode()), (b"origin", f"http://{HOST}".encode())]
    cookie = (b"cookie", f"__Host-sessionid={key}".encode())
    identity = asyncio.run(resolve({"scheme": "ws", "headers": [*headers, cookie]}))
    assert identity is not None
    assert (identity.schema, identity.user_id) == (schema, user.pk)
    assert asyncio.run(resolve({"scheme": "ws", "headers": headers})) is None


def test_pages(session_key):
    schema, key, user = session_key
    request: Any = RequestFactory().get("/", HTTP_HOST=HOST)
    with in_schema(schema):
        found: Any = open_session(key)
    request.session = found[1]
    SecondFactorBridge(lambda _request: None)._install_lazy_accessors(request)

    async def ask() -> Any:
        with mark_schema(schema):
            return await request.auser()

    answer = asyncio.run(ask())
    assert answer.pk == user.pk
    assert answer.is_verified()
