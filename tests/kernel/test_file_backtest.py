"""The back-test of files: equal to the engine, the same uncompiled, and plain about what it cannot use."""

import json
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from kernel.simulation import Costs, random_bars, simulate
from kernel.simulation.candle_files import CandleFileError, read_candles
from kernel.simulation.command import main
from kernel.strategy import EXAMPLES, compile_strategy, parse_document
from tests.benchmarks.reference_sma_cross import reference_sma_cross
from tests.kernel.market_samples import BTC, BUNDLED

HOUR = 3_600_000
COUNT = 6_000


@pytest.fixture
def files(tmp_path):
    bars = random_bars(7, COUNT, HOUR)
    prices = {name: getattr(bars, name) / 100 for name in ("open", "high", "low", "close")}
    table = pa.table({"ts": bars.ts, **prices, "volume": bars.volume / 10**8})
    pq.write_table(table, tmp_path / "candles.parquet")
    data = EXAMPLES[0].document.model_dump(mode="json")
    document = {**data, "sizing": {"kind": "fixed_quantity", "quantity": "1"}}
    (tmp_path / "strategy.json").write_text(json.dumps(document))
    return tmp_path, bars, table


def arguments(folder, **changed):
    given = {"strategy": folder / "strategy.json", "candles": folder / "candles.parquet", "fee": "0.001", **changed}
    return [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]


def told(capsys, *given):
    assert main([*given, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_command_tells_the_exact_result(files, capsys):
    folder, bars, _ = files
    found = told(capsys, *arguments(folder), "--list-fills")
    fills, profit = reference_sma_cross(bars.open, bars.close, 20, 50)
    assert (found["schema"], found["fills"], found["tick"]) == (1, fills, "0.01")
    assert fills > 100
    assert Decimal(found["final_equity"]) == Decimal(100_000_000) + Decimal(profit).scaleb(-8)
    assert len(found["fill_list"]) == fills
    assert found["metrics"]["trades"] == found["trades"] == fills // 2
    assert found["metrics"]["adverse_excursion"] < 0
    assert 0 < found["engine_cpu_seconds"] < 5
    assert found["compiled"] is True
    assert found["peak_memory_mb"] > 20
    assert main(arguments(folder)) == 0
    assert f"Final equity {found['final_equity']} from 100000000; {fills} fills" in capsys.readouterr().out


def test_uncompiled_in_a_process_of_its_own_it_comes_to_the_same(files, capsys):
    folder, _, _ = files
    watched = (
        "import runpy, sys, atexit\n"
        "loaded = lambda: [name for name in ('numba', 'django') if name in sys.modules]\n"
        "atexit.register(lambda: sys.stderr.write(f'loaded: {loaded()}'))\n"
        "sys.argv = ['-m', *sys.argv[1:]]\n"
        "runpy.run_module('kernel.simulation', run_name='__main__', alter_sys=True)\n"
    )
    command = [sys.executable, "-c", watched, *arguments(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == "loaded: []"
    plain, quick = json.loads(done.stdout), told(capsys, *arguments(folder))
    assert plain["compiled"] is False
    times = ("first_cpu_seconds", "engine_cpu_seconds", "total_cpu_seconds", "peak_memory_mb", "compiled")
    assert {key: value for key, value in plain.items() if key not in times} == {
        key: value for key, value in quick.items() if key not in times
    }


def test_every_kind_of_file_gives_the_same_candles(files, tmp_path):
    _, bars, table = files
    pa.csv.write_csv(table, tmp_path / "candles.csv")
    seconds = table.set_column(0, "Time", pa.array(bars.ts // 1000)).drop_columns(["volume"])
    pq.write_table(seconds, tmp_path / "seconds.parquet")
    instants = table.set_column(0, "date", pa.array(bars.ts).cast(pa.timestamp("ms", tz="UTC")))
    pq.write_table(instants, tmp_path / "instants.parquet")
    for name in ("candles.parquet", "candles.csv", "seconds.parquet", "instants.parquet"):
        found = read_candles(tmp_path / name)
        assert str(found.tick) == "0.01"
        for column in ("ts", "open", "high", "low", "close"):
            assert np.array_equal(getattr(found.bars, column), getattr(bars, column)), name
    whole = read_candles(BUNDLED / "BTCUSDT_5m_2024.npz")
    assert (whole.tick, int(whole.bars.close[0])) == (Decimal("0.01"), 4_239_723)


def test_finer_candles_are_joined(files, capsys):
    folder, _, _ = files
    path = BUNDLED / "BTCUSDT_5m_2024.npz"
    found = told(capsys, *arguments(folder, candles=path, cash="1000000"))
    rules = compile_strategy(parse_document(json.loads((folder / "strategy.json").read_text())), BTC)
    hourly = read_candles(path).bars.resample(HOUR)
    expected = simulate(hourly, rules, BTC, Costs(taker_fee=Decimal("0.001")), Decimal(1_000_000))
    assert found["candles"]["count"] == len(hourly)
    assert found["final_equity"] == format(expected.final_equity, "f")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"open": None}, "has no column open"),
        ({"ts": None, "close": None}, "has no column ts, close"),
        ({"close": lambda values: [*values[:-1], None]}, "close has values that are missing or not finite"),
        ({"ts": lambda values: values[::-1]}, "open times do not rise strictly"),
        ({"high": lambda values: [1.0] * len(values)}, "a high is below the open or the close"),
        ({"close": lambda values: ["x"] * len(values)}, "close is not made of numbers"),
        ({"low": lambda values: [-1.0] * len(values)}, "a price is below one tick"),
    ],
)
def test_a_bad_file_of_candles_is_named(files, capsys, columns, words):
    folder, _, table = files
    given = table.to_pydict()
    for name, change in columns.items():
        values = given.pop(name)
        if change is not None:
            given[name] = change(values)
    pq.write_table(pa.table(given), folder / "candles.parquet")
    assert main([*arguments(folder), "--json"]) == 2
    spoken = capsys.readouterr()
    assert words in spoken.err
    assert spoken.out == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a strategy"),
        ('{"version": 1}', "timeframe"),
        (None, "cannot be read"),
    ],
)
def test_a_bad_strategy_is_named(files, capsys, text, words):
    folder, _, _ = files
    path = folder / "strategy.json"
    path.unlink() if text is None else path.write_text(text)
    assert main(arguments(folder)) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"fee": "0.5"}, "--fee must be between"),
        ({"cash": "0.000000001"}, "cash is not a whole number"),
        ({"cash": "1000000000000"}, "too large for 64 bits"),
        ({"lot": "0"}, "must be above 0"),
        ({"tick": "0.07"}, "not a multiple of 0.07"),
        ({"candles": "missing.parquet"}, "cannot be read"),
        ({"candles": "candles.xlsx"}, "are read from .parquet, .csv and .npz"),
    ],
)
def test_a_bad_option_is_named(files, capsys, changed, words):
    folder, _, _ = files
    assert main(arguments(folder, **changed)) == 2
    assert words in capsys.readouterr().err


def test_candles_of_another_interval_are_refused(files, capsys):
    folder, bars, table = files
    pq.write_table(table.set_column(0, "ts", pa.array(bars.ts * 7 // 2)), folder / "candles.parquet")
    assert main(arguments(folder)) == 2
    assert "candles cannot be made of them" in capsys.readouterr().err


def test_text_in_place_of_a_file_is_refused(tmp_path):
    for name in ("candles.parquet", "candles.npz", "candles.csv"):
        (tmp_path / name).write_text("nothing of the kind")
        with pytest.raises(CandleFileError):
            read_candles(tmp_path / name)
