"""The contracts of a followed account: a socket of their own, under the account's lease. Words are hints here, too."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.core.clock import now
from apps.trading.exchanges.operations import open_contract_credentials, open_venue
from apps.trading.orders import operations
from apps.trading.orders.stream.facts import Account, settle_named
from apps.trading.positions.operations import read_account
from apps.trading.positions.queries import find_contracts

logger = logging.getLogger("outcry.accounts")
LOOK_SECONDS = 2.0
COALESCE_SECONDS = 0.1
BETWEEN_SECONDS = 1.0
"""The account is read at most so often for words of the socket; the sweep of contract accounts reads it besides."""
LONGEST_DELAY = 30.0
Hop = Callable[..., Awaitable[Any]]


def contracts_to_follow(account: Account) -> UUID | None:
    """Return the contract account of a connection, or None while it has none."""
    found = find_contracts(account.connection_id)
    return None if found is None else found.pk


def follow_up_contracts(account: Account, account_id: UUID, client_ids: Collection[str]) -> None:
    """Ask about the orders a socket named, and read the account. Raises VenueUnavailable, VenueRefused, ContractsAway.

    Executions of orders that nobody of us placed are booked by the reading, as all of them are.
    """
    settle_named(account, client_ids, open_venue(account.connection_id))
    read_account(account_id=account_id)
    operations.note_stream(account.connection_id, event_at=now())


@dataclass
class ContractSide:
    """Follows the contracts of one account for as long as its follower runs; trouble here is not the spot side's.

    `hop` runs a function in the account's thread.
    """

    account: Account
    hop: Hop
    rng: random.Random
    named: set[str] = field(default_factory=set)
    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Wait until there are contracts, follow them, and come back after failures with growing pauses."""
        delay = 1.0
        while True:
            account_id = await self.hop(contracts_to_follow, self.account)
            if account_id is None:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            begun = asyncio.get_running_loop().time()
            try:
                await self._follow(account_id)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - the reading every few seconds goes on without the socket
                logger.warning("contract stream ended", extra={"connection": self.account.connection_id,
                               "cause": type(error).__name__})  # fmt: skip
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    return
            was_steady = asyncio.get_running_loop().time() - begun > LONGEST_DELAY
            delay = 1.0 if was_steady else min(delay * 2, LONGEST_DELAY)
            await asyncio.sleep(delay * self.rng.uniform(0.5, 1.0))

    async def _follow(self, account_id: UUID) -> None:
        venue = await self._connect()
        if venue is None:
            await asyncio.sleep(LONGEST_DELAY)
            return
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._orders(venue))
                group.create_task(self._wallet(venue))
                group.create_task(self._answer(account_id))
        finally:
            await venue.close()

    async def _connect(self) -> Any:
        import ccxt.pro  # imported on use: only this process needs it

        credentials = await self.hop(open_contract_credentials, self.account.connection_id)
        if credentials is None:
            return None
        return getattr(ccxt.pro, credentials.ccxt_id)({**credentials.settings, "timeout": 8_000})

    async def _orders(self, venue: Any) -> None:
        while True:
            for item in await venue.watch_orders():
                self.named.add(str(item.get("clientOrderId") or ""))
            self.called.set()

    async def _wallet(self, venue: Any) -> None:
        """Wallet and positions come in one message of the venue: either word calls for a reading."""
        while True:
            await venue.watch_balance()
            self.called.set()

    async def _answer(self, account_id: UUID) -> None:
        """Read at once, then after words; many in a moment are one question."""
        self.called.set()
        while True:
            await self.called.wait()
            await asyncio.sleep(COALESCE_SECONDS)
            self.called.clear()
            named, self.named = self.named - {""}, set()
            await self.hop(follow_up_contracts, self.account, account_id, named)
            await asyncio.sleep(BETWEEN_SECONDS)
