"""Unmodified freqtrade in live mode, set up by the page: two whole trade cycles with the stop on the exchange."""

import asyncio
import json
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt.async_support
import pytest

from apps.trading.sandbox.client import AccountKey, ccxt_urls
from tests.apps.trading.sandbox.exchange_process import ExchangeProcess
from tests.clients.conftest import SCRIPTS, foreign_environment, places_of
from tests.clients.scripts import pages

pytestmark = pytest.mark.clients
BTC = "BTC/USDT"
STRATEGIES = Path(__file__).resolve().parent / "strategies"
FUNDS = {"USDT": Decimal(10_000), "BTC": Decimal(1)}
RATE = Decimal("0.001")
CYCLE_SECONDS = 180
INTERRUPTED = 130
"""How freqtrade ends after Ctrl-C, once it has cleaned up."""
STOP_AT, LIMIT_BELOW = Decimal("0.9"), Decimal("0.99")
"""The strategy's stop, and freqtrade's default distance of the stop's limit."""


@pytest.fixture
def present(tmp_path: Path) -> Iterator[ExchangeProcess]:
    """An exchange whose newest candle closes now."""
    running = ExchangeProcess(tmp_path / "state", ("--mode", "now")).start()
    yield running
    running.kill()


@pytest.fixture
def key(present: ExchangeProcess) -> AccountKey:
    account = present.control.open_account(label="freqtrade", funds=FUNDS)
    return present.control.create_key(account["account_id"])


@dataclass
class Bot:
    """A running freqtrade and the lines of its log."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    async def says(self, text: str, times: int) -> None:
        """Return when so many lines with the text have come; read no further."""
        assert self.process.stdout is not None
        while times:
            line = (await self.process.stdout.readline()).decode()
            assert line, "freqtrade has ended: " + "".join(self.lines[-40:])
            self.lines.append(line)
            times -= text in line


@asynccontextmanager
async def freqtrade(python: Path, folder: Path, config: str) -> AsyncIterator[Bot]:
    """Run the bot in `folder`."""
    (folder / "config.json").write_text(config)
    (folder / "home").mkdir()
    command: list[str | Path] = [SCRIPTS / "run_freqtrade.py", "trade", "--config", folder / "config.json"]
    command += ["--userdir", folder / "home", "--strategy-path", STRATEGIES, "--strategy", "TwoCycles"]
    command += ["--db-url", f"sqlite:///{folder}/trades.sqlite", folder / "attempts.json"]
    # The bot looks every second instead of every five: a setting of its own, given by its environment.
    environment = foreign_environment() | {"FREQTRADE__INTERNALS__PROCESS_THROTTLE_SECS": "1", "COLUMNS": "1000"}
    process = await asyncio.create_subprocess_exec(
        python, *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=folder, limit=1 << 20
    )
    try:
        yield Bot(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
async def witness(present: ExchangeProcess, key: AccountKey) -> AsyncIterator[Any]:
    """A second client of the same account: the exchange's side of the story."""
    client = ccxt.async_support.binance(present.settings(key))
    yield client
    await client.close()


async def test_two_cycles_with_the_stop_on_the_exchange(
    foreign_python: Path, present: ExchangeProcess, key: AccountKey, witness: Any, tmp_path: Path
) -> None:
    config = pages.placed("freqtrade", places_of(present), (key.api_key, key.secret))
    async with freqtrade(foreign_python, tmp_path, config) as bot:
        # The strategy lifts the lock of a closed trade in the loop after it: by then all of the cycle is booked.
        try:
            await asyncio.wait_for(bot.says("Releasing lock for BTC/USDT", times=2), CYCLE_SECONDS)
        except TimeoutError:
            pytest.fail("two cycles took too long; freqtrade said at last:\n" + "".join(bot.lines[-60:]))
        bot.process.send_signal(signal.SIGINT)
        await asyncio.wait_for(bot.process.communicate(), CYCLE_SECONDS)
        assert bot.process.returncode == INTERRUPTED
    assert json.loads((tmp_path / "attempts.json").read_text()) == []
    assert [line for line in bot.lines if " - ERROR - " in line or " - WARNING - " in line] == []
    orders = await witness.privateGetAllOrders({"symbol": "BTCUSDT"})
    trades = await witness.privateGetMyTrades({"symbol": "BTCUSDT"})
    check_the_orders(orders, trades)
    balances = {row["asset"]: row for row in (await witness.privateGetAccount())["balances"]}
    check_the_balances(balances, trades)
    with sqlite3.connect(tmp_path / "trades.sqlite") as books:
        known = books.execute("SELECT is_open, exit_reason FROM trades ORDER BY id").fetchall()
        named = [row[0] for row in books.execute("SELECT order_id FROM orders ORDER BY id")]
    books.close()
    assert (known, named) == ([(0, "cycle")] * 2, [str(order["orderId"]) for order in orders])


def check_the_orders(orders: list[dict[str, Any]], trades: list[dict[str, Any]]) -> None:
    """Entry, stop, exit, twice; the stop lies under the entry's price and is cancelled before the exit."""
    assert [(order["type"], order["side"], order["status"]) for order in orders] == [
        ("MARKET", "BUY", "FILLED"),
        ("STOP_LOSS_LIMIT", "SELL", "CANCELED"),
        ("MARKET", "SELL", "FILLED"),
    ] * 2
    for entry, stop, leave in (orders[:3], orders[3:]):
        assert entry["executedQty"] == stop["origQty"] == leave["executedQty"]
        (bought,) = [trade for trade in trades if trade["orderId"] == entry["orderId"]]
        price = Decimal(bought["price"])
        assert abs(Decimal(stop["stopPrice"]) - price * STOP_AT) <= Decimal("0.01")
        assert abs(Decimal(stop["price"]) - Decimal(stop["stopPrice"]) * LIMIT_BELOW) <= Decimal("0.01")
        assert Decimal(stop["executedQty"]) == 0
        assert int(entry["time"]) <= int(stop["time"]) <= int(stop["updateTime"]) <= int(leave["time"])


def check_the_balances(balances: dict[str, dict[str, Any]], trades: list[dict[str, Any]]) -> None:
    """What the account has is what its trades say, to the last digit; nothing stays locked."""
    quote, base = FUNDS["USDT"], FUNDS["BTC"]
    for trade in trades:
        amount, value, fee = (Decimal(trade[name]) for name in ("qty", "quoteQty", "commission"))
        bought = bool(trade["isBuyer"])
        assert fee == ((amount if bought else value) * RATE).quantize(Decimal("1e-8"), rounding="ROUND_DOWN")
        quote += -value if bought else value - fee
        base += amount - fee if bought else -amount
    assert (Decimal(balances["USDT"]["free"]), Decimal(balances["BTC"]["free"])) == (quote, base)
    assert {Decimal(row["locked"]) for row in balances.values()} == {0}


def test_the_page_and_the_client_module_know_the_same_addresses() -> None:
    config = json.loads(pages.blocks()["freqtrade"])
    assert config["exchange"]["ccxt_config"] == ccxt_urls(pages.HTTP)
    assert not config["dry_run"]
