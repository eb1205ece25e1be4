"""Forex and stock candles from CSV and Parquet: sessions, faults by line and column, splits and dividends."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import DatabaseError, transaction

from apps.core.actors import Actor
from apps.trading.instruments.models import Instrument
from apps.trading.market_data import queries
from apps.trading.market_data.errors import BadAction, BadFile
from apps.trading.market_data.models import AdjustmentVersion, CandleSeries
from apps.trading.market_data.operations import add_action, add_closure, import_actions, import_candles

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("test")
HOUR, DAY = 3_600_000, 86_400_000
FRIDAY = 1_717_718_400_000  # 2024-06-07T00:00:00Z


@pytest.fixture(autouse=True)
def _instruments():
    facts = {"min_quantity": Decimal(1), "max_quantity": Decimal(1_000_000), "min_notional": Decimal(0)}
    for symbol, base, quote, tick in (
        ("AAPL", "AAPL", "USD", Decimal("0.01")),
        ("EURUSD", "EUR", "USD", Decimal("0.00001")),
    ):
        Instrument.objects.filter(symbol=symbol).delete()
        Instrument.objects.create(symbol=symbol, base=base, quote=quote, tick=tick, lot=Decimal(1), **facts)


def test_forex_hours_from_parquet_have_no_gap_at_the_weekend(tmp_path: Path):
    ts = np.r_[FRIDAY : FRIDAY + 21 * HOUR : HOUR, FRIDAY + 69 * HOUR : FRIDAY + 80 * HOUR : HOUR]
    bid = 1.08 + np.arange(len(ts)) / 10_000
    columns = {"ts": ts}
    for side, more in (("bid", 0.0), ("ask", 0.0002)):
        for name in ("open", "high", "low", "close"):
            columns[f"{side}_{name}"] = np.round(bid + more, 5)
    path = tmp_path / "EURUSD_1h_x.parquet"
    pq.write_table(pa.table(columns), path)
    report = import_candles(actor=ACTOR, path=path, calendar="forex", venue="oanda")
    assert (report.rows, report.missing, report.outside, report.calendar) == (32, 0, 0, "forex")
    bars = queries.load_bars("EURUSD", "1h", venue="oanda")
    assert bars.close[0] == 108_000
    assert queries.map_gaps("EURUSD", "1h", venue="oanda") == []
    assert queries.load_bars("EURUSD", "1h").close.tolist() == bars.close.tolist()  # the only venue that has it
    asks = import_candles(actor=ACTOR, path=path, calendar="forex", venue="oanda-ask", side="ask")
    assert asks.stored.added == 32
    assert queries.load_bars("EURUSD", "1h", venue="oanda-ask").close[0] == 108_020


def daily(tmp_path: Path, *, without: str = "") -> Path:
    """Return a file of raw days around Apple's split of 4 for 1 on 2020-08-31."""
    rows = [
        ("2020-08-26", "504.72", "506.09"),
        ("2020-08-27", "508.57", "500.04"),
        ("2020-08-28", "504.05", "499.23"),
        ("2020-08-31", "127.58", "129.04"),
        ("2020-09-01", "132.76", "134.18"),
    ]
    lines = ["date,open,high,low,close,volume"]
    for day, opened, close in rows:
        low, high = sorted((Decimal(opened), Decimal(close)))
        if day != without:
            lines.append(f"{day},{opened},{high},{low},{close},1000000")
    path = tmp_path / "AAPL_1d_x.csv"
    path.write_text("\n".join(lines))
    return path


def test_stock_days_know_weekends_and_closures(tmp_path: Path):
    report = import_candles(actor=ACTOR, path=daily(tmp_path), calendar="xnys")
    assert (report.rows, report.missing, report.outside) == (5, 0, 0)
    CandleSeries.objects.filter(symbol="AAPL").update(first_ts=None, last_ts=None)
    report = import_candles(actor=ACTOR, path=daily(tmp_path, without="2020-08-27"), calendar="xnys")
    assert [gap.missing for gap in report.gaps] == [1]
    add_closure(actor=ACTOR, calendar="xnys", day=date(2020, 8, 27), title="Storm")
    report = import_candles(actor=ACTOR, path=daily(tmp_path, without="2020-08-27"), calendar="xnys")
    assert report.gaps == []


def test_a_split_adjusts_what_was_before_it_and_keeps_the_raw_candles(tmp_path: Path):
    import_candles(actor=ACTOR, path=daily(tmp_path), calendar="xnys")
    add_action(actor=ACTOR, symbol="AAPL", ex_day=date(2020, 8, 31), kind="split", numerator=4, denominator=1)
    adjusted = queries.load_adjusted_bars("AAPL", "1d")
    assert adjusted.close.tolist() == [12_652, 12_501, 12_481, 12_904, 13_418]  # 499.23 / 4 = 124.8075
    assert (adjusted.volume // 10**8).tolist() == [4_000_000] * 3 + [1_000_000] * 2
    assert queries.load_bars("AAPL", "1d").close.tolist() == [50_609, 50_004, 49_923, 12_904, 13_418]
    before = queries.load_adjusted_bars("AAPL", "1d", end_ms=int(adjusted.ts[2]))
    assert before.close.tolist() == [12_652, 12_501]


def test_a_dividend_makes_a_new_version_and_the_old_one_can_be_read(tmp_path: Path):
    import_candles(actor=ACTOR, path=daily(tmp_path), calendar="xnys")
    add_action(actor=ACTOR, symbol="AAPL", ex_day=date(2020, 8, 31), kind="split", numerator=4, denominator=1)
    add_action(actor=ACTOR, symbol="AAPL", ex_day=date(2020, 8, 28), kind="dividend", amount=Decimal("5.0004"))
    newest = queries.get_adjustment("AAPL")
    assert newest is not None
    assert newest.version == 2
    # 5.0004 is a hundredth of 500.04, the close before it.
    assert queries.load_adjusted_bars("AAPL", "1d").close.tolist() == [12_526, 12_376, 12_481, 12_904, 13_418]
    assert queries.load_adjusted_bars("AAPL", "1d", version=1).close[0] == 12_652
    add_action(actor=ACTOR, symbol="AAPL", ex_day=date(2020, 8, 31), kind="split", numerator=4, denominator=1)
    assert AdjustmentVersion.objects.count() == 2  # nothing new, no version
    with pytest.raises(DatabaseError), transaction.atomic():
        AdjustmentVersion.objects.update(reason="rewritten")
    with pytest.raises(BadAction):
        add_action(actor=ACTOR, symbol="AAPL", ex_day=date(2020, 8, 28), kind="dividend", amount=Decimal(0))


HEADER = "ts,open,high,low,close,volume"


@pytest.mark.parametrize(
    ("lines", "line", "column", "reason"),
    [
        (["1717718400000,1,1,1,1"], 2, "volume", "5 fields"),
        (["1717718400000,1,1,1,1,1", "1717722000000,1,x,1,1,1"], 3, "high", "number"),
        (["1717718400000,1,1,1,1,1", "yesterday,1,1,1,1,1"], 3, "ts", "yesterday"),
        (["1717718400000,1,1,0.000001,1,1"], 2, "low", "multiple"),
        (["1717718400000,1,1,1,1.1,1"], 2, "high", "below the open or the close"),
        (["1717718400000,1,1,1,1,-1"], 2, "volume", "negative"),
        (["1717722000000,1,1,1,1,1", "1717718400000,1,1,1,1,1"], 3, "ts", "does not open after"),
        (["1717718400000,0,0,0,0,1"], 2, "low", "above zero"),
    ],
)
def test_a_bad_line_is_named_with_its_column_and_nothing_is_stored(tmp_path, lines, line, column, reason):
    path = tmp_path / "EURUSD_1h_x.csv"
    path.write_text("\n".join([HEADER, *lines]))
    with pytest.raises(BadFile) as caught:
        import_candles(actor=ACTOR, path=path)
    assert (caught.value.params["line"], caught.value.params["column"]) == (line, column)
    assert reason in caught.value.text
    assert caught.value.text.startswith(f"EURUSD_1h_x.csv, line {line}, column “{column}”: ")
    assert not CandleSeries.objects.filter(symbol="EURUSD").exists()


def test_a_bad_row_of_a_parquet_file_is_named_too(tmp_path: Path):
    columns = {name: [1.1, 1.1, 1.1] for name in ("open", "high", "low", "close")}
    columns["low"][2] = 1.0999999
    path = tmp_path / "EURUSD_1h_x.parquet"
    pq.write_table(pa.table({"ts": [FRIDAY, FRIDAY + HOUR, FRIDAY + 2 * HOUR], **columns}), path)
    with pytest.raises(BadFile, match="line 3, column “low”"):
        import_candles(actor=ACTOR, path=path)


def test_actions_come_from_a_file_whole_or_not_at_all(tmp_path: Path):
    import_candles(actor=ACTOR, path=daily(tmp_path), calendar="xnys")
    path = tmp_path / "actions.csv"
    header = "symbol,ex_day,kind,numerator,denominator,amount"
    path.write_text(f"{header}\nAAPL,2020-08-31,split,4,1,\nAAPL,2020-08-28,dividend,,,lots\n")
    with pytest.raises(BadFile, match="line 3, column “amount”"):
        import_actions(actor=ACTOR, path=path)
    assert not queries.list_actions("AAPL").exists()
    path.write_text(f"{header}\nAAPL,2020-08-31,split,4,1,\nAAPL,2020-08-28,dividend,,,5.0004\n")
    assert import_actions(actor=ACTOR, path=path) == 2
    assert queries.load_adjusted_bars("AAPL", "1d").close[0] == 12_526


def test_an_import_is_fast(tmp_path: Path):
    """200,000 candles a second is the promise; the bench measures it, this keeps the fast way from being lost."""
    count = 50_000
    price = np.round(1.1 + np.arange(count) / 1e6, 5)
    path = tmp_path / "EURUSD_1m_x.parquet"
    ts = FRIDAY + np.arange(count) * 60_000
    pq.write_table(pa.table({"ts": ts, **dict.fromkeys(("open", "high", "low", "close"), price)}), path)
    assert import_candles(actor=ACTOR, path=path).stored.added == count
