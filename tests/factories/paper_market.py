"""A tenant that trades at a real sandbox exchange, with candles stored as the feed would."""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import PUBLIC, in_schema
from apps.core.live.publishing import client
from apps.trading.exchanges.operations import Balance, add_connection, close_venues, record_balances, seed_venues
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data.gateways.quote_cache import key_of
from apps.trading.market_data.operations import store_candles
from kernel.instruments import INTERVALS, Bars
from tests.factories.sandbox_exchange import RunningSandbox

SYSTEM = Actor.system("tests")
BASE = "5m"
STEP = INTERVALS[BASE]


def bundled(symbol: str) -> Bars:
    """Return the recorded candles of a symbol."""
    with np.load(Path(settings.CANDLES_DIR) / f"{symbol}_5m_2024.npz") as packed:
        return Bars(*(packed[name] for name in ("ts", "open", "high", "low", "close", "volume")))


def between(bars: Bars, start: int, end: int) -> Bars:
    """Return the candles that open in [start, end)."""
    left, right = np.searchsorted(bars.ts, (start, end)).tolist()
    return bars[left:right]


@dataclass
class PaperMarket:
    """One symbol at a sandbox exchange in lock-step, and what of it is stored. `funds` are those of new accounts."""

    sandbox: RunningSandbox
    symbol: str = "BTCUSDT"
    recorded: Bars = field(init=False)
    last_ts: int = 0

    def __post_init__(self) -> None:
        settings.SANDBOX_URL = self.sandbox.url
        settings.SANDBOX_CONTROL_URL = self.sandbox.control_url
        self.recorded = bundled(self.symbol)
        seed_venues()
        with in_schema(PUBLIC):
            seed_instruments()
        self.last_ts = int(self.sandbox.control.status()["last_closed_bar"])
        # A feed of an earlier test may have left its last prices behind.
        client().delete(key_of(self.symbol))

    def store_history(self, count: int) -> None:
        """Store the `count` candles up to the newest closed one."""
        self._store(self.last_ts - (count - 1) * STEP, self.last_ts + STEP)

    def step(self, bars: int = 1) -> int:
        """Close candles at the exchange, store them, and return the open time of the newest."""
        before = self.last_ts
        self.last_ts = self.sandbox.control.step(bars).last_closed_bar
        self._store(before + STEP, self.last_ts + STEP)
        return self.last_ts

    def _store(self, start: int, end: int) -> None:
        with in_schema(PUBLIC):
            store_candles(actor=SYSTEM, symbol=self.symbol, interval=BASE, bars=between(self.recorded, start, end))

    def connect(self, owner: Any, funds: dict[str, Decimal] | None = None, **fees: Any) -> UUID:
        """Open an account at the exchange (without fees unless given) and return the connection of this schema."""
        held = {"USDT": Decimal(1_000_000)} if funds is None else funds
        free = {"maker_fee": Decimal(0), "taker_fee": Decimal(0), **fees}
        account = self.sandbox.open_account(held, **free)
        made = add_connection(
            actor=SYSTEM,
            owner_id=owner.pk,
            venue="sandbox",
            label="Paper",
            api_key=account["api_key"],
            api_secret=account["secret"],
        )
        balances = [Balance(asset, amount, Decimal(0)) for asset, amount in held.items()]
        record_balances(actor=SYSTEM, connection_id=made.pk, balances=balances, seen_at=now())
        return made.pk

    def close(self) -> None:
        """Give the clients of this thread back."""
        close_venues()
