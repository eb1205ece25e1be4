"""The life of a feed process: wait for the lease, lead while it is held, come back after failures."""

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import redis.asyncio
from django.conf import settings

from apps.core.clock import monotonic
from apps.trading.market_data.cancellation import still_wanted
from apps.trading.market_data.feed.leader import FeedOptions, Leader, facts_of
from apps.trading.market_data.feed.lines import lease_name
from apps.trading.market_data.feed.share import Share, pause
from apps.trading.market_data.feed.threads import hop
from apps.trading.market_data.gateways.venue_stream import load_library
from apps.trading.market_data.operations.lease import release_lease, renew_lease, take_lease

logger = logging.getLogger("outcry.market_data")


class LeaseLost(Exception):
    """Another process leads now, or the database did not confirm in time that we do."""


@dataclass
class FeedProcess:
    """One group of streams in one process. `owner` names it in the lease; `rng` spreads the reconnects of many."""

    owner: str
    rng: random.Random
    options: FeedOptions = field(default_factory=FeedOptions)
    lease_seconds: float = 6.0
    standby_seconds: float = 1.0
    longest_delay_seconds: float = 15.0
    stable_seconds: float = 30.0
    share: Share = field(default_factory=Share)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set. Errors end a round, never the process."""
        load_library()  # blocks for seconds, so before a lease has to be renewed
        failures = 0
        while not stop.is_set():
            began = monotonic()
            try:
                await self._round(stop)
                failures = 0
            except Exception as error:  # noqa: BLE001 - the process boundary: whatever broke, the next round begins anew
                failures = 1 if monotonic() - began > self.stable_seconds else failures + 1
                logger.warning("feed interrupted", extra={**facts_of(error), "failures": failures})
                await pause(stop, self._delay(failures))

    def _delay(self, failures: int) -> float:
        """Return the seconds before the next try: doubling, at most `longest_delay_seconds`, half of it random."""
        full = min(0.25 * 2.0 ** min(failures, 10), self.longest_delay_seconds)
        return full * (0.5 + self.rng.random() / 2)

    async def _round(self, stop: asyncio.Event) -> None:
        """Take the lease and lead, or wait a moment."""
        name = lease_name(self.options.venue, self.options.part, self.options.parts)
        length = timedelta(seconds=self.lease_seconds)
        async with self.share.turn:
            await pause(stop, self.share.patience(self.standby_seconds))
            epoch = None if stop.is_set() else await hop(take_lease)(name, self.owner, length, **self.share.terms())
            asked_to_leave = None if epoch is None else self.share.hold(name)
        if epoch is None or asked_to_leave is None:
            await pause(stop, self.standby_seconds)
            return
        logger.info("leading", extra={"feed": name, "epoch": epoch})
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, db=settings.HUB_DB, socket_timeout=5)
        work = [
            asyncio.create_task(Leader(self.options, client, self.rng).run()),
            asyncio.create_task(self._keep(name, epoch, length)),
            asyncio.create_task(stop.wait()),
            asyncio.create_task(asked_to_leave.wait()),
        ]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await client.aclose()
            self.share.drop(name)
            await hop(release_lease)(name, self.owner, epoch)
            if asked_to_leave.is_set():
                logger.info("left to another process", extra={"feed": name})

    async def _keep(self, name: str, epoch: int, length: timedelta) -> None:
        """Renew the lease; a renewal that takes too long counts as lost."""
        while still_wanted():
            await asyncio.sleep(self.lease_seconds / 3)
            async with asyncio.timeout(self.lease_seconds / 3):
                if not await hop(renew_lease)(name, self.owner, epoch, length):
                    raise LeaseLost(name)


async def lead_all(share: Share, feeds: Sequence[FeedProcess], stop: asyncio.Event) -> None:
    """Run the groups of one process until `stop`, each while it is this process's part."""
    load_library()  # blocks for seconds: who does not answer in time is not counted
    await asyncio.gather(share.keep(stop), *(feed.run(stop) for feed in feeds))
