"""How many groups of streams one process leads: its part of all, given up to processes that come later."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta

from apps.trading.market_data.cancellation import still_wanted
from apps.trading.market_data.feed.threads import hop
from apps.trading.market_data.operations.lease import announce, withdraw

logger = logging.getLogger("outcry.market_data")
MOST_PATIENCE = 3
"""A process waits one standby before each further group of streams, at most so many."""
LEASES_UNWANTED = 2.0
"""Lengths of a lease after which a group that nobody wants is taken beyond the fair part."""


@dataclass
class Share:
    """What a process leads of `groups` groups of streams. Without `keep` it takes whatever is free."""

    owner: str = ""
    groups: int = 1
    lease_seconds: float = 6.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    """Groups that are led, oldest first, each with the event that asks to leave it."""
    most: int | None = None
    """The fair part: all groups over all processes, rounded up."""

    @property
    def length(self) -> timedelta:
        """The length of a lease."""
        return timedelta(seconds=self.lease_seconds)

    def patience(self, standby_seconds: float) -> float:
        """Return the seconds to leave the next free group to processes that lead fewer."""
        return standby_seconds * min(len(self.held), MOST_PATIENCE)

    def terms(self) -> dict[str, timedelta]:
        """Return how a free group may be taken: at once, or beyond the fair part only when nobody else wants it."""
        is_full = self.most is not None and len(self.held) >= self.most
        return {"free_for": self.length * LEASES_UNWANTED} if is_full else {}

    def hold(self, name: str) -> asyncio.Event:
        """Take a group into account; return the event that asks to leave it."""
        return self.held.setdefault(name, asyncio.Event())

    def drop(self, name: str) -> None:
        """Forget a group that is not led any more."""
        self.held.pop(name, None)

    async def keep(self, stop: asyncio.Event) -> None:
        """Until `stop`: say that this process is there, and leave what is more than its part of all."""
        while still_wanted() and not stop.is_set():
            try:
                await self.weigh()
            except Exception:
                logger.warning("the other feeds could not be counted", exc_info=True)
            await pause(stop, self.lease_seconds / 3)
        await hop(withdraw)(self.owner)

    async def weigh(self) -> None:
        """Count the processes once. More come: the newest groups beyond the fair part are asked to be left."""
        processes = await hop(announce)(self.owner, self.length)
        before, self.most = self.most, -(-self.groups // processes)
        if before is None or self.most < before:
            for name in list(self.held)[self.most :]:
                self.held[name].set()


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until `stop`."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
