"""The study pages: set up from a strategy, follow, pause, go on, cancel, read what came out."""

import json
import re
from typing import Any

import pytest

from apps.trading.backtests.choices import StudyState
from apps.trading.backtests.models import Study
from tests.apps.trading.backtests.study_samples import work_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(web: Any, customer: Any) -> Any:
    return web(customer)


def form(version: Any, kind: str = "walk_forward", /, **changed: str) -> dict[str, str]:
    given = {
        "version": str(version.pk),
        "symbol": "BTCUSDT",
        "start": "2024-02-01",
        "end": "2024-03-31",
        "cash": "10000",
        "fee_percent": "0.1",
        "slippage_bps": "2",
        "kind": kind,
        "method": "grid",
        "objective": "sharpe",
        "budget": "200",
        "seed": "1",
        "folds": "2",
        "use_0": "on",
        "low_0": "10",
        "high_0": "25",
        "step_0": "5",
        "use_1": "on",
        "low_1": "30",
        "high_1": "50",
        "step_1": "10",
        "idempotency_key": "key-1",
    }
    return {**given, **changed}


def curve_of(page: str, key: str) -> Any:
    return json.loads(re.search(rf'<script id="{key}"[^>]*>(.*?)</script>', page).group(1))  # type: ignore[union-attr]


def test_the_form_offers_the_numbers_of_the_strategy(browser: Any, version: Any) -> None:
    assert f"/studies/new/?version={version.pk}" in browser.get(f"/strategies/{version.strategy_id}/").content.decode()
    page = browser.get(f"/studies/new/?version={version.pk}").content.decode()
    for words in ("SMA period (20)", "SMA period (50)", 'name="low_1"', 'value="2024-03-31"'):
        assert words in page


def test_a_walk_forward_is_started_once_and_its_outcome_shown(browser: Any, version: Any, on_commit: Any) -> None:
    with on_commit():
        answer = browser.post("/studies/new/", form(version))
    study = Study.objects.get()
    assert answer.url == f"/studies/{study.pk}/"
    assert browser.post("/studies/new/", form(version)).url == answer.url
    assert (Study.objects.count(), study.state, study.trials_total) == (1, StudyState.DONE, 12 * 3)
    page = browser.get(answer.url).content.decode()
    for words in ("How far to trust this", "Better than luck", "Map of the scores", "Steps forward", "Best trials"):
        assert words in page
    assert "12 combinations were tried." in page
    growth = curve_of(page, "forward")["series"][0]["values"]
    outcome: Any = study.outcome
    assert growth[-1] == f"{outcome['forward']['growth'][-1] * 100:.3f}"
    assert "Source: D. Bailey" in page
    assert f"/studies/{study.pk}/" in browser.get("/studies/").content.decode()


def test_monte_carlo_shows_its_fan(browser: Any, version: Any, on_commit: Any) -> None:
    with on_commit():
        answer = browser.post("/studies/new/", form(version, "monte_carlo", budget="5"))
    page = browser.get(answer.url).content.decode()
    kinds = [line["kind"] for line in curve_of(page, "fan")["series"]]
    assert kinds == ["own", "high", "low"]
    for words in ("Candles with noise", "Trades in another order", "of all paths lost money"):
        assert words in page


def test_a_study_is_paused_goes_on_and_is_cancelled(browser: Any, version: Any) -> None:
    address = browser.post("/studies/new/", form(version)).url
    assert "0 of 36 trials" in browser.get(address).content.decode()
    assert "HX-Refresh" not in browser.get(f"{address}progress/").headers
    browser.post(f"{address}pause/")
    assert browser.get(f"{address}progress/")["HX-Refresh"] == "true"
    page = browser.get(address).content.decode()
    assert "Paused: 0 of 36 trials" in page
    assert f"{address}resume/" in page
    browser.post(f"{address}resume/")
    assert work_off(Study.objects.get()) > 0
    second = browser.post("/studies/new/", form(version, idempotency_key="key-2")).url
    browser.post(f"{second}cancel/")
    assert "There is no verdict." in browser.get(second).content.decode()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"low_0": ""}, "Give a number."),
        ({"budget": "5"}, "more than the 5 trials allowed"),
        ({"step_0": "0"}, "the step above zero"),
    ],
)
def test_a_study_that_cannot_be_is_refused_on_the_form(
    browser: Any, version: Any, changed: dict[str, str], words: str
) -> None:
    answer = browser.post("/studies/new/", form(version, **changed))
    assert (answer.status_code, Study.objects.count()) == (422, 0)
    assert words in answer.content.decode()


def test_studies_of_others_are_not_found(browser: Any, web: Any, other_customer: Any, version: Any) -> None:
    address = browser.post("/studies/new/", form(version)).url
    stranger = web(other_customer)
    for path in ("", "progress/"):
        assert stranger.get(f"{address}{path}").status_code == 404
    for verb in ("pause", "resume", "cancel"):
        assert stranger.post(f"{address}{verb}/").status_code == 404
