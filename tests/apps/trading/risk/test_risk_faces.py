"""Pages, API and desk call the same operations; a switch is lifted with the second factor; figures have sources."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from apps.core.actors import Actor
from apps.core.clock import now, to_ms
from apps.core.context import PUBLIC, in_schema
from apps.trading.market_data.operations import store_candles
from apps.trading.risk import measuring, operations, queries
from apps.trading.risk.models import KillSwitch, RiskLimit, RiskMeasure, RiskStanding
from apps.trading.risk.tasks import review_rows
from kernel.instruments import Bars
from kernel.risk import measures
from tests.apps.platform.identity import enrol, verified
from tests.apps.trading.risk.ground import SYSTEM
from tests.factories.people import api_client, make_customer, make_staff, web_client

pytestmark = pytest.mark.django_db
D = Decimal
DAY = 86_400_000
DAYS = 120


@pytest.fixture(autouse=True)
def _no_memory():
    measuring.forget_history()
    yield
    measuring.forget_history()


@pytest.fixture
def candles(ground) -> dict[str, np.ndarray]:
    """Daily closes of two symbols in ticks, also stored."""
    end = to_ms(now()) // DAY * DAY
    found = {}
    pick = np.random.default_rng(3)
    for symbol, base in (("BTCUSDT", 1_000_000), ("ETHUSDT", 100_000)):
        close = (base * np.exp(np.cumsum(pick.normal(0, 0.03, DAYS)))).astype(np.int64)
        ts = end - (DAYS - np.arange(DAYS)) * DAY
        bars = Bars(ts, close, close, close, close, np.full(DAYS, 10**12, dtype=np.int64))
        with in_schema(PUBLIC):
            store_candles(actor=SYSTEM, symbol=symbol, interval="1d", bars=bars)
        found[symbol] = close
    return found


def key() -> dict[str, Any]:
    return {"HTTP_IDEMPOTENCY_KEY": uuid4().hex}


def test_the_api_shows_sets_and_switches(ground):
    client = api_client(ground.owner)
    assert client.get("/api/v1/risk").json()["state"] == "active"
    body = {"rule": "order_size", "value": "50"}
    assert client.post("/api/v1/risk/limits", body, format="json").status_code == 422, "a key is asked for"
    made = client.post("/api/v1/risk/limits", body, format="json", **key())
    assert (made.status_code, made.json()["value"]) == (200, "50")
    found = client.get("/api/v1/risk?mode=paper").json()["uses"]
    assert [(row["rule"], row["limit"], row["value"]) for row in found] == [("order_size", "50", None)]
    assert client.post("/api/v1/risk/profile", {"profile": "careful"}, format="json", **key()).status_code == 200
    same = key()
    engaged = client.post("/api/v1/risk/switches", {}, format="json", **same)
    assert engaged.json()["is_engaged"]
    assert client.post("/api/v1/risk/switches", {}, format="json", **same).content == engaged.content
    assert client.get("/api/v1/risk").json()["engaged"] == "customer"
    lifted = client.post(f"/api/v1/risk/switches/{engaged.json()['id']}/lift", **key())
    assert lifted.status_code == 401
    assert "/api/v1/step-ups/" in lifted.content.decode()
    assert KillSwitch.objects.get().is_engaged
    other = api_client(make_customer("eve@example.test"))
    assert other.post(f"/api/v1/risk/switches/{engaged.json()['id']}/lift", **key()).status_code == 404


def test_a_size_and_a_scenario_are_worked_out(ground):
    client = api_client(ground.owner)
    wish = {"method": "percent", "symbol": "BTCUSDT", "equity": "10000", "percent": "5", "price": "300"}
    assert client.post("/api/v1/risk/size", wish, format="json").json()["quantity"] == "1.66666"
    wrong = client.post("/api/v1/risk/size", {"method": "atr", "symbol": "BTCUSDT"}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "risk.limit_invalid")
    ground.fill("buy", "2")
    ground.fill("sell", "5", "10", symbol="ETHUSDT")
    shocks = {"shocks": {"BTCUSDT": "-20", "ETHUSDT": "10"}}
    found = client.post("/api/v1/risk/stress", shocks, format="json").json()
    assert (found["result"], found["detail"]) == ("-45", "BTCUSDT -20 %, ETHUSDT +10 %")


def test_measures_of_real_books_equal_the_reference_and_are_kept_with_time_and_source(ground, candles):
    ground.fill("buy", "3")
    ground.fill("sell", "10", "10", symbol="ETHUSDT")
    found = queries.measure_portfolio(ground.owner.pk, is_live=False)
    returns = np.column_stack([close[1:] / close[:-1] - 1 for close in candles.values()])
    losses = np.sort(-(returns @ np.array([300.0, -100.0])))
    place = int(np.ceil(0.95 * (DAYS - 1)))
    var, cvar = found.tails["order_statistic"]["0.95"]
    assert var == pytest.approx(D(str(losses[place - 1])), abs=D("1e-8"))
    assert cvar == pytest.approx(D(str(losses[place - 1 :].mean())), abs=D("1e-8"))
    expected = measures.monte_carlo(returns, np.array([300.0, -100.0]), seed=measuring.SEED)
    assert found.tails["monte_carlo"]["0.95"][0] == pytest.approx(D(str(expected.var[0])), abs=D("1e-8"))
    assert found.correlations[0] == ("BTCUSDT", "ETHUSDT")
    assert [row.name for row in found.stress][:2] == ["Worst day of the history", "Worst 7 days of the history"]
    assert found.portfolio.net == 200
    row = operations.store_measures(actor=SYSTEM, owner_id=ground.owner.pk, is_live=False)
    assert row is not None
    assert "119 daily returns" in row.definition
    assert "daily closes of stored candles" in row.source
    assert operations.store_measures(actor=SYSTEM, owner_id=ground.owner.pk, is_live=False) is None, "once an hour"
    kept = api_client(ground.owner).get("/api/v1/risk/measures/history").json()["results"]
    assert kept[0]["figures"]["tails"]["order_statistic"]["0.95"]["var"] == f"{var:f}"
    said = api_client(ground.owner).get("/api/v1/risk/measures").json()
    assert said["figures"]["tails"] == kept[0]["figures"]["tails"]


def test_without_history_there_is_nothing_to_measure(ground):
    assert api_client(ground.owner).get("/api/v1/risk/measures").json()["code"] == "risk.nothing_measured"
    ground.fill("buy", "1")
    assert api_client(ground.owner).get("/api/v1/risk/measures").status_code == 404


def test_the_monitor_goes_over_all_standings_and_keeps_figures(ground, candles):
    ground.limit("total_exposure", "100")
    ground.fill("buy", "1")
    for owner in (ground.owner, make_customer("eve@example.test")):
        RiskStanding.objects.create(scope="customer", subject_id=owner.pk, owner=owner, is_live=False)
    assert review_rows(queries.list_standings()) == 2
    row = RiskStanding.objects.get(owner=ground.owner)
    assert (row.exposure, row.most_used) == (100, 1)
    assert RiskMeasure.objects.count() == 1


def test_the_page_shows_and_does(ground, candles):
    ground.fill("buy", "2")
    client = web_client(ground.owner)
    page = client.get("/risk/?mode=paper").content.decode()
    assert "Everything within your limits is accepted" in page
    assert "Monte Carlo" in page
    assert "Worst 30 days of the history" in page
    done = client.post("/risk/limit/", {"rule": "total_exposure", "target": "", "value": "1000"})
    assert done.status_code == 302
    assert RiskLimit.objects.get().value == 1000
    wrong = client.post("/risk/limit/", {"rule": "open_orders", "target": "", "value": "1.5"})
    assert wrong.status_code == 422
    assert "whole number" in wrong.content.decode()
    tried = client.get("/risk/?shock=-50").content.decode()
    assert "Your scenario" in tried
    assert "100.00" in tried
    client.post("/risk/profile/", {"profile": "balanced"})
    assert RiskLimit.objects.count() == 5
    client.post("/risk/engage/", {"scope": "customer", "subject": "", "action": "keep"})
    switch = KillSwitch.objects.get()
    assert switch.is_engaged
    assert not switch.flattens
    asked = client.post(f"/risk/switches/{switch.pk}/lift/")
    assert asked.status_code == 302
    assert asked["Location"].startswith("/step-up/")
    assert KillSwitch.objects.get().is_engaged
    assert "only exits are accepted" in client.get("/risk/").content.decode()


def test_somebody_elses_switch_is_not_found_and_the_page_needs_a_customer(ground):
    row = operations.engage_own_switch(actor=Actor.of(ground.owner), scope="customer")
    other = web_client(make_customer("eve@example.test"))
    assert other.post(f"/risk/switches/{row.pk}/lift/").status_code == 404
    assert web_client().get("/risk/").status_code == 302


def test_the_desk_lists_by_use_and_stops_the_organisation(ground):
    staff = make_staff("desk@example.test", role="trading_ops")
    enrol(staff)
    client = verified(staff)
    operations.review(
        actor=SYSTEM, scope="customer", subject_id=ground.owner.pk, owner_id=ground.owner.pk, is_live=False
    )
    assert client.get("/admin/risk/riskstanding/").status_code == 200
    url = "/admin/risk/killswitch/do/engage_all/"
    assert client.get(url).status_code == 200
    client.post(url, {"flatten": "yes", "reason": "odd prices"})
    assert KillSwitch.objects.get(scope="tenant").flattens
    row = RiskStanding.objects.get()
    client.post(f"/admin/risk/riskstanding/{row.pk}/do/restrict/", {"state": "halted", "reason": "case 7"})
    assert RiskStanding.objects.get().state == "halted"
