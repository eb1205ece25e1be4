"""Importing files: bundled candles, CSV, gaps, and what is refused."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from apps.core.actors import Actor
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data import queries
from apps.trading.market_data.errors import FileUnusable
from apps.trading.market_data.models import CandleSeries
from apps.trading.market_data.operations import import_candles
from apps.trading.market_data.seeds import bundled_candles
from tests.factories.candles import FIVE, START, make_bars, series_of
from tests.factories.sandbox_exchange import JUNE

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("test")
HEADER = "ts,open,high,low,close,volume"


@pytest.fixture(autouse=True)
def _instruments():
    seed_instruments()


def test_the_bundled_file_is_imported_up_to_the_start_of_the_sandbox():
    path = Path(settings.CANDLES_DIR) / "BTCUSDT_5m_2024.npz"
    report = import_candles(actor=ACTOR, path=path, end_ms=JUNE)
    with np.load(path) as arrays:
        expected = arrays["close"][arrays["ts"] < JUNE]
        assert report.last_ts == JUNE - FIVE
        assert report.gaps == []
        assert np.array_equal(queries.load_bars("BTCUSDT", "5m").close, expected)
    again = import_candles(actor=ACTOR, path=path, end_ms=JUNE)
    assert (again.stored.added, again.stored.unchanged, again.stored.chunks) == (0, len(expected), 0)


def test_seeding_twice_reads_the_files_once(tmp_path, settings):
    bars = make_bars(50, start=JUNE - 40 * FIVE)
    columns = {name: getattr(bars, name) for name in ("ts", "open", "high", "low", "close", "volume")}
    np.savez(tmp_path / "ETHUSDT_5m_test.npz", **columns)
    settings.CANDLES_DIR = tmp_path
    bundled_candles()
    assert series_of("ETHUSDT").last_ts == JUNE - FIVE
    (tmp_path / "ETHUSDT_5m_test.npz").write_bytes(b"now unreadable, so a second read would fail")
    bundled_candles()


def test_csv_is_exact_and_its_gaps_are_reported(tmp_path):
    lines = [
        HEADER,
        f"{START},60000.01,60001.00,59999.99,60000.50,1.23456789",
        f"{START + FIVE},60000.5,60001,59999.99,60000.50,0",
        f"{START + 4 * FIVE},60000.5,60001,59999.99,60000.50,3",
    ]
    path = tmp_path / "BTCUSDT_5m_x.csv"
    path.write_text("\n".join(lines))
    report = import_candles(actor=ACTOR, path=path)
    assert report.gaps == [queries.Gap(START + 2 * FIVE, START + 3 * FIVE, 2)]
    assert report.missing == 2
    first = next(queries.load_bars("BTCUSDT", "5m").rows())
    assert first == (START, 6_000_001, 6_000_100, 5_999_999, 6_000_050, 123_456_789)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("BTCUSDT_5m_x.csv", "ts,open\n1,2", "header"),
        ("BTCUSDT_5m_x.csv", f"{HEADER}\n{START},1,1,1,1", "fields"),
        ("BTCUSDT_5m_x.csv", f"{HEADER}\n{START},1.001,2,1,1,1", "multiple"),
        ("BTCUSDT_5m_x.csv", f"{HEADER}\n{START},NaN,2,1,1,1", "number"),
        ("BTCUSDT_5m_x.csv", f"{HEADER}\n{START},1,1,1,1,0.000000001", "finer"),
        ("BTCUSDT_5m_x.csv", f"{HEADER}\n{START},3,2,1,1,1", "high"),
        ("BTCUSDT_5m_x.npz", "not an archive", ""),
        ("BTCUSDT_5m_x.txt", "", "only"),
        ("BTCUSDT.csv", HEADER, "interval"),
    ],
)
def test_unusable_files_are_refused_whole(tmp_path, name, text, reason):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(FileUnusable) as caught:
        import_candles(actor=ACTOR, path=path)
    assert reason in str(caught.value)
    assert not CandleSeries.objects.exists()


def test_the_command_prints_the_report(tmp_path):
    path = tmp_path / "BTCUSDT_5m_x.csv"
    path.write_text(f"{HEADER}\n{START},1,1,1,1,1\n{START + 2 * FIVE},1,1,1,1,1\n")
    words, data = io.StringIO(), io.StringIO()
    call_command("import_candles", str(path), stdout=words)
    assert "2 new" in words.getvalue()
    assert "1 gaps, 1 candles missing" in words.getvalue()
    call_command("import_candles", str(path), "--json", stdout=data)
    gap = {"start_ms": START + FIVE, "end_ms": START + FIVE, "missing": 1, "is_known": False}
    assert json.loads(data.getvalue())["gaps"] == [gap]
    with pytest.raises(CommandError):
        call_command("import_candles", str(tmp_path / "BTCUSDT_5m_none.csv"))
