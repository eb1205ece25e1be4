"""SIGKILL at any point loses no acknowledged command and doubles none."""

import random
import resource
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from apps.trading.sandbox.exchange.journal import frame
from tests.apps.trading.sandbox.exchange_process import ExchangeProcess

BTC = "BTC/USDT"
SEED = 20_240_906
KILLS = 3
CLIENTS = 3


class Trader(threading.Thread):
    """Places and cancels until the connection breaks; remembers what was acknowledged."""

    def __init__(self, settings: dict[str, Any], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.due = threading.Event()
        self.due_after = 1_000_000
        self.venue = ccxt.binance(settings | {"timeout": 3_000})
        self.placed: dict[str, tuple[str, str]] = {}  # client id -> order id and quote amount, as acknowledged
        self.cancelled: set[str] = set()
        self.unsure: set[str] = set()
        self.choices = random.Random(name)

    def run(self) -> None:
        for number in range(100_000):
            client_id = f"{self.name}-{number}"
            try:
                self.act(client_id)
            except ccxt.NetworkError:
                self.unsure.add(client_id)
                return

    def act(self, client_id: str) -> None:
        if self.choices.random() < 0.5:
            order = self.venue.create_order(BTC, "market", "buy", 0.001, None, {"clientOrderId": client_id})
        else:
            order = self.venue.create_order(BTC, "limit", "buy", 0.001, 20_000, {"clientOrderId": client_id})
        self.placed[client_id] = (order["id"], order["info"]["cummulativeQuoteQty"])
        if len(self.placed) >= self.due_after:
            self.due.set()
        if order["status"] == "open":
            self.venue.cancel_order(order["id"], BTC)
            self.cancelled.add(client_id)


def check_account(venue: Any, traders: list[Trader]) -> None:
    """Every acknowledged command is there once, and the balances are what the trades say."""
    rows: list[dict[str, Any]] = []
    request = {"symbol": "BTCUSDT", "limit": 1000}
    while page := venue.privateGetAllOrders(request | {"orderId": int(rows[-1]["orderId"]) + 1 if rows else 1}):
        rows += page
    by_client_id = {row["clientOrderId"]: row for row in rows}
    assert len(by_client_id) == len(rows), "an order was doubled"
    placed = {client_id: facts for trader in traders for client_id, facts in trader.placed.items()}
    unsure = set().union(*(trader.unsure for trader in traders))
    found = {cid: (str(row["orderId"]), row["cummulativeQuoteQty"]) for cid, row in by_client_id.items()}
    assert {cid: facts for cid, facts in found.items() if cid in placed} == placed
    assert by_client_id.keys() - placed.keys() <= unsure
    for trader in traders:
        assert {by_client_id[client_id]["status"] for client_id in trader.cancelled} <= {"CANCELED"}
    spent = sum(Decimal(row["cummulativeQuoteQty"]) for row in rows)
    held = sum(Decimal(row["price"]) * Decimal(row["origQty"]) for row in rows if row["status"] == "NEW")
    usdt = next(row for row in venue.privateGetAccount()["balances"] if row["asset"] == "USDT")
    assert Decimal(usdt["free"]) + Decimal(usdt["locked"]) == 1_000_000 - spent
    assert Decimal(usdt["locked"]) == held


@pytest.mark.kills
def test_sigkill_under_load_loses_and_doubles_nothing(new_exchange: Callable[..., ExchangeProcess]) -> None:
    choices = random.Random(SEED)
    print(f"seed {SEED}")
    exchange = new_exchange()
    key = exchange.new_key()
    traders: list[Trader] = []
    market_time = 0
    for kill in range(KILLS):
        fresh = [Trader(exchange.settings(key), f"k{kill}c{number}") for number in range(CLIENTS)]
        fresh[0].due_after = choices.randint(15, 60)
        for trader in fresh:
            trader.start()
        assert fresh[0].due.wait(timeout=20)
        exchange.kill()
        for trader in fresh:
            trader.join(timeout=10)
            assert not trader.is_alive()
        traders += fresh
        exchange.start()
        status = exchange.control.status()
        assert status["market_time"] >= market_time
        market_time = status["market_time"]
        check_account(ccxt.binance(exchange.settings(key)), traders)
    assert sum(len(trader.placed) for trader in traders) > 15 * KILLS
    exchange.control.pause()
    digest = exchange.control.digest()
    exchange.kill()
    assert exchange.start().control.digest() == digest, "replay gives another state"
    assert exchange.stop() == 0
    assert exchange.start().control.digest() == digest, "the snapshot gives another state"


def test_a_torn_tail_is_cut_and_damage_in_the_middle_is_refused(new_exchange: Callable[..., ExchangeProcess]) -> None:
    exchange = new_exchange()
    exchange.control.pause()
    key = exchange.new_key()
    ccxt.binance(exchange.settings(key)).create_order(BTC, "market", "buy", 1)
    digest = exchange.control.digest()
    exchange.kill()
    (journal,) = exchange.state_dir.glob("journal-*.log")
    sound = journal.read_bytes()
    with journal.open("ab") as file:
        file.write(frame(99, b"never finished")[:-3])
    assert exchange.start().control.digest() == digest
    exchange.kill()
    assert journal.read_bytes()[: len(sound)] == sound
    damaged = bytearray(sound)
    damaged[len(frame(0, b"")) + 5] ^= 1
    journal.write_bytes(damaged)
    with pytest.raises(AssertionError, match="JournalCorruptError"):
        exchange.start()


def test_one_process_owns_a_state_folder_and_its_seed_and_candles_stay(
    new_exchange: Callable[..., ExchangeProcess],
) -> None:
    first = new_exchange("shared")
    with pytest.raises(AssertionError, match="in use by another sandbox exchange"):
        ExchangeProcess(first.state_dir).start()
    first.stop()
    with pytest.raises(AssertionError, match="another seed"):
        new_exchange("shared", "--seed", "2")


def test_a_full_disk_stops_the_exchange_and_acknowledges_nothing_it_lost(
    new_exchange: Callable[..., ExchangeProcess],
) -> None:
    exchange = new_exchange()
    key = exchange.new_key()
    venue = ccxt.binance(exchange.settings(key))
    assert exchange.process is not None
    (journal,) = exchange.state_dir.glob("journal-*.log")
    limit = journal.stat().st_size + 3_000
    resource.prlimit(exchange.process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    placed: list[str] = []

    def place_until_refused() -> None:
        while True:
            placed.append(venue.create_order(BTC, "limit", "buy", 0.001, 20_000)["id"])

    with pytest.raises(ccxt.OperationFailed):
        place_until_refused()
    assert exchange.process.wait(timeout=10) == 1
    exchange.start()
    found = ccxt.binance(exchange.settings(key)).fetch_open_orders(BTC)
    assert len(placed) > 3
    assert [row["id"] for row in found][: len(placed)] == placed
