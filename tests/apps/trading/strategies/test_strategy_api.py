"""The API of strategies: all that the pages do, faults by path, and no input that breaks it."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.renderers import JSONRenderer

from apps.trading.strategies.api.serializers import VerdictSerializer
from apps.trading.strategies.api.views import verdict_on
from apps.trading.strategies.models import Strategy, StrategyVersion
from kernel.indicators import INDICATORS
from kernel.strategy import EXAMPLES

pytestmark = pytest.mark.django_db
BASE = "/api/v1/strategies"
RULES = EXAMPLES[1].document.model_dump(mode="json")


def post(client: Any, path: str, body: Any) -> Any:
    return client.post(path, body, format="json")


@pytest.fixture
def mine(api: Any, customer: Any) -> Any:
    return api(customer)


def test_a_strategy_is_made_revised_compared_and_archived(mine: Any) -> None:
    made = post(mine, BASE, {"document": RULES})
    assert made.status_code == 201
    one = f"{BASE}/{made.json()['id']}"
    changed = {**RULES, "stop_loss_percent": "5"}
    second = post(mine, f"{one}/versions", {"document": changed, "expected": 1})
    assert (second.status_code, second.json()["number"]) == (201, 2)
    assert mine.get(f"{one}/versions/2").json()["document"] == changed
    assert mine.get(f"{one}/versions/1").json()["document"] == RULES
    found = mine.get(f"{one}/diff", {"before": 1, "after": 2}).json()["changes"]
    assert found == [{"part": "Stop loss", "before": "4 % below entry", "after": "5 % below entry"}]
    late = post(mine, f"{one}/versions", {"document": RULES, "expected": 1})
    assert (late.status_code, late.json()["code"]) == (409, "strategies.version_changed")
    assert [row["number"] for row in mine.get(f"{one}/versions").json()["results"]] == [2, 1]
    assert post(mine, f"{one}/archive", None).json()["state"] == "archived"
    assert mine.get(BASE, {"state": "active"}).json()["results"] == []
    assert post(mine, f"{one}/restore", None).json()["state"] == "active"
    assert mine.get(one).json()["latest_number"] == 2


def test_faults_are_named_by_path_and_nothing_is_stored(mine: Any) -> None:
    broken = {**RULES, "timeframe": "7m", "entry": {**RULES["entry"], "left": {"kind": "price", "field": "colour"}}}
    answer = post(mine, BASE, {"document": broken})
    assert answer.status_code == 422
    assert "document.timeframe" in {item["field"] for item in answer.json()["errors"]}
    assert not Strategy.objects.exists()
    verdict = post(mine, f"{BASE}/validate", {"document": {**RULES, "sizing": {"kind": "all_in"}}})
    assert verdict.status_code == 200
    assert verdict.json()["valid"] is False
    assert [item["path"] for item in verdict.json()["problems"]] == ["sizing"]


def test_valid_rules_are_read_back_in_words(mine: Any) -> None:
    verdict = post(mine, f"{BASE}/validate", {"document": RULES}).json()
    assert verdict["valid"] is True
    assert verdict["warm_up_bars"] == 15
    assert verdict["description"] == (
        "On closed 1h candles: buy for 50 % of the funds when RSI(14) of close crosses above 30. "
        "Sell when RSI(14) of close is above 60. Sell at a close 4 % or more below the entry price."
    )
    assert not Strategy.objects.exists()


def test_the_catalogue_and_the_gallery(mine: Any) -> None:
    catalogue = mine.get("/api/v1/indicators").json()
    assert [item["name"] for item in catalogue["indicators"]] == list(INDICATORS)
    assert catalogue["fields_of_bar"] == ["open", "high", "low", "close", "volume"]
    gallery = mine.get(f"{BASE}/examples").json()["results"]
    assert [item["key"] for item in gallery] == [item.key for item in EXAMPLES]
    assert post(mine, BASE, {"document": gallery[0]["document"]}).status_code == 201


def test_foreign_and_unknown_strategies_are_not_found(mine: Any, api: Any, other_customer: Any) -> None:
    made = post(mine, BASE, {"document": RULES}).json()["id"]
    other = api(other_customer)
    for path in ("", "/versions", "/versions/1", "/diff?before=1&after=1"):
        assert other.get(f"{BASE}/{made}{path}").status_code == 404
        assert mine.get(f"{BASE}/{uuid4()}{path}").status_code == 404
    assert post(other, f"{BASE}/{made}/archive", None).status_code == 404
    assert post(other, f"{BASE}/{made}/versions", {"document": RULES, "expected": 1}).status_code == 404
    assert other.get(BASE).json()["results"] == []
    assert StrategyVersion.objects.count() == 1
    assert api(None).get(BASE).status_code == 401


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=12),
        st.sampled_from(["and", "gt", "price", "close", "indicator", "SMA", "\x00", "\ud800"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.text(max_size=6),
                st.sampled_from(["kind", "left", "right", "conditions", "params", "name", "field", "value", "\x00"]),
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(whole=JSON, part=JSON, place=st.sampled_from(sorted(RULES)))
def test_no_json_breaks_validation(whole: Any, part: Any, place: str) -> None:
    for document in (whole, {**RULES, place: part}):
        verdict = verdict_on(document)
        assert verdict["valid"] == (not verdict["problems"])
        assert JSONRenderer().render(VerdictSerializer(verdict).data)


@pytest.mark.parametrize("body", ["", "null", "[]", "3", '"x"', "{", '{"document": "\\u0000"}', '{"document": NaN}'])
def test_bodies_that_are_no_request_are_refused_in_words(mine: Any, body: str) -> None:
    for path in (f"{BASE}/validate", BASE):
        answer = mine.generic("POST", path, body, content_type="application/json")
        assert answer.status_code in {200, 400, 422}
        assert answer.json()
    assert not Strategy.objects.exists()


def test_deep_nesting_is_refused_without_being_built(mine: Any) -> None:
    nested: Any = RULES["entry"]
    for _ in range(60):
        nested = {"kind": "not", "condition": nested}
    verdict = post(mine, f"{BASE}/validate", {"document": {**RULES, "entry": nested}}).json()
    assert "nested deeper" in verdict["problems"][0]["message"]
