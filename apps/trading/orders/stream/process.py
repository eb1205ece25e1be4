"""The process: take the lease of each active account, follow it, come back after failures."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, ParamSpec, TypeVar

from apps.core.context import PUBLIC
from apps.trading.exchanges.operations import open_credentials
from apps.trading.orders import operations
from apps.trading.orders.stream.contracts import ContractSide
from apps.trading.orders.stream.facts import Account, Threads, active_accounts, follow_up, inside, snapshot

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("outcry.accounts")
LEASE = timedelta(seconds=10)
RENEW_SECONDS = 3.0
LOOK_SECONDS = 2.0
RESYNC_SECONDS = 60.0
COALESCE_SECONDS = 0.1
BETWEEN_SECONDS = 1.0
"""An account is asked at most so often, however fast its socket speaks."""
LONGEST_DELAY = 30.0


class StreamLost(Exception):
    """The lease went to another process, or the socket was silent about executions that REST showed."""


@dataclass
class AccountsProcess:
    """Follows all active accounts that no other process follows. `rng` spreads reconnects."""

    owner: str
    rng: random.Random
    threads: Threads = field(default_factory=Threads)
    following: dict[Account, "asyncio.Task[None]"] = field(default_factory=dict)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; leases are given back at the end."""
        try:
            while not stop.is_set():
                await self._look()
                try:
                    await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
                except TimeoutError:
                    continue
        finally:
            for task in self.following.values():
                task.cancel()
            await asyncio.gather(*self.following.values(), return_exceptions=True)
            self.threads.close()

    async def _look(self) -> None:
        """Begin to follow new accounts, let go of those that are gone. A database that is away is tried again."""
        loop = asyncio.get_running_loop()
        try:
            wanted = set(await loop.run_in_executor(None, inside, PUBLIC, active_accounts))
        except Exception as error:  # noqa: BLE001 - the database is away: it is asked again
            logger.warning("accounts not read", extra={"causes": causes_of(error)})
            return
        for account, task in list(self.following.items()):
            if task.done():
                del self.following[account]
            elif account not in wanted:
                task.cancel()
        for account in wanted - self.following.keys():
            self.following[account] = asyncio.create_task(self._keep(account))

    async def _keep(self, account: Account) -> None:
        """Follow one account for as long as it is there, with growing pauses after failures."""
        delay = 1.0
        while True:
            follower = Follower(account, self.owner, self.threads, self.rng)
            try:
                await follower.run()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - one account's trouble is not the others'
                causes = causes_of(error)
                logger.warning("account stream ended", extra={"connection": account.connection_id, "causes": causes})
                if _is_ending():
                    return
                await follower.note_error("; ".join(causes))
            finally:
                await follower.let_go()
            delay = 1.0 if follower.was_steady else min(delay * 2, LONGEST_DELAY)
            await asyncio.sleep(delay * self.rng.uniform(0.5, 1.0))


def _is_ending() -> bool:
    """Return whether this task was told to end while something else went wrong in it: the error hides the request."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@dataclass
class Follower:
    """One account, one socket, and one more for its contracts.

    `run` ends with an exception, or at once while another process has the lease.
    """

    account: Account
    owner: str
    threads: Threads
    rng: random.Random
    epoch: int | None = None
    was_steady: bool = False
    named: set[str] = field(default_factory=set)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    hints: int = 0

    async def run(self) -> None:
        """Take the lease, connect, compare everything, then follow."""
        self.epoch = await self._hop(operations.take_stream, self.account.connection_id, self.owner, LEASE)
        if self.epoch is None:
            return
        venue = await self._connect()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._renew())
                group.create_task(self._forever(venue.watch_orders))
                group.create_task(self._forever(venue.watch_my_trades))
                group.create_task(self._answer())
                group.create_task(self._resync())
                group.create_task(ContractSide(self.account, self._hop, self.rng).run())
        finally:
            await venue.close()

    async def let_go(self) -> None:
        """Give the lease back if we have it."""
        if self.epoch is not None:
            await self._quietly(operations.release_stream, self.account.connection_id, self.owner, self.epoch)
            self.epoch = None

    async def note_error(self, text: str) -> None:
        """Remember why the stream ended."""
        await self._quietly(partial(operations.note_stream, self.account.connection_id, last_error=text))

    async def _connect(self) -> Any:
        import ccxt.pro  # imported on use: only this process needs it

        credentials = await self._hop(open_credentials, self.account.connection_id)
        return getattr(ccxt.pro, credentials.ccxt_id)({**credentials.settings, "timeout": 8_000})

    async def _forever(self, watch: Callable[[], Any]) -> None:
        while True:
            for item in await watch():
                self.hints += 1
                self.named.add(str(item.get("clientOrderId") or ""))
            self.called.set()

    async def _answer(self) -> None:
        """Ask about what the socket named; many words in a moment are one question."""
        while True:
            await self.called.wait()
            await asyncio.sleep(COALESCE_SECONDS)
            self.called.clear()
            named, self.named = self.named - {""}, set()
            if await self._hop(follow_up, self.account, named):
                await self._hop(snapshot, self.account)
            await asyncio.sleep(BETWEEN_SECONDS)

    async def _resync(self) -> None:
        """Compare everything at once and every minute. New executions without a word of the socket mean it is dead."""
        await self._hop(snapshot, self.account)
        while True:
            before = self.hints
            await asyncio.sleep(RESYNC_SECONDS)
            report = await self._hop(snapshot, self.account)
            self.was_steady = True
            untold = report.new_fills - report.new_contract_fills
            if untold and self.hints == before:
                raise StreamLost(f"{untold} executions that the socket did not tell")

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            assert self.epoch is not None  # the lease is taken before this runs
            connection_id = self.account.connection_id
            if not await self._hop(operations.renew_stream, connection_id, self.owner, self.epoch, LEASE):
                raise StreamLost("another process follows this account")

    async def _hop(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        call = partial(inside, self.account.schema, function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self.threads.of(self.account), call)

    async def _quietly(self, function: Callable[P, Any], *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await self._hop(function, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - what is not noted now is found out by the next snapshot
            logger.warning("stream bookkeeping failed", extra={"causes": causes_of(error)})


def causes_of(error: BaseException) -> list[str]:
    """Return the causes inside task groups in words, without addresses or keys."""
    if isinstance(error, BaseExceptionGroup):
        return [cause for inner in error.exceptions for cause in causes_of(inner)]
    return [f"{type(error).__name__}: {str(error)[:120]}" if not _may_hold_a_key(error) else type(error).__name__]


def _may_hold_a_key(error: BaseException) -> bool:
    """Whether an error's text may repeat a signed request (those of ccxt and its HTTP library)."""
    return type(error).__module__.partition(".")[0] in ("ccxt", "aiohttp")
