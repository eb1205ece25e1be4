"""SIGKILL while commands, market moves and snapshots run: what was acknowledged is there once, and the books hold."""

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from apps.trading.sandbox.exchange.candles import Recording, load_recording
from apps.trading.sandbox.exchange.engine import Engine
from apps.trading.sandbox.exchange.storage import StateFolder
from tests.apps.trading.sandbox.engine_bench import SYMBOLS, check_books, write_recording
from tests.apps.trading.sandbox.exchange_process import ROOT
from tests.apps.trading.sandbox.kill_load import exchange_config

SEED = 20_261_121
REPLAYED_TWICE = 4  # of so many starts one is made a second time, from the same folder
Ack = dict[str, Any]


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("candles")
    for symbol in SYMBOLS:
        write_recording(folder, symbol)
    return folder


def killed_run(state: Path, candles: Path, seed: int, choices: random.Random) -> list[Ack]:
    """Load the exchange, kill it after some acknowledgements, return all that were given."""
    command = [sys.executable, "-m", "tests.apps.trading.sandbox.kill_load", str(state), str(candles), str(seed)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    lines = [process.stdout.readline() for _ in range(choices.randint(5, 60))]
    time.sleep(choices.random() / 100)
    process.kill()
    lines += process.stdout.readlines()
    complaint = process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    assert process.wait() == -9, complaint.decode()
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def replayed(state: Path, copy: Path, candles: Path, recording: Recording) -> Engine:
    """The engine as a start on a copy of the folder finds it."""
    shutil.copytree(state, copy)
    folder = StateFolder(exchange_config(copy, candles), recording)
    engine, _ = folder.load()
    folder.close()
    shutil.rmtree(copy)
    return engine


def check_acknowledged(engine: Engine, acks: list[Ack]) -> None:
    """Every acknowledged command is in the state, once."""
    for ack in acks:
        if ack["kind"] == "list":
            order_list = engine.state.lists[ack["list"]]
            assert (list(order_list.order_ids), order_list.client_id) == (ack["orders"], ack["cid"])
            continue
        order = engine.state.markets[ack["s"]].orders[ack["id"]]
        assert order.executed >= ack["executed"]
        assert order.quote_executed >= ack["quote"]
        if ack["closed"]:
            assert (order.is_open, order.executed, order.quote_executed) == (False, ack["executed"], ack["quote"])
        if ack["kind"] == "cancel":
            assert order.status.value in ("CANCELED", "FILLED", "EXPIRED", "EXPIRED_IN_MATCH")
            assert (order.executed, order.client_id) == (ack["executed"], ack["cid"])
        elif ack["kind"] == "amend":
            assert order.lots <= ack["lots"]
            assert ack["cid"] in {order.client_id, *(change.old_client_id for change in order.amendments)}
        else:
            assert order.lots == ack["lots"] or order.amendments or order.list_id > 0
    for market in engine.state.markets.values():
        assert list(market.orders) == list(range(1, market.last_order_id + 1))
    placed = [(ack["s"], ack["id"]) for ack in acks if ack["kind"] == "order"]
    assert len(set(placed)) == len(placed)


def check_kills(tmp_path: Path, candles: Path, kills: int) -> None:
    recording, choices, acks = load_recording(candles), random.Random(SEED), []
    state = tmp_path / "state"
    print(f"seed {SEED}")
    for kill in range(kills):
        acks += killed_run(state, candles, SEED + kill, choices)
        first = replayed(state, tmp_path / "first", candles, recording)
        if kill % REPLAYED_TWICE == 0:
            assert first.digest() == replayed(state, tmp_path / "second", candles, recording).digest()
        check_acknowledged(first, acks)
        check_books(first)
    assert len(acks) > 20 * kills


@pytest.mark.kills
def test_twenty_kills_lose_and_double_nothing(tmp_path: Path, candles: Path) -> None:
    check_kills(tmp_path, candles, 20)


@pytest.mark.kills
@pytest.mark.long
def test_two_hundred_kills_lose_and_double_nothing(tmp_path: Path, candles: Path) -> None:
    check_kills(tmp_path, candles, 200)
