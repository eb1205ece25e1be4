"""Back-tests over candles as they are after splits: by choice, by the version of the day they were asked for."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from apps.core.actors import Actor
from apps.core.clock import to_ms
from apps.trading.backtests.candles import load_material
from apps.trading.backtests.execution import execute
from apps.trading.backtests.models import BacktestResult, BacktestRun
from apps.trading.backtests.operations import start_backtest
from apps.trading.market_data.operations import add_action
from apps.trading.market_data.queries import load_adjusted_bars, load_bars
from tests.apps.trading.backtests.prepared import request_for

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")
SPLIT_DAY = date(2024, 3, 1)
SPLIT_MS = 1_709_251_200_000


def run_of(owner: Any, version: Any, **changed: Any) -> BacktestRun:
    run = start_backtest(actor=SYSTEM, owner_id=owner.pk, request=request_for(version, **changed))
    execute(run.pk)
    return BacktestRun.objects.get(pk=run.pk)


def hash_of(run: BacktestRun) -> str:
    """Return the digest of the candles that a run used."""
    return BacktestResult.objects.get(run=run).data_hash


def test_a_split_is_taken_out_where_that_was_asked_for(version: Any, customer: Any, api: Any, web: Any) -> None:
    without = run_of(customer, version, adjusted=True)
    raw = run_of(customer, version)
    assert (without.adjustment, raw.adjustment) == (0, None)
    assert hash_of(without) == hash_of(raw)

    add_action(actor=SYSTEM, symbol="BTCUSDT", ex_day=SPLIT_DAY, kind="split", numerator=2)
    adjusted = run_of(customer, version, adjusted=True)
    assert adjusted.adjustment == 1
    request = request_for(version)
    document = version.parsed()
    step = document.timeframe
    material = load_material(document, "BTCUSDT", request.start, request.end, 1)
    span = (to_ms(request.start), to_ms(request.end))
    bars, halved = load_bars("BTCUSDT", step, *span), load_adjusted_bars("BTCUSDT", step, *span)
    before = bars.ts < SPLIT_MS
    assert np.array_equal(material.span.close, halved.close)
    assert np.array_equal(halved.close[~before], bars.close[~before])
    assert np.array_equal(halved.volume[before], bars.volume[before] * 2)
    assert hash_of(adjusted) == material.data_hash()
    assert material.data_hash() != hash_of(raw)

    add_action(actor=SYSTEM, symbol="BTCUSDT", ex_day=date(2024, 2, 15), kind="dividend", amount=Decimal(1))
    again = load_material(document, "BTCUSDT", request.start, request.end, adjusted.adjustment)
    assert again.data_hash() == material.data_hash()  # what was found later changes no run
    assert api(customer).get(f"/api/v1/backtests/{adjusted.pk}").json()["adjustment"] == 1
    page = web(customer).get(f"/backtests/{adjusted.pk}/").content.decode()
    assert "version 1 of the factors" in page
    asked = {"symbol": "BTCUSDT", "interval": "1h", "start": SPLIT_MS - 3_600_000, "limit": 1}
    answers = [api(customer).get("/api/v1/candles", {**asked, "adjusted": flag}).json() for flag in (0, 1)]
    given = [answer["candles"][0][4] for answer in answers]
    assert Decimal(given[1]) < Decimal(given[0]) * Decimal("0.51")
