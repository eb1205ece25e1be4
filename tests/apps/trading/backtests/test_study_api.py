"""The API of studies: started once per key, followed, read trial by trial, paused, resumed, called off."""

from typing import Any
from uuid import uuid4

import pytest

from apps.trading.backtests.models import Study, StudyTrial
from tests.apps.trading.backtests.study_samples import FAST, SLOW, work_off

pytestmark = pytest.mark.django_db
BASE = "/api/v1/studies"


def body(version: Any, **changed: Any) -> dict[str, Any]:
    axes = [
        {"name": axis.name, "paths": axis.paths, "low": axis.low, "high": axis.high, "step": axis.step}
        for axis in (FAST, SLOW)
    ]
    given = {
        "version": str(version.pk),
        "symbol": "BTCUSDT",
        "start": "2024-02-01T00:00:00Z",
        "end": "2024-04-01T00:00:00Z",
        "cash": "10000",
        "kind": "optimise",
        "axes": axes,
        "least_trades": 2,
    }
    return {**given, **changed}


def post(client: Any, path: str, data: Any = None, key: str = "k1") -> Any:
    return client.post(path, data or {}, format="json", headers={"Idempotency-Key": key})


def test_a_study_is_started_once_per_key_and_read(api: Any, customer: Any, version: Any, on_commit: Any) -> None:
    mine = api(customer)
    with on_commit():
        made = post(mine, BASE, body(version))
    assert made.status_code == 201, made.content
    assert post(mine, BASE, body(version)).content == made.content
    one = f"{BASE}/{made.json()['id']}"
    done = mine.get(one).json()
    assert (done["state"], done["trials_done"], done["trials_total"]) == ("done", 16, 16)
    assert done["settings"]["axes"][0]["low"] == "10.000000000"
    study = Study.objects.get()
    assert (done["result_hash"], done["outcome"]) == (study.result_hash, study.outcome)
    trials = mine.get(f"{one}/trials", {"offset": 3, "limit": 2}).json()
    assert trials["count"] == 16
    assert [item["number"] for item in trials["results"]] == [3, 4]
    assert trials["results"][0]["digest"] == StudyTrial.objects.get(number=3).digest
    assert mine.get(BASE, {"kind": "walk_forward"}).json()["results"] == []
    assert len(mine.get(BASE, {"state": "done"}).json()["results"]) == 1


def test_a_study_is_paused_resumed_and_called_off(api: Any, customer: Any, other_customer: Any, version: Any) -> None:
    mine, theirs = api(customer), api(other_customer)
    one = f"{BASE}/{post(mine, BASE, body(version, kind='walk_forward')).json()['id']}"
    assert post(mine, f"{one}/pause", key="p").json()["state"] == "paused"
    assert work_off(Study.objects.get()) == 0
    assert post(mine, f"{one}/resume", key="r").json()["state"] == "running"
    for path in ("", "/trials"):
        assert theirs.get(f"{one}{path}").status_code == 404
    for verb in ("pause", "resume", "cancel"):
        assert post(theirs, f"{one}/{verb}", key=verb).status_code == 404
    assert post(mine, f"{one}/cancel", key="c").json()["state"] == "cancelled"
    assert post(mine, f"{one}/pause", key="p2").json()["code"] == "backtests.study_over"
    assert mine.get(f"{BASE}/{uuid4()}").status_code == 404


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"axes": []}, 422),
        ({"budget": 3}, 422),
        ({"kind": "magic"}, 422),
        ({"axes": [{"name": "x", "paths": ["name"], "low": "1", "high": "2", "step": "1"}]}, 422),
    ],
)
def test_what_cannot_be_studied_is_refused(
    api: Any, customer: Any, version: Any, changed: dict[str, Any], status: int
) -> None:
    refused = post(api(customer), BASE, body(version, **changed))
    assert (refused.status_code, Study.objects.count()) == (status, 0)
