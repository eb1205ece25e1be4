"""Whatever is sent to the endpoints of identity, the answer is a problem and never a defect."""

import json
from typing import Any

import pytest
from django.core.cache import cache

from tests.apps.platform.identity import verified

NOBODY = "01900000-0000-7000-8000-000000000000"

pytestmark = pytest.mark.django_db
PATHS = ("/api/v1/api-keys", "/api/v1/two-factor", f"/api/v1/step-ups/{NOBODY}", "/api/v1/sessions/revoke-others")
BODIES: list[Any] = [
    None, [], [[]], "text", 1, 1.5, True, {}, {"code": None}, {"code": {}}, {"code": ["1"]}, {"code": "\ud800"},
    {"code": "\x00"}, {"code": "9" * 10_000}, {"name": {"a": 1}, "scopes": {}, "cidrs": "x", "expires_days": "1e400"},
    {"name": "\ud800", "expires_days": 1.5}, {"name": "k", "cidrs": [""]}, {"name": "k", "cidrs": ["0.0.0.0/99"]},
    {"name": "k", "scopes": ["\ud800"]},
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_bodies(customer, path):
    browser = verified(customer)
    for body in BODIES:
        cache.clear()
        answer = browser.post(path, json.dumps(body), content_type="application/json")
        assert answer.status_code < 500, (body, answer.content)
        assert answer.status_code < 400 or answer["Content-Type"] == "application/problem+json", (body, answer.content)
    for raw in (b"", b"{", b"\xff\xfe", b"[" * 50):
        answer = browser.post(path, raw, content_type="application/json")
        assert answer.status_code < 500, (raw[:10], answer.content)


def test_addresses(customer):
    browser = verified(customer)
    for path in ("/api/v1/sessions/x", "/api/v1/sessions/%00", f"/api/v1/api-keys/{NOBODY}"):
        assert browser.delete(path).status_code == 404
    for path in (
        "/api/v1/inbox?cursor=x",
        "/api/v1/inbox?limit=x",
        "/api/v1/inbox?unread=%00",
        "/api/v1/inbox?cursor=%00",
    ):
        assert browser.get(path).status_code < 500
