"""The API of back-tests: started once per key, followed, read in parts, cancelled."""

from typing import Any
from uuid import uuid4

import pytest

from apps.trading.backtests.execution import execute
from apps.trading.backtests.models import BacktestRun
from apps.trading.backtests.queries import get_outcome

pytestmark = pytest.mark.django_db
BASE = "/api/v1/backtests"


def body(version: Any, /, **changed: Any) -> dict[str, Any]:
    given = {
        "version": str(version.pk),
        "symbol": "BTCUSDT",
        "start": "2024-02-01T00:00:00Z",
        "end": "2024-04-01T00:00:00Z",
        "cash": "10000",
    }
    return {**given, **changed}


def post(client: Any, path: str, data: Any, key: str = "k1") -> Any:
    return client.post(path, data, format="json", headers={"Idempotency-Key": key})


def test_a_backtest_is_started_once_per_key_and_read_in_parts(
    api: Any, customer: Any, version: Any, on_commit: Any
) -> None:
    mine = api(customer)
    with on_commit():
        made = post(mine, BASE, body(version))
    assert made.status_code == 201
    again = post(mine, BASE, body(version))
    assert again.content == made.content
    assert post(mine, BASE, body(version, cash="5")).status_code == 409
    one = f"{BASE}/{made.json()['id']}"
    done = mine.get(one).json()
    assert (done["state"], done["taker_fee"]) == ("done", "0.00100000")
    stored = get_outcome(BacktestRun.objects.get())
    assert done["result"]["result_hash"] == stored.row.result_hash
    trades = mine.get(f"{one}/trades", {"offset": 1, "limit": 2}).json()
    assert trades["count"] == len(stored.trades)
    assert [item["profit"] for item in trades["results"]] == [str(stored.trades[place].profit) for place in (1, 2)]
    fills = mine.get(f"{one}/fills", {"limit": 1}).json()
    assert fills["results"][0]["price"] == str(stored.fills[0].price)
    curves = mine.get(f"{one}/curves", {"points": 100}).json()
    assert curves["bars"] == 1_440
    assert len(curves["ts"]) == len(curves["equity"]) <= 100
    assert curves["equity"][0] == "10000.00000000"
    assert [row["id"] for row in mine.get(BASE, {"state": "done"}).json()["results"]] == [done["id"]]
    assert mine.get(BASE, {"state": "queued"}).json()["results"] == []


def test_a_waiting_backtest_is_cancelled(api: Any, customer: Any, queued: Any) -> None:
    mine = api(customer)
    one = f"{BASE}/{queued.pk}"
    assert mine.get(one).json()["result"] is None
    assert mine.get(f"{one}/trades").json()["code"] == "backtests.not_done"
    assert mine.post(f"{one}/cancel").status_code == 422
    assert post(mine, f"{one}/cancel", None).json()["state"] == "cancelled"
    execute(queued.pk)
    assert BacktestRun.objects.get().state == "cancelled"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"symbol": "nope"}, "symbol"),
        ({"start": "yesterday"}, "start"),
        ({"start": "2025-01-01T00:00:00Z", "end": "2025-01-02T00:00:00Z"}, "start"),
        ({"end": "2024-01-01T00:00:00Z"}, "end"),
        ({"start": "0001-01-01T00:00:00Z"}, "start"),
        ({"cash": "0"}, "cash"),
        ({"cash": "NaN"}, "cash"),
        ({"cash": {"a": 1}}, "cash"),
        ({"taker_fee": "1"}, "taker_fee"),
        ({"version": "7"}, "version"),
    ],
)
def test_bad_requests_name_the_field(api: Any, customer: Any, version: Any, changed: Any, field: str) -> None:
    answer = post(api(customer), BASE, body(version, **changed))
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["errors"]] == [field]
    assert not BacktestRun.objects.exists()


def test_unknown_and_foreign_things_are_not_found(api: Any, other_customer: Any, version: Any, queued: Any) -> None:
    other = api(other_customer)
    assert post(other, BASE, body(version)).status_code == 404
    assert post(other, BASE, body(version, version=str(uuid4())), "k2").status_code == 404
    for path in ("", "/trades", "/fills", "/curves"):
        assert other.get(f"{BASE}/{queued.pk}{path}").status_code == 404
    assert post(other, f"{BASE}/{queued.pk}/cancel", None).status_code == 404
    assert other.get(BASE).json()["results"] == []
    assert BacktestRun.objects.get().cancel_requested is False


def test_bad_slices_are_refused(api: Any, customer: Any, queued: Any) -> None:
    execute(queued.pk)
    mine = api(customer)
    for query in ("trades?limit=0", "trades?offset=-1", "trades?limit=99999", "fills?offset=x", "curves?points=3"):
        assert mine.get(f"{BASE}/{queued.pk}/{query}").status_code == 422
    assert mine.get(f"{BASE}/{queued.pk}/trades?offset=5000000").json()["results"] == []
