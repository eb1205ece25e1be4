"""`manage.py verify_data` on a folder with known faults: each is found and named, and clean files stay clean."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

MINUTE, FIVE = 60_000, 300_000
MONDAY = 1_717_372_800_000
NAMES = ("ts", "open", "high", "low", "close", "volume")


def walk(count: int, step: int, seed: int = 5) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    close = np.round(60_000 * np.exp(np.cumsum(rng.normal(0, 4e-4, count))), 2)
    opened = np.concatenate(([60_000.0], close[:-1]))
    high = np.round(np.maximum(opened, close) * (1 + rng.uniform(0, 3e-4, count)), 2)
    low = np.round(np.minimum(opened, close) * (1 - rng.uniform(0, 3e-4, count)), 2)
    columns = (MONDAY + np.arange(count) * step, opened, high, low, close, np.round(rng.uniform(1, 9, count), 5))
    return dict(zip(NAMES, columns, strict=True))


def write(path: Path, columns: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, compression="zstd")


def make_clean(folder: Path) -> None:
    write(folder / "candles" / "BTC_5m_clean.parquet", walk(8_000, FIVE))
    both = [walk(3_000, FIVE, seed) for seed in (1, 2)]
    joined = {name: np.concatenate([part[name] for part in both]) for name in NAMES}
    write(folder / "candles" / "two_symbols.parquet", {"symbol": ["AA"] * 3_000 + ["BB"] * 3_000, **joined})
    (folder / "README.md").write_text("not a recording")
    with gzip.open(folder / "other.csv.gz", "wt") as file:
        file.write("name,score\na,1\n")


def make_bad_candles(folder: Path) -> None:
    bad = walk(2_000, MINUTE)
    bad["high"][[100, 200]] = bad["low"][[100, 200]] - 5
    bad["close"][300] = float("nan")
    bad["high"][900] *= 1.3
    bad["volume"][1_000] = 0
    keep = np.r_[0:500, 520:1_200, 1_199:2_000]
    write(folder / "BTC_1m_bad.parquet", {name: column[keep] for name, column in bad.items()})


def make_bid_ask(folder: Path) -> None:
    bid = walk(4_000, MINUTE)
    columns: dict[str, np.ndarray] = {"ts": bid["ts"]}
    for name in ("open", "high", "low", "close"):
        columns[f"{name}_bid"], columns[f"{name}_ask"] = bid[name], bid[name] + 3
    columns["close_ask"] = columns["close_ask"].copy()
    columns["low_ask"] = columns["low_ask"].copy()
    for place in (10, 20, 30):
        columns["close_ask"][place] = columns["close_bid"][place] - 1
        columns["low_ask"][place] = min(columns["low_ask"][place], columns["close_ask"][place] - 1)
    columns["high_bid"] = columns["high_bid"].copy()
    columns["high_bid"][[50, 60]] = columns["open_bid"][[50, 60]] - 1
    write(folder / "EURUSD_m1_bidask.parquet", columns)


def make_trades(folder: Path) -> None:
    """Trades with one that came twice and one out of order, beside the candles they make."""
    rng = np.random.default_rng(3)
    count = 3_000
    ts = MONDAY + np.sort(rng.integers(0, 40 * MINUTE, count))
    price = 100 + np.cumsum(rng.integers(-3, 4, count)) / 100
    size = rng.integers(1, 500, count) / 100
    slot = ts // MINUTE
    rows = []
    for minute in np.unique(slot).tolist():
        of = price[slot == minute]
        rows.append((minute * MINUTE, of[0], of.max(), of.min(), of[-1], round(float(size[slot == minute].sum()), 2)))
    write(folder / "ABC_XYZ_1m_window.parquet", dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True)))
    order = np.r_[0:1_000, 999:2_000, 2_001, 2_000, 2_002:count]
    ids = np.arange(count) + 7_000
    with (folder / "ABC_XYZ_trades.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["timestamp", "id", "side", "price", "amount"])
        out.writerows([int(ts[row]), int(ids[row]), "buy", f"{price[row]:.2f}", f"{size[row]:.2f}"] for row in order)


def message(kind: str, ts: int, number: int, bids: list[list[str]], asks: list[list[str]]) -> str:
    data = {"s": "ABC", "b": bids, "a": asks, "u": number, "seq": number}
    return json.dumps({"topic": "orderbook.50.ABC", "type": kind, "ts": ts, "data": data})


def make_book(folder: Path) -> None:
    lines = [
        message("snapshot", 1_000, 1, [["1.10", "5"], ["1.09", "7"]], [["1.12", "3"], ["1.13", "9"]]),
        message("delta", 1_100, 2, [["1.10", "0"], ["1.08", "2"]], [["1.11", "4"]]),
        message("delta", 1_200, 3, [["1.105", "1"]], [["1.13", "0"]]),
    ]
    (folder / "good_book.jsonl").write_text("\n".join(lines))
    lines[2] = message("delta", 1_200, 5, [["1.115", "1"]], [])
    with gzip.open(folder / "bad_book.jsonl.gz", "wt") as file:
        file.write("\n".join(lines))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_clean(tmp_path)
    for make in (make_bad_candles, make_bid_ask, make_trades, make_book):
        make(tmp_path)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 nothing")
    return tmp_path


def verify(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    out = io.StringIO()
    call_command("verify_data", str(folder), "--json", stdout=out)
    found = json.loads(out.getvalue())
    return {item["path"]: item for item in found["files"]}, found["totals"]


def test_every_fault_is_found_and_clean_files_have_no_alarm(folder):
    files, totals = verify(folder)
    for name in ("candles/BTC_5m_clean.parquet", "candles/two_symbols.parquet", "ABC_XYZ_1m_window.parquet"):
        assert (files[name]["is_clean"], files[name]["alarms"]) == (True, {})
    assert files["candles/two_symbols.parquet"]["facts"] == {"series": 2, "interval_ms": FIVE}
    bad = files["BTC_1m_bad.parquet"]
    assert bad["alarms"] == {"duplicate": 1, "gap": 1, "impossible": 3, "spike": 1, "zero_volume": 1}
    assert (bad["missing"], bad["is_clean"]) == (20, False)
    assert {name: bad["examples"][0][name] for name in ("rule", "row", "ts")} == {
        "rule": "impossible",
        "row": 100,
        "ts": MONDAY + 100 * MINUTE,
    }
    sides = files["EURUSD_m1_bidask.parquet"]
    assert sides["alarms"] == {"crossed": 3, "impossible": 2}
    assert sides["facts"]["impossible_or_crossed_at_close"] == 5
    assert files["broken.parquet"]["kind"] == "unreadable"
    assert {files[name]["kind"] for name in ("README.md", "other.csv.gz")} == {"other"}
    assert totals["recordings"] == 9
    assert totals["clean"] == 5


def test_trades_become_the_minutes_that_were_recorded(folder):
    trades = verify(folder)[0]["ABC_XYZ_trades.csv"]
    assert trades["alarms"] == {"duplicate": 1, "out_of_order": 1}
    assert trades["facts"]["minutes"] == 40
    assert trades["facts"]["compared_with"] == "ABC_XYZ_1m_window.parquet"
    assert trades["facts"]["equal_minutes"] == trades["facts"]["compared_minutes"] == 40


def test_a_book_is_replayed_to_its_last_state(folder):
    files, _ = verify(folder)
    facts = files["good_book.jsonl"]["facts"]
    assert files["good_book.jsonl"]["alarms"] == {}
    assert (facts["best_bid"], facts["best_ask"], facts["last_ts"]) == (["1.105", "1"], ["1.11", "4"], 1_200)
    assert (facts["bid_levels"], facts["ask_levels"]) == (3, 2)
    assert (facts["bid_total"], facts["ask_total"], facts["is_synced"]) == ("10", "7", True)
    bad = files["bad_book.jsonl.gz"]
    assert bad["alarms"] == {"crossed": 1, "gap": 1}
    assert bad["facts"]["is_synced"] is False


def test_the_words_for_a_person(folder):
    out = io.StringIO()
    call_command("verify_data", str(folder), stdout=out)
    lines = out.getvalue().splitlines()
    assert "candles/BTC_5m_clean.parquet: candles, 8,000 rows, no alarm (0 %), score 100" in lines
    assert lines[-1].startswith("9 recordings, 5 clean (alarms on less than 0.1 % of rows), 2 other files; ")
    with pytest.raises(CommandError, match="is no folder"):
        call_command("verify_data", str(folder / "nowhere"))
