"""A loaded exchange without sockets, to be killed: random commands, each told on stdout once it is durable.

`python -m tests.apps.trading.sandbox.kill_load <state folder> <candles folder> <seed>`. One JSON line an acknowledged
command: what was asked, and what the engine answered at once.
"""

import asyncio
import json
import os
import random
import sys
from functools import partial
from pathlib import Path
from typing import Any

from apps.trading.sandbox.exchange.candles import load_recording
from apps.trading.sandbox.exchange.clock import WallClock
from apps.trading.sandbox.exchange.config import ExchangeConfig
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.journal import Journal
from apps.trading.sandbox.exchange.state import Order, OrderList
from apps.trading.sandbox.exchange.storage import StateFolder
from apps.trading.sandbox.exchange.venue import Venue
from tests.apps.trading.sandbox.engine_bench import FUNDS, START, admitted, random_request

ACCOUNTS = 4
COMMANDS_A_TURN = 5
SNAPSHOT_CHANCE = 0.01


def exchange_config(state_dir: Path, candles_dir: Path) -> ExchangeConfig:
    """A fast market in a small recording."""
    return ExchangeConfig(
        port=0,
        control_port=0,
        control_token="",
        state_dir=state_dir,
        candles_dir=candles_dir,
        start=START,
        speed=600.0,
    )


def answer_of(kind: str, result: Any) -> dict[str, Any]:
    """What an acknowledgement promises."""
    if isinstance(result, OrderList):
        return {"kind": "list", "list": result.id, "orders": list(result.order_ids), "cid": result.client_id}
    assert isinstance(result, Order)
    facts = {"kind": kind, "s": result.symbol, "id": result.id, "cid": result.client_id, "lots": result.lots}
    return facts | {"executed": result.executed, "quote": result.quote_executed, "closed": not result.is_open}


async def load(folder: StateFolder, choices: random.Random) -> None:
    """Command until killed."""
    engine, _ = folder.load()
    journal = Journal(folder.journal_path, lambda error: os._exit(3))
    venue = Venue(folder.config, WallClock(), engine, journal)
    venue.keep_snapshots(folder)
    for number in range(ACCOUNTS):
        account = venue.open_account(f"a{number}", f"ref-{number}", dict(FUNDS), (50_000, 100_000))
        if number == 1 and not account.fee_asset:
            venue.set_fees(account, maker=50_000, taker=100_000, fee_asset="BTC", fee_discount=25 * 10**6)
    while True:
        venue.tick()
        for _ in range(COMMANDS_A_TURN):
            command(venue, choices)
        if choices.random() < SNAPSHOT_CHANCE:
            venue.request_snapshot()
        await asyncio.sleep(0)


def command(venue: Venue, choices: random.Random) -> None:
    """One random command; a line on stdout when it is durable."""
    account = choices.choice(list(venue.state.accounts.values()))
    kind, params = random_request(choices, venue.engine, account)
    try:
        record = admitted(venue.engine, account, kind, params, venue.clock.now_ms())
    except ApiError:
        return
    line = json.dumps(answer_of(kind, venue.submit(record))).encode() + b"\n"
    venue.journal.after_commit(partial(tell, line))


def tell(line: bytes) -> None:
    """Acknowledge on stdout."""
    os.write(1, line)


if __name__ == "__main__":
    state, candles, seed = sys.argv[1:]
    recorded = load_recording(Path(candles))
    asyncio.run(load(StateFolder(exchange_config(Path(state), Path(candles)), recorded), random.Random(seed)))
