"""The back-test pages: set up, follow, cancel, read the result, compare."""

import json
import re
from typing import Any

import pytest

from apps.trading.backtests.execution import execute
from apps.trading.backtests.models import BacktestRun
from apps.trading.backtests.queries import get_outcome
from tests.apps.trading.backtests.prepared import make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(web: Any, customer: Any) -> Any:
    return web(customer)


def form(version: Any, /, **changed: str) -> dict[str, str]:
    given = {
        "version": str(version.pk),
        "symbol": "BTCUSDT",
        "start": "2024-02-01",
        "end": "2024-03-31",
        "cash": "10000",
        "fee_percent": "0.1",
        "slippage_bps": "2",
        "idempotency_key": "key-1",
    }
    return {**given, **changed}


def test_the_form_starts_with_the_recorded_days_and_usual_costs(browser: Any, version: Any) -> None:
    page = browser.get(f"/backtests/new/?version={version.pk}").content.decode()
    for value in ("2024-01-01", "2024-03-31", "10000", "0.1"):
        assert f'value="{value}"' in page
    assert f'<option value="{version.pk}" selected>' in page


def test_a_backtest_is_run_and_its_result_shown(browser: Any, version: Any, on_commit: Any) -> None:
    with on_commit():
        answer = browser.post("/backtests/new/", form(version))
    run = BacktestRun.objects.get()
    assert answer.url == f"/backtests/{run.pk}/"
    again = browser.post("/backtests/new/", form(version))
    assert (again.url, BacktestRun.objects.count()) == (answer.url, 1)
    stored = get_outcome(run)
    page = browser.get(answer.url).content.decode()
    for words in (
        "How far to trust this",
        "Nothing was held back.",
        "Holding BTC made",
        f"/bots/new/?version={version.pk}",
    ):
        assert words in page
    data = json.loads(re.search(r'<script id="equity"[^>]*>(.*?)</script>', page).group(1))  # type: ignore[union-attr]
    assert len(data["times"]) == 1_440
    assert data["series"][0]["values"][-1] == f"{stored.series['equity'][-1] / 10**8:.2f}"
    marks = json.loads(re.search(r'<script id="marks-BTCUSDT"[^>]*>(.*?)</script>', page).group(1))  # type: ignore[union-attr]
    assert marks
    assert {mark["ts"] for mark in marks} <= set(stored.fills.ts.tolist())
    trades = browser.get(f"{answer.url}trades/").content.decode()
    assert f"1 to {len(stored.trades)} of {len(stored.trades)}" in trades
    assert version.strategy.name in browser.get("/backtests/").content.decode()
    assert answer.url in browser.get(f"/strategies/{version.strategy_id}/").content.decode()
    assert answer.url in browser.get("/strategies/").content.decode()
    repeat = browser.get(f"/backtests/new/?from={run.pk}").content.decode()
    assert 'value="2024-02-01"' in repeat


def test_progress_is_followed_and_cancelled(browser: Any, queued: Any) -> None:
    address = f"/backtests/{queued.pk}/"
    page = browser.get(address).content.decode()
    assert "Waiting for a worker" in page
    assert 'http-equiv="refresh"' in page
    assert "HX-Refresh" not in browser.get(f"{address}progress/").headers
    assert browser.post(f"{address}cancel/").url == address
    assert browser.get(f"{address}progress/").headers["HX-Refresh"] == "true"
    assert "Cancelled" in browser.get(address).content.decode()
    execute(queued.pk)
    assert BacktestRun.objects.get().state == "cancelled"
    assert browser.get(f"{address}trades/").status_code == 409


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"end": "2024-01-15"}, "end", "The start must be before the end."),
        ({"start": "2025-01-01", "end": "2025-02-01"}, "start", "Recorded: 2024-01-01 to 2024-03-31."),
        ({"start": "2024-01-01", "end": "2024-01-01"}, "end", "These rules need 50 candles"),
        ({"cash": "0"}, "cash", "Start with 1 to"),
        ({"cash": "abc"}, "cash", "Enter a number."),
        ({"fee_percent": "11"}, "fee_percent", "less than or equal to 10"),
        ({"symbol": "NOPE"}, "symbol", "Select a valid choice"),
        ({"version": "7"}, "version", "Select a valid choice"),
        ({"end": "9999-12-31"}, "end", "too far in the future"),
    ],
)
def test_a_fault_is_shown_at_its_field(
    browser: Any, version: Any, changed: dict[str, str], field: str, words: str
) -> None:
    answer = browser.post("/backtests/new/", form(version, **changed))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert f'id="id_{field}-error"' in page
    assert not BacktestRun.objects.exists()


def test_runs_are_compared(browser: Any, customer: Any, version: Any, queued: Any, on_commit: Any) -> None:
    execute(queued.pk)
    other = make_version(customer, "rsi_reversion")
    with on_commit():
        browser.post("/backtests/new/", form(other, start="2024-03-01"))
    ids = [str(row.pk) for row in BacktestRun.objects.all()]
    page = browser.get("/backtests/compare/", {"run": [*ids, "nonsense"]}).content.decode()
    assert "Sharpe ratio" in page
    assert "RSI reversion v1" in page
    assert "compare with care" in page
    assert "Nothing chosen" in browser.get("/backtests/compare/").content.decode()


def test_a_run_without_a_trade_has_a_page(browser: Any, customer: Any, candles: None, on_commit: Any) -> None:
    never = {
        "kind": "gt",
        "left": {"kind": "price", "field": "close"},
        "right": {"kind": "constant", "value": "9000000"},
    }
    with on_commit():
        answer = browser.post("/backtests/new/", form(make_version(customer, entry=never)))
    page = browser.get(answer.url).content.decode()
    assert "Only 0 trades." in page
    assert "No trade was made in this period" in page
    assert "None of 0" in browser.get(f"{answer.url}trades/").content.decode()


def test_somebody_elses_pages_are_not_found(web: Any, other_customer: Any, version: Any, queued: Any) -> None:
    other = web(other_customer)
    for path in ("", "progress/", "trades/"):
        assert other.get(f"/backtests/{queued.pk}/{path}").status_code == 404
    assert other.get(f"/backtests/new/?version={version.pk}").status_code == 404
    assert other.get(f"/backtests/new/?from={queued.pk}").status_code == 404
    other.post(f"/backtests/{queued.pk}/cancel/")
    assert BacktestRun.objects.get().state == "queued"
    assert web(None).get("/backtests/").url.startswith("/login/")
