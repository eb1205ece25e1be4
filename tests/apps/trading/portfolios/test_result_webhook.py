"""Results of a day to an address: signed, the same message each time, tried again, never to a place inside."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from apps.core.clock import freeze
from apps.core.errors import DomainError
from apps.core.sealing import open_field
from apps.core.timers import fire_due
from apps.platform.notifications.models import InboxItem
from apps.trading.portfolios import operations
from apps.trading.portfolios.models import ResultWebhook, WebhookDelivery
from apps.trading.portfolios.operations import deliver, set_webhook
from apps.trading.portfolios.webhooks import body_of, sign
from tests.apps.platform.identity import enrol, recovery_code
from tests.apps.trading.portfolios.ground import SYSTEM, D
from tests.factories.prices import say_price

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)


class Place:
    """A server of a customer: answers with `status`, and keeps what it was sent."""

    def __init__(self) -> None:
        self.status, self.seen = 200, list[tuple[dict[str, str], bytes]]()
        place = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                place.seen.append(({name.lower(): text for name, text in self.headers.items()}, body))
                self.send_response(place.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def place(settings) -> Iterator[Place]:
    made = Place()
    settings.OUTBOUND_EXCEPTIONS = frozenset({made.url.split("/")[2]})
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def row(ground, customer):
    """10,000 at the start of 2 March, 10,250 at its end, of which 100 were paid in."""
    whose = {"actor": ground.actor, "owner_id": customer.pk}
    with freeze(MIDNIGHT - timedelta(days=1, minutes=1)):
        say_price("BTCUSDT", D(100))
        ground.fund(USDT="5000", BTC="50")
        found = ground.portfolio("Mine", ground.book)
        wish = operations.FlowWish(asset="USDT", quantity=D(10_000), is_deposit=True, note="")
        operations.record_flow(**whose, portfolio_id=found.pk, wish=wish)
        ground.fill("buy", "50", "100")
        operations.sample_portfolio(actor=SYSTEM, portfolio_id=found.pk)
    with freeze(MIDNIGHT - timedelta(hours=3)):
        say_price("BTCUSDT", D(100))
        operations.record_flow(
            **whose,
            portfolio_id=found.pk,
            wish=operations.FlowWish(asset="USDT", quantity=D(100), is_deposit=True, note=""),
        )
    with freeze(MIDNIGHT - timedelta(minutes=1)):
        say_price("BTCUSDT", D(103))
        operations.sample_portfolio(actor=SYSTEM, portfolio_id=found.pk)
    return found


def set_up(ground, url: str) -> tuple[ResultWebhook, str]:
    with freeze(MIDNIGHT - timedelta(hours=12)):
        return set_webhook(actor=ground.actor, owner_id=ground.owner.pk, url=url)


def day_over() -> WebhookDelivery:
    with freeze(MIDNIGHT + timedelta(minutes=5)):
        fire_due()
    return WebhookDelivery.objects.get()


def try_at(row: WebhookDelivery, after: timedelta = timedelta()) -> WebhookDelivery:
    with freeze(MIDNIGHT + timedelta(minutes=5) + after):
        deliver(delivery_id=row.pk)
    row.refresh_from_db()
    return row


def test_the_signature_is_that_of_standard_webhooks():
    # The example of https://github.com/standard-webhooks/standard-webhooks (libraries' own test vector).
    secret, key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert sign(secret, key, 1614265330, '{"test": 2432232314}') == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_day_is_sent_once_signed_with_its_result(ground, row, place):
    hook, secret = set_up(ground, place.url)
    assert hook.next_day == date(2026, 3, 2)
    found = day_over()
    told = json.loads(found.body)["data"]
    mine = next(one for one in told["portfolios"] if one["id"] == str(row.pk))
    assert (told["day"], mine["value"], mine["result"]) == ("2026-03-02", "10250", "150")
    done = try_at(found)
    assert (done.state, done.attempts, done.answered) == ("delivered", 1, 200)
    try_at(found, timedelta(days=1))
    ((headers, body),) = place.seen
    assert body.decode() == found.body
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    hook.refresh_from_db()
    assert hook.next_day == date(2026, 3, 3)
    with freeze(MIDNIGHT + timedelta(minutes=6)):
        assert operations.close_day(actor=SYSTEM, webhook_id=hook.pk, day=date(2026, 3, 2)) is None
    assert b"127.0.0.1" not in bytes(hook.url), "the address is sealed"
    assert open_field(hook, "secret") == secret


def test_it_is_tried_again_with_the_same_bytes_and_given_up_in_the_end(ground, row, place):
    set_up(ground, place.url)
    found, place.status = day_over(), 500
    try_at(found)
    assert (found.state, found.attempts, found.error) == ("waiting", 1, "it answered 500")
    assert try_at(found, timedelta(seconds=30)).attempts == 1, "not before its time"
    place.status = 204
    assert try_at(found, timedelta(minutes=2)).state == "delivered"
    assert len({body for _, body in place.seen}) == len({head["webhook-id"] for head, _ in place.seen}) == 1
    WebhookDelivery.objects.update(state="waiting", attempts=7, next_attempt_at=MIDNIGHT)
    place.status = 503
    assert try_at(found, timedelta(days=3)).state == "given_up"
    assert InboxItem.objects.filter(topic="portfolios.webhook_failed").count() == 1


def test_an_address_that_is_gone_pauses_and_one_inside_is_never_called(ground, row, place, settings):
    hook, _ = set_up(ground, place.url)
    found, place.status = day_over(), 410
    assert try_at(found).state == "given_up"
    hook.refresh_from_db()
    assert hook.paused_at is not None
    settings.OUTBOUND_EXCEPTIONS = frozenset()
    WebhookDelivery.objects.update(state="waiting", next_attempt_at=MIDNIGHT)
    assert try_at(found, timedelta(hours=1)).error.startswith("This address cannot be used")
    assert len(place.seen) == 1
    for wrong in (place.url, "http://example.com/", "https://example.com:22/", "ftp://example.com", "x" * 600, "é"):
        with pytest.raises(DomainError):
            set_up(ground, wrong)


def test_a_claim_is_made_before_anything_is_sent(ground, row, place):
    set_up(ground, place.url)
    found = day_over()

    def dies(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with freeze(MIDNIGHT + timedelta(minutes=5)), pytest.raises(KeyboardInterrupt):
        deliver(delivery_id=found.pk, send=dies)
    found.refresh_from_db()
    assert (found.state, found.attempts) == ("waiting", 1)
    assert found.next_attempt_at == MIDNIGHT + timedelta(minutes=6), "the timer tries again after a crash"


def test_page_and_api_set_show_and_remove(ground, row, customer, other_customer, web, api):
    enrol(customer)
    browser, client, page = web(customer), api(customer), "/portfolios/webhook/"
    assert client.get("/api/v1/portfolio-webhook").status_code == 404
    assert browser.post(page, {"url": "http://example.com/x"}).status_code == 422
    asked = browser.post(page, {"url": "https://example.com/x"})
    assert (asked.status_code, ResultWebhook.objects.filter(owner_id=customer.pk).exists()) == (302, False)
    back = browser.post(asked["Location"], {"code": recovery_code(customer, 0)})["Location"]
    assert back == f"{page}?url=https%3A%2F%2Fexample.com%2Fx"
    assert browser.get(back).context["page"].form.initial == {"url": "https://example.com/x"}
    assert browser.post(page, {"url": "https://example.com/z"})["Location"] != page, "the code was for another address"
    shown = browser.post(page, {"url": "https://example.com/x"}).context["page"]
    assert shown.secret.startswith("whsec_")
    assert browser.get(page).context["page"].secret == ""
    send: dict[str, Any] = {"content_type": "application/json"}
    asked = browser.put("/api/v1/portfolio-webhook", {"url": "https://example.com/y"}, **send)
    assert (asked.status_code, asked.json()["code"]) == (401, "security.step_up_required")
    proven = browser.post(asked.json()["params"]["api_url"], {"code": recovery_code(customer, 1)}, **send)
    assert proven.status_code < 300
    made = browser.put("/api/v1/portfolio-webhook", {"url": "https://example.com/y"}, **send).json()
    assert made["secret"] != shown.secret
    assert client.get("/api/v1/portfolio-webhook").json() == {
        "url": "https://example.com/y", "next_day": made["next_day"], "paused_at": None,
    }  # fmt: skip
    assert client.get("/api/v1/portfolio-webhook/deliveries").json()["results"] == []
    assert api(other_customer).get("/api/v1/portfolio-webhook").status_code == 404
    assert client.delete("/api/v1/portfolio-webhook").status_code == 204
    assert not ResultWebhook.objects.exists()
    assert json.loads(body_of(other_customer.pk, date(2026, 3, 2)))["data"]["portfolios"] == []
