"""Alerts: each time the condition comes true is told once, whatever dies or runs twice in between."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from apps.core import relay
from apps.core.actors import Actor
from apps.core.clock import now, travel
from apps.core.models import OutboxEvent
from apps.platform.notifications.models import OutgoingMail
from apps.platform.notifications.queries import list_inbox, message_of
from apps.trading.instruments import queries
from apps.trading.instruments.choices import AlertState
from apps.trading.instruments.errors import AlertMissing, ConditionInvalid, TooManyKept, UnknownSymbol
from apps.trading.instruments.models import Alert
from apps.trading.instruments.operations import (
    AlertWish,
    arm_alert,
    check_alerts,
    create_alert,
    pause_alert,
    remove_alert,
    seed_instruments,
    sweep_alerts,
)
from tests.apps.trading.market_data.test_market_faces import put_quote

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")
SYMBOL = "BTCUSDT"


def rule(kind: str, field: str, value: str) -> dict[str, Any]:
    return {"kind": kind, "left": {"kind": "price", "field": field}, "right": {"kind": "constant", "value": value}}


ABOVE = rule("gt", "price", "70000")


@pytest.fixture(autouse=True)
def _instruments() -> None:
    seed_instruments()


def made(person: Any, condition: Any = ABOVE, **wish: Any) -> Alert:
    wanted = AlertWish(**{"symbol": SYMBOL, "name": "Breaks 70,000", "condition": condition, **wish})
    return create_alert(actor=Actor.of(person), owner_id=person.pk, wish=wanted)


def look(**figures: str) -> int:
    return check_alerts(actor=SYSTEM, facts={SYMBOL: {name: Decimal(text) for name, text in figures.items()}})


def told(person: Any) -> list[tuple[str, str, str]]:
    """What the person finds in the inbox after the relay ran, twice."""
    relay.drain()
    relay.drain()
    items = [message_of(item) for item in list_inbox(person.pk).filter(topic="instruments.alert")]
    return [(item.title, item.text, item.url) for item in items]


def test_it_fires_once_and_is_told_once_with_mail(customer: Any, other_customer: Any) -> None:
    row = made(customer)
    before = OutgoingMail.objects.count()
    assert look(price="70000") == 0
    assert look(price="70000.01") == 1
    assert look(price="71000") == 0
    text = "Your alert fired: the price is above 70,000. Price at that moment: 70,000.01."
    assert told(customer) == [("BTCUSDT: Breaks 70,000", text, "/markets/BTCUSDT/")]
    assert told(other_customer) == []
    assert OutgoingMail.objects.count() == before + 1
    row.refresh_from_db()
    assert (row.state, row.fired_count) == (AlertState.DONE, 1)


def test_each_time_anew_waits_for_false_and_for_the_pause(customer: Any) -> None:
    row = made(customer, rearm="again", pause_seconds=60)
    assert look(price="70001") == 1
    with travel(timedelta(seconds=120)):
        assert look(price="70002") == 0  # never was false
        assert look(price="69000") == 0  # false: rested, watches again
        assert look(price="70003") == 1
    with travel(timedelta(seconds=130)):
        assert look(price="69000") == 0
        assert look(price="70004") == 0  # the pause is not over
    with travel(timedelta(seconds=200)):
        assert look(price="70004") == 1  # was false in between, pause over
    with travel(timedelta(seconds=300)):
        assert [text.rpartition(" ")[2] for _, text, _ in told(customer)] == ["70,004.", "70,003.", "70,001."]
    row.refresh_from_db()
    assert (row.state, row.fired_count) == (AlertState.RESTING, 3)


def test_a_crossing_survives_a_restart(customer: Any) -> None:
    """What was seen last lies in the row: prices on both sides of a dead process make one crossing."""
    made(customer, rule("crosses_above", "price", "70000"))
    assert look(price="69999") == 0
    assert Alert.objects.get().seen == {"price": "69999"}
    assert look(price="70001") == 1


def test_a_crossing_that_was_over_before_is_none(customer: Any) -> None:
    made(customer, rule("crosses_above", "price", "70000"))
    assert [look(price=text) for text in ("70001", "70002", "69999", "70000", "70000.01")] == [0, 0, 0, 0, 1]


def test_imbalance_and_price_together(customer: Any) -> None:
    made(customer, {"kind": "and", "conditions": [ABOVE, rule("gte", "imbalance", "0.6")]})
    assert look(price="71000") == 0  # the imbalance is not known
    assert look(price="71000", imbalance="0.59") == 0
    assert look(price="71000", imbalance="0.6") == 1


def test_silence_neither_fires_nor_re_arms(customer: Any) -> None:
    made(customer, {"kind": "not", "condition": ABOVE}, rearm="again", pause_seconds=10)
    assert look() == 0
    assert look(price="1") == 1
    with travel(timedelta(seconds=60)):
        assert look() == 0
        assert Alert.objects.get().state == AlertState.RESTING


def test_a_death_between_firing_and_telling_tells_once(customer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made(customer)
    with monkeypatch.context() as broken:
        broken.setattr("apps.trading.instruments.operations.checking.publish", lambda *_, **__: 1 / 0)
        assert look(price="70001") == 0
    assert (Alert.objects.get().state, Alert.objects.get().fired_count) == (AlertState.ARMED, 0)
    assert look(price="70001") == 1
    assert OutboxEvent.objects.filter(name="instruments.alert_fired").count() == 1
    assert len(told(customer)) == 1


def test_pausing_arming_and_removing(customer: Any, other_customer: Any) -> None:
    row = made(customer)
    whose: dict[str, Any] = {"actor": Actor.of(customer), "owner_id": customer.pk, "alert_id": row.pk}
    assert pause_alert(**whose).state == AlertState.PAUSED
    assert pause_alert(**whose).state == AlertState.PAUSED
    assert look(price="70001") == 0
    assert arm_alert(**whose).state == AlertState.ARMED
    assert look(price="70001") == 1
    assert arm_alert(**whose).state == AlertState.ARMED
    assert look(price="70001") == 1  # armed anew, true at once
    with pytest.raises(AlertMissing):
        remove_alert(actor=Actor.of(other_customer), owner_id=other_customer.pk, alert_id=row.pk)
    remove_alert(**whose)
    assert len(told(customer)) == 0  # removed before the relay ran: nobody is told of it
    assert not queries.exists_watching_alert()


def test_the_database_keeps_the_states(customer: Any) -> None:
    row = made(customer)
    for change in ({"state": "resting"}, {"pause_seconds": 1}):
        if change == {"state": "resting"}:
            Alert.objects.filter(pk=row.pk).update(state="paused")
        with pytest.raises(DatabaseError), transaction.atomic():
            Alert.objects.filter(pk=row.pk).update(**change)


def test_what_cannot_be_watched(customer: Any) -> None:
    with pytest.raises(UnknownSymbol):
        made(customer, symbol="NOPE")
    for wrong in (None, "x", {}, rule("gt", "close", "1"), rule("gt", "price", "x"), {"kind": "and", "conditions": []}):
        with pytest.raises(ConditionInvalid):
            made(customer, wrong)
    Alert.objects.bulk_create(
        Alert(owner=customer, symbol=SYMBOL, name=f"{at}", condition=ABOVE, state="paused") for at in range(200)
    )
    with pytest.raises(TooManyKept):
        made(customer)


def test_the_sweep_looks_at_the_caches(customer: Any) -> None:
    made(customer, rule("gt", "price", "67000"))
    made(customer, rule("gt", "spread_percent", "0.5"))
    sweep_alerts()
    assert told(customer) == []  # no quote, no news
    put_quote(now() - timedelta(seconds=60))
    sweep_alerts()
    assert told(customer) == []  # an old quote is no news either
    put_quote(now())
    sweep_alerts()
    sweep_alerts()
    assert [title for title, _, _ in told(customer)] == ["BTCUSDT: Breaks 70,000"]


def test_the_api_does_it_all(customer: Any, other_customer: Any, api: Any) -> None:
    client = api(customer)
    body = {"symbol": SYMBOL, "name": "Up", "condition": ABOVE, "rearm": "again", "pause_seconds": 60}
    answer = client.post("/api/v1/alerts", body, format="json")
    assert (answer.status_code, answer.json()["sentence"]) == (201, "the price is above 70,000")
    url = f"/api/v1/alerts/{answer.json()['id']}"
    assert client.post(f"{url}/pause").json()["state"] == "paused"
    assert client.get("/api/v1/alerts", {"state": "armed"}).json()["results"] == []
    assert client.post(f"{url}/arm").json()["state"] == "armed"
    assert len(client.get("/api/v1/alerts", {"symbol": SYMBOL}).json()["results"]) == 1
    assert api(other_customer).get(url).status_code == 404
    wrong = client.post("/api/v1/alerts", {**body, "condition": rule("gt", "close", "1")}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "condition.left.field")
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


def test_the_pages_make_arm_and_remove(customer: Any, other_customer: Any, web: Any) -> None:
    browser = web(customer)
    form = {
        "symbol": SYMBOL, "name": "Up", "measure": "price", "relation": "gt", "value": "70000", "join": "and",
        "measure_2": "imbalance", "relation_2": "lt", "value_2": "−0.5", "rearm": "once", "pause_minutes": "5",
    }  # fmt: skip
    assert "No alert yet" in browser.get("/alerts/").content.decode()
    assert browser.post("/alerts/", form).status_code == 302
    page = browser.get("/alerts/?symbol=BTCUSDT").content.decode()
    assert "Fires when the price is above 70,000 and the book imbalance is below −0.5." in page
    assert browser.post("/alerts/", {**form, "value": "many"}).status_code == 422
    assert browser.post("/alerts/", {**form, "value": ""}).status_code == 422
    assert browser.post("/alerts/", {**form, "condition": "{"}).status_code == 422
    assert browser.post("/alerts/", {**form, "condition": '{"kind": "gt"}'}).status_code == 422
    url = f"/alerts/{Alert.objects.get().pk}/"
    assert web(other_customer).post(url, {"action": "remove"}).status_code == 404
    for action, state in (("pause", "paused"), ("arm", "armed"), ("nothing", "armed")):
        assert browser.post(url, {"action": action}).status_code == 302
        assert Alert.objects.get().state == state
    assert browser.post(url, {"action": "remove"}).status_code == 302
    assert not Alert.objects.exists()
