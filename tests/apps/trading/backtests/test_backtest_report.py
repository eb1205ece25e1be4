"""Figures of trades on the result page, and the report as a file: self-contained and the same every time."""

import re
from typing import Any

import numpy as np
import pytest

from apps.core.actors import Actor
from apps.trading.backtests import packing
from apps.trading.backtests.candles import load_material
from apps.trading.backtests.execution import execute, request_of, simulated
from apps.trading.backtests.models import BacktestResult
from apps.trading.backtests.operations import start_backtest
from apps.trading.backtests.outcome import TRADE_COLUMNS, StoredOutcome
from apps.trading.backtests.queries import get_outcome
from apps.trading.strategies.queries import get_version
from kernel.simulation import DEFINITIONS
from tests.apps.trading.backtests.prepared import make_version, request_for, store_real_candles

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(queued: Any) -> Any:
    execute(queued.pk)
    queued.refresh_from_db()
    return queued


def test_the_page_draws_results_and_moments_of_trades(web: Any, customer: Any, done: Any) -> None:
    stored = get_outcome(done)
    page = web(customer).get(f"/backtests/{done.pk}/").content.decode()
    count = len(stored.trades)
    assert count == 19
    assert page.count("<circle ") == count
    heights = [int(text) for text in re.findall(r"<title>[^<]*: (\d+)</title>", page)]
    assert sum(heights) == count
    assert f'href="/backtests/{done.pk}/report.html"' in page
    for item in DEFINITIONS:
        assert item.title in page
    compared = web(customer).get("/backtests/compare/", {"run": str(done.pk)}).content.decode()
    assert all(item.title in compared for item in DEFINITIONS)


def test_excursions_are_kept_with_the_trades(done: Any) -> None:
    stored = get_outcome(done)
    material = load_material(get_version(done.version_id), done.symbol, done.start, done.end, done.adjustment)
    reached, trades, span = stored.excursions, stored.trades, material.span
    assert reached is not None
    for place in range(len(trades)):
        held = slice(trades.entry_bar[place], trades.exit_bar[place])
        fills = (trades.entry_ticks[place], trades.exit_ticks[place])
        assert reached.highest[place] == max(span.high[held].max(), *fills)
        assert reached.lowest[place] == min(span.low[held].min(), *fills)
    figure = stored.figure("adverse_excursion")
    assert figure is not None
    assert float(figure) == pytest.approx(float(np.mean(reached.adverse(trades))))
    assert simulated(material, request_of(done)).result_hash == stored.row.result_hash
    columns = packing.unpack(bytes(stored.row.trades))
    older = packing.pack({name: columns[name] for name in TRADE_COLUMNS})
    row = BacktestResult(trades=older, facts=stored.facts, statistics=stored.row.statistics)
    assert StoredOutcome(row).excursions is None


def test_the_report_is_one_file_and_always_the_same(web: Any, api: Any, customer: Any, done: Any) -> None:
    stored = get_outcome(done)
    browser = web(customer)
    answer = browser.get(f"/backtests/{done.pk}/report.html")
    body = answer.content.decode()
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="backtest-BTCUSDT-1h-')
    assert browser.get(f"/backtests/{done.pk}/report.html").content == answer.content
    for words in (stored.row.data_hash, stored.row.result_hash, done.document_hash, "Simulator", "Seed"):
        assert words in body
    for item in DEFINITIONS:
        assert f"<td>{item.title}</td>" in body
    assert not re.search(r"<script|<link|<img|src=|href=|url\(|https?://", body)
    assert "@media print" in body
    assert api(customer).get(f"/api/v1/backtests/{done.pk}/report").json()["content"] == body


def test_a_report_is_its_owners_and_of_a_finished_run(
    web: Any, customer: Any, other_customer: Any, queued: Any
) -> None:
    assert web(customer).get(f"/backtests/{queued.pk}/report.html").status_code == 409
    assert web(other_customer).get(f"/backtests/{queued.pk}/report.html").status_code == 404


def test_the_name_of_a_strategy_is_text_in_a_report(web: Any, customer: Any, candles: None) -> None:
    version = make_version(customer, name="<b>Bold</b>")
    run = start_backtest(actor=Actor.system("tests"), owner_id=customer.pk, request=request_for(version))
    execute(run.pk)
    body = web(customer).get(f"/backtests/{run.pk}/report.html").content.decode()
    assert "&lt;b&gt;Bold" in body
    assert "<b>Bold" not in body


def test_bitcoin_is_the_benchmark_of_other_markets(customer: Any, candles: None) -> None:
    store_real_candles("ETHUSDT")
    version = make_version(customer)
    run = start_backtest(
        actor=Actor.system("tests"), owner_id=customer.pk, request=request_for(version, symbol="ETHUSDT")
    )
    execute(run.pk)
    run.refresh_from_db()
    stored = get_outcome(run)
    bitcoin = load_material(get_version(run.version_id), "BTCUSDT", run.start, run.end).span
    first = int(stored.facts["first_decision_bar"])
    expected = (bitcoin.close[-1] / bitcoin.close[first] - 1) * 100
    figure = stored.figure("bitcoin_return")
    assert figure is not None
    assert float(figure) == pytest.approx(float(expected), rel=1e-12)
